"""Background work of campaigns: reading uploaded lists. Each task may run twice, or again after a kill."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from campaigns.lists import importing
from campaigns.models import ContactList

# A list nobody works on for this long after its upload lost its message: a worker was killed, or the broker wiped.
PATIENCE = timedelta(minutes=1)


@shared_task
def import_list(list_id: int) -> None:
    """Read one uploaded list."""
    importing.run(list_id)


@shared_task
def resume_imports() -> None:
    """Start again the imports that nobody is working on."""
    late = ContactList.objects.filter(state__in=importing.UNFINISHED, created_at__lt=timezone.now() - PATIENCE)
    for list_id in late.values_list("pk", flat=True):
        if not importing.is_running(list_id):
            import_list.delay(list_id)
