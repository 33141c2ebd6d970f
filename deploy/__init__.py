"""Launchers for what Fairdial stands on: PostgreSQL, Valkey, Asterisk, and its own processes.

Nothing here knows Django: a fresh machine must be able to bring the services up before the
application can be imported. Only the standard library is used.
"""
