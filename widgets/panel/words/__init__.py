"""Words that a person has: those that were asked for before, and those that are kept under names."""
