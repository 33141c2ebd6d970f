"""How long the interpreter may keep a call waiting, whatever it does otherwise."""

from __future__ import annotations

import gc
import sys

# A call that is answered passes several threads; Python's 5 ms turns would be most of the time it waits.
SWITCH_SECONDS = 0.0005


def shorten() -> None:
    """Call it once, when all modules are loaded.

    What is loaded stays: looking through it for garbage again and again stopped all threads for 130 ms each time.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
