"""The labs that are open in this kernel, by home and session: the same session again is the same lab."""

from __future__ import annotations

from pathlib import Path

from lab.cloud.address import SCHEME, EndpointAddress
from lab.core.catalogue import ChosenModel
from lab.core.sentences.checked_call import checked
from lab.gallery import home_folder
from lab.session.choices import named_model
from lab.session.engine_host import bytes_of_gb
from lab.session.lab import Lab
from lab.session.remote_engine import remote_engine

_OPEN: dict[tuple[Path, str], tuple[Lab, ChosenModel, EndpointAddress | None]] = {}
"""The labs of this kernel that `open_lab` opened, by home and session, with the model and place that it was told."""


@checked
def open_lab(
    model: str = "starter",
    session: str = "default",
    *,
    family: str | None = None,
    acceleration: str | None = None,
    precision: str | None = None,
    home: Path | str | None = None,
    memory_gb: float | None = None,
) -> Lab:
    """The lab of a named session on a model; other arguments and errors as for `Lab`.

    The model may also be a folder in diffusers' layout or a `.safetensors` file, by its place or by its name in the
    folders of models, and with a family (sd15, sdxl, z-image, klein) any hub repository:
    `open_lab("some/fine-tune", family="sd15")`. With an acceleration it draws faster and less exactly:
    `open_lab("sd15", acceleration="taylorseer")`, or in short `open_lab("sd15 + taylorseer")`.

    A model that is too large for the GPU is drawn all the same: exactly, its layers streamed to it as they are needed,
    or with `precision="auto"` in 8 bits where that fits and exact does not; each picture says what was used.

    `open_lab("runpod://ENDPOINT_ID")` draws on a Runpod Serverless endpoint; behind its id stand the model, and after a
    question mark what the endpoint has: `runpod://ENDPOINT_ID/sdxl?workers=10&volume=/workspace&price=0.00031`.

    Opening a session again, as by running a cell twice, gives the same lab, on the model that it was switched to
    meanwhile; with another model than before, a new one that takes its place. All labs of a kernel share one engine,
    so that no model is loaded twice; with `memory_gb` it keeps to so
    much memory from now on, as `lab.limit_memory` says.
    """
    bytes_of_gb(memory_gb)  # a wrong one is refused before anything is opened
    address = EndpointAddress.of(model) if model.startswith(SCHEME) else None
    name, place = address.model if address else model, home_folder(home)
    key = (place, session)
    chosen = named_model(name, home=place, family=family, acceleration=acceleration, precision=precision)
    lab, *told = _OPEN.get(key, (None, None, None))
    if lab is None or lab.is_closed or told != [chosen, address]:
        engine = remote_engine(address, place, session) if address else None
        if lab is not None:
            lab.close()
        lab = Lab(
            name, session, family=family, acceleration=acceleration, precision=precision, home=home, engine=engine
        )
        _OPEN[key] = lab, chosen, address
    if memory_gb is not None:
        lab.limit_memory(memory_gb)
    return lab
