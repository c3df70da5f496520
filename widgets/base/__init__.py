"""What every widget is built on: its lock, its thread for work, how it ends."""
