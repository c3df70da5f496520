"""Pictures, shown."""

from widgets.views.image_grid import ImageGrid
from widgets.views.result_view import ResultView
from widgets.views.step_scrubber import StepScrubber

__all__ = ["ImageGrid", "ResultView", "StepScrubber"]
