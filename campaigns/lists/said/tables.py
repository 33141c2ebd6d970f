"""The tables on which it waits, by version; made, settled and dropped with those of campaigns.lists.importing.stage."""

from __future__ import annotations

TABLES = """
CREATE UNLOGGED TABLE IF NOT EXISTS import_said_{id} (
    row_no int NOT NULL, products text[] NOT NULL, basis text, consented_on date, consent_source text NOT NULL
);
CREATE UNLOGGED TABLE IF NOT EXISTS import_status_{id} (
    row_no int NOT NULL, number bigint NOT NULL, code text NOT NULL
);
TRUNCATE import_said_{id}, import_status_{id}
"""
DROP = "DROP TABLE IF EXISTS import_said_{id}, import_status_{id}"
SETTLE = """
CREATE INDEX IF NOT EXISTS import_said_{id}_no ON import_said_{id} USING brin (row_no) WITH (pages_per_range = 32);
CREATE INDEX IF NOT EXISTS import_status_{id}_no ON import_status_{id} USING brin (row_no) WITH (pages_per_range = 32);
ANALYZE import_said_{id};
ANALYZE import_status_{id}
"""
COPY_SAID = "COPY import_said_{id} (row_no, products, basis, consented_on, consent_source) FROM STDIN"
COPY_STATUSES = "COPY import_status_{id} (row_no, number, code) FROM STDIN"
