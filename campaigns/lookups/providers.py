"""Which providers there are, as the settings say: files always, HTTP where LOOKUP_URL is set."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from campaigns.lookups import Provider
from campaigns.lookups.files import FileProvider
from campaigns.lookups.http import HttpProvider, Rate


def providers() -> dict[str, Provider]:
    """By name, the one to choose first at the top."""
    found: list[Provider] = [_http(settings.LOOKUP_URL)] if settings.LOOKUP_URL else []
    found.append(FileProvider(folder=settings.LOOKUP_FOLDER, cost=settings.LOOKUP_FILE_COST))
    return {provider.name: provider for provider in found}


@lru_cache(maxsize=1)
def _http(url: str) -> HttpProvider:
    """One per process, so that all its runs share one rate."""
    return HttpProvider(
        url=url,
        key=settings.LOOKUP_KEY,
        rate=Rate(settings.LOOKUP_PER_SECOND),
        name=settings.LOOKUP_NAME,
        batch_size=settings.LOOKUP_BATCH,
        cost=settings.LOOKUP_COST,
        timeout=settings.LOOKUP_TIMEOUT,
    )
