"""What every test shares. After each database test nothing may be left held: no live call, no held lead, no shift."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, settings

# A slow or busy machine is not a failure: no deadline for a single example.
settings.register_profile("fairdial", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fairdial")
TRANSCRIPTS = Path(__file__).parent / "transcripts"
