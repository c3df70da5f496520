"""Which of several workers draws a request that they were asked for at once: a file on their volume says so.

Network volumes differ in what locks they know. A file that only one can create works on all of them; who holds one
writes into it again and again, so that a worker that died holds nothing for long. Two may still draw, where a volume
is slow to show a file: both pictures are right then, and the same.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from lab.cloud.volume import FOLDER
from lab.gallery.files import write_whole

_log = logging.getLogger("lab.cloud")


class Pace(NamedTuple):
    """Seconds: between two looks at what another holds, between two signs of life, and without one until it is gone.

    A worker that is killed so costs another's 30 s; the loop that writes is never held up by nearly as much.
    """

    look_s: float = 0.5
    beat_s: float = 5.0
    gone_s: float = 30.0


_USUAL = Pace()


class Claims:
    """What the workers on one volume draw now.

    Args:
        volume: its folder.
        pace: how often they look.
    """

    def __init__(self, volume: Path, pace: Pace = _USUAL) -> None:
        self._folder = volume / FOLDER / "claims"
        self._pace = pace

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """While this lasts, no other worker holds that name; waits for one that does.

        On a volume that cannot be written it begins at once: better drawn twice than not at all.
        """
        claim = _Claim(self._folder / name)
        beating = asyncio.create_task(self._beat(claim))
        try:
            try:
                await self._won(claim)
            except OSError as error:
                _log.warning("the volume takes no claim (%s): a picture may be drawn twice", type(error).__name__)
            yield
        finally:
            beating.cancel()
            await asyncio.to_thread(claim.let_go)

    async def _won(self, claim: _Claim) -> None:
        """Returns once the claim is this worker's."""
        seen, since = None, time.monotonic()
        while not await asyncio.to_thread(claim.is_mine_or_free):
            await asyncio.sleep(self._pace.look_s)
            # By the time of this worker alone: clocks of machines differ.
            said = await asyncio.to_thread(claim.said)
            if said != seen:
                seen, since = said, time.monotonic()
            elif said is not None and time.monotonic() - since >= self._pace.gone_s:
                await asyncio.to_thread(claim.sign)  # of several that do so, the last is found in it after a while
                await asyncio.sleep(self._pace.look_s)

    async def _beat(self, claim: _Claim) -> None:
        while True:
            await asyncio.sleep(self._pace.beat_s)
            with suppress(OSError):
                await asyncio.to_thread(claim.sign_if_mine)


class _Claim:
    """The file of one, and what this worker writes into it. Every call may take as long as the volume does."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._mine = uuid4().hex
        self._beats = count()
        self._writing = threading.Lock()
        self._is_over = False

    def is_mine_or_free(self) -> bool:
        """Whether it is this worker's, which it becomes where it was nobody's."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._file.open("x") as file:
                file.write(self._line())
        except FileExistsError:
            return self._is_mine()
        return True

    def said(self) -> str | None:
        """What stands in it; None when nobody holds it."""
        try:
            return self._file.read_text()
        except FileNotFoundError:
            return None

    def sign(self) -> None:
        """Write that it is this worker's, whoever held it."""
        write_whole(self._file, self._line().encode())

    def sign_if_mine(self) -> None:
        """Give a sign of life, unless another took it over."""
        with self._writing:
            if not self._is_over and self._is_mine():
                self.sign()

    def let_go(self) -> None:
        """Another may have it; an error leaves it to be found without signs of life."""
        with self._writing, suppress(OSError):
            self._is_over = True
            if self._is_mine():
                self._file.unlink()

    def _is_mine(self) -> bool:
        return (self.said() or "").startswith(self._mine)

    def _line(self) -> str:
        return f"{self._mine} {next(self._beats)}"
