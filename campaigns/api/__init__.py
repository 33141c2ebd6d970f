"""The interface for programs: what the screens can do, by HTTP and JSON (docs/api.md, /api/v1/openapi.json).

Every operation asks the selectors, rules and services that the screens ask; nothing is decided here. Names in answers
are never changed or removed, only added. Personal data comes and goes in bodies: an address never holds a number or a
name. `door` says who may, `faults` how a refusal looks, `schemas` what answers are made of, `addresses` where all is.
"""

from __future__ import annotations

from ninja import NinjaAPI

from campaigns.api import (
    agreed,
    campaigns,
    do_not_call,
    do_not_call_files,
    faults,
    lists,
    people,
    status_feeds,
    uploads,
    whys,
)
from campaigns.uploads.receiving import UploadRefused

api = NinjaAPI(
    title="Fairdial",
    version="1",
    description=(
        "Campaigns, lists, people and do-not-call, and why anybody may or may not be called. "
        "Log in with a session cookie or with a token (`Authorization: Bearer …`); docs/api.md tells the rest."
    ),
    urls_namespace="api",
)
ROUTERS = (campaigns, uploads, lists, status_feeds, people, agreed, whys, do_not_call, do_not_call_files)
for each in ROUTERS:
    api.add_router("", each.router)
faults.tell(api)
api.add_exception_handler(UploadRefused, uploads.refused)
