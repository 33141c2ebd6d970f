"""Our exchange and the far end, on real Asterisk over real SIP: what each number does, and agents' phones."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.asterisk import far_end
from deploy.asterisk.carrier_numbers import BEHAVIOURS, Behaviour, number_for
from deploy.asterisk.instance import Instance
from deploy.asterisk.manager import Manager, ManagerError
from deploy.asterisk.pbx import pbx
from deploy.problems import AlreadyRunning, PortTaken
from dialer.pbx.provisioning import TrunkSpec
from tests.deploy.conftest import AGENT, PATIENT, Driver, World, wait_until

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(900)]

REFUSALS = [each for each in BEHAVIOURS if not each.answers and each.cause is not None]
ENDS_BY_ITSELF = [each for each in BEHAVIOURS if each.answers and each.cause is not None]
STAYS = [each for each in BEHAVIOURS if each.answers and each.cause is None]


def dial(name: str) -> str:
    return f"PJSIP/{number_for(name)}@carrier"


def by_name(behaviour: Behaviour) -> str:
    return behaviour.name


@pytest.mark.parametrize("behaviour", REFUSALS, ids=by_name)
def test_a_far_end_that_refuses_gives_its_cause(driver: Driver, behaviour: Behaviour) -> None:
    call = driver.call(dial(behaviour.name), ring=200.0)  # an announcement of 3 s took over 30 on a starved machine

    hangup = driver.event("Hangup", call, timeout=250.0)
    assert (hangup["Cause"], hangup["TechCause"]) == (str(behaviour.cause), str(behaviour.sip))


@pytest.mark.parametrize("behaviour", ENDS_BY_ITSELF, ids=by_name)
def test_a_far_end_that_answers_may_hang_up_first(driver: Driver, behaviour: Behaviour) -> None:
    call = driver.call(dial(behaviour.name), MAX_WAIT="50")

    driver.event("BridgeEnter", call, BridgeName="waiting")
    assert driver.event("Hangup", call)["Cause"] == str(behaviour.cause)


@pytest.mark.parametrize("behaviour", STAYS, ids=by_name)
def test_a_far_end_that_stays_is_told_that_nobody_came(driver: Driver, behaviour: Behaviour) -> None:
    call = driver.call(dial(behaviour.name))

    driver.event("BridgeEnter", call, BridgeName="waiting")
    assert driver.event("UserEvent", call, UserEvent="NoAgent")["Uniqueid"] == call
    assert driver.event("Hangup", call)["Cause"] == "16"


def test_a_far_end_that_never_answers_ends_with_our_ring_time(driver: Driver) -> None:
    call = driver.call(dial("rings_out"), ring=2.0)

    driver.event("Newstate", call, ChannelStateDesc="Ringing")
    assert driver.event("Hangup", call)["Cause"] == "19"


def test_a_mixed_number_does_one_of_the_others(driver: Driver) -> None:
    calls = [driver.call("PJSIP/12125550177@carrier", ring=3.0) for _ in range(8)]

    causes = {driver.event("Hangup", call)["Cause"] for call in calls}
    assert causes <= {"1", "16", "17", "19", "21", "34"}


def test_an_agents_phone_registers_is_called_and_waits_with_media_both_ways(world: World, driver: Driver) -> None:
    wait_until(lambda: f"{AGENT}/sip" in world.pbx.command("pjsip show contacts"))

    leg = driver.call(f"PJSIP/{AGENT}", context="agent")

    driver.event("BridgeEnter", leg, BridgeName="agents")
    wait_until(lambda: media(world.pbx, AGENT) > (20, 20))
    assert media(world.pbx, AGENT)[1] > 20


def test_an_agent_and_a_customer_are_bridged_and_the_agent_falls_back(world: World, driver: Driver) -> None:
    agent, customer = talking(driver, world)

    driver.hang_up(customer)

    driver.event("Hangup", customer)
    driver.event("BridgeEnter", agent, BridgeName="agents")


def test_a_reload_gives_new_phones_and_cuts_no_call(world: World, driver: Driver) -> None:
    agent, customer = talking(driver, world)

    world.provision(AGENT, "agent-2")

    wait_until(lambda: "agent-2/sip" in world.pbx.command("pjsip show contacts"))
    second = driver.call("PJSIP/agent-2", context="agent")
    driver.event("BridgeEnter", second, BridgeName="agents")
    before = media(world.pbx, "carrier")
    wait_until(lambda: media(world.pbx, "carrier") > (before[0] + 20, before[1] + 20))
    assert not [event for event in driver.manager.events if event["Event"] == "Hangup"]
    world.provision(AGENT)
    driver.hang_up(customer)
    driver.event("BridgeEnter", agent, BridgeName="agents")


def test_a_trunk_that_registers_proves_its_password(world: World, driver: Driver) -> None:
    theirs = world.carrier_at
    account = TrunkSpec(
        "account",
        "127.0.0.1",
        theirs.sip_port,
        username=far_end.SUBSCRIBER,
        password=theirs.ami_secret,
        registers=True,
        from_domain="carrier.test",
    )
    world.provision(AGENT, trunks=[*world.trunks(), account])

    wait_until(lambda: "Registered" in world.pbx.command("pjsip show registrations"))
    assert driver.event("Hangup", driver.call(f"PJSIP/{number_for('busy')}@account"))["Cause"] == "17"
    world.provision(AGENT)


def test_who_calls_us_back_is_told_goodbye(world: World, driver: Driver) -> None:
    back = f"PJSIP/exchange/sip:12125550100@127.0.0.1:{world.at.sip_port}"
    with world.carrier.keeper(timeout=PATIENT) as keeper:
        keeper.act("Originate", Channel=back, Application="Wait", Data="60", Async="true")

    arrived = driver.manager.wait_for(lambda event: event["Event"] == "Newchannel", PATIENT)
    assert arrived["Context"] == "from-trunk"
    assert driver.event("Hangup", arrived["Uniqueid"])["Cause"] == "16"


def test_an_unknown_trunk_gives_an_answer_and_no_channel(driver: Driver) -> None:
    call = driver.call("PJSIP/12125550101@nowhere")

    assert driver.event("OriginateResponse", call)["Response"] == "Failure"


def test_the_exchange_admits_one_driver(world: World, driver: Driver) -> None:
    with pytest.raises(ManagerError, match="Login was refused"):
        Manager(world.at.ami_port, "dialer", world.at.ami_secret, timeout=PATIENT)


def test_the_driver_may_not_use_the_command_line(driver: Driver) -> None:
    with pytest.raises(ManagerError, match="Command was refused"):
        driver.manager.command("core show version")


def test_a_killed_launcher_leaves_an_exchange_that_starts_again_at_the_same_ports(
    var: Path, launcher: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = launcher(
        "import time\n"
        "from pathlib import Path\n"
        "from deploy.asterisk.pbx import pbx\n"
        f"pbx(Path({str(var)!r})).start(600)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    again = pbx(var)
    with pytest.raises(AlreadyRunning, match=f"'pbx' of .* is already run by process {process.pid}"):
        again.start()

    process.kill()
    process.wait()

    memory = (var / "asterisk/pbx/addresses.json").read_text()
    try:
        again.start(600)
        assert (var / "asterisk/pbx/addresses.json").read_text() == memory
        assert "ERROR" not in again.log_file.read_text()
    finally:
        again.stop()


def test_a_taken_sip_port_is_told_with_the_variable_to_set(
    var: Path, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setenv("ASTERISK_SIP_PORT", str(world.at.sip_port))
    with pytest.raises(PortTaken, match=f"Port {world.at.sip_port} is taken by another program: set ASTERISK_SIP_PORT"):
        pbx(var).start()


def talking(driver: Driver, world: World) -> tuple[str, str]:
    """An agent and a customer in one bridge, made as the engine makes it."""
    wait_until(lambda: f"{AGENT}/sip" in world.pbx.command("pjsip show contacts"))
    agent = driver.call(f"PJSIP/{AGENT}", context="agent")
    driver.event("BridgeEnter", agent, BridgeName="agents")
    customer = driver.call(dial("stays"), MAX_WAIT="50")
    driver.event("BridgeEnter", customer, BridgeName="waiting")
    driver.manager.act("Setvar", Channel=customer, Variable="MET", Value="1")
    driver.manager.act("Bridge", Channel1=customer, Channel2=agent, Tone="no")
    first = driver.event("BridgeEnter", customer)
    second = driver.event("BridgeEnter", agent)
    assert first["BridgeUniqueid"] == second["BridgeUniqueid"]
    time.sleep(0.5)
    return agent, customer


def media(instance: Instance, endpoint: str) -> tuple[int, int]:
    """RTP packets received and sent on the endpoint's first channel."""
    row = r"\b" + re.escape(endpoint) + r"-\S+ +\S+ +\S+ +(\d+) +\d+ +\d+ +\S+ +(\d+)"
    found = re.search(row, instance.command("pjsip show channelstats"))
    return (int(found[1]), int(found[2])) if found else (0, 0)
