"""Calls: placed, told facts, ended, written up. The only writers of LiveCall, Attempt and AttemptResult.

`placing` reserves leads and writes calls down before the wire is touched; `hearing` applies facts and settles what
ended, exactly once; `dispositions` records what agents say.
"""

from dialer.calls.dispositions import NothingToDisposition, expire_wrap_ups, record_disposition
from dialer.calls.hearing import MOMENTS, Heard, hear
from dialer.calls.placing import give_up, request_hangup, reserve, stop_unanswered, to_hang_up

__all__ = [
    "MOMENTS",
    "Heard",
    "NothingToDisposition",
    "expire_wrap_ups",
    "give_up",
    "hear",
    "record_disposition",
    "request_hangup",
    "reserve",
    "stop_unanswered",
    "to_hang_up",
]
