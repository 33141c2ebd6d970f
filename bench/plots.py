"""Plots of what a benchmark found, as SVG that a page of documentation shows: grouped bars, and lines over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 34, 62
COLOURS = ("#1f6feb", "#d97706", "#6b7280", "#059669", "#b91c1c", "#7c3aed", "#0e7490")


def bars(title: str, groups: Mapping[str, Mapping[str, float]], *, low: float, high: float, form: str) -> str:
    """Bars of {group: {name: value}}; values are written with `form`, such as "{:.0%}"."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    width = (WIDTH - LEFT - RIGHT) / len(groups)
    each = width * 0.84 / len(names)
    parts = [_axis(low, high, form)]
    for place, (group, values) in enumerate(groups.items()):
        left = LEFT + place * width
        parts.append(_text(left + width / 2, HEIGHT - BOTTOM + 18, group, "middle"))
        for turn, name in enumerate(names):
            if name in values:
                top = _y(values[name], low, high)
                x, tall = left + width * 0.08 + turn * each, HEIGHT - BOTTOM - top
                parts.append(
                    f'<rect x="{x:.1f}" y="{top:.1f}" width="{each - 1.5:.1f}" height="{tall:.1f}" '
                    f'fill="{_colour(turn)}"><title>{escape(name)}: {form.format(values[name])}</title></rect>'
                )
    return _page(title, [*parts, _legend(names)])


def lines(title: str, along: Sequence[float], of: Mapping[str, Sequence[float]], *, high: float, form: str) -> str:
    """Lines {name: values} over `along`, in hours."""
    span = max(along[-1], 1e-9)
    parts = [_axis(0.0, high, form)]
    parts += [_text(_x(hour, span), HEIGHT - BOTTOM + 18, f"{hour} h", "middle") for hour in range(int(span) + 1)]
    for turn, (_name, values) in enumerate(of.items()):
        pairs = zip(along, values, strict=True)
        points = " ".join(f"{_x(at, span):.1f},{_y(min(value, high), 0.0, high):.1f}" for at, value in pairs)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{_colour(turn)}" stroke-width="1.8"/>')
    return _page(title, [*parts, _legend(list(of))])


def _page(title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f'<text x="{LEFT}" y="20" font-weight="600" fill="#111827">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )


def _axis(low: float, high: float, form: str) -> str:
    found = []
    for step in range(5):
        value = low + (high - low) * step / 4
        y = _y(value, low, high)
        found.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>')
        found.append(_text(LEFT - 6, y + 4, form.format(value), "end"))
    return "".join(found)


def _legend(names: Sequence[str]) -> str:
    room = (WIDTH - LEFT - RIGHT) / min(len(names), 4)
    found = []
    for turn, name in enumerate(names):
        x, y = LEFT + turn % 4 * room, HEIGHT - BOTTOM + 38 + turn // 4 * 15
        found.append(f'<rect x="{x:.1f}" y="{y - 9:.1f}" width="10" height="10" fill="{_colour(turn)}"/>')
        found.append(_text(x + 15, y, name, "start"))
    return "".join(found)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#374151">{escape(text)}</text>'


def _x(at: float, span: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * at / span


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * max(value - low, 0.0) / (high - low)


def _colour(turn: int) -> str:
    return COLOURS[turn % len(COLOURS)]
