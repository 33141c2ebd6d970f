"""Simulated agents: they log in, sign in, talk for a drawn time, write calls up and take breaks, all over HTTP.

They use the very interface a browser uses, with session, CSRF token and event stream, and know nothing that a page
would not show.
Their phones are real SIP phones that the far end plays.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import random
from dataclasses import dataclass
from typing import Any

import httpx

LOOK_SECONDS = 2.0  # without an event; a page polls as often
TRY_AGAIN_SECONDS = 2.0
CSRF = "fairdial_csrf"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Habits:
    """How an agent behaves; times in seconds, pairs are drawn between."""

    talk: tuple[float, float] = (6, 25)
    write_up: tuple[float, float] = (1, 5)
    pause: tuple[float, float] = (10, 20)
    pause_chance: float = 0.04
    # How often each kind of disposition is chosen, by its key.
    choices: tuple[int, ...] = (1, 1, 2, 3, 4, 4, 4, 5, 6, 8)


class Agent:
    """One agent at work, until cancelled; then it signs out."""

    def __init__(self, base_url: str, events_url: str, username: str, password: str, habits: Habits) -> None:
        self.http = httpx.AsyncClient(base_url=base_url, timeout=30, headers={"Accept": "application/json"})
        self.username, self._password, self.habits = username, password, habits
        self.random = random.Random(username)
        self._events_url, self._look_again = events_url, asyncio.Event()

    async def work(self) -> None:
        """Log in and take calls for ever; a page that does not answer is tried again."""
        hearing = asyncio.create_task(self._hear())
        try:
            while True:
                try:
                    await self._log_in()
                    await self._shift()
                except httpx.HTTPError as error:
                    log.warning("%s: %s, trying again", self.username, str(error) or type(error).__name__)
                await asyncio.sleep(TRY_AGAIN_SECONDS)
        finally:
            hearing.cancel()
            with contextlib.suppress(httpx.HTTPError):
                await self._post("/desk/sign-out/")
            await self.http.aclose()

    async def _shift(self) -> None:
        while True:
            await self._react(await self._state())
            await self._wait(LOOK_SECONDS)

    async def _state(self) -> dict[str, Any]:
        self._look_again.clear()
        state: dict[str, Any] = (await self.http.get("/desk/state/")).raise_for_status().json()
        return state

    async def _wait(self, seconds: float) -> None:
        """Until an event says "look again", or for so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._look_again.wait(), seconds)

    async def _hear(self) -> None:
        """The event stream of this agent's desk, opened again whenever it ends."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                async with self.http.stream("GET", self._events_url, params={"topics": "agent"}) as answer:
                    answer.raise_for_status()
                    async for line in answer.aiter_lines():
                        if line.startswith("event: look-again"):
                            self._look_again.set()
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    async def _react(self, state: dict[str, Any]) -> None:
        match state["state"]:
            case "off":
                if state["campaigns"]:
                    await self._post("/desk/sign-in/", campaign=[str(each["id"]) for each in state["campaigns"]])
                await asyncio.sleep(1)
            case "paused":
                if state["reason"] == "break":
                    await asyncio.sleep(self.random.uniform(*self.habits.pause))
                await self._post("/desk/ready/")
            case "talking":
                await self._talk(state["call"]["id"])
            case "wrap_up":
                await self._write_up(state)

    async def _talk(self, call_id: str) -> None:
        """Until the drawn time is over or the customer hangs up."""
        clock = asyncio.get_running_loop().time
        until = clock() + self.random.uniform(*self.habits.talk)
        while (left := until - clock()) > 0:
            state = await self._state()
            if state["state"] != "talking" or not state["call"] or state["call"]["id"] != call_id:
                return
            await self._wait(min(left, LOOK_SECONDS))
        await self._post("/desk/hang-up/", call=call_id)

    async def _write_up(self, state: dict[str, Any]) -> None:
        await asyncio.sleep(self.random.uniform(*self.habits.write_up))
        key = self.random.choice(self.habits.choices)
        chosen = next((d for d in state["dispositions"] if d["position"] == key), state["dispositions"][0])
        if self.random.random() < self.habits.pause_chance:
            await self._post("/desk/pause/", reason="break")
        await self._post("/desk/disposition/", disposition=str(chosen["id"]), call=state["call"]["id"])

    async def _log_in(self) -> None:
        await self.http.get("/login/", headers={"Accept": "text/html"})
        form = {"username": self.username, "password": self._password}
        answer = await self._post("/login/", **form)
        if answer.status_code not in (200, 302):
            raise httpx.HTTPStatusError("log-in refused", request=answer.request, response=answer)

    async def _post(self, path: str, **form: str | list[str]) -> httpx.Response:
        token = self.http.cookies.get(CSRF) or ""
        headers = {"X-CSRFToken": token, "Referer": str(self.http.base_url)}
        return await self.http.post(path, data=form, headers=headers)


async def run(base_url: str, events_url: str, usernames: list[str], password: str, habits: Habits) -> None:
    """Let these agents work until cancelled."""
    agents = [Agent(base_url, events_url, username, password, habits) for username in usernames]
    await asyncio.gather(*(agent.work() for agent in agents))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("events_url")
    parser.add_argument("usernames", nargs="+")
    parser.add_argument("--talk", type=float, nargs=2, default=Habits.talk)
    parser.add_argument("--write-up", type=float, nargs=2, default=Habits.write_up)
    options = parser.parse_args()
    habits = Habits(talk=tuple(options.talk), write_up=tuple(options.write_up))
    password = os.environ["DEMO_PASSWORD"]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(options.url, options.events_url, options.usernames, password, habits))


if __name__ == "__main__":
    main()
