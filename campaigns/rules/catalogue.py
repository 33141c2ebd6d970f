"""Every rule and every reason in words: what docs/rules.md is made of, by `python -m campaigns.rules.catalogue`.

The tables stand beside the rules so that they change with them. Tests compare their fields, reasons and recorded
values with the code's, and the committed document with what is made here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from campaigns.rules import evidence_catalogue, profiles, retries
from campaigns.rules.abandons import AbandonLimit, Unit
from campaigns.rules.caps import Cap, Gap
from campaigns.rules.consent import Basis
from campaigns.rules.eligibility import Reason
from campaigns.rules.profiles import Profile
from campaigns.rules.windows import Hours, Span

PROFILES = Path(__file__).parents[1] / "data" / "compliance_profiles.json"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# Whether a refusal of this reason says when it ends.
NEVER, SOMETIMES, ALWAYS = "never", "sometimes", "always"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reason says. `ends`: whether it ends by itself; `inputs`: the values recorded with it."""

    sentence: str
    ends: str
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rule and its fields: (name, allowed values, meaning)."""

    name: str
    sentence: str
    fields: tuple[tuple[str, str, str], ...]


REASONS: Mapping[Reason, Meaning] = {
    Reason.NO_PHONE: Meaning("The person has no phone that can be dialled.", NEVER),
    Reason.ATTEMPTS_USED: Meaning("All attempts of the campaign are used. Callbacks are exempt.", NEVER, ("attempts",)),
    Reason.CALLBACK_EXPIRED: Meaning("The callback was not made in the time it was promised for.", NEVER),
    Reason.WRONG_LINE_TYPE: Meaning(
        "The number is a data-only SIM or another line nobody answers; it ends when that knowledge ages.", SOMETIMES
    ),
    Reason.VACANT: Meaning("The number is vacant, as far as is known; it ends when that knowledge ages.", SOMETIMES),
    Reason.SUSPENDED: Meaning("The number is suspended; it ends when that knowledge ages.", SOMETIMES),
    Reason.POWERED_OFF: Meaning("The phone is powered off; it ends when that knowledge ages.", SOMETIMES),
    Reason.UNREACHABLE: Meaning("The phone cannot be reached; it ends when that knowledge ages.", SOMETIMES),
    Reason.WRONG_NUMBER: Meaning("The number is somebody else's; it ends when that knowledge ages.", SOMETIMES),
    Reason.RISK_NUMBER: Meaning("The number is marked as a risk; it ends when that knowledge ages.", SOMETIMES),
    Reason.DO_NOT_CALL: Meaning("The number or the person is on do-not-call, for good or until a day.", SOMETIMES),
    Reason.NO_CONSENT: Meaning(
        "The campaign asks for consent, and no valid one is on record: never given, expired, taken back, or on another "
        "basis. When one is written down, the lead is due again.",
        SOMETIMES,
    ),
    Reason.EXCLUDING_PRODUCT: Meaning(
        "The person holds a product that the campaign excludes. When they give it up, the lead is due again.",
        NEVER,
        ("products",),
    ),
    Reason.UNKNOWN_ZONE: Meaning("No time zone is known for the person, so no lawful hour is.", NEVER),
    Reason.NO_COMMON_HOUR: Meaning("No hour is lawful under all rules in all their time zones.", NEVER, ("zones",)),
    Reason.NOT_BEGUN: Meaning("The campaign's first day has not begun where they live.", ALWAYS, ("zones",)),
    Reason.OVER: Meaning("The campaign's last calling hour is over where they live.", NEVER, ("zones",)),
    Reason.BLACKOUT: Meaning("It is a day without calls where they live.", ALWAYS, ("zones",)),
    Reason.HOLIDAY: Meaning("It is a public holiday where they live, with hours of its own.", ALWAYS, ("zones",)),
    Reason.OUTSIDE_HOURS: Meaning("It is outside the calling hours where they live.", ALWAYS, ("zones",)),
    Reason.CAP_REACHED: Meaning("They were called as often as a cap allows.", SOMETIMES, ("limit", "n")),
    Reason.TOO_SOON: Meaning("Too little time has passed since a call that came to this.", SOMETIMES, ("after", "at")),
    Reason.SAME_PART_OF_DAY: Meaning("They were tried in this part of the day and nobody answered.", ALWAYS),
    Reason.IN_CALL: Meaning("They are in another call of ours at this moment.", ALWAYS),
}

CALLS = ("calls", "all, unasked, callbacks", "Which calls it counts and refuses; a callback is a call they asked for.")
PER = ("per", "phone, contact", "For whom it counts: one number, or one person on all their numbers.")
SCOPE = ("scope", "campaign, line_of_business, all", "Whose calls count: this campaign's, its line of business's, all.")
NAME = ("name", "text", "Named by every decision it makes.")
WEEK = "seven lists of spans, Monday first; a span is minutes of the local day, its end not included"

KINDS: tuple[Kind, ...] = (
    Kind(
        "Hours",
        "When calls are allowed, on the local wall clock. All hours of a campaign and its compliance profiles hold "
        "together, in every time zone in which the person may be.",
        (
            NAME,
            ("week", WEEK, "When calls are allowed; an empty list is a day without calls."),
            ("holiday", "a list of spans, or null", "The spans of public holidays; null: as on any other day."),
            ("first_day", "a local day, or null", "The first day with calls."),
            ("last_day", "a local day, or null", "The last day with calls."),
            ("closed", "local days", "Days without calls."),
            ("regions", "ISO 3166 codes such as US or US-FL", "Only for people there, or whose region is unknown."),
        ),
    ),
    Kind(
        "Cap",
        "At most so many calls in a window. A calendar window must have room in every time zone of the person.",
        (
            NAME,
            ("counts", "attempts, answered, conversations", "How far a call must have come to count."),
            PER,
            SCOPE,
            (
                "window",
                "seconds, or day, week, month",
                "A rolling window, or one of the callee's calendar from Monday.",
            ),
            ("limit", "0 or more", "The most calls in any window; 0 refuses for good."),
            CALLS,
        ),
    ),
    Kind(
        "Gap",
        "The least time between the latest call that came to an outcome and the next call.",
        (
            NAME,
            (
                "after",
                ", ".join(profiles.OUTCOMES),
                "The outcome; refusal: the agent chose a disposition of that kind.",
            ),
            PER,
            SCOPE,
            ("wait", "seconds, or null", "The least time; null: never again."),
            ("calls", CALLS[1], "Which calls it refuses."),
        ),
    ),
    Kind(
        "Cadence",
        "Which phone is tried next: steps one after the other, and again from the first. Phones it does not name come "
        "last; without a cadence phones take turns.",
        (
            ("label", "mobile, home, office, other, or empty", "The phones of this step, as the list labels them."),
            ("times", "1 or more", "How many attempts on each of them."),
            ("week", f"{WEEK}; or null", "Hours of these phones alone; null: whenever calls are allowed."),
        ),
    ),
    Kind(
        "Spread",
        "At most one unanswered attempt of a campaign in each part of the person's day: until 12:00, until 17:00, and "
        "after. Callbacks are exempt.",
        (("spread", "true, false", "Whether it is on."),),
    ),
    Kind(
        "Consent",
        "Whether people must have agreed to be called, for the campaign's line of business or for any purpose. The "
        "newest word for a purpose and basis counts; taking back reaches what was given until then.",
        (("consent", ", ".join(Basis), "Bases of which one will do; empty: none is asked for."),),
    ),
    Kind(
        "Products",
        "Products that keep whoever holds them from being called by the campaign.",
        (("excluded_products", "codes", "A code is a product's name in capitals."),),
    ),
    Kind(
        "Retry",
        "When a lead is due again after an outcome in which nobody talked; what is not said is as below.",
        (
            ("wait", "seconds", "The lead is due again after this."),
            ("limit", "0 or more", "How often; then the lead is finished. 0 finishes it at once."),
        ),
    ),
)

ORDER = (
    "Callbacks that are due, the earliest promise first.",
    "Lists by their priority, the highest first. A boosted list comes before all others while its boost lasts.",
    "Lists of one priority are mixed by their weights.",
    "Within a list by score band, the highest first; within a band the fewest attempts first; then the freshest, "
    "which is the lead that became due last.",
)


def markdown(known: Sequence[Profile]) -> str:
    """The whole document."""
    parts = ["# Rules", _intro(), _reasons(), _numbers(), _kinds(), _retries(), _order(), _profiles(known)]
    return "\n\n".join(parts) + "\n"


def _intro() -> str:
    return (
        "Made by `python -m campaigns.rules.catalogue`; change the tables there, not here.\n\n"
        "A lead is called only if no rule refuses it at the moment of dialling. Every refusal names its reason, the "
        "rule, when it ends, and the values it was decided on."
    )


def _reasons() -> str:
    rows = [(f"`{r}`", m.sentence, m.ends, ", ".join(f"`{i}`" for i in m.inputs)) for r, m in REASONS.items()]
    return (
        "## Reasons not to call\n\n"
        "In order of precedence. All that hold are listed; the one that binds is the first that never ends, else the "
        "one that ends last. When it has ended, the lead waits for the next lawful hour.\n\n"
        + _table(("reason", "meaning", "ends", "recorded"), rows)
    )


def _numbers() -> str:
    head = ("word", "believed for, unless its source says", "takes the place of")
    ages = _table(head, evidence_catalogue.ages(_wait))
    sources = _table(("source", "trust", "meaning"), evidence_catalogue.sources())
    return "\n\n".join(["## What is known of numbers", evidence_catalogue.sentence(_wait), ages, sources])


def _kinds() -> str:
    tables = [f"### {k.name}\n\n{k.sentence}\n\n{_table(('field', 'allowed', 'meaning'), k.fields)}" for k in KINDS]
    return "\n\n".join(["## Kinds of rules", *tables])


def _retries() -> str:
    rows = [(f"`{outcome}`", _wait(r.wait), str(r.limit)) for outcome, r in retries.DEFAULTS.items()]
    return _table(("outcome", "due again after", "at most times"), rows)


def _order() -> str:
    return "## Order of dialling\n\n" + "\n".join(f"{n}. {line}" for n, line in enumerate(ORDER, 1))


def _profiles(known: Sequence[Profile]) -> str:
    rows = [
        (
            f"`{p.name}`",
            p.title,
            _lines(map(_hours, p.hours)),
            _lines([*map(_cap, p.caps), *map(_gap, p.gaps)]),
            _ring(p),
        )
        for p in known
    ]
    head = ("profile", "for", "hours", "caps and gaps", "least ring")
    return "\n\n".join(
        [
            "## Compliance profiles",
            "Not legal advice: each is to be confirmed by a compliance officer before use. Several hold together.",
            _table(head, rows),
            *(f"### `{p.name}`: {p.title}\n\n{_details(p)}" for p in known),
        ]
    )


def _details(profile: Profile) -> str:
    lines = [f"Source: {profile.source}", f"Evidence: {profile.evidence}", *profile.note.split("\n")]
    budgets = [f"Abandoned calls: {_abandon(rule)}" for rule in profile.abandon]
    return "\n".join(f"- {line}" for line in [*lines, *budgets] if line)


def _abandon(rule: AbandonLimit) -> str:
    window = {Unit.HOURS: f"any {rule.window.length} h", Unit.DAYS: f"each successive {rule.window.length} days"}
    over = window.get(rule.window.unit, f"the {rule.window.unit}")
    said = f"at most {100 * rule.limit:g} % of {rule.of} calls in {over} ({str(rule.scope).replace('_', ' ')})"
    within = f"an agent within {rule.threshold.total_seconds():g} s of {rule.start}"
    machines = "" if rule.false_machines else "; false machines do not count"
    return f"{said}, aimed at {100 * rule.aim:g} %; {within}{machines}"


def _hours(hours: Hours) -> str:
    runs = [(key, [n for n, _ in run]) for key, run in groupby(enumerate(hours.week), key=lambda day: day[1])]
    texts = [f"{_run(days)} {_spans(spans)}" for spans, days in runs]
    holiday = [] if hours.holiday is None else [f"public holidays {_spans(hours.holiday)}"]
    where = f"{', '.join(sorted(hours.regions))}: " if hours.regions else ""
    return where + ", ".join([*texts, *holiday])


def _run(days: Sequence[int]) -> str:
    return DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]} to {DAYS[days[-1]]}"


def _spans(spans: Iterable[Span]) -> str:
    return " and ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans) or "none"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _cap(cap: Cap) -> str:
    window = f"in {_wait(cap.window)}" if isinstance(cap.window, timedelta) else f"a calendar {cap.window}"
    return f"{cap.limit} {cap.counts} {window} {_whom(cap)}"


def _gap(gap: Gap) -> str:
    wait = "never again" if gap.wait is None else f"{_wait(gap.wait)} of wait"
    return f"after {gap.after} {wait} {_whom(gap)}"


def _whom(rule: Cap | Gap) -> str:
    calls = "" if rule.calls == "all" else f", {rule.calls} only"
    return f"per {rule.per} and {'all campaigns' if rule.scope == 'all' else rule.scope.replace('_', ' ')}{calls}"


def _wait(wait: timedelta) -> str:
    hours = wait / timedelta(hours=1)
    return f"{hours:g} h" if hours >= 1 or not wait else f"{hours * 60:g} min"


def _ring(profile: Profile) -> str:
    return f"{profile.min_ring_seconds} s" if profile.min_ring_seconds else ""


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(texts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    print(markdown(profiles.parse(json.loads(PROFILES.read_text(encoding="utf-8")))), end="")
