"""The Celery app: the default queue for tasks, the engine queue for the worker that drives the PBX."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import setup_logging

from dialer.engine.bootstep import EngineStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


@setup_logging.connect
def leave_logging_alone(**_: object) -> None:
    """Django's settings say how to log; with a receiver here Celery does not set up its own."""


app = Celery("fairdial")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(EngineStep)
app.conf.beat_schedule = {
    "imports nobody works on": {"task": "campaigns.tasks.resume_imports", "schedule": 15.0},
    "rules that changed": {"task": "campaigns.tasks.recheck_all", "schedule": 60.0},
    "status feeds nobody works on": {"task": "campaigns.tasks.resume_feeds", "schedule": 60.0},
    "lookups nobody works on": {"task": "campaigns.tasks.resume_lookups", "schedule": 60.0},
    "numbers that were cleared": {"task": "campaigns.tasks.wake_cleared", "schedule": 60.0},
    # Often enough that none ends in between: see campaigns.validity.overriding.
    "overrides that end": {"task": "campaigns.tasks.end_overrides", "schedule": 60.0},
    "ages that changed": {"task": "campaigns.tasks.judge_numbers_anew", "schedule": 60.0},
    "evidence that counts no longer": {"task": "campaigns.tasks.prune_evidence", "schedule": 24 * 3600.0},
    "old decisions of pacing": {"task": "dialer.tasks.fold_pacing", "schedule": 6 * 3600.0},
    "uploads nobody finished": {"task": "campaigns.tasks.remove_expired_uploads", "schedule": 3600.0},
    "detectors that are too wrong": {"task": "dialer.tasks.check_detection", "schedule": 60.0},
    "next month's partitions": {"task": "dialer.tasks.make_partitions", "schedule": 6 * 3600.0},
}
