"""The model of a Studio: chosen, fetched, and what becomes of the settings when it is another one."""
