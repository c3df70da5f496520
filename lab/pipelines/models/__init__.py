"""Models in memory, with their ControlNets, adapters and upscalers."""
