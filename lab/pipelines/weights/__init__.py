"""The files of models: where they are, what is in them, and reading them."""
