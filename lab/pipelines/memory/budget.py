"""How much is in memory, how much may be, and who goes first when there must be room. Knows no model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from lab.core.errors import OutOfMemory
from lab.core.resident_models import AuxiliaryNetworks, Resident, bytes_of, residents_of
from lab.pipelines.memory.device import WORKING_ROOM_BYTES, usable_memory_bytes
from lab.pipelines.memory.parking import ParkedParts
from lab.pipelines.memory.part import Part
from lab.pipelines.memory.report import MemoryReport
from lab.pipelines.memory.stage_cache import StageCache
from lab.pipelines.memory.weights_in_use import give_back
from lab.pipelines.speedups.prepacked_convs import PrepackedConvs

_CACHE_BYTES = 256 * 2**20
"""The stage cache takes no more than this, however much is free."""
_LAYOUTS_SHARE = 0.5
"""Of what is left beside models and cache, the part that weights in the processor's order may take: work needs room."""
_LIVE_S = 120.0
"""A session counts as live for so long after its last picture."""


class MemoryBudget:
    """What is resident on one device. One thread works with it; others may read the report.

    Args:
        device: where the work is done.
        cache: the stage cache, which gets what is left over, and gives it back first. Of what is left then, `prepacked`
            get a half.
        limit_bytes: how much parameters, cache and layouts may take together; measured from the device when None.
        clock: seconds, monotonic.
        auxiliaries: who else is on the device; they go before any model does.
        parking_limit_bytes: how much of what gives way may wait in the machine's memory; measured when None.
    """

    def __init__(
        self,
        device: torch.device,
        cache: StageCache,
        limit_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        auxiliaries: Sequence[AuxiliaryNetworks] = (),
        *,
        parking_limit_bytes: int | None = None,
    ) -> None:
        self.parked = ParkedParts(device, parking_limit_bytes)
        self._auxiliaries = tuple(auxiliaries)
        self.device = device
        self.prepacked = PrepackedConvs(device)
        self._cache = cache
        self._limit = limit_bytes
        self._clock = clock
        self._parts: dict[tuple[str, str], Part] = {}
        self._at_work: set[tuple[str, str]] = set()
        self._live: dict[str, float] = {}
        self._lock = threading.RLock()
        self._fit_cache()

    @property
    def weights_bytes(self) -> int:
        """What all parts and auxiliary networks take at work, without the cache."""
        return sum(part.weight for part in list(self._parts.values())) + bytes_of(self._auxiliaries, self.device.type)

    @property
    def limit_bytes(self) -> int:
        """How much parts, cache and layouts may take together."""
        if self._limit is not None:
            return self._limit
        coming = sum(part.largest_layer for part in list(self._parts.values()))  # at work only
        there = self.weights_bytes - coming + self._cache.bytes + self.prepacked.bytes
        return usable_memory_bytes(self.device) + there

    @contextmanager
    def job(self) -> Iterator[None]:
        """While a job runs, what it uses stays."""
        self._at_work.clear()
        self._fit_cache()  # others may have taken memory since the last job
        try:
            yield
        finally:
            now = self._clock()
            for name in self._at_work & self._parts.keys():
                self._parts[name].used_at = now
            self._at_work.clear()
            self._fit_cache()

    def add_auxiliaries(self, auxiliaries: Sequence[AuxiliaryNetworks]) -> None:
        """Count these networks from now on, too."""
        self._auxiliaries = (
            *self._auxiliaries,
            *(auxiliary for auxiliary in auxiliaries if auxiliary not in self._auxiliaries),
        )

    def limit_to(self, limit_bytes: int | None) -> None:
        """How much there may be from now on; measured from the device when None. Drops nothing. Any thread."""
        self._limit = limit_bytes

    def keep_live(self, owner: str) -> None:
        """A session draws with this model now: what it has in use stays, until another session draws or it leaves."""
        with self._lock:
            self._live.pop(owner, None)
            self._live[owner] = self._clock()  # behind all others: the last one is live

    def leave(self, owner: str) -> None:
        """No session draws with this model any more. Any thread."""
        with self._lock:
            self._live.pop(owner, None)

    def hold(self, part: Part) -> None:
        """Take a part into account, as one at work."""
        with self._lock:
            part.used_at = self._clock()
            self._parts[part.owner, part.what] = part
            self._at_work.add((part.owner, part.what))
        self._fit_cache()

    def use(self, owner: str, what: str = "") -> None:
        """Say that the job at work uses a part, and with it the model that it belongs to, whether it is here or not.

        A session's model is live by that, in place of another session's: it may be drawn with in turn with that one
        where only one of them fits. A part that gave way comes back, but a model does so only by `bring_back`.

        Raises:
            OutOfMemory: when it waits elsewhere, and does not fit beside what is at work.
        """
        if what and (owner, what) in self.parked:
            self.bring_back(owner, what)
        for name in ((owner, ""), (owner, what)):
            if name in self._parts:
                self._at_work.add(name)
                self._parts[name].used_at = self._clock()
        with self._lock:
            if owner in self._live:
                self.keep_live(owner)

    def has_room(self, wanted_bytes: int) -> bool:
        """Whether so much more fits without any part's going."""
        return self.weights_bytes + wanted_bytes <= self.limit_bytes

    def room_bytes(self, owner: str) -> int:
        """How much room there would be for a model that is here, if it were not."""
        return self.limit_bytes - self.weights_bytes + self._parts[owner, ""].weight

    def most_bytes(self, owner: str) -> int:
        """The most that a model could take, if all went that may, and itself with all that belongs to it."""
        kept = [part.weight for name, part in self._parts.items() if name[0] != owner and self._is_kept(name)]
        return self.limit_bytes - sum(kept)

    @property
    def working_bytes(self) -> int:
        """What is left free for work beside the limit; none where that was set by hand."""
        return WORKING_ROOM_BYTES if self._limit is None else 0

    def make_room(self, wanted_bytes: int, what: str, *, coming: str = "") -> None:
        """Free just enough for something that comes: the auxiliary networks first, then what was not used for longest.

        Args:
            wanted_bytes: what it takes.
            what: what it is, for the sentence.
            coming: the model in the machine's memory that it belongs to, which stays there meanwhile.

        Raises:
            OutOfMemory: when it does not fit, even without all that may go; no model was dropped then.
        """
        if not self.has_room(wanted_bytes):
            self.evict_auxiliaries()
        limit = self.limit_bytes
        over = self.weights_bytes + wanted_bytes - limit
        going = self._just_enough(over)
        if going is None:
            stays = [f"{part.owner} {part.what}".strip() for name, part in self._parts.items() if self._is_kept(name)]
            beside = f" beside {', '.join(stays)}" if stays else ""
            msg = (
                f"{what} needs {wanted_bytes / 1e6:,.0f} MB, and does not fit into {limit / 1e6:,.0f} MB{beside}: "
                "close what you do not need, call lab.release(), or use a smaller model"
            )
            raise OutOfMemory(msg)
        for name in going:
            self._park(*name, keep=coming)
        self._fit_cache(wanted_bytes)

    def bring_back(self, owner: str, what: str = "") -> None:
        """Have a part on the device again that waits in the machine's memory, and use it; errors as for `use`."""
        if what:
            self.use(owner)  # so that its model stays
        parts = self.parked.returning(owner, what)
        self.make_room(sum(part.weight for part in parts), f"{owner} {what}".strip(), coming=owner)
        for part in parts:
            self.parked.take(part)
            with self._lock:
                self._parts[part.name] = part
        self.use(owner, what)
        self._fit_cache()

    def drop(self, owner: str, what: str = "") -> int:
        """Let go of a part, and of all that belongs to it, wherever it is; the bytes on the device that come free."""
        freed, parts = self._taken(owner, what)
        self.parked.drop(owner, what)
        for part in reversed(parts):
            part.drop()
        self._gone(parts)
        return freed

    def _park(self, owner: str, what: str, keep: str = "") -> int:
        """Have a part, and all that belongs to it, wait in the machine's memory; what cannot is dropped. As `drop`."""
        freed, parts = self._taken(owner, what)
        dropped = self.parked.park(parts, keep)
        if any(not part.what for part in dropped):
            self.parked.drop(owner)  # first: what belongs to a model goes before it
        for part in reversed(dropped):
            part.drop()
        self._gone(parts)
        return freed

    def _taken(self, owner: str, what: str) -> tuple[int, list[Part]]:
        """A part that is counted no longer, with a model all that belongs to it, and the bytes they took."""
        names = [name for name in self._parts if name == (owner, what) or (not what and name[0] == owner)]
        freed = sum(self._parts[name].weight for name in names)
        with self._lock:
            self._at_work.difference_update(names)
            return freed, [self._parts.pop(name) for name in names]

    def _gone(self, parts: list[Part]) -> None:
        if parts:
            give_back(self.device)
            self._fit_cache()

    def evict_auxiliaries(self) -> int:
        """Let every auxiliary network go; the bytes that are free by that."""
        freed = sum([auxiliary.release() for auxiliary in self._auxiliaries])
        if freed:
            give_back(self.device)
        return freed

    def release(self, *, live_too: bool = False) -> int:
        """Make room of all that is not at work, nor kept for the live session; with `live_too` drop it wherever it is.

        Returns the bytes that are free by that.
        """
        if live_too:
            self._live.clear()
        let_go = self.drop if live_too else self._park
        freed = 0
        for name in list(self._parts):
            if name in self._parts and not self._is_kept(name):
                freed += let_go(*name)
        return freed + self.parked.clear() if live_too else freed

    def placed(self, owner: str, there: Mapping[str, int], elsewhere: Mapping[str, int], largest_layer: int) -> None:
        """A model lies otherwise from now on; the arguments are those of its `Part`."""
        with self._lock:
            part = self._parts[owner, ""]
            part.bytes, part.elsewhere, part.largest_layer = there, elsewhere, largest_layer
        self._fit_cache()

    def report(self) -> MemoryReport:
        """What is resident now. Any thread."""
        with self._lock:
            residents = [
                Resident(part.owner, piece, count, where, self._why(name, part))
                for name, part in self._parts.items()
                for where, pieces in ((part.device, part.bytes), ("cpu", part.elsewhere))
                for piece, count in pieces.items()
            ]
            visiting = residents_of(self._auxiliaries)
            kept = {"results of stages": self._cache.bytes}
            if self.prepacked.bytes:
                kept["weights in the CPU's own order"] = self.prepacked.bytes
            cached = [Resident("cache", what, count, str(self.device), "saves work") for what, count in kept.items()]
            parked = self.parked.residents(self._unused)
            return MemoryReport((*residents, *visiting, *cached), self.limit_bytes, parked)

    def _just_enough(self, over: int) -> list[tuple[str, str]] | None:
        """What goes so that `over` bytes come free, and nothing more; None when that cannot be had."""
        candidates = sorted((name for name in self._parts if not self._is_kept(name)), key=self._last_used)
        chosen: list[tuple[str, str]] = []
        for name in candidates:
            if self._freed_by(chosen) >= over:
                break
            chosen.append(name)
        if self._freed_by(chosen) < over:
            return None
        for name in list(chosen):  # the most recently chosen may have made an earlier, smaller one unnecessary
            fewer = [one for one in chosen if one != name]
            if self._freed_by(fewer) >= over:
                chosen = fewer
        return chosen

    def _freed_by(self, names: list[tuple[str, str]]) -> int:
        whole = {owner for owner, what in names if not what}
        going = [name for name in self._parts if name in names or name[0] in whole]
        return sum(self._parts[name].weight for name in going)

    def _last_used(self, name: tuple[str, str]) -> tuple[float, bool]:
        """A model was used when any part of it was; of those used at once, the parts go before the model."""
        owner, what = name
        if what:
            return self._parts[name].used_at, False
        return max(part.used_at for part in self._parts.values() if part.owner == owner), True

    def _is_kept(self, name: tuple[str, str]) -> bool:
        if name in self._at_work or self._is_live(name):
            return True
        owner, what = name
        return not what and any(self._is_kept(other) for other in self._parts if other[0] == owner and other[1])

    def _is_live(self, name: tuple[str, str]) -> bool:
        """Whether the live session needs it: its model, and what its last picture was made with."""
        owner, _ = name
        with self._lock:
            last = next(reversed(self._live), None)
            if owner != last or self._clock() - self._live[owner] > _LIVE_S:
                return False
        return self._parts[name].used_at >= max(part.used_at for part in self._parts.values() if part.owner == owner)

    def _why(self, name: tuple[str, str], part: Part) -> str:
        if name in self._at_work:
            return "at work"
        if self._is_live(name):
            return "pinned by the live session"
        return self._unused(part)

    def _unused(self, part: Part) -> str:
        return f"last used {self._clock() - part.used_at:.0f} s ago"

    def _fit_cache(self, coming_bytes: int = 0) -> None:
        left = max(0, self.limit_bytes - self.weights_bytes - coming_bytes)
        for_results = min(_CACHE_BYTES, left)
        self._cache.resize(for_results)
        self.prepacked.resize(int((left - for_results) * _LAYOUTS_SHARE))
