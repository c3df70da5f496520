"""One worker thread, a queue and a live slot. No torch, no widgets, no files."""

from lab.jobs.hooks import JobHooks
from lab.jobs.job import Errand, Job, JobState
from lab.jobs.worker import Engine, Worker

__all__ = ["Engine", "Errand", "Job", "JobHooks", "JobState", "Worker"]
