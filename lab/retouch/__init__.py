"""What is done to pixels before and after diffusion: pure functions on pictures and masks. Knows no models."""
