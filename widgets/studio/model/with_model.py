"""All of a Studio that depends on the lab's model: made anew for another one, while what is drawn stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from lab.core.errors import BadInput
from lab.session import Lab
from lab.tasks import Task
from widgets.base.bare import ToggleButton
from widgets.base.dispose import close_all
from widgets.panel.folds import Folds
from widgets.panel.param_panel import ParamPanel
from widgets.panel.setting_groups import columns
from widgets.studio.drag_binding import Dragged, bind
from widgets.studio.inputs.guides import Guides
from widgets.studio.inputs.task_inputs import TaskInput
from widgets.studio.model.model_field import ModelField
from widgets.studio.notices import Notices
from widgets.studio.outdated_picture import OutdatedPicture
from widgets.studio.picture_exchange import can_do, targets
from widgets.studio.queue_panel import QueuePanel
from widgets.studio.results.results import Results
from widgets.studio.saved_settings import SavedSettings
from widgets.studio.studio_buttons import LiveButton, OutcomeOverlay, live_tooltip
from widgets.studio.studio_layout import Stage
from widgets.views.result_view import ResultView

_MODEL = "Model"
_FOR_ANY_MODEL = ("filters",)
"""Settings that go along to another model, besides the words and what only the task knows."""


class WithModel:
    """Put before an ipywidgets class that has what is named here."""

    lab: Lab
    task: Task
    sources: list[TaskInput]
    queue: QueuePanel
    view: ResultView
    panel: ParamPanel
    canvas: Any
    _dragged: Dragged | None
    notices: Notices
    _stage: Stage
    live_button: LiveButton
    results: Results
    outcome_button: ToggleButton | None
    _outdated: OutdatedPicture
    _follow: Callable[[], None]
    _settings_changed: Callable[[], None]

    def _switch_back(self) -> None:
        """Have the model that the session had the last time, before anything is made for it."""
        try:
            if self.lab.draws_here:
                self.lab.switch_back()
        except BadInput as error:
            self.notices.say(f"The model of the last time could not be used: {error}", about=_MODEL)

    def _begin_with_model(self) -> None:
        """Make everything for the model that the lab has now, and the field in which another one is chosen."""
        self._arranging = threading.RLock()
        self.model: ModelField | None = None
        self._model_fold = Folds()
        if self.lab.draws_here:
            field = self.model = ModelField(self.lab, self.task)
            self._model_fold.add(_MODEL, columns([field]))
            self._model_fold.on_open(_MODEL, field.look)
            self._model_fold.say(_MODEL, field.summary)
            field.on_change(lambda said: self._model_fold.say(_MODEL, said))
        self._make_settings()

    def _make_settings(self) -> None:
        """Panel, lists of pictures that steer, and what keeps them; with the model's own settings."""
        lab, card = self.lab, self.lab.card
        self.panel = ParamPanel(card, self.task, lab.home)
        self.guides = Guides(lab, self.task, self.sources, self.panel)
        self.results.lie_in(self.panel)
        self.panel.folds.add("Queue", self.queue, stays=True)
        self._saved = SavedSettings(lab.autosave, self.task.name, card.name)
        live = lab.live()
        self._live_settings = live.settings
        self.live_button.post(tooltip=live_tooltip(live))
        self._overlay = OutcomeOverlay(self.task, card, self.canvas, self.outcome_button)
        self.view.post(targets=targets(card, self.task))

    def _arrange(self) -> None:
        """Put words and settings in their places."""
        panel = self.panel
        self._stage.arrange(panel.words, [self._model_fold, panel.sliders, panel.filters, panel.folds, panel.looks])

    def _restore_settings(self, stays: Mapping[str, Any]) -> None:
        """Settings as this model had them the last time, and those that stay whatever the model."""
        saved, gone = self._saved.load()
        if gone:
            self.notices.say(f"There is no filter {', '.join(gone)} in this kernel: declare it, then add it again.")
        fields = self.panel.settings
        try:
            self.panel.settings = saved | {name: value for name, value in stays.items() if name in fields}
        except BadInput as error:  # settings of another version must not keep anybody out
            self.notices.say(f"The saved settings could not be used: {error}")
        self.guides.keep(self._saved.aside)
        self.panel.folds.opened = self._model_fold.opened = self._saved.opened

    def _listen_to_settings(self) -> None:
        """Follow panel and lists."""
        self.panel.on_change(self._settings_changed)
        self.guides.on_change(self._settings_changed)
        for folds in (self._model_fold, self.panel.folds):
            folds.on_change(self._opened)
        for source in self.sources:
            source.follow_size(self.panel)
        if self._dragged is not None:
            bind(self._dragged, self.panel)

    def _opened(self) -> None:
        """A fold was opened or closed."""
        self._saved.opened = [*self._model_fold.opened, *self.panel.folds.opened]

    def _switched(self) -> None:
        """The lab draws with another model: have its settings. Sketch, mask, words and seed stay as they are."""
        card = self.lab.card
        if not can_do(self.task, card):
            self.notices.say(f"{card.name} cannot do this ({self.task.name}): choose another model.", about=_MODEL)
            return
        with self._arranging:
            self.notices.take_back(_MODEL)
            panel, guides = self.panel, self.guides
            panel.on_change(lambda: None)
            self._saved.save(panel.settings)
            self._saved.aside = guides.kept
            carried = {*self.task.settings.model_fields, *_FOR_ANY_MODEL}
            self._make_settings()
            self._restore_settings({name: value for name, value in panel.settings.items() if name in carried})
            for source in self.sources:
                source.follow_model()
            self._listen_to_settings()
            self._arrange()
            guides.close()
            panel.folds.let_go()
            close_all(panel)
        self._outdated.look()
        self.lab.load()
        self._follow()
