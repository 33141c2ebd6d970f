"""Keeping an uploaded status feed and having it applied."""

from __future__ import annotations

from datetime import datetime

from celery import current_app
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import StatusFeed, User
from campaigns.services import Refused, audit, refuse_file


class BadFeed(Refused):
    """A feed without a source, or whose times cannot be."""


@transaction.atomic
def upload_feed(
    *,
    source: str,
    file: File,
    default_country: str,
    observed_at: datetime | None,
    expires_at: datetime | None,
    by: User | None,
    read_later: bool = True,
) -> StatusFeed:
    """Keep the file and have a worker apply it. `observed_at`: of rows that do not say (None: now); `expires_at`: of
    such rows, None: as long as such words are believed. Raises BadFile or BadFeed.

    `read_later=False`: the caller applies it (campaigns.feeds.importing.run).
    """
    now = timezone.now()
    refuse_file(file, default_country)
    _refuse_times(source, observed_at or now, expires_at, now)
    feed = StatusFeed.objects.create(
        source=source.strip()[:64],
        file=file,
        original_name=(file.name or "")[-255:],
        default_country=default_country,
        observed_at=observed_at or now,
        expires_at=expires_at,
        created_by=by,
    )
    audit(by, "status_feed.uploaded", feed, {"bytes": file.size, "source": feed.source})
    if read_later:
        # Robust: without a broker the feed waits, and is applied when `resume_feeds` finds it.
        transaction.on_commit(
            lambda: current_app.send_task("campaigns.tasks.apply_feed", [feed.pk], retry=False), robust=True
        )
    return feed


def _refuse_times(source: str, observed_at: datetime, expires_at: datetime | None, now: datetime) -> None:
    if not source.strip():
        raise BadFeed(_("Name the source: whoever says so of these numbers."))
    if observed_at > now:
        raise BadFeed(_("The numbers cannot have been observed in the future."))
    if expires_at is not None and expires_at <= max(observed_at, now):
        raise BadFeed(_("Choose an end in the future, or none."))
