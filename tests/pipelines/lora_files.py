"""Files of LoRAs, as small as their headers allow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

DOWN = "down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
KOHYA = f"lora_unet_{DOWN}.lora_down.weight"


def lora(file: Path, name: str = KOHYA, width: int = 768, **metadata: str) -> Path:
    """A file with one half of one layer: what its header needs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.zeros((4, width), np.float32)}, file, metadata or None)
    return file
