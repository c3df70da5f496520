"""What a task is fed from: sketches, pictures, masks, control maps, and lists of more that steers."""
