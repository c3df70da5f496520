"""Where a lab's pictures are drawn, in one line: `runpod://ENDPOINT_ID/MODEL?workers=10&volume=/workspace&price=0.0003`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from lab.core.errors import BadInput

SCHEME = "runpod://"
_MOST_WORKERS = 200
_DEFAULT_WORKERS = 5
"""What an account has at first (Runpod's documentation, August 2026)."""


@dataclass(frozen=True)
class EndpointAddress:
    """An endpoint, and what Runpod does not say of it to a key that may only run jobs.

    Args:
        endpoint: its id.
        model: which of the models that it serves is drawn with unless a request says so.
        workers: how many it may have; twice as many pictures are on their way at once.
        volume: the network volume that it has, seen from here: a folder, or `s3://VOLUME_ID?region=EU-RO-1`.
        usd_per_s: what a second of a worker costs; None when that was not said.
    """

    endpoint: str
    model: str = "starter"
    workers: int = _DEFAULT_WORKERS
    volume: str = ""
    usd_per_s: float | None = None

    @classmethod
    def of(cls, text: str) -> EndpointAddress:
        """The address in a text.

        Raises:
            BadInput: says how one is written.
        """
        parts = urlsplit(text)
        said = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = set(said) - {"workers", "volume", "price"}
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", parts.netloc) or unknown:
            wrong = f"knows no {', '.join(sorted(unknown))}" if unknown else f"is {SCHEME}ENDPOINT_ID, not {text:.80}"
            msg = f"an endpoint {wrong}: write {SCHEME}ENDPOINT_ID/MODEL?workers=5&volume=/workspace&price=0.0003"
            raise BadInput(msg)
        workers, price = said.get("workers", str(_DEFAULT_WORKERS)), said.get("price")
        if not workers.isascii() or not workers.isdigit() or not 1 <= int(workers[:9]) <= _MOST_WORKERS:
            msg = f"workers is a number from 1 to {_MOST_WORKERS}, not {workers:.20}"
            raise BadInput(msg)
        if price is not None and not re.fullmatch(r"0?\.\d{1,9}|\d{1,3}(\.\d{1,9})?", price):
            msg = f"price is what a second of a worker costs in dollars, such as 0.00031, not {price:.20}"
            raise BadInput(msg)
        return cls(
            endpoint=parts.netloc,
            model=unquote(parts.path.removeprefix("/")) or "starter",
            workers=int(workers),
            volume=said.get("volume", ""),
            usd_per_s=None if price is None else float(price),
        )
