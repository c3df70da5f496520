"""One worker thread, a queue and a live slot. No torch, no widgets, no files."""

from lab.jobs.job import Errand, Job, JobState
from lab.jobs.job_queue import JobQueue, QueueEntry
from lab.jobs.live_session import LiveSession
from lab.jobs.throttled_reporter import ThrottledReporter
from lab.jobs.worker import Worker

__all__ = [
    "Errand",
    "Job",
    "JobQueue",
    "JobState",
    "LiveSession",
    "QueueEntry",
    "ThrottledReporter",
    "Worker",
]
