"""Regions on Z-Image: the words of all stand in a row behind the picture, which hears each where it is.

Each text is made ready for the picture by itself, and ends where the picture begins, as if it stood alone. In the
layers that picture and words share, in the transformer's as in those of ControlNets, a text counts for a token as much
as its mask says there. Words that are nowhere are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import torch

from lab.pipelines.families import Embeddings
from lab.pipelines.families._steered_z_image import Together
from lab.pipelines.regions.shares import RegionWords, counting_texts, logits_between
from lab.pipelines.speedups.hooks import in_place_of, standing_in

_SAID = "prompt_embeds"
_TOGETHER = ("layers", "control_layers")
"""The rows of layers that picture and words share, in a transformer and in its ControlNets."""


class _Laid(NamedTuple):
    """What `patchify_and_embed` of Z-Image's networks gives: for each picture of a batch one of each of these.

    Args:
        pictures: tokens x values, so many that 32 go into their number; as many as it takes stand for nothing.
        words: tokens x width, likewise.
        sizes: of the latents.
        places: of the tokens of the picture, tokens x 3: after the last token of the words, row, column.
        word_places: of the tokens of the words, tokens x 3 and more than there are: 1, 2, 3 and so on.
        picture_pads: which tokens of the picture stand for nothing.
        word_pads: which of the words do.
    """

    pictures: list[torch.Tensor]
    words: list[torch.Tensor]
    sizes: list[tuple[int, int, int]]
    places: list[torch.Tensor]
    word_places: list[torch.Tensor]
    picture_pads: list[torch.Tensor]
    word_pads: list[torch.Tensor]


def _in_a_row(alone: _Laid) -> tuple[Any, ...]:
    """One picture with several texts, of what it is with each alone; each ends where the picture begins."""
    lengths = [len(words) for words in alone.words]
    longest = lengths.index(max(lengths))
    ends = [
        places[:length] + places.new_tensor([max(lengths) - length, 0, 0])
        for places, length in zip(alone.word_places, lengths, strict=True)
    ]
    return (
        alone.pictures[longest], torch.cat(alone.words), alone.sizes[longest], alone.places[longest], torch.cat(ends),
        alone.picture_pads[longest], torch.cat(alone.word_pads),
    )  # fmt: skip


class _Row(NamedTuple):
    """What one picture of a batch is laid out as: so many tokens of the picture, then so many of each text."""

    drawn: int
    texts: tuple[int, ...]


@contextmanager
def heard_in_z_image(
    networks: Sequence[Any], words: Embeddings, regions: Sequence[RegionWords], tokens: tuple[int, int]
) -> Iterator[None]:
    """While this lasts, the networks hear the words of the regions where these are.

    Args:
        networks: Z-Image's transformer, and its ControlNets together; None is passed over.
        words: those of the whole picture. A negative prompt, the second of a batch, is everywhere the same.
        regions: in order.
        tokens: height and width of the picture in tokens.
    """
    known = _Heard(words[_SAID][0], regions, tokens)
    alone = [net for one in networks if one is not None for net in (one.nets if isinstance(one, Together) else [one])]
    shared = [row[at].attention for net in alone for name, row in net.named_children() if name in _TOGETHER
              for at in range(len(row))]  # fmt: skip
    read = [layer.attention for net in alone for layer in net.context_refiner]
    with ExitStack() as stack:
        for net in alone:
            stack.enter_context(in_place_of(net, "patchify_and_embed", known.layout))
        for layers, with_picture in ((shared, True), (read, False)):
            made = _answering(known, with_picture=with_picture)
            stack.enter_context(standing_in("regions", layers, made))
        yield


def _answering(known: _Heard, *, with_picture: bool) -> Callable[[Any, Any], Any]:
    """What makes an attention hear by the masks."""

    def made(_: Any, forward: Any) -> Any:
        def answer(tokens: torch.Tensor, *, attention_mask: torch.Tensor | None = None, **kwargs: Any) -> torch.Tensor:
            mask = known.mask(tokens, with_picture=with_picture)
            return forward(tokens, attention_mask=attention_mask if mask is None else mask, **kwargs)

        return answer

    return made


class _Heard:
    """All texts that count, how the last batch was laid out, and the masks for it; each made once."""

    def __init__(self, prompt: torch.Tensor, regions: Sequence[RegionWords], tokens: tuple[int, int]) -> None:
        self._texts, self._shares = counting_texts(prompt, [one.words[_SAID][0] for one in regions], regions, tokens)
        self._rows: tuple[_Row, ...] = ()
        self._masks: dict[Any, torch.Tensor] = {}

    def layout(self, own: Callable[..., Any]) -> Callable[..., Any]:
        """What lays out pictures and words, for `own` that lays out one text with each picture."""

        def laid_out(pictures: list[torch.Tensor], words: list[torch.Tensor], *sizes: int) -> tuple[list[Any], ...]:
            laid, rows = [], []
            for number, (picture, said) in enumerate(zip(pictures, words, strict=True)):
                texts = [said] if number else [text.to(said) for text in self._texts]  # behind it is what to avoid
                alone = _Laid(*own([picture] * len(texts), texts, *sizes))
                laid.append(_in_a_row(alone))
                rows.append(_Row(len(alone.pictures[0]), tuple(len(one) for one in alone.words)))
            self._rows = tuple(rows)
            return tuple(list(of_all) for of_all in zip(*laid, strict=True))

        return laid_out

    def mask(self, tokens: torch.Tensor, *, with_picture: bool) -> torch.Tensor | None:
        """What is added to the logits, batch x 1 x places x places; None where the network's own mask is right.

        Args:
            tokens: batch x places x width.
            with_picture: whether the picture stands before the words.
        """
        lengths = [with_picture * row.drawn + sum(row.texts) for row in self._rows]
        is_alone = all(len(row.texts) == 1 for row in self._rows)
        if is_alone or tokens.shape[1] != max(lengths):  # some ControlNets show a layer the picture alone as well
            return None
        key = self._rows, with_picture, tokens.device, tokens.dtype
        if key not in self._masks:
            made = torch.zeros(len(lengths), 1, max(lengths), max(lengths))
            for one, row, length in zip(made, self._rows, lengths, strict=True):
                one[..., length:] = -torch.inf
                if len(row.texts) > 1:
                    one[0, :length, :length] = self._between(row, with_picture=with_picture)
            self._masks[key] = made.to(tokens.device, tokens.dtype)
        return self._masks[key]

    def _between(self, row: _Row, *, with_picture: bool) -> torch.Tensor:
        start = row.drawn if with_picture else 0
        shares = self._shares if with_picture else self._shares[:, :0]
        texts = []
        for length in row.texts:
            texts.append(slice(start, start + length))
            start += length
        return logits_between(texts, slice(0, shares.shape[1]), shares, start)
