"""What is said of weights before a byte of them comes: terms, room, the command that fetches them. Fetches nothing."""
