"""Trunks and phones as PJSIP text: what is written, and what is never written."""

from __future__ import annotations

import dataclasses

import pytest

from dialer.pbx.provisioning import AgentPhoneSpec, BadValue, TrunkSpec, render

TRUNK = TrunkSpec("carrier", "sip.example.net", 5062, codecs=("alaw",), max_channels=30)
ACCOUNT = TrunkSpec("account", "10.0.0.1", username="u123", password="p@ss-w0rd", registers=True)


def sections(text: str) -> dict[tuple[str, str], list[str]]:
    found = {}
    for block in text.split("\n\n")[1:]:
        head, kind, *lines = block.strip().splitlines()
        assert (head, kind) not in found
        found[head, kind] = lines
    return found


def test_a_trunk_without_a_user_is_known_by_its_address() -> None:
    written = sections(render([TRUNK], []))

    assert set(written) == {("[carrier]", f"type={kind}") for kind in ("endpoint", "aor", "identify")}
    assert "contact=sip:sip.example.net:5062" in written["[carrier]", "type=aor"]
    assert "allow=alaw" in written["[carrier]", "type=endpoint"]
    assert "context=from-trunk" in written["[carrier]", "type=endpoint"]


def test_a_trunk_with_a_user_logs_in_and_registers() -> None:
    written = sections(render([ACCOUNT], []))

    assert "outbound_auth=account" in written["[account]", "type=endpoint"]
    assert "password=p@ss-w0rd" in written["[account]", "type=auth"]
    assert "client_uri=sip:u123@10.0.0.1:5060" in written["[account-registration]", "type=registration"]


def test_a_browser_and_a_sip_phone_differ_only_in_how_they_are_reached() -> None:
    phones = [AgentPhoneSpec("agent-1", "secret1", webrtc=True), AgentPhoneSpec("agent-2", "secret2", webrtc=False)]
    written = sections(render([], phones))

    assert "webrtc=yes" in written["[agent-1]", "type=endpoint"]
    assert "webrtc=yes" not in written["[agent-2]", "type=endpoint"]
    for name in ("[agent-1]", "[agent-2]"):
        assert "allow=ulaw,alaw" in written[name, "type=endpoint"]
        assert "context=from-agent" in written[name, "type=endpoint"]
        assert written[name, "type=aor"][:2] == ["max_contacts=1", "remove_existing=yes"]


def test_nothing_to_write_is_an_empty_file_with_its_warning() -> None:
    assert render([], []) == "; Written by Fairdial from its database: changes made here are lost.\n"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "carrier]\n[evil"},
        {"name": ""},
        {"name": "udp"},
        {"host": "host;comment"},
        {"host": "a b"},
        {"host": ""},
        {"port": 0},
        {"codecs": ()},
        {"codecs": ("ulaw,all",)},
        {"username": "u\r\npassword=x", "password": "p"},
        {"username": "u", "password": ""},
        {"username": "u", "password": "half;half"},
        {"username": "u", "password": "ends \\"},
        {"username": "a@b", "password": "p", "registers": True},
        {"registers": True},
        {"from_domain": "x\ny"},
    ],
    ids=str,
)
def test_a_trunks_value_that_could_change_the_file_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadValue):
        render([dataclasses.replace(TRUNK, **change)], [])  # type: ignore[arg-type]


@pytest.mark.parametrize("secret", ["", "a;b", "a b", "a\nb", "ключ", "x" * 200, 'a"b', "#exec"])
def test_a_phones_secret_that_could_change_the_file_is_refused(secret: str) -> None:
    with pytest.raises(BadValue, match="secret of agent-1"):
        render([], [AgentPhoneSpec("agent-1", secret, webrtc=True)])


def test_a_name_is_given_once() -> None:
    with pytest.raises(BadValue, match="carrier"):
        render([TRUNK], [AgentPhoneSpec("carrier", "secret", webrtc=True)])


def test_a_refusal_never_tells_the_secret() -> None:
    with pytest.raises(BadValue) as refusal:
        render([], [AgentPhoneSpec("agent-1", "geheim;geheim", webrtc=True)])
    assert "geheim" not in str(refusal.value)
