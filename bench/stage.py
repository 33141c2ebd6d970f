"""What a benchmark plays on: the product's own stack, an empty database, SIPp customers behind a trunk, SIPp phones.

The PBX gets its endpoints from us, not from the engine: the trunk as the product writes it, and agents' phones that
need no registration and no media, so that a hundred of them cost next to nothing.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.problems import BenchFailed
from bench.sipp import Sipp
from deploy import places
from deploy.asterisk.addresses import Addresses
from deploy.stack import Stack
from dialer.pbx.provisioning import TrunkSpec, render

DATABASE = "bench"
TRUNK = "carrier"
BROUGHT = ("DATABASE_URL", "REDIS_URL", "ASTERISK_HOST")
PHONE = """[{name}]
type = endpoint
context = from-agent
disallow = all
allow = ulaw,alaw
aors = {name}
direct_media = no
timers = no

[{name}]
type = aor
contact = sip:{name}@127.0.0.1:{port}
"""


class Stage:
    """`with Stage(...) as stage:` the stack is up and its processes are not; `ring_ms`, `talk_ms`: what customers do.

    `busy` is the share of customers who are; the others answer, and hang up when they have talked.
    """

    def __init__(self, *, busy: float, ring_ms: int, talk_ms: int) -> None:
        self.var = places.var_folder() / "bench"
        self._customers = {"busy": str(busy), "ring_ms": str(ring_ms), "talk_ms": str(talk_ms)}

    def __enter__(self) -> Self:
        """Raises BenchFailed when the environment names servers of its own, DeployError when ours do not start."""
        if named := [name for name in BROUGHT if name in os.environ]:
            raise BenchFailed(f"Benchmarks bring their own database, Redis and PBX: unset {', '.join(named)}.")
        with ExitStack() as opened:
            self.stack = opened.enter_context(Stack(self.var, say=lambda line: print(line, flush=True)))
            self.stack.env["DATABASE_URL"] = _empty_database(self.stack.env["DATABASE_URL"])
            self.stack.prepare(demo=False)
            self.customers = opened.enter_context(Sipp("customers", self.var, self._customers))
            self.phones = opened.enter_context(Sipp("phones", self.var))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    @property
    def at(self) -> Addresses:
        """Where the PBX listens."""
        assert self.stack.pbx and self.stack.pbx.addresses
        return self.stack.pbx.addresses

    def provision(self, phones: list[str]) -> None:
        """Make the PBX know the trunk and these phones."""
        trunk = render([TrunkSpec(TRUNK, "127.0.0.1", self.customers.port)], [])
        assert self.stack.pbx
        self.stack.pbx.provision("\n".join([trunk, *(PHONE.format(name=p, port=self.phones.port) for p in phones)]))

    def use_django(self) -> None:
        """Let this process see the stack's database through the product's models; import those after this only."""
        import django

        os.environ |= {**self.stack.env, "DJANGO_SETTINGS_MODULE": "config.settings"}
        django.setup()


def _empty_database(url: str) -> str:
    """A new database beside the one at `url`."""
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
    return urlunsplit(parts._replace(path=f"/{DATABASE}"))
