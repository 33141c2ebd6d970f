"""Background work of campaigns: reading lists and do-not-call files, looking again after rules changed.

Each may run twice.
"""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from campaigns import policies, services
from campaigns.do_not_call import importing as do_not_call
from campaigns.feeds import importing as feeds
from campaigns.lists import importing
from campaigns.lists.importing import undoing
from campaigns.lookups import running as lookups
from campaigns.models import Campaign, ListVersion, LookupRun, StatusFeed, SuppressionFile
from campaigns.uploads import receiving
from campaigns.validity import ageing, clearing, overriding

# An import nobody works on for this long after its upload lost its message: a worker was killed, or the broker wiped.
PATIENCE = timedelta(seconds=20)
# Calls that held leads of an undone import have ended by then.
LATE_CALLS = timedelta(hours=12)


@shared_task
def import_version(version_id: int) -> None:
    """One step of an import; the next one is another message, so that other work gets its turn."""
    if importing.step(version_id):
        import_version.apply_async((version_id,), retry=False)


@shared_task
def import_do_not_call(file_id: int) -> None:
    """Read and apply one do-not-call file."""
    do_not_call.run(file_id)


@shared_task
def resume_imports() -> None:
    """Start again the imports that nobody is working on, and finish what undone ones left in calls."""
    late_files = SuppressionFile.objects.filter(state__in=do_not_call.OPEN, created_at__lt=timezone.now() - PATIENCE)
    for file_id in late_files.values_list("pk", flat=True):
        if not do_not_call.is_running(file_id):
            import_do_not_call.delay(file_id)
    late = ListVersion.objects.filter(state__in=importing.RUNNING, created_at__lt=timezone.now() - PATIENCE)
    for version in late:
        if not importing.is_running(version.pk):
            services.carry_on(version)
    for version in ListVersion.objects.filter(undone_at__gt=timezone.now() - LATE_CALLS, state="undone"):
        undoing.finish_left_behind(version)


@shared_task
def recheck(campaign_id: int) -> None:
    """Look again at the leads that this campaign's older rules set aside."""
    policies.recheck(campaign_id)


@shared_task
def recheck_all() -> None:
    """Make up for rechecks whose message was lost."""
    for campaign_id in Campaign.objects.filter(recheck=True).values_list("pk", flat=True):
        policies.recheck(campaign_id)


@shared_task
def apply_feed(feed_id: int) -> None:
    """Apply one uploaded status feed."""
    feeds.run(feed_id)


@shared_task
def resume_feeds() -> None:
    """Go on with the status feeds that nobody is working on."""
    late = StatusFeed.objects.filter(state__in=feeds.UNFINISHED, created_at__lt=timezone.now() - PATIENCE)
    for feed_id in late.values_list("pk", flat=True):
        if not feeds.is_running(feed_id):
            apply_feed.delay(feed_id)


@shared_task
def look_up(run_id: int) -> None:
    """Go on with a lookup; the rest of a long one follows in another task."""
    if lookups.run(run_id):
        look_up.delay(run_id)


@shared_task
def resume_lookups() -> None:
    """Go on with lookups that nobody is working on, and look for answers that come as files."""
    late = LookupRun.objects.filter(state__in=lookups.OPEN, created_at__lt=timezone.now() - PATIENCE)
    for run_id in late.values_list("pk", flat=True):
        if not lookups.is_running(run_id):
            look_up.delay(run_id)


@shared_task
def wake_cleared() -> None:
    """Make leads due again whose numbers were cleared; also those whose message was lost."""
    clearing.wake()


@shared_task
def end_overrides() -> None:
    """Judge numbers anew whose supervisor's word is about to end."""
    overriding.end_overrides(timezone.now())
    clearing.wake()


@shared_task
def judge_numbers_anew() -> None:
    """After a change of how long words are believed; also what a lost message left undone."""
    ageing.judge_anew(timezone.now())
    clearing.wake()


@shared_task
def prune_evidence() -> None:
    """Drop what was once known of numbers and counts no longer."""
    ageing.prune(timezone.now())


@shared_task
def remove_expired_uploads() -> None:
    """Forget uploads that nobody finished or used."""
    receiving.remove_expired()
