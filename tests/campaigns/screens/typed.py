"""What tests of the pages of rules type into their forms."""

from __future__ import annotations

CAP = {"limit": 3, "counts": "answered", "per": "contact", "window": "rolling", "length": 30, "unit": "days"} | {
    "scope": "all",
    "calls": "all",
}
GAP = {"after": "busy", "wait": "time", "length": 15, "unit": "minutes", "per": "phone", "scope": "all", "calls": "all"}
NINE_TO_SIX = {f"from{day}_0": "9" for day in range(5)} | {f"to{day}_0": "18:00" for day in range(5)}
PARTS = (
    "profiles",
    "hours",
    "days",
    "caps",
    "gaps",
    "agreement",
    "attempts",
    "callbacks",
    "retries",
    "dispositions",
    "order",
)
GARBAGE = ("", "x", "-1", "1e9", "99999999999999999999", "NaN", "'; --", "\u202e", "<b>", "２５:００", "24:01", "½")


def text(response) -> str:
    return response.content.decode()
