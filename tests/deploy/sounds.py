"""Tones that a test plays into a call, and looks for in what the other side recorded."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE = 8000


def tone(file: Path, hertz: int, seconds: float) -> None:
    """Write a mono telephone-quality WAV file that everybody may read."""
    samples = [int(12_000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(int(RATE * seconds))]
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, RATE, len(samples), "NONE", ""))
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    file.chmod(0o644)


def seconds_of(file: Path, hertz: int) -> float:
    """For how long this tone prevails in the recording, by twentieths of a second (Goertzel)."""
    with wave.open(str(file), "rb") as sound:
        raw = sound.readframes(sound.getnframes())
    samples = struct.unpack(f"<{len(raw) // 2}h", raw)
    step = RATE // 20
    blocks = [samples[at : at + step] for at in range(0, len(samples) - step + 1, step)]
    return sum(_prevails(block, hertz) for block in blocks) / 20


def _prevails(block: tuple[int, ...], hertz: int) -> bool:
    """Over half of the block's energy is at this frequency, and it is loud enough to be heard."""
    energy = sum(s * s for s in block)
    twice, before, last = 2 * math.cos(2 * math.pi * hertz / RATE), 0.0, 0.0
    for sample in block:
        before, last = last, sample + twice * last - before
    power = before * before + last * last - twice * before * last
    return energy > len(block) * 500**2 and power > energy * len(block) / 4
