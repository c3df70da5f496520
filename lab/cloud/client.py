"""Has a picture drawn by an endpoint: asked for, waited for, and asked for again where only its worker was at fault."""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from typing import Any

from lab.cloud.answer import Drawn, drawn_in, error_in
from lab.cloud.budget import Budget
from lab.cloud.endpoint import AnswerLost, Endpoint, JobGone, JobStatus, Unreachable
from lab.cloud.ledger import ASKED, SUBMITTED, Entry, Ledger
from lab.cloud.payload import MAX_BYTES, as_base64, request_to_payload
from lab.cloud.volume import Volume, answer_name, picture_name
from lab.cloud.waiting import Pace, Waiting
from lab.core.errors import BadInput, EndpointFailed, JobFailed, SketchlabError
from lab.core.recipe import Recipe, Request
from lab.core.reporter import Reporter
from lab.tasks import PlannedRequest

_log = logging.getLogger("lab.cloud")
_RETRIES = 2
_RESENT = 8
"""How often a request is sent again whose answer was lost; only where it would be answered and not drawn again."""
_POLICY = {"executionTimeout": 600_000, "ttl": 24 * 3_600_000}
"""Milliseconds: Runpod's defaults, said so that no endpoint's own apply."""
_ROOM = 1.01
"""How much larger than its pixels a PNG of noise is at most, with recipe and header."""


class _WorkerTrouble(EndpointFailed):
    """What another worker may do better."""


class EndpointClient:
    """One endpoint, from the side of whoever wants pictures. Any thread; each picture on a thread of its own.

    Args:
        endpoint: Runpod's queue.
        name: what sentences call it.
        ledger: where it is noted what was asked for.
        volume: the network volume that it shares with the endpoint.
        pace: how often is looked, and how long waited.
    """

    def __init__(
        self, endpoint: Endpoint, name: str, ledger: Ledger, volume: Volume | None = None, pace: Pace | None = None
    ) -> None:
        self._endpoint, self._ledger, self._volume = endpoint, ledger, volume
        self.waiting = Waiting(endpoint, name, pace or Pace())
        self._encoded = lru_cache(maxsize=8)(as_base64)

    def check_fits(self, planned: PlannedRequest) -> None:
        """Refuse what may be too large to come back, before it costs.

        Raises:
            BadInput: says how large it may be.
        """
        channels = 4 if planned.task.has_alpha else 3
        most = int(MAX_BYTES / _ROOM * 3 / 4 / channels)
        if self._volume is None and planned.makes.pixels > most:
            msg = (
                f"a picture of {planned.makes} may not fit into Runpod's answers of 10 MB: ask for at most "
                f"{most / 1e6:.1f} megapixels, or give endpoint and lab one network volume (?volume=/workspace)"
            )
            raise BadInput(msg)

    def drawn(self, request: Request, entry: Entry, budgets: Collection[Budget], reporter: Reporter) -> Drawn:
        """The picture of a request.

        Args:
            request: what is asked.
            entry: the picture in the ledger; where it is on its way already, it is waited for.
            budgets: count what it costs.
            reporter: hears how far it is, and may stop it.

        Raises:
            BadInput: when it cannot be drawn there.
            AnswerLost: when it may be on its way, and asking again may cost twice.
            Unreachable: when Runpod cannot be asked; what is on its way can be waited for again.
            EndpointFailed: when it was asked for in vain.
            Stopped: from the reporter; the job is cancelled.
        """
        job = entry.job if entry.state == SUBMITTED else ""
        was_asked, failures = entry.state == ASKED, 0
        while True:
            try:
                kept = self._kept(request.recipe)
                if kept is not None:
                    for budget in budgets:
                        budget.begin(is_paid=True)
                        budget.end(0.0, pictures=1)
                    return kept
                if job:
                    for budget in budgets:
                        budget.begin(is_paid=True)
                else:
                    job = self._ask(request, entry, budgets, reporter)
                    for budget in budgets if was_asked else ():
                        budget.repeat()
                return self._waited_for(job, budgets, reporter)
            except (_WorkerTrouble, JobGone, AnswerLost) as trouble:
                if isinstance(trouble, AnswerLost) and self._volume is None:
                    msg = f"{trouble}: the picture may be on its way; run it again to ask, and perhaps pay, again"
                    raise AnswerLost(msg) from None
                failures += 1
                if failures > (_RESENT if isinstance(trouble, AnswerLost) else _RETRIES):
                    msg = f"{trouble}; asked {failures} times in vain"
                    raise EndpointFailed(msg) from None
                _log.warning("job %s: %s; it is asked for again", job, trouble)
                reporter.progress(f"{trouble}; once more")
                job, was_asked = "", True

    def close(self) -> None:
        """Close the connections; they open again when they are needed."""
        self._endpoint.close()

    def _ask(self, request: Request, entry: Entry, budgets: Collection[Budget], reporter: Reporter) -> str:
        payload = self._payload(request)
        reporter.progress("asking Runpod")
        begun: list[Budget] = []
        try:
            for budget in budgets:
                budget.begin()
                begun.append(budget)
            job = self._endpoint.run(payload, _POLICY)
        except BaseException as error:
            for budget in begun:
                budget.end(0.0)
            if isinstance(error, AnswerLost):
                self._ledger.note(entry, ASKED, job="")
            raise
        self._ledger.note(entry, SUBMITTED, job=job)
        return job

    def _waited_for(self, job: str, budgets: Collection[Budget], reporter: Reporter) -> Drawn:
        seconds, pictures = 0.0, 0
        try:
            status = self._final(job, reporter)
            seconds = status.execution_s
            drawn = self._outcome(status)
            seconds, pictures = 0.0 if drawn.was_there else drawn.seconds, 1
            return drawn
        finally:
            for budget in budgets:
                budget.end(seconds, pictures=pictures)

    def _final(self, job: str, reporter: Reporter) -> JobStatus:
        """The last state of a job, which is cancelled where nobody waits for it any more."""
        try:
            return self.waiting.wait(job, reporter)
        except (Unreachable, JobGone):
            raise
        except SketchlabError:
            with suppress(EndpointFailed):
                self._endpoint.cancel(job)
            raise

    def _outcome(self, status: JobStatus) -> Drawn:
        """The picture of a job that is done.

        Raises:
            _WorkerTrouble: when another worker may do better.
            SketchlabError: says what was wrong.
        """
        output: dict[str, Any] = status.output if isinstance(status.output, dict) else {}
        match status.state:
            case "COMPLETED" if status.output is None:
                msg = (
                    "Runpod counts the job as done and has no picture: it was too large for its answers of 10 MB. Ask "
                    "for a smaller one, or give endpoint and lab one network volume"
                )
                raise EndpointFailed(msg)
            case "COMPLETED":
                return drawn_in(status.output, self._stored)
            case "CANCELLED":
                msg = "the job was cancelled on Runpod's side, as by its console"
                raise EndpointFailed(msg)
            case "TIMED_OUT" if "stage" in output:
                minutes = _POLICY["executionTimeout"] // 60_000
                msg = f"Runpod ended the job after {minutes} minutes: ask for fewer steps, or a smaller picture"
                raise EndpointFailed(msg)
            case "TIMED_OUT":
                msg = "the worker was lost: nothing was heard of the job until its time was over"
                raise _WorkerTrouble(msg)
        sentence = str(status.error or "no reason was given")[:400]
        known = error_in(sentence, str(output.get("kind", "")))
        if known is not None:
            raise known
        if '"error_type"' in sentence:  # how the SDK reports an exception of a handler
            msg = "the endpoint's worker met a defect; its log in Runpod's console says more"
            raise JobFailed(msg)
        msg = f"the worker was lost ({sentence:.80})"
        raise _WorkerTrouble(msg)

    def _payload(self, request: Request) -> dict[str, Any]:
        """The request as JSON; what is too large for that goes onto the volume first."""
        stored: set[str] = set()
        if self._volume is not None:
            sizes = {name: len(self._encoded(picture)) for name, picture in request.pictures.items()}
            for name in sorted(sizes, key=lambda one: -sizes[one]):
                if sum(size for one, size in sizes.items() if one not in stored) <= MAX_BYTES:
                    break
                self._volume.write_once(picture_name(name), request.pictures[name].to_png())
                stored.add(name)
        return request_to_payload(request, encoded=self._encoded, stored=stored)

    def _kept(self, recipe: Recipe) -> Drawn | None:
        """What was drawn once, where the volume has it."""
        answer = self._volume.read_answer(answer_name(recipe)) if self._volume else None
        return None if answer is None else drawn_in({**answer, "was_there": True}, self._stored)

    def _stored(self, name: str) -> bytes | None:
        return self._volume.read(name) if self._volume else None
