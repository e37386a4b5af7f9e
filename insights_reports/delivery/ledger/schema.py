"""The ledger's tables, version by version: a ledger of any earlier version becomes today's.

The statements are for SQLite and PostgreSQL alike, but for the words in `DIALECTS`. They hold no
semicolon inside and no percent sign.
"""

VERSION = 2

DIALECTS = {
    "sqlite": {"BYTES": "BLOB", "TABLE_END": ") STRICT", "KEYED_END": ") STRICT, WITHOUT ROWID"},
    "postgresql": {"BYTES": "BYTEA", "TABLE_END": ")", "KEYED_END": ")"},
}

# 0.1: what the first released version made.
_1 = """
CREATE TABLE editions (
  subscription TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL,
  digest TEXT NOT NULL, status TEXT NOT NULL, made_at TEXT NOT NULL, run_id TEXT NOT NULL,
  files TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (subscription, period, revision)
KEYED_END;
CREATE TABLE deliveries (
  subscription TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL,
  destination TEXT NOT NULL, recipient TEXT NOT NULL,
  state TEXT NOT NULL, planned_at TEXT NOT NULL, at TEXT NOT NULL, attempts INTEGER NOT NULL,
  holder TEXT, lease_until TEXT, next_try TEXT,
  reference TEXT NOT NULL, sha256 TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (subscription, period, revision, destination, recipient),
  FOREIGN KEY (subscription, period, revision) REFERENCES editions
KEYED_END;
CREATE TABLE messages (
  subscription TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL,
  destination TEXT NOT NULL, recipient TEXT NOT NULL, content BYTES NOT NULL,
  PRIMARY KEY (subscription, period, revision, destination, recipient)
TABLE_END;
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, subscription TEXT NOT NULL, period TEXT NOT NULL, cause TEXT NOT NULL,
  started_at TEXT NOT NULL, ended_at TEXT, holder TEXT NOT NULL,
  stages TEXT NOT NULL DEFAULT '[]', outcome TEXT NOT NULL, exit_status INTEGER
TABLE_END
"""

# An edition that was numbered is not one that was made; some wait for somebody's word. What may
# have arrived is sent again or held, as its destination says. Addresses are one in any case.
_2 = """
ALTER TABLE editions ADD COLUMN state TEXT NOT NULL DEFAULT 'made';
ALTER TABLE editions ADD COLUMN note TEXT NOT NULL DEFAULT '';
UPDATE editions SET state = 'draft' WHERE files = '[]' AND NOT EXISTS (
  SELECT 1 FROM deliveries d WHERE d.subscription = editions.subscription
  AND d.period = editions.period AND d.revision = editions.revision);
ALTER TABLE deliveries ADD COLUMN on_unknown TEXT NOT NULL DEFAULT 'resend';
UPDATE messages SET recipient = lower(recipient) WHERE recipient <> lower(recipient)
  AND NOT EXISTS (SELECT 1 FROM messages o WHERE o.subscription = messages.subscription
    AND o.period = messages.period AND o.revision = messages.revision
    AND o.destination = messages.destination AND o.recipient <> messages.recipient
    AND lower(o.recipient) = lower(messages.recipient));
UPDATE deliveries SET recipient = lower(recipient) WHERE recipient <> lower(recipient)
  AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.subscription = deliveries.subscription
    AND o.period = deliveries.period AND o.revision = deliveries.revision
    AND o.destination = deliveries.destination AND o.recipient <> deliveries.recipient
    AND lower(o.recipient) = lower(deliveries.recipient))
"""

_STEPS = (_1, _2)


def statements(found: int, dialect: str) -> list[str]:
    """What makes today's tables of those of version ``found``; 0 is no tables at all."""
    words = DIALECTS[dialect]
    text = ";".join(_STEPS[found:])
    for word, own in words.items():
        text = text.replace(word, own)
    return [statement for statement in text.split(";") if statement.strip()]
