"""Far ends played by SIPp: thousands of calls for little CPU, so that what is measured is the dialer and its PBX.

The product's own far end is an Asterisk that sends speech, which is truer and ten times heavier; that is for the demo.
"""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy import ports, processes
from deploy.asterisk import install, rendering
from deploy.problems import NoBinaries

SCENARIOS = Path(__file__).parent
MEDIA_PORT = "9"  # nobody listens there: no scenario has media


class Sipp:
    """A SIPp that answers calls by `sipp_NAME.xml`, with `values` filled in; `with Sipp(...) as far_end:`."""

    def __init__(self, name: str, folder: Path, values: Mapping[str, str] | None = None) -> None:
        self.name, self._folder, self._values = name, folder, dict(values or {})
        self.port = ports.free_port(socket.SOCK_DGRAM)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process, "not started"
        return self._process.pid

    def __enter__(self) -> Self:
        program = install.ensure().sipp
        if program is None:
            raise NoBinaries("SIPp is not installed beside Asterisk: install the package sip-tester.")
        scenario = self._folder / f"{self.name}.xml"
        scenario.write_text(rendering.render((SCENARIOS / f"sipp_{self.name}.xml").read_text(), self._values))
        address = ["-i", "127.0.0.1", "-p", str(self.port), "-mi", "127.0.0.1", "-mp", MEDIA_PORT]
        # -aa answers the exchange's OPTIONS; errors go to a file of their own, which is read at the end.
        options = ["-sf", str(scenario), *address, "-aa", "-nostdin", "-trace_err", "-error_file", str(self._errors)]
        with open(self._folder / f"{self.name}.out", "wb") as output:
            self._process = processes.spawn([*program, *options], output=output, cwd=self._folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            processes.stop(self._process, grace=2.0)

    @property
    def _errors(self) -> Path:
        return self._folder / f"{self.name}.errors"

    def complaints(self) -> int:
        """How many messages came that the scenario did not expect."""
        with suppress(OSError):
            return len(re.findall(r"unexpected|Discarding", self._errors.read_text(errors="replace")))
        return 0
