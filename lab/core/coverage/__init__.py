"""How much of each pixel a shape covers: lines and areas, and what bounds the cost of that."""
