"""What rented GPUs cost, as far as that can be known here: seconds of drawing times their price."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from lab.core.errors import EndpointFailed


@dataclass(frozen=True)
class Bill:
    """What was drawn elsewhere, and what that costs at least.

    Start and idle time of workers come on top: Runpod alone knows them.

    Args:
        pictures: how many came.
        again: how many were asked for once more, and may be paid twice.
        seconds: that workers drew for.
        usd: what these cost; None where the price is not known.
    """

    pictures: int = 0
    again: int = 0
    seconds: float = 0.0
    usd: float | None = None


class Budget:
    """Counts, and refuses to ask for more once so much is spent. Any thread.

    Args:
        usd_per_s: what a second of a worker costs.
        max_usd: where nothing more is asked for.
    """

    def __init__(self, usd_per_s: float | None = None, max_usd: float | None = None) -> None:
        self._usd_per_s, self._max_usd = usd_per_s, max_usd
        self._lock = threading.Lock()
        self._pictures = self._again = self._on_their_way = 0
        self._seconds = 0.0

    @property
    def bill(self) -> Bill:
        """Pictures, tries again, seconds of workers and US dollars until now; no dollars where no price is known."""
        with self._lock:
            usd = None if self._usd_per_s is None else self._seconds * self._usd_per_s
            return Bill(self._pictures, self._again, self._seconds, usd)

    def begin(self, *, is_paid: bool = False) -> None:
        """Count a picture as on its way; one that is paid already whatever was spent.

        Raises:
            EndpointFailed: when all is spent; says by how much the rest may go beyond it.
        """
        usd, limit = self.bill.usd, self._max_usd
        with self._lock:
            if not is_paid and usd is not None and limit is not None and usd >= limit:
                msg = (
                    f"not asked for, since max_cost is reached: about ${usd:.2f} of ${limit:.2f} are spent, and "
                    f"{self._on_their_way} more pictures were on their way"
                )
                raise EndpointFailed(msg)
            self._on_their_way += 1

    def end(self, seconds: float, *, pictures: int = 0) -> None:
        """Count what a picture on its way took."""
        with self._lock:
            self._on_their_way -= 1
            self._seconds += seconds
            self._pictures += pictures

    def repeat(self) -> None:
        """Count a picture that is asked for once more, though it may have been drawn."""
        with self._lock:
            self._again += 1
