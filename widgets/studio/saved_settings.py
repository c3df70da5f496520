"""The settings of one Studio as a session keeps them: words of the task, numbers of task and model; knows no widget."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.gallery import Autosave
from lab.preprocessors import FILTERS

_WORDS = ("prompt", "negative_prompt", "seed")
"""What another model of the same task goes on with."""


class SavedSettings:
    """Settings by task and model, and what a cell began with.

    Args:
        autosave: of the session.
        task: name of the task.
        model: name of the model.
    """

    def __init__(self, autosave: Autosave, task: str, model: str) -> None:
        self._autosave = autosave
        model = _as_file_name(model)
        self._words, self._numbers, self._begun = task, f"{task}.{model}", f"{task}.begun"
        self._opened, self._aside = f"{task}.opened", f"{task}.{model}.aside"

    def load(self) -> tuple[dict[str, Any], list[str]]:
        """The settings as they were, and the names of the filters in them that no cell of this kernel has declared.

        Those filters are left out.
        """
        saved = {**self._autosave.settings(self._words), **self._autosave.settings(self._numbers)}
        filters = saved.get("filters")
        filters = [one for one in filters if _has_a_name(one)] if isinstance(filters, list) else []
        saved["filters"] = [one for one in filters if one["name"] in FILTERS]
        return saved, [one["name"] for one in filters if one["name"] not in FILTERS]

    def save(self, settings: Mapping[str, Any]) -> None:
        """Keep these settings of the panel: words and seed for the task, the rest for task and model."""
        words = {name: value for name, value in settings.items() if name in _WORDS}
        self._autosave.save_settings(self._words, words)
        self._autosave.save_settings(self._numbers, {name: settings[name] for name in settings if name not in words})

    @property
    def opened(self) -> list[str]:
        """Names of the groups of settings that were open."""
        names = self._autosave.settings(self._opened).get("names")
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    @opened.setter
    def opened(self, names: Sequence[str]) -> None:
        self._autosave.save_settings(self._opened, {"names": list(names)})

    @property
    def aside(self) -> dict[str, Any]:
        """What no setting keeps: lists of pictures that steer, and LoRAs that are switched off."""
        return self._autosave.settings(self._aside)

    @aside.setter
    def aside(self, kept: Mapping[str, Any]) -> None:
        if kept or self.aside:
            self._autosave.save_settings(self._aside, dict(kept))

    @property
    def begun(self) -> dict[str, Any]:
        """What a cell began with the last time: settings, and pictures by their hash."""
        return self._autosave.settings(self._begun)

    @begun.setter
    def begun(self, wanted: Mapping[str, Any]) -> None:
        self._autosave.save_settings(self._begun, dict(wanted))


def _as_file_name(model: str) -> str:
    """A name of its own for a model's settings: its own where that is none of a place."""
    if re.fullmatch(r"[\w@.-]+", model):
        return model
    return f"{re.sub(r'[^A-Za-z0-9-]', '-', Path(model).stem)[:40]}-{hashlib.sha256(model.encode()).hexdigest()[:12]}"


def _has_a_name(one: Any) -> bool:
    """Whether an entry of a settings file, which anybody may have written, names something."""
    return isinstance(one, dict) and isinstance(one.get("name"), str)
