"""What comes of drawing in a Studio: the last pictures, what there is to say of one, and asking for more."""
