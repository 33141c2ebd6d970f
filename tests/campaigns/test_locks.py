"""Advisory locks: one kind of work never waits for another that happens to have the same number."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from campaigns import locks
from campaigns.do_not_call import importing as do_not_call
from campaigns.feeds import importing as feeds
from campaigns.lists import importing
from campaigns.locks import Work


def in_another_session(ask):
    """What it answers there."""
    found = []

    def and_close() -> None:
        found.append(ask())
        connection.close()

    thread = threading.Thread(target=and_close)
    thread.start()
    thread.join(60)
    return found[0]


@pytest.mark.django_db(transaction=True)
def test_a_sweep_of_a_campaign_does_not_hold_up_the_import_of_the_version_with_its_number():
    with locks.alone(Work.LEADING_A_SWEEP, 5) as leading:
        assert leading
        assert not in_another_session(lambda: importing.is_running(5))
        assert not in_another_session(lambda: feeds.is_running(5))


@pytest.mark.django_db(transaction=True)
def test_a_do_not_call_file_does_not_keep_a_status_feed_with_its_number_waiting():
    with locks.alone(Work.DO_NOT_CALL_FILE, 5) as alone:
        assert alone
        assert in_another_session(lambda: do_not_call.is_running(5))
        assert not in_another_session(lambda: feeds.is_running(5))
