"""A weighted prompt as chunks of as many pieces of words as CLIP reads at once, as AUTOMATIC1111's web UI cuts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.prompts.weights import BREAK, weighed

_BACK = 20
"""A chunk that is full ends behind its last comma where that is within so many pieces: that program's default of
"Comma padding"."""


@dataclass
class Chunk:
    """Pieces of words, by their numbers in a tokenizer, and how often each counts; without those that mark the ends."""

    pieces: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def cut(self, at: int) -> Chunk:
        """What stands from there on, taken out."""
        rest = Chunk(self.pieces[at:], self.weights[at:])
        del self.pieces[at:], self.weights[at:]
        return rest


def room_of(tokenizer: Any) -> int:
    """How many pieces a chunk holds: 75 of CLIP's 77 places."""
    return tokenizer.model_max_length - tokenizer.num_special_tokens_to_add()


def chunks_of(tokenizer: Any, prompt: str) -> list[Chunk]:
    """The chunks of a prompt, at least one. Each `BREAK` begins a new one, whatever is in the last."""
    room = room_of(tokenizer)
    comma = _pieces(tokenizer, ",")
    chunks, last_comma = [Chunk()], -1
    for stretch in weighed(prompt):
        if stretch is BREAK:
            chunks.append(Chunk())
            last_comma = -1
            continue
        for piece in _pieces(tokenizer, stretch.text):
            is_full = len(chunks[-1].pieces) == room
            if is_full:
                near = [piece] != comma and last_comma >= 0 and room - last_comma <= _BACK
                chunks.append(chunks[-1].cut(last_comma + 1) if near else Chunk())
                last_comma = -1
            elif [piece] == comma:
                last_comma = len(chunks[-1].pieces)
            chunks[-1].pieces.append(piece)
            chunks[-1].weights.append(stretch.weight)
    return chunks if chunks[-1].pieces or len(chunks) == 1 else chunks[:-1]


def _pieces(tokenizer: Any, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
