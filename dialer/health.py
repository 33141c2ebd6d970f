"""Is this system all right, and if not, what is wrong, in sentences.

`/healthz`: this process lives. `/readyz`: everything a call needs is there: database, schema, Redis, a driven PBX.
"""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now
from django.http import HttpRequest, JsonResponse

from dialer.models import PbxServer


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 with no problems, else 503 with one sentence for each."""
    problems = find_problems()
    answer = JsonResponse({"ok": not problems, "problems": problems}, status=503 if problems else 200)
    # Whoever asks every second is answered, not logged: Django would write an error each time.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def find_problems() -> list[str]:
    """What is wrong now; without a database nothing further can be known."""
    return _database() or [*_redis(), *_servers()]


def _database() -> list[str]:
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return ["The database does not answer: check DATABASE_URL and that PostgreSQL is running."]
    return ["The database schema is older than the code: run `manage.py migrate`."] if behind else []


def _redis() -> list[str]:
    try:
        cache.set("readyz", 1, 5)
    except Exception as error:  # whatever the client raises, the page must say so and not fail
        return [
            f"Redis does not answer ({type(error).__name__}): pages update by polling, imports wait. Check REDIS_URL."
        ]
    return []


def _servers() -> list[str]:
    servers = PbxServer.objects.filter(enabled=True)
    if not servers:
        return ["No PBX is set up: add one under Settings, or run `manage.py configure_pbx`."]
    driven = set(servers.filter(lease_until__gt=Now()).values_list("pk", flat=True))
    return [problem for server in servers if (problem := _server_problem(server, server.pk in driven))]


def _server_problem(server: PbxServer, driven: bool) -> str:
    if server.problem:
        return server.problem
    return "" if driven else f"Nobody drives the PBX {server.name}: start an engine worker."
