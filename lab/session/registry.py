"""The labs that are open in this kernel, by home and session: the same session again is the same lab."""

from __future__ import annotations

from pathlib import Path

from lab.core.catalogue import chosen_model
from lab.core.sentences.checked_call import checked
from lab.gallery import home_folder
from lab.session.engine_host import bytes_of_gb
from lab.session.lab import Lab

_OPEN: dict[tuple[Path, str], Lab] = {}
"""The labs of this kernel that `open_lab` opened, by home and session."""


@checked
def open_lab(
    model: str = "starter",
    session: str = "default",
    *,
    family: str | None = None,
    acceleration: str | None = None,
    home: Path | str | None = None,
    memory_gb: float | None = None,
) -> Lab:
    """The lab of a named session on a model; other arguments and errors as for `Lab`.

    With a family (sd15, sdxl, z-image) the model may also be a folder in diffusers' layout, a `.safetensors` file or
    any hub repository: `open_lab("some/fine-tune", family="sd15")`. With an acceleration it draws faster and less
    exactly: `open_lab("sd15", acceleration="taylorseer")`, or in short `open_lab("sd15 + taylorseer")`.

    Opening a session again, as by running a cell twice, gives the same lab; with another model, a new one that takes
    its place. All labs of a kernel share one engine, so that no model is loaded twice; with `memory_gb` it keeps to so
    much memory from now on, as `lab.limit_memory` says.
    """
    bytes_of_gb(memory_gb)  # a wrong one is refused before anything is opened
    key, chosen = (home_folder(home), session), chosen_model(model, family=family, acceleration=acceleration)
    lab = _OPEN.get(key)
    if lab is None or lab.is_closed or lab.model != chosen:
        if lab is not None:
            lab.close()
        lab = _OPEN[key] = Lab(model, session, family=family, acceleration=acceleration, home=home)
    if memory_gb is not None:
        lab.limit_memory(memory_gb)
    return lab
