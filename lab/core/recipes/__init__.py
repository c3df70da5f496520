"""Recipes through time: those of earlier versions, those of newer ones, and a recipe as code."""
