"""A lab's model: which it is, what else there is to choose from, and another one in its place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from lab.core.catalogue import ChosenModel, ModelCard
from lab.core.sentences.checked_call import checked
from lab.gallery import Autosave
from lab.session.choices.models import ModelChoice, models_of
from lab.session.choices.named_model import named_model
from lab.session.engine import Engine
from lab.session.log import LOG

_KEPT = "model"
"""The name of a session's settings that say which model it was switched to, and which it had been told."""


class SwitchesModel:
    """Put before a class that has a home and an engine."""

    home: Path
    model: ChosenModel
    """Which model draws, and what makes it faster; the default of every request."""
    autosave: Autosave
    engine: Engine

    def _begin_with_model(self, model: str, **said: str | None) -> None:
        """Have this model from the beginning; errors as for `switch`."""
        self._switching = threading.RLock()
        self._switched: list[Callable[[], None]] = []
        self._told = self.model = named_model(model, home=self.home, **said)

    @property
    def card(self) -> ModelCard:
        """What there is to know of its model."""
        return self.model.card

    @property
    def draws_here(self) -> bool:
        """Whether this machine draws, and not a rented one, which has models of its own."""
        return self.engine.folders_of(self.home) is not None

    @property
    def models(self) -> tuple[ModelChoice, ...]:
        """What `switch` may be told: the catalogue, and what is in the folders of models; slow at its first use."""
        return models_of(self.home)

    @checked
    def switch(
        self,
        model: str,
        *,
        family: str | None = None,
        acceleration: str | None = None,
        precision: str | None = None,
    ) -> None:
        """Draw with another model from now on: `lab.switch("sdxl")`. What is in the queue is drawn as it was asked for.

        Open Studios keep sketches, masks, words and seeds, and show the settings that the model had the last time.
        Nothing is loaded before the next picture, or `load`.

        Args:
            model: name in the catalogue; a file, a folder, or the name of one in the folders of models; with a family a
                hub's `owner/name`. An acceleration may stand behind it.
            family: sd15, sdxl, z-image, klein or qwen-edit; read from the file or folder when None.
            acceleration: taylorseer, channels_last or compile.
            precision: in how many bits the model is held: exact, 8bit, or auto.

        Raises:
            BadInput: when there is no such model, family, acceleration or precision, or the file is none; says what.
        """
        chosen = named_model(model, home=self.home, family=family, acceleration=acceleration, precision=precision)
        with self._switching:
            if chosen == self.model:
                return
            before, self.model = self.model, chosen
            self.autosave.save_settings(_KEPT, {**chosen.recipe_fields, "told": self._told.name})
            if before.card.name != chosen.card.name:
                self._left(before.card.name)
            for listener in [*self._switched]:
                try:
                    listener()
                except Exception:
                    LOG.exception("somebody could not go on with %s", chosen.name)

    def switch_back(self) -> None:
        """Go on with the model that the session was switched to the last time, if it was opened on this one then, too.

        For Studios, whose session comes back as it was; nothing happens once the lab was switched.

        Raises:
            BadInput: when that model is not there any more.
        """
        kept = self.autosave.settings(_KEPT)
        told = kept.pop("told", None)
        if told == self._told.name == self.model.name and set(kept) == set(self.model.recipe_fields):
            self.switch(**kept)

    @checked
    def on_switch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call back after every switch, on the thread that switches; the answer ends that."""
        self._switched.append(listener)

        def end() -> None:
            if listener in self._switched:
                self._switched.remove(listener)

        return end

    def _left(self, model: str) -> None:
        """This lab draws with that model no more."""
        raise NotImplementedError
