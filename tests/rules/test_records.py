"""What makes a record invalid, and the rates that follow."""

from __future__ import annotations

from campaigns.rules import records


def test_valid_and_invalid_make_up_all_records():
    found = records.standing({"malformed": 2, "vacant": 1, "outside_calling_hours": 3, "": 4})

    assert (found.records, found.invalid, found.valid) == (10, 3, 7)
    assert (found.valid_number_rate, found.invalid_rate) == (0.7, 0.3)


def test_of_no_records_there_is_no_rate():
    found = records.standing({})

    assert (found.valid_number_rate, found.invalid_rate) == (None, None)


def test_hours_and_holidays_are_no_limit_of_a_record():
    assert not any(
        records.is_limit(code) for code in ("outside_calling_hours", "holiday", "talked", "", "no_such_code")
    )


def test_reasons_come_in_the_order_of_number_validity():
    said = [
        "holiday",
        "frequency_cap_reached",
        "do_not_call",
        "duplicate",
        "vacant",
        "suspended",
        "malformed",
        "talked",
    ]

    assert sorted(said, key=records.place) == [*reversed(said[1:-1]), "holiday", "talked"]
