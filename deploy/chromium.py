"""Makes sure that a real Chromium is there for the browser tests: the system's, else Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = (("apt-get", "update", "-qq"), ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"))


def find() -> str | None:
    """The path of a Chromium, CHROMIUM if set; None when there is none."""
    return os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """0 when there is one afterwards; 1 with one sentence otherwise."""
    if find():
        return 0
    print("Installing Chromium for the browser tests (once) …", flush=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in INSTALL:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(done.stderr.strip(), file=sys.stderr)
    if find():
        return 0
    print("No Chromium was found: install the package chromium, or set CHROMIUM to the path of one.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
