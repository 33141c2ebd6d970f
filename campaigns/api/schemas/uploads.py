"""Uploads that come in pieces."""

from __future__ import annotations

from campaigns.api.schemas.parts import Answer, Time


class Upload(Answer):
    """`offset` of its `size` bytes are here; it is kept until `expires_at`, which each piece moves on."""

    id: str
    offset: int
    size: int
    expires_at: Time
