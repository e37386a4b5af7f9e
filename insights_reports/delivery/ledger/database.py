"""The ledger's SQLite file: its schema, and transactions that survive power loss.

It belongs on a local disk: SQLite's locks do not hold on network file systems.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from insights_reports.errors import DeliveryError

VERSION = 1
_WAIT = 30.0  # seconds for another process's transaction

_SCHEMA = """
CREATE TABLE editions (
  subscription TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL,
  digest TEXT NOT NULL, status TEXT NOT NULL, made_at TEXT NOT NULL, run_id TEXT NOT NULL,
  files TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (subscription, period, revision)
) STRICT, WITHOUT ROWID;
CREATE TABLE deliveries (
  subscription TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL,
  destination TEXT NOT NULL, recipient TEXT NOT NULL,
  state TEXT NOT NULL, planned_at TEXT NOT NULL, at TEXT NOT NULL, attempts INTEGER NOT NULL,
  holder TEXT, lease_until TEXT, next_try TEXT,
  reference TEXT NOT NULL, sha256 TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (subscription, period, revision, destination, recipient),
  FOREIGN KEY (subscription, period, revision) REFERENCES editions
) STRICT, WITHOUT ROWID;
CREATE TABLE messages (
  subscription TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL,
  destination TEXT NOT NULL, recipient TEXT NOT NULL, content BLOB NOT NULL,
  PRIMARY KEY (subscription, period, revision, destination, recipient)
) STRICT;
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, subscription TEXT NOT NULL, period TEXT NOT NULL, cause TEXT NOT NULL,
  started_at TEXT NOT NULL, ended_at TEXT, holder TEXT NOT NULL,
  stages TEXT NOT NULL DEFAULT '[]', outcome TEXT NOT NULL, exit_status INTEGER
) STRICT;
"""


class Database:
    """One connection, shared by the threads of this process. Each transaction is written through
    to the disk before it returns (WAL, synchronous=FULL).

    Raises:
        DeliveryError: when the file cannot be opened, or a newer version of this program made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # It holds addresses and messages: for its owner alone, and so are SQLite's side files.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise DeliveryError(
                "The ledger cannot be opened.", f"{path}: {error}", "Check the folder `state`."
            ) from None

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all of it is on the disk at the end, or none of it ever was."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise DeliveryError(
                    "The ledger cannot be written.",
                    f"{self.path}: {error}",
                    "Nothing is delivered without it: check the disk's free space and rights.",
                ) from error

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise DeliveryError(
                    "The ledger cannot be read.", f"{self.path}: {error}", "Is the disk failing?"
                ) from None

    def _migrate(self) -> None:
        with self.transaction() as connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found > VERSION:
                raise DeliveryError(
                    "The ledger was made by a newer version of this program.",
                    f"{self.path}: version {found}, this program knows {VERSION}",
                    "Update insights-reports.",
                )
            if found == 0:
                # executescript() would commit first; these statements hold no semicolon inside.
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")


def stamp(instant: datetime) -> str:
    """An aware instant as text in UTC, of one length, so that texts sort as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
