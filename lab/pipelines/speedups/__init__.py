"""What makes a drawing faster: exactly, and where asked for approximately."""
