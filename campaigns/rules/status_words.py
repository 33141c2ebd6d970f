"""The words in which files and providers write down a number's state, in English and Chinese → its code.

What is no known word is no state: a row with it is rejected and shown, never guessed at.
"""

from __future__ import annotations

import re
import unicodedata

from campaigns.rules.validity import Code

WORDS: dict[Code, str] = {
    Code.WRONG_LINE_TYPE: """wrong line type|data only|data only sim|data sim|data card|iot|iot card|m2m|premium
        |物联网卡|物联卡|流量卡|纯流量卡|数据卡|上网卡|纯数据卡|物联网号|非语音号码""",
    Code.VACANT: """vacant|vacant number|unallocated|unassigned|not allocated|nonexistent|does not exist|invalid number
        |no such number|disconnected|not in use|404|空号|空|空号码|销号|已销号|拆机|注销|号码不存在|不存在""",
    Code.SUSPENDED: """suspended|suspend|barred|out of service|service suspended|unpaid
        |停机|欠费停机|欠费|保号停机|停机保号|暂停服务|已停机|单向停机|双向停机""",
    Code.POWERED_OFF: "powered off|power off|switched off|off|phone off|关机|已关机|长期关机",
    Code.UNREACHABLE: """unreachable|not reachable|out of reach|out of coverage|absent|absent subscriber|no signal
        |无法接通|暂时无法接通|不在服务区|不在网|用户不在服务区""",
    Code.WRONG_NUMBER: """wrong number|wrong person|wrong party|reassigned|not the owner
        |号码错误|错号|非本人|号码易主|二次放号|换号""",
    Code.RISK_NUMBER: """risk|risk number|risky|high risk|fraud|spam|blacklisted|complainer|litigator
        |风险|风险号|风险号码|高风险|高危|诈骗|骚扰|黑名单|投诉号码|疑似风险""",
    Code.IN_SERVICE: """in service|active|normal|ok|valid|live|reachable|working|assigned|available|connected
        |正常|正常号码|实号|活号|活跃|有效|在用|可用|在网|开机|正常在用|可联系""",
}
# Somebody looked and does not know either.
UNKNOWN = "unknown|not known|undetermined|no result|n/a|未知|不详|未检测|库无|无结果|沉默号|沉默"


def plain(text: str) -> str:
    """`Powered-Off`, `powered_off` and `ＰＯＷＥＲＥＤ　ＯＦＦ` are one word."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


CODE_OF: dict[str, Code | None] = {plain(word): None for word in UNKNOWN.split("|")}
CODE_OF |= {plain(word): code for code, words in WORDS.items() for word in words.split("|")}
CODE_OF |= {plain(code.value): code for code in WORDS}


class NoState(Exception):
    """The text is no state that we know."""


def read(text: str) -> Code | None:
    """The code of this word; None where it says that nothing is known. Raises NoState."""
    try:
        return CODE_OF[plain(text)]
    except KeyError:
        raise NoState from None
