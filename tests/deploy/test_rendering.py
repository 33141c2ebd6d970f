"""Templates, and what our exchange's configuration promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.asterisk import carrier_numbers, far_end, rendering
from deploy.asterisk.carrier_numbers import BEHAVIOURS, MIX, behaviour_of, number_for
from deploy.asterisk.instance import TEMPLATES
from deploy.asterisk.pbx import pbx
from deploy.problems import BadSetting

PLACES = {
    **dict.fromkeys(["etc", "modules", "data", "lib", "spool", "run", "log", "instance"], "x"),
    **dict.fromkeys(["ami_port", "ami_secret", "keeper_secret", "sip_host", "sip_port", "rtp_start", "rtp_end"], "1"),
    **dict.fromkeys(["http_host", "http_port"], "1"),
}


def test_only_a_braced_name_is_replaced() -> None:
    text = "same => n,Dial(PJSIP/${EXTEN}@carrier,@{wait}) ; a@b @@ $x ${@}"
    assert rendering.render(text, {"wait": "9"}) == "same => n,Dial(PJSIP/${EXTEN}@carrier,9) ; a@b @@ $x ${@}"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError, match="nobody"):
        rendering.render("@{nobody}", {})


def test_a_value_cannot_add_a_setting() -> None:
    with pytest.raises(ValueError, match="control character"):
        rendering.render("secret = @{secret}", {"secret": "a\nwrite = all"})


def ours(var: Path) -> dict[str, str]:
    return rendering.render_folders((TEMPLATES,), PLACES | pbx(var)._values)


def test_the_dialers_login_is_alone_and_has_few_rights(var: Path) -> None:
    manager = ours(var)["manager.conf"]
    dialer = manager.partition("[dialer]")[2].partition("[keeper]")[0]
    assert "allowmultiplelogin = no" in dialer
    assert "writetimeout = 5000" in dialer
    assert "read = call,user,system" in dialer
    assert "write = call,originate,reporting,system" in dialer
    assert "command" not in dialer.partition("write =")[2]


def test_a_second_folder_replaces_single_files(var: Path) -> None:
    values = PLACES | far_end._values(far_end.Pace())
    theirs = rendering.render_folders((TEMPLATES, TEMPLATES / "carrier"), values)
    assert theirs["modules.conf"] == ours(var)["modules.conf"]
    assert "[far-end]" in theirs["extensions.conf"]
    assert "[customer]" not in theirs["extensions.conf"]


def test_a_bad_setting_is_refused_by_its_name(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISK_MAX_WAIT", "2)\nexten => s,1,System(rm)")
    with pytest.raises(BadSetting, match="ASTERISK_MAX_WAIT"):
        pbx(var)


def test_every_ending_is_given_once_and_the_mix_leaves_a_rest() -> None:
    assert len({each.ending for each in BEHAVIOURS}) == len(BEHAVIOURS)
    assert set(MIX) <= {each.name for each in BEHAVIOURS}
    assert sum(MIX.values()) < 100
    assert all(behaviour_of(number_for(each.name)) is each for each in BEHAVIOURS)
    assert behaviour_of("+44 7700 900777").name == "mixed"


def test_the_carriers_readme_shows_the_table_as_it_is() -> None:
    assert carrier_numbers.table() in (TEMPLATES / "carrier" / "README.md").read_text()
