"""The pipeline manager: the only folder that imports torch, diffusers and transformers."""
