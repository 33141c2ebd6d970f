import pytest

from bench.setup import ANSWERED, OURS


@pytest.mark.parametrize(
    "line",
    [
        "3 placed · 1 answered · 1 connected · 0 abandoned · 5 ready",
        "3 placed · 0 answered · 0 connected · 0 abandoned · 4 ready, 1 talking",
        "30 placed · 10 answered · 10 connected · 0 abandoned · 5 ready",
    ],
)
def test_sees_the_first_answered_call(line):
    assert ANSWERED.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "3 placed · 0 answered · 0 connected · 0 abandoned · 5 ready",
        "0 placed · 0 answered · 0 connected · 0 abandoned · nobody signed in",
        "Once a call is answered, an agent is talking",
    ],
)
def test_is_not_fooled_by_calls_nobody_answered(line):
    assert not ANSWERED.search(line)


def test_a_newcomer_has_no_settings_of_ours():
    assert all(map(OURS.match, ("DATABASE_URL", "ASTERISK_HOST", "FAIRDIAL_CACHE", "PIP_FIND_LINKS")))
    assert not any(map(OURS.match, ("PATH", "HOME", "HTTPS_PROXY", "PIP_INDEX_URL")))
