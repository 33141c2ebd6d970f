"""The worst list: ten million due leads of which one in a thousand may be called; the others were called elsewhere.

Everybody but those, scattered at random, has used up a frequency cap since the list was loaded. What plays is the
engine's own: ticks twice a second that want 50 leads each, and the sweep they ask for, on a thread beside them. Calls
end at once, as nobody answers. Measured: callable leads found in each second from the first tick on, how long until all
others are set aside, what ticks take meanwhile and afterwards, and whether any lead was decided on twice. The baseline
is one bare UPDATE that moves leads without asking why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.figures import Figure, percentile
from bench.ground import Ground

if TYPE_CHECKING:
    from bench.course import Course

LEADS = (10_000_000,)
PEOPLE_PER_SUPPRESSED = 20
PER_SECOND, SECONDS, P99_MS = 20, 60.0, 50.0
BARE = "a bare UPDATE, alone"


def measure(seconds: float | None, leads: tuple[int, ...] = LEADS) -> list[Figure]:
    """One course; `seconds` does not apply."""
    people = leads[0]
    with Ground("worst") as ground:
        from bench import course
        from bench.crowd import Crowd

        crowd = Crowd(ground, people=people, touches=0, suppressed=people // PEOPLE_PER_SUPPRESSED, awake_now=True)
        course.load(ground, crowd)
        ground.settle_down()
        bare = course.bare(ground, people)
        return _figures(course.play(crowd), bare, people)


def _figures(course: Course, bare: float, people: int) -> list[Figure]:
    minute = int(min(60, course.cleaned))
    seconds = [sum(n <= at < n + 1 for at in course.taken) for n in range(minute)]
    during, calm = percentile(course.ticks, 99), percentile(course.calm, 99)
    rate = course.refused / course.set_aside
    return [
        Figure("called in the first second", seconds[0], "leads", aim=f"≥ {PER_SECOND}", met=seconds[0] >= PER_SECOND),
        Figure(
            "called in the slowest second of the first minute",
            min(seconds),
            "leads",
            aim=f"≥ {PER_SECOND}",
            met=min(seconds) >= PER_SECOND,
        ),
        Figure(
            f"{people:,} leads looked at, all refused set aside",
            course.set_aside,
            "s",
            BARE,
            people / bare,
            f"≤ {SECONDS:g} s",
            course.set_aside <= SECONDS,
        ),
        Figure("set aside", rate, "leads/s", BARE, bare),
        Figure("until the queue's index is clean again", course.cleaned, "s"),
        Figure("a tick meanwhile, p99", during, "ms"),
        Figure("a tick from then on, p99", calm, "ms", aim=f"≤ {P99_MS:g} ms", met=calm <= P99_MS),
        Figure("decided on twice before its time", course.twice, "leads", aim="0", met=course.twice == 0),
        Figure("due leads nobody looked at", course.unswept, "leads", aim="0", met=course.unswept == 0),
        Figure("called altogether, and vetted for later", len(course.taken) + course.vetted, "leads"),
    ]
