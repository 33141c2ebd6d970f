"""A run: the numbers of a list, batch by batch, from the budget to the evidence; stopped and resumed at any point.

A batch is written down and paid for before it goes out, in one transaction with how far the run has come, so that
whatever is killed, no number is paid for twice and no budget is exceeded. A batch of which nobody knows what became is
lost: it stays paid, and its numbers stay as they were.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from itertools import islice

from celery import current_app
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaigns import locks, services
from campaigns.locks import Work
from campaigns.lookups import Answer, Later, Lost, Provider, Refused, budget, wanted
from campaigns.lookups.providers import providers
from campaigns.models import Campaign, ContactList, LookupBatch, LookupRun, User
from campaigns.rules.validity import Kind
from campaigns.validity import clearing, recording
from campaigns.validity.recording import Heard

# A worker does other things as well: a longer run goes on in another task.
TURN_SECONDS = 50.0
# So many lost one after the other: something is wrong, and every further one costs.
MOST_LOST = 3
State = LookupRun.State
Batch = LookupBatch.State
OPEN = (State.WAITING, State.ASKING, State.ANSWERS)

logger = logging.getLogger(__name__)


class UnknownProvider(services.Refused):
    """No such provider is set up."""


@transaction.atomic
def start(
    *, contact_list: ContactList, provider: str, by: User | None, campaign: Campaign | None = None, later: bool = True
) -> LookupRun:
    """Have the list's numbers looked up whose state is not known. Raises UnknownProvider.

    `later=False`: the caller does it (`run`).
    """
    if provider not in providers():
        raise UnknownProvider(_("No provider named “%(name)s” is set up.") % {"name": provider})
    estimate = wanted.estimate(contact_list.pk, providers()[provider], timezone.now())
    made = LookupRun.objects.create(
        provider=provider, list=contact_list, campaign=campaign, numbers_wanted=estimate.numbers, created_by=by
    )
    services.audit(by, "lookup.started", made, {"provider": provider, "list": contact_list.pk})
    if later:
        # Robust: without a broker the run waits, and goes on when `resume_lookups` finds it.
        transaction.on_commit(
            lambda: current_app.send_task("campaigns.tasks.look_up", [made.pk], retry=False), robust=True
        )
    return made


@transaction.atomic
def stop(*, run: LookupRun, by: User | None) -> bool:
    """Ask nothing more; False if it was over."""
    stopped = LookupRun.objects.filter(pk=run.pk, state__in=OPEN).update(
        state=State.STOPPED, finished_at=timezone.now()
    )
    if stopped:
        services.audit(by, "lookup.stopped", run, {})
    run.refresh_from_db()
    return bool(stopped)


def run(run_id: int, *, seconds: float = TURN_SECONDS) -> bool:
    """Go on with the run for about so long; whether there is more to ask at once."""
    with locks.alone(Work.LOOKUP, run_id) as alone:
        found = LookupRun.objects.filter(pk=run_id, state__in=OPEN).select_related("created_by").first()
        if not alone or found is None:
            return False
        with translation.override(found.created_by.language if found.created_by else "en"):
            more = _go_on(found, time.monotonic() + seconds)
    clearing.wake()
    return more


def is_running(run_id: int) -> bool:
    """Whether some process is at it at this moment."""
    return locks.is_taken(Work.LOOKUP, run_id)


def _go_on(found: LookupRun, until: float) -> bool:
    provider = providers().get(found.provider)
    if provider is None or found.list_id is None:
        _end(found, State.FAILED, _("The provider or the list of this lookup is gone."))
        return False
    try:
        _collect(found, provider)
        return _ask(found, provider, until)
    except (budget.BudgetSpent, budget.NoBudget) as refusal:
        _end(found, State.STOPPED, str(refusal))
    except Refused as refusal:
        _end(found, State.FAILED, str(refusal))
    return False


def _collect(found: LookupRun, provider: Provider) -> None:
    """Batches that an earlier turn left open: look for their answers, or give them up."""
    for batch in found.batches.filter(state=Batch.ASKED):
        if provider.resumes:
            _look_up(found, provider, batch)
        else:
            LookupBatch.objects.filter(pk=batch.pk).update(state=Batch.LOST)


def _ask(found: LookupRun, provider: Provider, until: float) -> bool:
    """Ask about what was not asked yet; whether there is more."""
    assert found.list_id is not None
    numbers, lost = wanted.numbers(found.list_id, found.after, timezone.now()), 0
    while batch := list(islice(numbers, provider.batch_size)):
        if not _still_wanted(found):
            return False
        lost = 0 if _look_up(found, provider, _pay(found, provider, batch)) else lost + 1
        if lost == MOST_LOST:
            _end(found, State.FAILED, _("Three requests in a row got no answer. What they cost may have been charged."))
            return False
        if time.monotonic() > until:
            return True
    waits = found.batches.filter(state=Batch.ASKED).exists()
    if not waits:
        _end(found, State.READY, "")
    elif found.state != State.ANSWERS:
        LookupRun.objects.filter(pk=found.pk, state__in=OPEN).update(state=State.ANSWERS)
    return False


def _still_wanted(found: LookupRun) -> bool:
    return bool(LookupRun.objects.filter(pk=found.pk, state__in=OPEN).update(state=State.ASKING))


@transaction.atomic
def _pay(found: LookupRun, provider: Provider, numbers: Sequence[int]) -> LookupBatch:
    """Write the batch down and charge the budgets. Raises budget.BudgetSpent or budget.NoBudget."""
    cost = provider.cost * len(numbers)
    accounts = budget.take(cost, found.campaign_id, timezone.now())
    LookupRun.objects.filter(pk=found.pk).update(
        after=numbers[-1], numbers_asked=F("numbers_asked") + len(numbers), cost=F("cost") + cost
    )
    return LookupBatch.objects.create(run=found, numbers=list(numbers), cost=cost, spends=accounts)


def _look_up(found: LookupRun, provider: Provider, batch: LookupBatch) -> bool:
    """Ask, and keep what is answered; False when the batch was lost. Raises Refused."""
    try:
        answers = provider.look_up(batch.numbers, batch.pk)
    except Later as waits:
        LookupRun.objects.filter(pk=found.pk).update(error=str(waits))
        return True
    except Lost as fault:
        LookupBatch.objects.filter(pk=batch.pk).update(state=Batch.LOST)
        logger.warning("lookup %s: batch %s lost (%s)", found.pk, batch.pk, fault)
        return False
    except Refused:
        _take_back(found, batch)
        raise
    _keep(found, provider, batch, answers)
    return True


@transaction.atomic
def _take_back(found: LookupRun, batch: LookupBatch) -> None:
    """It was not charged: its numbers count as not asked about."""
    if LookupBatch.objects.filter(pk=batch.pk, state=Batch.ASKED).update(state=Batch.REFUSED):
        budget.give_back(batch.cost, batch.spends)
        LookupRun.objects.filter(pk=found.pk).update(
            after=batch.numbers[0] - 1,
            numbers_asked=F("numbers_asked") - len(batch.numbers),
            cost=F("cost") - batch.cost,
        )


@transaction.atomic
def _keep(found: LookupRun, provider: Provider, batch: LookupBatch, answers: Sequence[Answer]) -> None:
    now = timezone.now()
    recording.record([_heard(found, provider, a) for a in answers if a.code is not None], now)
    if LookupBatch.objects.filter(pk=batch.pk, state=Batch.ASKED).update(state=Batch.ANSWERED):
        answered = len({answer.number for answer in answers})
        LookupRun.objects.filter(pk=found.pk).update(numbers_answered=F("numbers_answered") + answered, error="")


def _heard(found: LookupRun, provider: Provider, answer: Answer) -> Heard:
    assert answer.code is not None
    return Heard(
        answer.number,
        answer.code,
        Kind.LOOKUP,
        answer.observed_at or timezone.now(),
        source=provider.name,
        expires_at=answer.expires_at,
        detail=answer.detail,
        origin=found.pk,
    )


def _end(found: LookupRun, state: str, sentence: str) -> None:
    LookupRun.objects.filter(pk=found.pk, state__in=OPEN).update(
        state=state, error=sentence, finished_at=timezone.now()
    )
    logger.info("lookup %s: %s", found.pk, state)
