"""Graphs of ComfyUI, read back from the node that saved a picture; no node is run."""
