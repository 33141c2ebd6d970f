"""`make demo`: a campaign dials a list through a real Asterisk to simulated customers, and agents take the calls.

Five agents are simulated over real SIP; one seat is free for you, in the browser. It ends on Ctrl-C or after
`--minutes N`, with a report; `--headless` leaves out the live summary and exits 0 only if calls were placed,
answered, connected and written up, and no rule was broken.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time

from deploy import places
from deploy.asterisk.far_end import Pace, register_phones
from deploy.demo import summary
from deploy.problems import BadSetting, DeployError
from deploy.stack import Stack
from deploy.supervisor import Command

PASSWORD = "fairdial"  # printed for everybody to read: the demo calls nobody real
AGENTS = [f"agent{n}" for n in range(1, 6)]
PACE = Pace(ring_ms=(1000, 5000), talk_ms=(8000, 40000))


def main() -> int:
    """0 when all went well; 1 with one sentence when it cannot start or a headless run fell short."""
    options = _options()
    var = places.var_folder() / "demo"
    if options.fresh:
        shutil.rmtree(var, ignore_errors=True)
    try:
        _refuse_real_telephony()
        with Stack(var, carrier=True, pace=PACE, say=_say) as stack:
            began = time.time()
            register = stack.prepare(demo=True)
            assert stack.far_end and stack.pbx and stack.pbx.addresses
            stack.start_processes()
            register_phones(stack.far_end, register, stack.pbx.addresses.sip_port)
            stack.supervisor.start(_agents(stack))
            _welcome(stack)
            _watch(stack, options, began)
            stack.supervisor.end("agents")
            return _report(stack, began, options.headless)
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.0, help="end after this long; 0: until Ctrl-C")
    parser.add_argument("--headless", action="store_true", help="no live summary; the exit code says if all was well")
    parser.add_argument("--every", type=float, help="seconds between summary lines; default 2, headless 30")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier demos left")
    return parser.parse_args()


def _refuse_real_telephony() -> None:
    if "ASTERISK_HOST" in os.environ:
        raise BadSetting(
            "The demo plays customers and agents on an Asterisk of its own: unset ASTERISK_HOST, or use `make run`."
        )


def _agents(stack: Stack) -> Command:
    argv = (sys.executable, "-m", "deploy.demo.agents", stack.url, stack.events_url, *AGENTS)
    return Command("agents", argv, env={**stack.env, "DEMO_PASSWORD": PASSWORD}, cwd=places.CHECKOUT)


def _say(line: str) -> None:
    print(line, flush=True)


def _welcome(stack: Stack) -> None:
    _say(f"""
Fairdial is dialling. Open in your browser:

  the live wall   {stack.url}/wall/        log in as sam  (supervisor)
  your own seat   {stack.url}/desk/        log in as you  (agent; allow the microphone, sign in, press r)
  campaigns       {stack.url}/campaigns/   log in as mia  (manager), or ada (administrator)

  The password of all of them is {PASSWORD}. Log: {stack.supervisor.log}
""")


def _watch(stack: Stack, options: argparse.Namespace, began: float) -> None:
    """Until the time is over or Ctrl-C; meanwhile the live summary."""
    ends = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    every = options.every or (30.0 if options.headless else 2.0)
    next_look = 0.0

    def over() -> bool:
        nonlocal next_look
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + every
            summary.show(stack.env["DATABASE_URL"], began, live=not options.headless)
        return time.monotonic() >= ends

    stack.supervisor.run(until=over)


def _report(stack: Stack, began: float, headless: bool) -> int:
    figures = summary.figures(stack.env["DATABASE_URL"], began)
    audit = json.loads(stack.manage("audit_rules", "--json"))
    _say(summary.report(figures, audit))
    fell_short = summary.fell_short(figures, audit)
    if fell_short and headless:
        print(f"The demo fell short: {'; '.join(fell_short)}. See {stack.supervisor.log}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
