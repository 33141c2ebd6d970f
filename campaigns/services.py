"""What managers and supervisors do. Each act and its audit entry are one transaction; each refusal is a named
exception whose text is a sentence for people.

A change is a conditional UPDATE: False (or an unchanged row) means that somebody got there first, which is no error.
Engines and pages are told after the commit; should the word be lost, they look again within a second or two anyway.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import F, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import do_not_call, events
from campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignList,
    Contact,
    ContactList,
    ContactPhone,
    Lead,
    LineOfBusiness,
    ListVersion,
    Suppression,
    User,
)
from campaigns.rules import numbers

Status = Campaign.Status
STARTABLE = (Status.DRAFT, Status.PAUSED, Status.FINISHED)
STOPPABLE = (Status.RUNNING, Status.PAUSED)
LAST_ID = 2**63 - 1
LEAST_RATIO, MOST_RATIO = Decimal(1), Decimal(10)
PACED = ("dial_mode", "ratio", "abandon_aim", "cancels_late")

# Where a lead stands among others of its list, 0 to 100: rules.order.standing_within of what lists say of person `c`.
SCORE = """(
    SELECT CASE WHEN t.priority IS NULL THEN t.score
                ELSE (4 - least(4, greatest(1, t.priority))) * 25 + t.score / 4 END
    FROM (SELECT
        CASE WHEN c.attributes #>> '{other,priority}' ~ '^-?[0-9]{1,9}$'
             THEN (c.attributes #>> '{other,priority}')::int END AS priority,
        CASE WHEN c.attributes #>> '{other,score}' ~ '^[0-9]{1,3}([.][0-9]+)?$'
             THEN least(100, (c.attributes #>> '{other,score}')::numeric) ELSE 0 END AS score
    ) t
)"""
# One row per contact, however many of a campaign's lists name them; due at once, the verdict decides the rest.
ADD_LEADS = f"""
INSERT INTO campaigns_lead
    (campaign_id, contact_id, list_id, state, due_at, callback, attempts, outcome_counts, last_outcome, reason, score)
SELECT %(campaign)s, e.contact_id, e.list_id, 'due', now(), false, 0, '{{}}', '', '', {SCORE}
FROM campaigns_listentry e JOIN campaigns_contact c ON c.id = e.contact_id
WHERE e.list_id = %(list)s AND e.contact_id BETWEEN %(first)s AND %(last)s
ORDER BY e.contact_id
ON CONFLICT (campaign_id, contact_id) DO NOTHING
"""


class Refused(Exception):
    """An act that was refused; str() is a sentence for people."""


class NoLeads(Refused):
    """The campaign has nobody to call."""


class ListNotRead(Refused):
    """Its only lists are still being read."""


class AllCalled(Refused):
    """Every lead is finished."""


class StoppedForGood(Refused):
    """A stopped campaign is not started again."""


class NameTaken(Refused):
    """Another campaign has this name."""


class BadPacing(Refused):
    """A dial mode that does not exist, or a ratio out of bounds."""


class BadFile(Refused):
    """No file that could become a list: too large, or of no country."""


class NotANumber(Refused):
    """The text is no number that could be put on do-not-call."""


def audit(by: User | None, action: str, on: Model, data: dict[str, Any]) -> None:
    """Write the trail, in the caller's transaction. Never put a name or a whole number into `data`."""
    object_type = on._meta.model_name or ""
    AuditEntry.objects.create(actor=by, action=action, object_type=object_type, object_id=str(on.pk), data=data)


def tell(kind: str, id: int) -> None:
    """Say after the commit that the object changed."""
    transaction.on_commit(lambda: events.changed(kind, id), robust=True)


@transaction.atomic
def upload_list(
    *,
    name: str,
    file: File,
    default_country: str,
    by: User | None,
    campaign: Campaign | None = None,
    read_later: bool = True,
    ask_first: bool = False,
) -> ContactList:
    """Keep the file and have it read by workers; with `campaign`, its contacts become leads. Raises BadFile.

    `read_later=False`: the caller reads it (campaigns.lists.importing.run). `ask_first`: not before its columns are
    confirmed (campaigns.lists.versions.start).
    """
    refuse_file(file, default_country)
    created = ContactList.objects.create(
        name=(name or file.name or "")[:120],
        file=file,
        original_name=(file.name or "")[-255:],
        default_country=default_country,
        created_by=by,
    )
    version = ListVersion.objects.create(
        list=created,
        number=1,
        state=ListVersion.State.MAPPING if ask_first else ListVersion.State.WAITING,
        file=created.file,
        original_name=created.original_name,
        size=file.size,
        default_country=default_country,
        created_by=by,
    )
    audit(by, "list.uploaded", created, {"bytes": file.size, "country": default_country})
    if campaign:
        attach_list(campaign=campaign, list=created, by=by)
    if read_later and not ask_first:
        carry_on(version)
    tell("list", created.pk)
    return created


def carry_on(version: ListVersion) -> None:
    """Ask workers, as many as may share an import, to go on with this one."""
    for _worker in range(import_processes()):
        # Robust: without a broker the list waits, and is read when `resume_imports` finds it.
        transaction.on_commit(
            lambda: current_app.send_task("campaigns.tasks.import_version", [version.pk], retry=False), robust=True
        )


def import_processes() -> int:
    """How many processes may share an import now: while campaigns are dialled, one core is left to them."""
    dialling = Campaign.objects.filter(status=Campaign.Status.RUNNING).exists()
    return max(1, settings.IMPORT_PROCESSES - (1 if dialling else 0))


def refuse_file(file: File, default_country: str) -> None:
    """Raises BadFile for what could not become a list, whatever is in it."""
    if not numbers.is_country(default_country):
        sentence = _("“%(code)s” is no country. Use its two capital letters, for example CN or GB.")
        raise BadFile(sentence % {"code": default_country[:10]})
    if file.size > settings.UPLOAD_MAX_BYTES:
        sentence = _("The file is larger than %(mb)s MB. Split it and upload the parts.")
        raise BadFile(sentence % {"mb": settings.UPLOAD_MAX_BYTES // 1_000_000})


@transaction.atomic
def attach_list(*, campaign: Campaign, list: ContactList, by: User | None) -> bool:
    """Make the list's contacts leads, now or when it has been read; False if it is attached already."""
    # The import that makes it ready locks this row too, so that one of the two adds the leads.
    locked = ContactList.objects.select_for_update().get(pk=list.pk)
    _link, new = CampaignList.objects.get_or_create(campaign=campaign, list=locked)
    if not new:
        return False
    added = add_leads(campaign=campaign, list=locked) if locked.state == ContactList.State.READY else 0
    audit(by, "campaign.list_attached", campaign, {"list": list.pk, "leads": added})
    tell("campaign", campaign.pk)
    return True


@transaction.atomic
def add_leads(*, campaign: Campaign, list: ContactList, between: tuple[int, int] = (0, LAST_ID)) -> int:
    """Every contact of the list becomes a lead, due now, unless the campaign has them; returns how many are new.

    `between`: only contacts with ids from the first to the last.
    """
    first, last = between
    with connection.cursor() as cursor:
        cursor.execute(ADD_LEADS, {"campaign": campaign.pk, "list": list.pk, "first": first, "last": last})
        added = cursor.rowcount
    tell("campaign", campaign.pk)
    return added


@transaction.atomic
def create_campaign(
    *,
    name: str,
    by: User | None,
    kind: str = Campaign.Kind.TELEMARKETING,
    product: str = "",
    line_of_business: LineOfBusiness | None = None,
    script: str = "",
) -> Campaign:
    """A draft. Raises NameTaken."""
    defaults = {"kind": kind, "product": product, "line_of_business": line_of_business, "script": script}
    campaign, new = Campaign.objects.get_or_create(name=name, defaults=defaults)
    if not new:
        raise NameTaken(_("There is already a campaign named “%(name)s”.") % {"name": name})
    audit(by, "campaign.created", campaign, {"kind": kind})
    tell("campaign", campaign.pk)
    return campaign


@transaction.atomic
def start(*, campaign: Campaign, by: User | None) -> bool:
    """Let it dial. Raises StoppedForGood, NoLeads, ListNotRead or AllCalled."""
    campaign.refresh_from_db(fields=["status"])
    if campaign.status == Status.STOPPED:
        raise StoppedForGood(_("This campaign was stopped for good. Create a new one and attach its lists."))
    _refuse_nobody_to_call(campaign)
    return _move(campaign, STARTABLE, Status.RUNNING, by, "campaign.started")


def _refuse_nobody_to_call(campaign: Campaign) -> None:
    own = Lead.objects.filter(campaign=campaign)
    if own.exclude(state=Lead.State.FINISHED).exists():
        return
    if own.exists():
        raise AllCalled(_("Every lead of this campaign is finished. Attach another list first."))
    if campaign.lists.filter(state__in=[ContactList.State.WAITING, ContactList.State.IMPORTING]).exists():
        raise ListNotRead(_("Its list is still being read. Start the campaign when the list is ready."))
    raise NoLeads(_("This campaign has nobody to call. Upload or attach a list first."))


@transaction.atomic
def pause(*, campaign: Campaign, by: User | None) -> bool:
    """No new calls; those that ring go on. False if it was not running."""
    return _move(campaign, [Status.RUNNING], Status.PAUSED, by, "campaign.paused")


@transaction.atomic
def stop(*, campaign: Campaign, by: User | None) -> bool:
    """No new calls ever, and those not answered yet are ended. False if it neither ran nor was paused."""
    return _move(campaign, STOPPABLE, Status.STOPPED, by, "campaign.stopped")


def _move(campaign: Campaign, froms: Any, to: str, by: User | None, action: str) -> bool:
    return _update(campaign, by, action, {"status": to, "status_changed_at": timezone.now()}, status__in=froms)


def _update(campaign: Campaign, by: User | None, action: str, changes: dict[str, Any], **only_if: Any) -> bool:
    """One conditional UPDATE that engines notice by the version; the caller's object shows what is now true."""
    row = Campaign.objects.filter(pk=campaign.pk, **only_if)
    updated = row.update(version=F("version") + 1, **changes)
    campaign.refresh_from_db()
    if updated:
        audit(by, action, campaign, {key: str(value) for key, value in changes.items() if key != "status_changed_at"})
        tell("campaign", campaign.pk)
    return bool(updated)


@transaction.atomic
def set_pacing(
    *,
    campaign: Campaign,
    dial_mode: str,
    ratio: Decimal,
    by: User | None,
    minutes: int | None = None,
    **fields: Any,
) -> bool:
    """How many calls per ready agent; False if that is how it is. Raises BadPacing.

    `minutes`: only for so long, then by itself as it was before. `fields`: abandon_aim, cancels_late.
    """
    if dial_mode not in Campaign.DialMode.values:
        raise BadPacing(_("“%(mode)s” is no dial mode.") % {"mode": dial_mode})
    if not (ratio.is_finite() and LEAST_RATIO <= ratio <= MOST_RATIO):
        raise BadPacing(_("The ratio must be a number from 1 to 10, such as 1.5."))
    campaign.refresh_from_db(fields=[*PACED, "pacing_until", "pacing_before"])
    wanted = {"dial_mode": dial_mode, "ratio": ratio, **fields}
    lasts = campaign.pacing_until is None if minutes is None else False
    if lasts and all(getattr(campaign, name) == value for name, value in wanted.items()):
        return False
    return _update(campaign, by, "campaign.pacing_set", {**wanted, **_for_a_while(campaign, minutes)})


def _for_a_while(campaign: Campaign, minutes: int | None) -> dict[str, Any]:
    """Until when, and what was before: of two changes for a while, what was before the first."""
    if minutes is None:
        return {"pacing_until": None, "pacing_before": None} if campaign.pacing_until else {}
    before = {name: getattr(campaign, name) for name in PACED}
    plain = {name: str(value) if isinstance(value, Decimal) else value for name, value in before.items()}
    return {
        "pacing_until": timezone.now() + timedelta(minutes=minutes),
        "pacing_before": campaign.pacing_before or plain,
    }


@transaction.atomic
def return_pacing(now: datetime) -> int:
    """Changes of pacing whose time is over are taken back; returns how many were."""
    over = Campaign.objects.select_for_update(skip_locked=True).filter(pacing_until__lte=now)
    return sum(_update(each, None, "campaign.pacing_returned", _as_before(each)) for each in over)


def _as_before(campaign: Campaign) -> dict[str, Any]:
    before = campaign.pacing_before
    numbers = {name: Decimal(before[name]) for name in ("ratio", "abandon_aim") if before.get(name) is not None}
    return {**before, **numbers, "pacing_until": None, "pacing_before": None}


@transaction.atomic
def set_agent_share(*, campaign: Campaign, agent_priority: int, agent_weight: int, by: User | None) -> bool:
    """Which part of the agents it shares with others it has (dialer.rules.sharing); False if that is how it is.

    The priority is 0 to 9, the weight 1 to 100; the database refuses others.
    """
    wanted = {"agent_priority": agent_priority, "agent_weight": agent_weight}
    campaign.refresh_from_db(fields=list(wanted))
    if all(getattr(campaign, field) == value for field, value in wanted.items()):
        return False
    return _update(campaign, by, "campaign.agent_share_set", wanted)


@transaction.atomic
def set_detection(*, campaign: Campaign, by: User | None, **wanted: Any) -> bool:
    """Who listens for answering machines and what happens to them, from the next call on; False if nothing changes.

    `wanted`: the fields of forms.DetectionForm, checked. Whoever sets it takes note of why it had been switched off.
    """
    campaign.refresh_from_db()
    changes = {field: value for field, value in wanted.items() if getattr(campaign, field) != value}
    if not changes and campaign.detector_fell_back is None:
        return False
    told = {"detector_set_at": timezone.now(), "detector_fell_back": None}
    return _update(campaign, by, "campaign.detection_set", changes | told)


@transaction.atomic
def switch_detection_off(*, campaign: Campaign, why: dict[str, Any]) -> bool:
    """Nobody listens any more, because too many persons were taken for machines; False if that was so already.

    `why`: what was found, see dialer.detection.fallback; it stays on the campaign until somebody sets detection anew.
    """
    off = {"detector": Campaign.Detectors.OFF, "detector_fell_back": why}
    # Settings that somebody changed meanwhile are judged by their own verdicts.
    same = {"detector": campaign.detector, "detector_set_at": campaign.detector_set_at}
    return _update(campaign, None, "campaign.detection_fell_back", off, **same)


@transaction.atomic
def change_settings(
    *,
    campaign: Campaign,
    by: User | None,
    ring_seconds: int,
    max_wait_seconds: int,
    wrap_up_seconds: int,
) -> bool:
    """How long to ring, wait and wrap up, from the next call on; False if nothing changes."""
    wanted = {
        "ring_seconds": ring_seconds,
        "max_wait_seconds": max_wait_seconds,
        "wrap_up_seconds": wrap_up_seconds,
    }
    campaign.refresh_from_db()
    changes = {field: value for field, value in wanted.items() if getattr(campaign, field) != value}
    return bool(changes) and _update(campaign, by, "campaign.settings_changed", changes)


@transaction.atomic
def suppress(
    *,
    number: str,
    reason: str,
    by: User | None,
    line_of_business: LineOfBusiness | None = None,
    campaign: Campaign | None = None,
    expires_at: datetime | None = None,
    source: str = "manual",
    default_country: str = "",
    of_person: bool = False,
) -> Suppression:
    """Put a number on do-not-call: everywhere, for a line of business, or for a campaign. Raises NotANumber.

    An entry is never shortened by a later, weaker one. Calls are kept from the number when they are about to be made.
    `of_person`: and from whoever has the number, on all of their numbers.
    """
    phone = _phone(number, default_country)
    said: dict[str, Any] = {"reason": reason, "source": source, "by": by, "expires_at": expires_at}
    scope: dict[str, Any] = {"line_of_business": line_of_business, "campaign": campaign}
    people = ContactPhone.objects.filter(phone=phone).values_list("contact", flat=True) if of_person else ()
    for contact in sorted(people):
        _enter(contact=contact, **said, **scope)
    return _enter(phone=phone, **said, **scope)


@transaction.atomic
def suppress_person(
    *,
    contact: Contact,
    reason: str,
    by: User | None,
    line_of_business: LineOfBusiness | None = None,
    campaign: Campaign | None = None,
    expires_at: datetime | None = None,
    source: str = "manual",
) -> Suppression:
    """Put a person on do-not-call: all numbers they have, and those of later lists."""
    said: dict[str, Any] = {"reason": reason, "source": source, "by": by, "expires_at": expires_at}
    return _enter(contact=contact.pk, line_of_business=line_of_business, campaign=campaign, **said)


def _enter(**said: Any) -> Suppression:
    entry, changed = do_not_call.enter(**said)
    if changed:
        until = str(said["expires_at"] or "")
        audit(said["by"], "suppression.added", entry, {"reason": entry.reason, "source": entry.source, "until": until})
    return entry


def _phone(number: str, default_country: str) -> int:
    found = numbers.check(number, default_country)
    if isinstance(found, numbers.NotANumber):
        raise NotANumber(_("This is not a phone number. Write it with its country code, such as +86 138 0013 8000."))
    return found.phone


@transaction.atomic
def unsuppress(*, suppression: Suppression, reason: str, by: User | None) -> bool:
    """Take an entry off; False if it is gone already. It is kept, with the reason, in the history of the number."""
    ended = do_not_call.end(suppression, reason=reason, by=by)
    if ended:
        audit(by, "suppression.removed", suppression, {"reason": reason})
    return ended
