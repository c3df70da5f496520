"""A serverless worker: an engine with its queue behind a handler, without gallery or session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from lab.cloud.claim import Claims
from lab.cloud.handler import ServerlessHandler
from lab.cloud.one_gpu import OneGpu
from lab.cloud.sdk import AT_ONCE, check_installed, log_to_stdout, start
from lab.cloud.served import Served
from lab.cloud.volume import WORKER_VOLUME, FolderFiles, Volume
from lab.core.catalogue import ChosenModel
from lab.core.errors import BadInput
from lab.core.events import Event, Result
from lab.core.recipe import Request
from lab.core.reporter import NullReporter, Reporter
from lab.jobs import Job, Worker
from lab.session.engine import Engine
from lab.session.engine_host import shared_engine
from lab.tasks import plan


def serve(
    models: Sequence[ChosenModel],
    *,
    loras: Path | None = None,
    volume: Path | None = None,
    memory_bytes: int | None = None,
    arguments: Sequence[str] = (),
    engine: Engine | None = None,
    at_once: int = AT_ONCE,
) -> None:
    """Be a worker of a Runpod Serverless endpoint, until it is ended.

    Args:
        models: what is drawn with; the first is read before Runpod hears of the worker.
        loras: the folder of the LoRAs that may be named.
        volume: the endpoint's network volume; the usual place of one when None, where that is there.
        memory_bytes: how much the models may take.
        arguments: of the SDK.
        engine: who draws; diffusers on the best device when None.
        at_once: how many jobs are in hand; they are drawn in turn. The SDK takes no more than that a second.

    Raises:
        BadInput: when the SDK is not installed, or a folder is not there.
        MissingWeights: when the model is not here and cannot be fetched.
    """
    check_installed()
    for folder in filter(None, (loras, volume)):
        if not folder.is_dir():
            msg = f"there is no folder {folder}"
            raise BadInput(msg)
    hidden: list[str] = []
    log_to_stdout(hidden)
    engine = engine or shared_engine()
    if memory_bytes is not None:
        engine.limit_memory(memory_bytes)
    # Here and now: the SDK's heartbeat forks, and while it does no thread may be importing torch.
    engine.load(models[0].card, NullReporter(), models[0].precision)
    worker = Worker(lambda _: None, "the worker's log")
    gpu, served = OneGpu(), Served(tuple(models), loras)
    submit = partial(_submit, engine, worker, gpu)
    shared, claims = _volume(volume)
    handler = ServerlessHandler(submit, served, volume=shared, claims=claims, hidden=hidden, gpu=gpu)
    try:
        start(handler, arguments, at_once=at_once)
    finally:
        worker.close()


def _volume(folder: Path | None) -> tuple[Volume | None, Claims | None]:
    folder = folder or (WORKER_VOLUME if WORKER_VOLUME.is_dir() else None)
    if folder is None:
        return None, None
    files = FolderFiles(folder)
    files.forget_old()
    return Volume(files), Claims(folder)


def _submit(
    engine: Engine, worker: Worker, gpu: OneGpu, request: Request, on_event: Callable[[Event], None] | None = None
) -> Job:
    planned = plan(request)

    def draw(reporter: Reporter) -> Result:
        with gpu.at_work():
            return engine.result(planned, reporter, lambda result: result)

    return worker.submit(request, draw, on_event)
