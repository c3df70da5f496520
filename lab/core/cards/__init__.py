"""Cards of models, by family, that the catalogue puts together."""
