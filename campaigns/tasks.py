"""Background work of campaigns: reading lists and do-not-call files, looking again after rules changed.

Each may run twice.
"""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from campaigns import policies
from campaigns.do_not_call import importing as do_not_call
from campaigns.lists import importing
from campaigns.models import Campaign, ContactList, SuppressionFile

# A list nobody works on for this long after its upload lost its message: a worker was killed, or the broker wiped.
PATIENCE = timedelta(minutes=1)


@shared_task
def import_list(list_id: int) -> None:
    """Read one uploaded list."""
    importing.run(list_id)


@shared_task
def import_do_not_call(file_id: int) -> None:
    """Read and apply one do-not-call file."""
    do_not_call.run(file_id)


@shared_task
def resume_imports() -> None:
    """Start again the imports that nobody is working on."""
    late_files = SuppressionFile.objects.filter(
        state__in=do_not_call.UNFINISHED, created_at__lt=timezone.now() - PATIENCE
    )
    for file_id in late_files.values_list("pk", flat=True):
        if not do_not_call.is_running(file_id):
            import_do_not_call.delay(file_id)
    late = ContactList.objects.filter(state__in=importing.UNFINISHED, created_at__lt=timezone.now() - PATIENCE)
    for list_id in late.values_list("pk", flat=True):
        if not importing.is_running(list_id):
            import_list.delay(list_id)


@shared_task
def recheck(campaign_id: int) -> None:
    """Look again at the leads that this campaign's older rules set aside."""
    policies.recheck(campaign_id)


@shared_task
def recheck_all() -> None:
    """Make up for rechecks whose message was lost."""
    for campaign_id in Campaign.objects.filter(recheck=True).values_list("pk", flat=True):
        policies.recheck(campaign_id)
