"""What every test shares. After each database test nothing may be left held: no live call, no held lead, no shift."""

from __future__ import annotations

from pathlib import Path

import pytest

TRANSCRIPTS = Path(__file__).parent / "transcripts"
