"""Compliance profiles: those that ship say what their source says, and of a wrong file it is said what is wrong."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules import profiles
from campaigns.rules.abandons import AbandonLimit, Of
from campaigns.rules.caps import REFUSAL, Calls, Cap, Gap, Period
from campaigns.rules.profiles import EVIDENCE, common_week, min_ring, parse
from campaigns.rules.reading import BadProfile, Must
from campaigns.rules.windows import WHOLE_DAY, Hours
from tests.rules import making
from tests.rules.profile_files import CHILD, GOOD, WRONG, anything

FILE = Path(profiles.__file__).parents[1] / "data" / "compliance_profiles.json"
SHIPPED = json.loads(FILE.read_text(encoding="utf-8"))
BY_NAME = {profile.name: profile for profile in parse(SHIPPED)}
HOUR = timedelta(hours=1)


def one(**changes):
    return parse({"profiles": [GOOD | changes]})[0]


def child(**fields):
    return parse({"profiles": [GOOD, CHILD | fields]})[1]


def test_the_profiles_that_ship_are_good_and_say_where_they_come_from():
    assert len(BY_NAME) == 17
    for profile in BY_NAME.values():
        assert profile.title.isascii()
        assert not profile.title_zh.isascii()
        assert profile.source
        assert profile.evidence.startswith(EVIDENCE)


def test_marketing_in_china():
    cn = BY_NAME["cn_marketing"]

    assert cn.hours == (Hours("cn_marketing.hours", (((540, 720), (810, 1200)),) * 7),)
    assert cn.caps == (
        Cap("cn_marketing.cap-1", "attempts", "phone", "all", Period.DAY, 3),
        Cap("cn_marketing.cap-2", "answered", "phone", "all", Period.DAY, 1),
    )
    assert cn.gaps == (
        Gap("cn_marketing.gap-refusal", REFUSAL, "contact", "all", None),
        Gap("cn_marketing.gap-no_answer", "no_answer", "contact", "all", HOUR / 2),
    )
    assert cn.min_ring_seconds == 20
    assert "strictest" in cn.note


def test_collection_in_the_us_counts_calls_nobody_asked_for_per_line_of_business():
    us = BY_NAME["us_regf_collection"]

    assert us.caps == (
        Cap("us_regf_collection.cap-1", "attempts", "contact", "line_of_business", 168 * HOUR, 7, Calls.UNASKED),
    )
    assert us.gaps == (
        Gap(
            "us_regf_collection.gap-conversation",
            "conversation",
            "contact",
            "line_of_business",
            168 * HOUR,
            Calls.UNASKED,
        ),
    )


def test_a_profile_takes_from_its_base_what_it_does_not_say():
    ok, fl, us = BY_NAME["us_ok"], BY_NAME["us_fl"], BY_NAME["us_tsr_tcpa_sales"]

    assert ok.hours == (Hours("us_ok.hours", (((480, 1200),),) * 7),)
    assert (ok.caps[0].name, ok.caps[0].limit, ok.caps[0].window) == ("us_ok.cap-1", 3, 24 * HOUR)
    assert ok.min_ring_seconds == fl.min_ring_seconds == 15
    assert [replace(rule, name="") for rule in ok.abandon] == [replace(rule, name="") for rule in us.abandon]
    assert BY_NAME["us_wa"].caps == ()
    assert BY_NAME["us_wa"].gaps[0].wait == 8760 * HOUR


def test_states_have_hours_of_their_own_for_people_there():
    hours = {rule.name: rule for rule in BY_NAME["us_state_hours_overrides"].hours}

    florida, alabama = (hours[f"us_state_hours_overrides.hours-{state}"] for state in ("FL", "AL"))

    assert len(hours) == 17
    assert (florida.regions, florida.week) == (frozenset({"US-FL"}), (((480, 1200),),) * 7)
    assert alabama.week == (((480, 1200),),) * 6 + ((),)


def test_a_profile_says_all_it_knows():
    profile = one()

    assert profile.hours == (Hours("base.hours", (((540, 720), (780, 1200)),) * 5 + ((), ()), holiday=()),)
    assert profile.evidence == "general knowledge: Nobody knows."
    assert profile.note == "A note.\nAsked for.\nAsk a lawyer."
    assert profile.abandon == (AbandonLimit("base.abandon-1", 0.03, 0.028, timedelta(seconds=2), of=Of.CONNECTED),)


def test_without_holidays_of_their_own_they_are_days_like_others():
    assert one(hours={"1-7": ["00:00-24:00"]}).hours == (Hours("base.hours", (WHOLE_DAY,) * 7),)


def test_hours_and_caps_replace_those_of_the_base_and_gaps_are_added():
    both = child(
        hours={"1-7": ["10:00-11:00"]},
        caps=[],
        gaps=[
            {"after": "busy", "per": "contact", "scope": "all", "wait_hours": 2},
            {"after": "abandoned", "per": "contact", "scope": "all", "wait_hours": 72},
        ],
    )

    assert both.hours == (Hours("child.hours", (((600, 660),),) * 7),)
    assert both.caps == ()
    assert [(gap.name, gap.wait) for gap in both.gaps] == [
        ("child.gap-refusal", None),
        ("child.gap-busy", 2 * HOUR),
        ("child.gap-abandoned", 72 * HOUR),
    ]


def test_a_child_without_rules_has_those_of_its_base_but_not_its_words():
    plain, base = child(), one()

    assert [cap.limit for cap in plain.caps] == [cap.limit for cap in base.caps]
    assert (plain.country, plain.min_ring_seconds) == ("US", 15)
    assert [rule.limit for rule in plain.abandon] == [rule.limit for rule in base.abandon]
    assert (plain.note, plain.evidence) == ("Asked for.", "general knowledge")
    assert child(abandon=[]).abandon == ()


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_is_wrong_is_refused_with_the_profile_and_the_field(changes, field):
    with pytest.raises(BadProfile) as refused:
        one(**changes)

    flaw = refused.value
    assert f"{flaw.path} key".strip() == field if flaw.is_key else flaw.path == field
    assert flaw.profile == ("" if "name" in changes else "base")


def test_each_thing_that_a_field_must_be_is_asked_of_one():
    asked = set()
    for changes, _field in WRONG:
        with pytest.raises(BadProfile) as refused:
            one(**changes)
        asked.add(refused.value.must)

    assert asked >= set(Must) - {Must.JSON, Must.READABLE, Must.NEW_NAME}


def test_a_refusal_gives_the_limits_it_was_made_by():
    with pytest.raises(BadProfile) as refused:
        one(min_ring_seconds=121)

    assert (refused.value.must, refused.value.value) == (Must.WHOLE, 121)
    assert refused.value.limits == {"low": 0, "high": 120}


@pytest.mark.parametrize("data", [None, [], 3, "x", {}, {"profiles": None}, {"profiles": {}}, {"profiles": [], "x": 1}])
def test_a_file_that_is_no_list_of_profiles_is_refused(data):
    with pytest.raises(BadProfile) as refused:
        parse(data)
    assert refused.value.profile == ""


def test_two_profiles_of_one_name_are_refused():
    with pytest.raises(BadProfile) as refused:
        parse({"profiles": [GOOD, GOOD]})
    assert (refused.value.must, refused.value.value) == (Must.NEW_NAME, "base")


def _paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths(inner, (*path, key))


PATHS = [path for path in _paths({"profiles": [GOOD, CHILD]}) if path]


@settings(max_examples=600)
@given(st.lists(st.tuples(st.sampled_from(PATHS), anything, st.booleans()), min_size=1, max_size=3))
def test_a_good_file_with_anything_changed_is_read_or_refused(changes):
    data = copy.deepcopy({"profiles": [GOOD, CHILD]})
    for path, value, drop in changes:
        _change(data, path, value, drop)

    assert all(profile.hours for profile in _read(data))


def _read(data):
    """The profiles; none of a file that is refused."""
    try:
        return parse(data)
    except BadProfile:
        return ()


def _change(data, path, value, drop):
    *way, last = path
    for key in way:
        if not isinstance(data, dict | list) or (isinstance(data, list) and not isinstance(key, int)):
            return
        data = data.get(key) if isinstance(data, dict) else data[key] if key < len(data) else None
    if isinstance(data, dict):
        data.pop(last, None) if drop else data.update({last: value})
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        data[last] = value


@settings(max_examples=300)
@given(anything)
def test_anything_at_all_is_read_or_refused(data):
    for each in (data, {"profiles": data}, {"profiles": [data]}):
        _read(each)


def test_the_longest_of_the_least_ring_times_holds_and_names_its_profile():
    assert min_ring([]) == (0, "")
    assert min_ring([BY_NAME["hk_banks"]]) == (0, "")
    assert min_ring(BY_NAME[name] for name in ("us_fl", "cn_marketing", "cn_collection")) == (20, "cn_marketing")


def test_the_common_week_names_the_rules_that_set_its_ends():
    early, late = Hours("early", (((480, 720),),) * 7), Hours("late", (((600, 1200),),) * 7)
    always = Hours("always", (WHOLE_DAY,) * 7)

    assert common_week([early, late, always]) == ((((600, 720),), ("early", "late")),) * 7
    assert common_week([always]) == ((WHOLE_DAY, ()),) * 7
    assert common_week([]) == ((WHOLE_DAY, ()),) * 7


def test_a_rule_that_another_makes_needless_does_not_bind():
    wide, narrow = Hours("wide", (((480, 1260),),) * 7), Hours("narrow", (((540, 1200),),) * 7)

    assert common_week([wide, narrow])[0] == (((540, 1200),), ("narrow",))


def test_on_a_day_without_a_common_hour_whoever_closes_it_is_named():
    sunday_off = Hours("off", (((540, 1200),),) * 6 + ((),))
    morning, evening = Hours("morning", (((540, 600),),) * 7), Hours("evening", (((1000, 1100),),) * 7)

    assert common_week([sunday_off, morning])[6] == ((), ("off",))
    assert common_week([morning, evening])[0] == ((), ("morning", "evening"))


def test_spans_that_touch_are_one():
    split = Hours("split", (((540, 720), (720, 1200)),) * 7)

    assert common_week([split])[0] == (((540, 1200),), ("split",))


@settings(max_examples=200)
@given(st.lists(making.weeks, min_size=1, max_size=3), st.integers(0, 6), st.integers(0, 1439))
def test_the_common_week_is_when_all_are_open_and_its_rules_are_what_closes_it(weeks, day, minute):
    rules = [Hours(f"h{n}", week) for n, week in enumerate(weeks)]

    def has(spans, at):
        return any(start <= at < end for start, end in spans)

    spans, names = common_week(rules)[day]
    binding = [rule for rule in rules if rule.name in names]

    assert has(spans, minute) == all(has(rule.week[day], minute) for rule in rules)
    for start, end in spans:
        assert start == 0 or not all(has(rule.week[day], start - 1) for rule in binding)
        assert end == 1440 or not all(has(rule.week[day], end) for rule in binding)
