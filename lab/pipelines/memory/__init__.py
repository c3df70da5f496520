"""How much is in memory, how much may be, and what is done when it is full."""
