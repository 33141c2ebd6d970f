"""One AMI session: logs in, hears facts, acts, notices silence. It ends once and is then thrown away.

Nothing is ever sent again, every wait has a time-out, and a lost link is answered by whoever drives the PBX with a
new Session and a snapshot. Every event is read in the order the PBX wrote it, inside the reader itself, which never
blocks and never awaits: Asterisk cuts off a client that stops reading. What the PBX refuses becomes a fact in the
same stream, so there is one place where things happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import structlog

from dialer.pbx import (
    ActTimeout,
    AlreadyDriven,
    LinkLost,
    LoginRefused,
    Silent,
    SnapshotFailed,
    Unreachable,
    actions,
)
from dialer.pbx.facts import Event, FactReader, refusal
from dialer.pbx.snapshot import snapshot_of
from dialer.pbx.wire import Ask, Link, Message, OnceManager
from dialer.rules.facts import Effect, Fact, Snapshot

log = structlog.get_logger(__name__)

GOODBYE_SECONDS = 1.0  # how long a peer may take to accept our last bytes when we leave


class Session:
    """``async with Session(...) as pbx``: logged in, hearing facts, until it is left or `lost`.

    Times in seconds. Asterisk takes one second to refuse a login, so `connect_timeout` must be longer. A peer that
    falls silent is noticed within two `ping_every`. Entering raises Unreachable, LoginRefused, AlreadyDriven or
    LinkLost; nothing is retried. Use it in one event loop only.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        connect_timeout: float = 15.0,
        action_timeout: float = 5.0,
        snapshot_timeout: float = 10.0,
        ping_every: float = 5.0,
    ) -> None:
        actions.checked({"Username": username, "Secret": secret})
        self.lost: LinkLost | None = None
        self._where = f"The PBX at {host}:{port}"
        self._config = {"host": host, "port": port, "username": username, "secret": secret}
        self._connect_timeout, self._action_timeout = connect_timeout, action_timeout
        self._snapshot_timeout, self._ping_every = snapshot_timeout, ping_every
        self._facts: list[Fact] = []
        self._wake = asyncio.Event()
        self._booted = asyncio.Event()
        self._reader = FactReader()
        self._link = Link(self._heard, self._answered, self._end)
        self._pinging: asyncio.Task[None] | None = None

    # Entering and leaving

    async def __aenter__(self) -> Self:
        self._manager = OnceManager(
            **self._config, loop=asyncio.get_running_loop(), protocol_factory=lambda: self._link, events="on"
        )
        try:
            await self._connect()
            await self._log_in()
            await self._see_it_booted()
        except BaseException:
            await self._leave()
            raise
        self._pinging = asyncio.create_task(self._keep_alive(), name="ami-ping")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave()

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._connect_timeout):  # wait_for may swallow our own cancellation
                await self._manager.connect()
        except OSError as error:
            reason = error.strerror or "no answer in time"
            raise Unreachable(f"{self._where} cannot be reached ({reason}): is Asterisk up and its AMI on?") from error

    async def _log_in(self) -> None:
        login = self._manager.authenticated_future
        await asyncio.wait({login}, timeout=self._connect_timeout)
        if login.done() and not login.cancelled():
            self._check_login(login.result())
        elif self.lost is None:
            raise Unreachable(f"{self._where} took the connection but did not answer the login: is it hanging?")
        elif type(self.lost) is LinkLost:
            raise Unreachable(f"{self._where} hung up before the login: check the AMI's permit and deny lines.")
        else:
            raise self._over()

    def _check_login(self, answer: Message) -> None:
        if answer.success:
            return
        if "already in use" in answer.message.lower():
            raise AlreadyDriven(f"{self._where} already has a driver logged in as this user: stop that one first.")
        raise LoginRefused(f"{self._where} refused this AMI user and secret: correct the server's settings.")

    async def _see_it_booted(self) -> None:
        try:
            async with asyncio.timeout(self._connect_timeout):
                await self._booted.wait()
        except TimeoutError as error:
            raise Unreachable(
                f"{self._where} is still starting, or the AMI user lacks `read = system` to be told that it has."
            ) from error
        if self.lost is not None:
            raise self._over()

    async def _leave(self) -> None:
        """Afterwards nothing is pending: no wait, no task, no socket."""
        self._end(LinkLost("was left"))
        self._manager.close()
        if self._pinging is not None:
            self._pinging.cancel()
            await asyncio.wait({self._pinging})
        if self._link.transport is None:
            return
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._link.gone.wait()
        except TimeoutError:
            self._link.abort()
            await self._link.gone.wait()

    # Hearing

    async def next_batch(self) -> list[Fact]:
        """All facts heard and not yet taken, in order; waits for the first. Raises LinkLost after the last one.

        For one consumer. A burst may make the list long.
        """
        while not self._facts:
            if self.lost is not None:
                raise self._over()
            self._wake.clear()
            await self._wake.wait()
        batch, self._facts = self._facts, []
        return batch

    async def batches(self) -> AsyncIterator[list[Fact]]:
        """next_batch for ever."""
        while True:
            yield await self.next_batch()

    async def facts(self) -> AsyncIterator[Fact]:
        """One fact at a time; what is left of a batch when the loop is broken off is lost."""
        while True:
            for fact in await self.next_batch():
                yield fact

    def put(self, facts: Iterable[Fact]) -> None:
        """Queue facts behind those already heard, e.g. what a snapshot shows that we missed."""
        self._facts.extend(facts)
        if self._facts:
            self._wake.set()

    # Acting

    async def act(self, effect: Effect) -> bool:
        """Carry out an effect and wait for the PBX's answer, never for the outcome; False when it was refused.

        A refusal is also a fact (see facts.refusal). Raises UnsafeValue with nothing sent, ActTimeout, LinkLost.
        """
        ask = self._post(effect)
        return bool((await self._answer(ask, self._action_timeout)).success)

    def post(self, effect: Effect) -> None:
        """Carry out an effect without waiting; a refusal becomes a fact, our own of an unsafe value too.

        One bad row must not end the driving of all others. Raises LinkLost.
        """
        try:
            self._post(effect)
        except actions.UnsafeValue as unsafe:
            log.error("an unsafe effect was not sent", id=str(getattr(effect, "id", "")), reason=str(unsafe))
            self.put(refusal(effect, str(unsafe), datetime.now(UTC)))

    async def reload(self, module: str) -> bool:
        """Make the PBX read a module's configuration again, e.g. ``res_pjsip.so``; False when it would not."""
        ask = self._send(Ask(actions.reload(module)))
        return bool((await self._answer(ask, self._action_timeout)).success)

    async def snapshot(self) -> Snapshot:
        """Every channel of ours, as of the moment of asking (our clock, UTC). Raises SnapshotFailed, LinkLost."""
        at = datetime.now(UTC)
        ask = self._send(Ask({"Action": "CoreShowChannels"}))
        try:
            answer = await self._answer(ask, self._snapshot_timeout)
        except ActTimeout as error:
            raise SnapshotFailed(f"{self._where} did not list its channels in time.") from error
        if not answer.success:
            raise SnapshotFailed(f"{self._where} did not list its channels: {answer.message}.")
        return snapshot_of(ask.rows, at)

    # Inside

    def _post(self, effect: Effect) -> Ask:
        *before, last = actions.actions_for(effect)
        for headers in before:
            self._send(Ask(headers))
        return self._send(Ask(last, effect))

    def _send(self, ask: Ask) -> Ask:
        if self.lost is not None:
            raise self._over()
        self._link.send(ask)
        return ask

    async def _answer(self, ask: Ask, seconds: float) -> Message:
        """Not wait_for: a future cancelled by a lost link must not look like our own task's cancellation."""
        await asyncio.wait({ask.future}, timeout=seconds)
        if ask.future.cancelled():
            raise self._over()
        if not ask.future.done():
            self._link.responses.pop(ask.id, None)
            raise ActTimeout(f"{self._where} did not answer {ask['Action']} within {seconds:g} s.")
        return ask.future.result()

    def _heard(self, event: Event) -> None:
        if event.get("Event") == "FullyBooted":
            self._booted.set()
        else:
            self.put(self._reader.read(event, datetime.now(UTC)))

    def _answered(self, ask: Ask, answer: Message) -> None:
        if ask.effect is None or answer.success:
            return
        log.warning("pbx refused an action", action=ask["Action"], id=ask.id, reason=answer.message)
        self.put(refusal(ask.effect, answer.message, datetime.now(UTC)))

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._ping_every)
            ask = self._send(Ask({"Action": "Ping"}))
            await asyncio.wait({ask.future}, timeout=self._ping_every)
            if not ask.future.done():
                self._end(Silent("has stopped answering"))
                return
            if self.lost is not None:
                return
            self._forget_unanswered()

    def _forget_unanswered(self) -> None:
        """AMI answers in order, so what is this old will never be answered; the audit finds out what became of it."""
        limit = asyncio.get_running_loop().time() - max(self._action_timeout, self._snapshot_timeout)
        for ask in [ask for ask in self._link.responses.values() if ask.sent_at < limit]:
            log.warning("pbx never answered an action", action=ask["Action"], id=ask.id)
            del self._link.responses[ask.id]

    def _end(self, lost: LinkLost) -> None:
        if self.lost is not None:
            return
        self.lost = type(lost)(f"{self._where} {lost}; open a new session and take a snapshot.")
        self._link.close() if type(lost) is LinkLost else self._link.abort()
        self._wake.set()
        self._booted.set()

    def _over(self) -> LinkLost:
        """A fresh copy: one exception object raised many times would gather tracebacks."""
        lost = self.lost or LinkLost(f"{self._where} is not connected.")
        return type(lost)(*lost.args)
