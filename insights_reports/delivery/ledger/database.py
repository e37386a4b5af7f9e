"""The database behind the ledger: whole transactions that survive power loss.

Statements are written once, with named parameters, for SQLite and for PostgreSQL.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from insights_reports.delivery.ledger.schema import VERSION, statements
from insights_reports.errors import DeliveryError, UsageError

_WAIT = 30.0  # seconds for another process's transaction
_AGAIN = 0.02

Row = Mapping[str, Any]
Values = Mapping[str, object]


class Result(Protocol):
    """What a statement did: how many rows it touched, and those that it returns."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Write(Protocol):
    """A transaction that is open."""

    def execute(self, statement: str, values: Values = ..., /) -> Result: ...


class Database(Protocol):
    """What the ledger asks of its database. Every method raises DeliveryError when it fails."""

    def transaction(self) -> contextlib.AbstractContextManager[Write]:
        """All that is written in it is on the disk at the end, or none of it ever was."""

    def rows(self, query: str, values: Values = ..., /) -> list[Row]: ...
    def now(self) -> datetime:
        """The instant by the one clock that all users of this database go by."""

    def close(self) -> None: ...


class SqliteDatabase:
    """One SQLite file, shared by the threads of this process and by other processes of this
    machine. It belongs on a local disk: SQLite's locks do not hold on network file systems.

    Raises:
        DeliveryError: when it is no ledger, or a newer version of this program made it.
        UsageError: when the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # It holds addresses and messages: for its owner alone, and so are SQLite's side files.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._log_ahead()
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._migrate()
        except OSError as error:
            raise UsageError(
                "The state's folder cannot be written.",
                f"{path}: {error.strerror or error}",
                "Change its owner or mode, or name another folder by `state:`.",
            ) from None
        except sqlite3.Error as error:
            raise DeliveryError(
                "The ledger cannot be opened.", f"{path}: {error}", "Check the folder `state`."
            ) from None

    def close(self) -> None:
        self._connection.close()

    def now(self) -> datetime:
        return datetime.now(UTC)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
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

    def rows(self, query: str, values: Values | None = None, /) -> list[Row]:
        with self._lock:
            try:
                found = self._connection.execute(query, values or {}).fetchall()
            except sqlite3.Error as error:
                raise DeliveryError(
                    "The ledger cannot be read.", f"{self.path}: {error}", "Is the disk failing?"
                ) from None
        return [dict(row) for row in found]

    def _log_ahead(self) -> None:
        """SQLite does not wait for others that make the same new file ready at the same instant."""
        ends = time.monotonic() + _WAIT
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                    raise
                time.sleep(_AGAIN)
            else:
                return

    def _migrate(self) -> None:
        if self._connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return
        with self.transaction() as write:
            found = write.execute("PRAGMA user_version").fetchone()[0]
            refuse_newer(found, str(self.path))
            for statement in statements(found, "sqlite"):
                write.execute(statement)
            write.execute(f"PRAGMA user_version = {VERSION}")


def refuse_newer(found: int, where: str) -> None:
    """Raises DeliveryError when a ledger of version ``found`` is not known here."""
    if found > VERSION:
        raise DeliveryError(
            "The ledger was made by a newer version of this program.",
            f"{where}: version {found}, this program knows {VERSION}",
            "Update insights-reports.",
        )


def stamp(instant: datetime) -> str:
    """An aware instant as text in UTC, of one length, so that texts sort as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str | None) -> datetime | None:
    """The instant that `stamp` wrote; None for none."""
    return datetime.fromisoformat(text) if text else None
