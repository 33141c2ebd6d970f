"""Every rule as one sentence that reads back what was chosen, in the reader's language, without a full stop.

Sentences are translated whole; what is filled in are figures, names and phrases that no language inflects by their
place. One module per kind of rule; `named` finds the rule that a decision names, and who gave it.
"""

from __future__ import annotations

from campaigns.sentences.abandons import abandon_sentence
from campaigns.sentences.agreed import basis_words, consent_sentence, products_sentence
from campaigns.sentences.called import cap_sentence, gap_sentence
from campaigns.sentences.detection import detection_sentence, fell_back_sentence
from campaigns.sentences.flaws import flaw_sentence
from campaigns.sentences.hours import closed_sentence, dates_sentence, hours_clauses, hours_sentence, week_sentence
from campaigns.sentences.named import (
    line_words,
    owner_words,
    product_labels,
    profile_title,
    sentence_of,
    source_of,
    sources_of,
)
from campaigns.sentences.sharing import agent_share_sentence
from campaigns.sentences.trying import (
    attempts_sentence,
    cadence_sentence,
    callbacks_sentence,
    disposition_sentence,
    retry_sentence,
    ring_sentence,
    spread_sentence,
    step_sentence,
)

__all__ = [
    "abandon_sentence",
    "agent_share_sentence",
    "attempts_sentence",
    "basis_words",
    "cadence_sentence",
    "callbacks_sentence",
    "cap_sentence",
    "closed_sentence",
    "consent_sentence",
    "dates_sentence",
    "detection_sentence",
    "disposition_sentence",
    "fell_back_sentence",
    "flaw_sentence",
    "gap_sentence",
    "hours_clauses",
    "hours_sentence",
    "line_words",
    "owner_words",
    "product_labels",
    "products_sentence",
    "profile_title",
    "retry_sentence",
    "ring_sentence",
    "sentence_of",
    "source_of",
    "sources_of",
    "spread_sentence",
    "step_sentence",
    "week_sentence",
]
