"""An engine whose GPU is rented: it asks an endpoint for every picture, and remembers on disk what it asked for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from lab.cloud.address import EndpointAddress
from lab.cloud.budget import Bill, Budget
from lab.cloud.client import EndpointClient
from lab.cloud.endpoint import BASE_URL, AnswerLost, Endpoint, Unreachable
from lab.cloud.key import runpod_key
from lab.cloud.ledger import KEPT, SUBMITTED, Entry, Ledger
from lab.cloud.volume import answer_name, volume_at
from lab.cloud.waiting import Pace
from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput, EndpointFailed, SketchlabError
from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.reporter import Reporter
from lab.gallery import Gallery
from lab.session.engine import Engine, as_drawn
from lab.tasks import PlannedRequest

_LOOKED_THROUGH = 500
"""How many of the newest pictures may be those that a kernel kept in its last moment."""


class RemoteEngine(Engine):
    """Draws on a Runpod Serverless endpoint, several pictures at once.

    Args:
        client: asks the endpoint.
        ledger: what was asked for.
        gallery: where the pictures are kept, which a kernel that died may have done in its last moment.
        address: of the endpoint.
    """

    no_live = (
        "live drawing is off on a rented endpoint: every stroke would be a job that waits for a worker and costs; "
        "press Draw, or sketch on a GPU of your own"
    )

    def __init__(self, client: EndpointClient, ledger: Ledger, gallery: Gallery, address: EndpointAddress) -> None:
        self.address = address
        self._client, self._ledger, self._gallery = client, ledger, gallery
        self._total = Budget(address.usd_per_s)
        self._budgets: dict[int, Budget] = {}

    def folders_of(self, home: Path) -> Path | None:  # noqa: ARG002 - the endpoint has folders of its own
        """Nothing of this machine is found there."""
        return None

    @property
    def jobs_at_once(self) -> int:
        """Two for each worker, so that none waits for the next."""
        return 2 * self.address.workers

    @property
    def bill(self) -> Bill:
        """What was drawn since the lab was opened, and what it costs at least."""
        return self._total.bill

    def load(self, card: ModelCard, reporter: Reporter, precision: str = "exact") -> None:  # noqa: ARG002 - it has its own
        """Look whether the endpoint can be asked, which starts no worker."""
        reporter.progress(self._client.waiting.health().waits_for)

    def expect(self, planned: Sequence[PlannedRequest], max_cost: float | None = None) -> None:
        """Note pictures that belong together, so that they are paid once whatever happens to this kernel.

        Raises:
            BadInput: when one may be too large to come back, or the price is not known.
        """
        for one in planned:
            self._client.check_fits(one)
        if max_cost is not None and self.address.usd_per_s is None:
            msg = "max_cost needs to know what a second costs: runpod://ENDPOINT_ID?price=0.00031, as Runpod lists it"
            raise BadInput(msg)
        if max_cost is not None and not max_cost > 0:
            msg = f"max_cost is in dollars, above 0, not {max_cost!r}"
            raise BadInput(msg)
        together = self._ledger.expect([answer_name(one.request.recipe) for one in planned])
        if max_cost is not None:
            self._budgets[together] = Budget(self.address.usd_per_s, max_cost)

    def result(self, planned: PlannedRequest, reporter: Reporter, keep: Callable[[Result], Result]) -> Result:
        """The picture of a request, drawn and kept, or found where an earlier kernel left it."""
        entry = self._ledger.claim(answer_name(planned.request.recipe))
        try:
            found = self._left_by_another_kernel(entry, planned)
            result = found or self._drawn(entry, planned, reporter, keep)
        except (Unreachable, AnswerLost):
            self._ledger.let_go(entry)
            raise
        except BaseException:
            with suppress(EndpointFailed):
                self._ledger.drop(entry)
            raise
        with suppress(EndpointFailed):  # the picture is there, whatever can be noted of it
            self._ledger.note(entry, KEPT, file=str(result.path or ""))
        return result

    def drawing_anew(self, planned: PlannedRequest) -> Callable[[Reporter], Result]:  # noqa: ARG002 - it draws none
        """Refused: an endpoint's worker keeps what it has drawn."""
        msg = "a rented GPU may hand out what it drew before: verify pictures in a lab that draws on this machine"
        raise SketchlabError(msg)

    def leave(self, model: str) -> None:  # noqa: ARG002 - it is one lab's alone
        """Close connections and files; they open again when they are needed."""
        self._client.close()
        self._ledger.close()

    def _drawn(
        self, entry: Entry, planned: PlannedRequest, reporter: Reporter, keep: Callable[[Result], Result]
    ) -> Result:
        began = time.monotonic()
        own = self._budgets.get(entry.together)
        budgets = [self._total, *([own] if own else [])]
        drawn = self._client.drawn(planned.request, entry, budgets, reporter)
        plan = drawn.plan(planned.plan)
        return keep(Result(drawn.picture, as_drawn(planned.request, plan), plan, time.monotonic() - began))

    def _left_by_another_kernel(self, entry: Entry, planned: PlannedRequest) -> Result | None:
        """The picture that is in the gallery already; None when it is not."""
        path = Path(entry.file) if entry.state == KEPT and entry.file else None
        if entry.state == SUBMITTED:  # it may have come, and been kept, in that kernel's last moment
            asked_at, recipe = datetime.fromtimestamp(entry.made_at, UTC), planned.request.recipe
            kept = self._gallery.latest(_LOOKED_THROUGH, task=recipe.task)
            path = next((one.path for one in kept if one.recipe.answers(recipe) and one.made_at >= asked_at), None)
        if path is None or not path.is_file():
            return None
        return Result(Picture.of(path), planned.request, planned.plan, 0.0, path=path)


def remote_engine(
    address: EndpointAddress, home: Path, session: str, pace: Pace | None = None, *, backoff_s: float = 0.5
) -> RemoteEngine:
    """The engine of a session at an address.

    Raises:
        BadInput: when there is no key, or no such volume.
    """
    # Where the API is, under the name that Runpod's SDK has for it.
    base_url = os.environ.get("RUNPOD_ENDPOINT_BASE_URL", BASE_URL).rstrip("/")
    endpoint = Endpoint(address.endpoint, runpod_key(), base_url=base_url, backoff_s=backoff_s)
    ledger = Ledger(home / "sessions" / session / f"runpod-{address.endpoint}.sqlite")
    volume = volume_at(address.volume) if address.volume else None
    client = EndpointClient(endpoint, address.endpoint, ledger, volume, pace)
    return RemoteEngine(client, ledger, Gallery(home / "gallery", session), address)
