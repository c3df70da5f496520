"""The commands of the command line: their options, and those that make pictures."""
