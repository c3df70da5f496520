"""Looking into a drawing, for those who want to know how diffusion works."""
