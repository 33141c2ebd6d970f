"""The race proof: `make prove-caps`, or `python -m tests.proof --minutes 10 --workers 16`.

Engines race for the same people while caps and hours are edited, do-not-call grows, and engines, their recovery and
PostgreSQL itself are killed. Time is simulated (see clock): days pass in minutes, so that hours, calendar days and
windows are crossed again and again. Afterwards the independent checker (dialer.audit) must find nothing, and nothing
may be left: no live call, no held lead, no touch without its attempt.

`--break all` takes the rules and the locks away, in the racing processes only, to see that the checker then reports.
"""
