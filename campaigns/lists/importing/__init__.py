"""The import of a version, from the stored file to leads: once, however often and by however many it is started.

`run` goes on until there is nothing left for this process to do; a process that was killed is made up for by any
other. What can't be imported is taken back whole, and the version says why in words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, SerializationFailure

from campaigns.lists.columns import Unreadable
from campaigns.lists.importing import steps
from campaigns.lists.importing.publishing import BooksDoNotBalance
from campaigns.lists.importing.steps import RUNNING, StageLost, is_running
from campaigns.models import ListVersion

TRIES = 5
State = ListVersion.State

logger = logging.getLogger(__name__)

__all__ = ["RUNNING", "BooksDoNotBalance", "is_running", "run", "step"]


def run(list_id: int) -> bool:
    """Import what the list waits for, in this process; False when there is nothing to do."""
    version = ListVersion.objects.filter(list=list_id, state__in=RUNNING).first()
    if version is None:
        return False
    while step(version.pk):
        pass
    return True


def step(version_id: int) -> bool:
    """One transaction's worth of work; False when there is nothing left for this process to do."""
    with _language_of(version_id):
        for _try in range(TRIES):
            try:
                return steps.step(version_id)
            except Unreadable as flaw:
                return _fail(version_id, str(flaw))
            except StageLost:
                return _begin_again(version_id)
            except BooksDoNotBalance as flaw:
                logger.error("%s", flaw)
                return _fail(version_id, _("Its rows were not all accounted for. Nothing of it was kept."))
            except (IntegrityError, OperationalError) as error:
                # Another import made the same person at the same time, or the two waited for each other.
                if not _passes(error):
                    raise
                logger.info("version %s: done again after %s", version_id, type(error).__name__)
            except DataError as error:
                logger.error("version %s: %s", version_id, type(error).__name__)
                break
        return _fail(version_id, _("The database would not take its rows. Nothing of it was kept."))


def _passes(error: DatabaseError) -> bool:
    """Whether trying again may help; a database that is away is for a later start."""
    return isinstance(error, IntegrityError) or isinstance(error.__cause__, (DeadlockDetected, SerializationFailure))


@contextmanager
def _language_of(version_id: int) -> Iterator[None]:
    """Sentences are for whoever uploaded the file."""
    language = ListVersion.objects.filter(pk=version_id).values_list("created_by__language", flat=True).first()
    with translation.override(language or "en"):
        yield


def _fail(version_id: int, sentence: str) -> bool:
    """Have it taken back; the sentence stays. False when it is being taken back already, and that fails."""
    running = ListVersion.objects.filter(pk=version_id, state__in=RUNNING).exclude(state=State.CANCELLING)
    return bool(running.update(state=State.CANCELLING, error=sentence, finished_at=timezone.now()))


def _begin_again(version_id: int) -> bool:
    """What was applied is taken back, and the file is read anew."""
    applying = ListVersion.objects.filter(pk=version_id, state=State.APPLYING)
    return bool(applying.update(state=State.CANCELLING, again=True))
