"""Figures, each printed by one command as one JSON object."""
