"""Where in a status feed the number, its state and its times are, from the names that exports usually give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.lists.columns import Layout, Unreadable
from campaigns.rules.status_words import plain

# The likeliest first.
COLUMNS = {
    "state": "status 状态 号码状态 检测结果 state phonestatus numberstatus 结果 result 类型 检测状态",
    "observed": """observedat observed checkedat checked testedat lastseen 检测时间 更新时间 观测时间 检测日期 时间 time
        date timestamp updatedat""",
    "expires": "expiresat expires expiry validuntil until holdsuntil 有效期 有效期至 失效时间 到期时间 截止时间",
    "detail": "detail reason cause note remark 原因 备注 说明 明细",
}


@dataclass(frozen=True, slots=True)
class FeedLayout:
    """Indexes of columns; None where the file has no such column."""

    header: tuple[str, ...]
    phone: int
    state: int
    observed: int | None
    expires: int | None
    detail: int | None


def understand(layout: Layout) -> FeedLayout:
    """The columns of a status feed. Raises Unreadable."""
    names = [plain(name) for name in layout.header]
    state = _find(names, "state")
    if state is None:
        shown = ", ".join(name[:30] for name in layout.header[:8])
        sentence = _(
            "None of the columns (%(columns)s) is known as a state. Name one of them “status” or “状态” and upload the "
            "file again."
        )
        raise Unreadable(sentence % {"columns": shown})
    return FeedLayout(
        header=layout.header,
        phone=layout.phones[0].index,
        state=state,
        observed=_find(names, "observed"),
        expires=_find(names, "expires"),
        detail=_find(names, "detail"),
    )


def _find(names: Sequence[str], what: str) -> int | None:
    return next((names.index(name) for name in COLUMNS[what].split() if name in names), None)
