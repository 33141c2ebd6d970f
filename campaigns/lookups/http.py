"""A provider that is asked over HTTP. The request and the answer are set out in docs/lookups.md.

A request that was certainly not taken (no connection, 429, 5xx) is made again after a while, as the provider asks or
ever more slowly. One that may have been is not: it might be charged twice. Its numbers stay as they were.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from uuid import UUID

import httpx
from django.utils.translation import gettext as _

from campaigns.lookups import Answer, Lost, Refused, answers

TRIES = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
LARGEST_ANSWER = 20_000_000


@dataclass
class Rate:
    """At most so many requests a second, evenly."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    free_at: float = 0.0

    def wait(self) -> None:
        now = self.clock()
        if self.free_at > now:
            self.sleep(self.free_at - now)
        self.free_at = max(now, self.free_at) + 1 / self.per_second


@dataclass
class HttpProvider:
    """`timeout`: seconds until a connection, and for the whole answer."""

    url: str
    key: str
    rate: Rate
    name: str = "lookup"
    batch_size: int = 100
    cost: Decimal = Decimal(0)
    timeout: float = 10.0
    resumes: bool = False
    sleep: Callable[[float], None] = time.sleep
    client: httpx.Client = field(default_factory=httpx.Client)

    def look_up(self, numbers: Sequence[int], key: UUID) -> Sequence[Answer]:
        """Raises Refused or Lost."""
        wait = FIRST_WAIT
        for left in reversed(range(TRIES)):
            self.rate.wait()
            said = self._ask(numbers, key)
            if isinstance(said, bytes):
                return answers.parse(said, numbers, datetime.now(UTC))
            if not left:
                break
            self._pause(said if said is not None else wait)
            wait *= 2
        raise Refused(_("The provider takes no requests at this moment. Start the lookup again later."))

    def _pause(self, seconds: float) -> None:
        if seconds > LONGEST_WAIT:
            raise Refused(_("The provider asks to wait for longer than a minute. Start the lookup again later."))
        self.sleep(seconds)

    def _ask(self, numbers: Sequence[int], key: UUID) -> bytes | float | None:
        """The answer; else after how many seconds to ask again, None where the provider does not say."""
        until = time.monotonic() + self.timeout
        try:
            with self._send(numbers, key) as response:
                if response.status_code == 429 or response.status_code >= 500:
                    return retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
                if not response.is_success:
                    raise Refused(
                        _("The provider refused the request (HTTP %(code)s).") % {"code": response.status_code}
                    )
                return self._body(response, until)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as fault:
            raise Refused(_("LOOKUP_URL is not an address that can be asked, or LOOKUP_KEY no key.")) from fault
        except httpx.HTTPError as fault:
            raise Lost(_("The provider did not answer in time, or not whole.")) from fault

    @contextmanager
    def _send(self, numbers: Sequence[int], key: UUID) -> Iterator[httpx.Response]:
        headers = {"Idempotency-Key": str(key), **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        body = {"numbers": [f"+{number}" for number in numbers]}
        with self.client.stream("POST", self.url, json=body, headers=headers, timeout=self.timeout) as response:
            yield response

    def _body(self, response: httpx.Response, until: float) -> bytes:
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > LARGEST_ANSWER or time.monotonic() > until:
                raise Lost(_("The provider's answer takes too long or is too large."))
        return bytes(body)


def retry_after(value: str, now: datetime) -> float | None:
    """The seconds that the header Retry-After asks for, be it a number or a date (RFC 9110, 10.2.3)."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (TypeError, ValueError):
        return None
