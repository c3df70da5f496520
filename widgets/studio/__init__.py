"""One task with all that it takes, and how far its jobs are."""

from widgets.studio.job_bar import JobBar
from widgets.studio.studio import Studio

__all__ = ["JobBar", "Studio"]
