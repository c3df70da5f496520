"""A handler on Runpod's own worker loop: the one place that knows the SDK."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from lab.cloud.handler import ServerlessHandler
from lab.core.errors import BadInput
from lab.hub.command import install_command

AT_ONCE = 2
"""With one at a time the SDK sleeps up to a second between two (`rp_scale.get_jobs`); they are drawn in turn anyway."""
_POST_S = 10.0
"""How long an answer waits for the progress before it."""
_POSTING_THREAD = "(_thread_target)"
"""How the thread of `progress_update` is called: Python adds the name of what it runs."""


class _WithoutWords(logging.Formatter):
    """Log lines in which the words of requests at work are dots, traces included."""

    def __init__(self, hidden: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._hidden = hidden

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = super().format(record)
        for words in [*self._hidden]:
            for said in (words, repr(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1]):
                line = line.replace(said, "...")
        return line


def check_installed() -> None:
    """Refuse to serve without the SDK, before a model is read.

    Raises:
        BadInput: says how to get it.
    """
    if find_spec("runpod") is None:
        msg = f"serving needs Runpod's own package: `{install_command('runpod')}`"
        raise BadInput(msg)


def log_to_stdout(hidden: Sequence[str]) -> None:
    """The lab's log to the worker's, from INFO, without the words of requests; and the SDK's, which knows no more."""
    os.environ.setdefault("RUNPOD_LOG_LEVEL", "INFO")  # read when the SDK is imported; its DEBUG prints every input
    to_stdout = logging.StreamHandler(sys.stdout)
    to_stdout.setFormatter(_WithoutWords(hidden))
    own = logging.getLogger("lab")
    own.addHandler(to_stdout)
    own.setLevel(logging.INFO)
    own.propagate = False


def start(handler: ServerlessHandler, arguments: Sequence[str] = (), *, at_once: int = AT_ONCE) -> None:
    """Take jobs until Runpod ends this worker. On the main thread; the model must be read before.

    Args:
        handler: answers events.
        arguments: the SDK's own, such as `--rp_log_level ERROR`.
        at_once: how many jobs are in hand.
    """
    import runpod  # pyright: ignore[reportMissingImports] - an extra

    async def handle(event: dict[str, Any]) -> dict[str, Any]:  # the SDK looks at what kind of function it is
        return await handler(event)

    config: dict[str, Any] = {"handler": handle, "concurrency_modifier": lambda _: at_once}

    def end() -> None:
        config["refresh_worker"] = True  # the loop looks after each job whether it shall go on

    handler.on_broken = end
    handler.send = _sent
    sys.argv = [sys.argv[0], *arguments]
    runpod.serverless.start(config)


def _sent(event: dict[str, Any], said: dict[str, Any]) -> None:
    """Post progress, and wait until it has arrived: one that comes after the answer replaces it."""
    import runpod  # pyright: ignore[reportMissingImports] - an extra

    runpod.serverless.progress_update(event, said)
    for thread in threading.enumerate():
        if thread.name.endswith(_POSTING_THREAD):
            thread.join(_POST_S)
