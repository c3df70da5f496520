"""What decoded pixels mean: modes, depths and colour profiles become sRGB, foreign masks become levels."""
