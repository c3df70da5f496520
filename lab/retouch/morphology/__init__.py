"""How masks grow, shrink and close, on bare arrays of levels; knows no `Mask`."""
