"""Detection on real Asterisk over real SIP: a person who says hello, a machine with greeting and beep."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.rules.detection import DEFAULTS
from deploy.asterisk.carrier_numbers import number_for
from deploy.asterisk.manager import ManagerError
from dialer.rules.amd import OnMachine
from dialer.rules.detectors import variables_of
from tests.deploy.conftest import FAST, Driver, World, new_folder, wait_until
from tests.deploy.sounds import seconds_of, tone

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(900)]

MESSAGE_HERTZ, MESSAGE_SECONDS = 700, 3.0


def dial(name: str) -> str:
    return f"PJSIP/{number_for(name)}@carrier"


def listening(on_machine: OnMachine, message: str = "") -> dict[str, str]:
    return dict(variables_of("asterisk", DEFAULTS, on_machine, message))


@pytest.fixture
def sounds(world: World) -> Iterator[Path]:
    """A folder that both exchanges can reach; the far end's machines record into it."""
    folder = new_folder()
    folder.chmod(0o777)
    for line in (f"RECORDINGS {folder}", "MACHINE_LISTENS 8"):
        world.carrier.command(f"dialplan set global {line}")
    yield folder
    for line in ('RECORDINGS ""', f"MACHINE_LISTENS {FAST.machine_listens}"):
        world.carrier.command(f"dialplan set global {line}")
    shutil.rmtree(folder, ignore_errors=True)


def test_a_person_who_says_hello_is_heard_as_one_and_waits_for_an_agent(driver: Driver) -> None:
    call = driver.call(dial("person"), MAX_WAIT="50", **listening(OnMachine.HANG_UP))

    screened = driver.event("UserEvent", call, UserEvent="Screened")
    assert (screened["Verdict"], screened["Cause"].split("-")[0]) == ("human", "HUMAN")
    assert 500 < int(screened["Took"]) < 5000
    driver.event("BridgeEnter", call, BridgeName="waiting")


def test_a_machine_is_heard_by_its_greeting_and_hung_up_on(driver: Driver) -> None:
    call = driver.call(dial("machine"), **listening(OnMachine.HANG_UP))

    screened = driver.event("UserEvent", call, UserEvent="Screened")
    assert screened["Verdict"] == "machine"
    assert screened["Cause"].split("-")[0] in ("LONGGREETING", "MAXWORDS", "INITIALSILENCE")
    assert driver.event("Hangup", call)["Cause"] == "16"


def test_a_sampled_machine_waits_for_an_agent_like_a_person(driver: Driver) -> None:
    call = driver.call(dial("machine"), **listening(OnMachine.AGENT))

    assert driver.event("UserEvent", call, UserEvent="Screened")["Verdict"] == "machine"
    driver.event("BridgeEnter", call, BridgeName="waiting")


def test_the_message_is_left_after_the_beep_and_the_machine_has_recorded_it(driver: Driver, sounds: Path) -> None:
    tone(sounds / "offer.wav", MESSAGE_HERTZ, MESSAGE_SECONDS)

    call = driver.call(dial("machine"), **listening(OnMachine.MESSAGE, str(sounds / "offer")))

    driver.event("UserEvent", call, UserEvent="MessageLeft")
    driver.event("Hangup", call)
    wait_until(lambda: len(list(sounds.glob("*.wav"))) == 2 and heard(sounds) > 0)
    assert heard(sounds) == pytest.approx(MESSAGE_SECONDS, abs=0.3), "all of it, from its beginning"


def heard(sounds: Path) -> float:
    [recording] = [file for file in sounds.glob("*.wav") if file.name != "offer.wav"]
    return seconds_of(recording, MESSAGE_HERTZ)


def test_a_message_that_is_missing_is_not_said_to_be_left(driver: Driver) -> None:
    call = driver.call(dial("machine"), **listening(OnMachine.MESSAGE, "there/is/no/such/sound"))

    driver.event("Hangup", call)
    with pytest.raises(ManagerError):
        driver.event("UserEvent", call, timeout=0.5, UserEvent="MessageLeft")


def test_a_detector_that_the_dialplan_does_not_know_takes_everybody_for_a_person(driver: Driver) -> None:
    call = driver.call(dial("machine"), DETECTOR="nobody", ON_MACHINE="hang_up")

    assert driver.event("UserEvent", call, UserEvent="Screened")["Verdict"] == "unsure"
    driver.event("BridgeEnter", call, BridgeName="waiting")


def test_without_a_detector_a_call_waits_at_once_and_nobody_listens(driver: Driver) -> None:
    call = driver.call(dial("machine"))

    driver.event("BridgeEnter", call, BridgeName="waiting")
    with pytest.raises(ManagerError):
        driver.event("UserEvent", call, timeout=0.5, UserEvent="Screened")
