"""The ledger in PostgreSQL, for several machines that share it.

Leases go by the server's clock. Nothing stays open while mail is under way, and a client that is
halted in a transaction loses it after half a minute, so that no row stays locked for good.
"""

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from insights_reports.delivery.destinations import Secret
from insights_reports.delivery.ledger.database import Result, Row, Values, refuse_newer
from insights_reports.delivery.ledger.schema import VERSION, statements
from insights_reports.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    import psycopg

_NAMED = re.compile(r":([a-z_0-9]+)\b")
_OPTIONS = (
    "-c idle_in_transaction_session_timeout=30000 -c lock_timeout=10000 -c statement_timeout=30000"
)
_ALIVE: dict[str, Any] = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_LOCK = 7_481_152_903  # any number, the same for all: who makes the tables goes first
_ALLOWED = {"sslmode", "sslrootcert", "host"}


@dataclass(frozen=True, slots=True)
class PostgresLedger:
    """Where the ledger's database is: ``postgresql://user@host:port/name``, without a password.

    ``?host=/run/postgresql`` connects by a socket, ``?sslmode=`` and ``?sslrootcert=`` as
    PostgreSQL has them; TLS is verified unless the URL says otherwise or the host is this machine.

    Raises:
        ValueError: when the URL cannot be used, or holds a password.
    """

    url: str
    password: Secret | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("postgresql", "postgres"):
            raise ValueError("must be a URL such as postgresql://user@host/name")
        if parts.password is not None:
            raise ValueError("must not hold the password: it comes from a file or the environment")
        unknown = {name for name, _ in parse_qsl(parts.query)} - _ALLOWED
        if unknown:
            raise ValueError(f"has unknown settings: {', '.join(sorted(unknown))}")

    @property
    def fields(self) -> dict[str, Any]:
        """What to connect with, but for the password."""
        parts = urlsplit(self.url)
        given = dict(parse_qsl(parts.query))
        host = given.pop("host", parts.hostname or "localhost")
        local = host.startswith("/") or host in ("localhost", "127.0.0.1", "::1")
        found: dict[str, Any] = {"host": host, "sslmode": "prefer" if local else "verify-full"}
        if not local and given.get("sslmode", "verify-full") == "verify-full":
            found["sslrootcert"] = "system"
        if parts.username:
            found["user"] = unquote(parts.username)
        if parts.port:
            found["port"] = parts.port
        if parts.path.strip("/"):
            found["dbname"] = unquote(parts.path.strip("/"))
        return {**found, **given}

    @property
    def shown(self) -> str:
        """The database as messages name it."""
        parts = urlsplit(self.url)
        return f"{parts.hostname or self.fields['host']}/{self.fields.get('dbname', '')}"


class PostgresDatabase:
    """One connection, shared by the threads of this process; it is made anew when it was lost.

    Raises:
        ConfigError: when psycopg is not installed.
        DeliveryError: when the server cannot be used, or a newer version made the tables.
    """

    def __init__(self, where: PostgresLedger) -> None:
        try:
            import psycopg
        except ImportError:
            raise ConfigError(
                "The ledger in PostgreSQL needs psycopg.",
                ("ledger: it is not installed",),
                "Install insights-reports[postgresql].",
            ) from None
        self._psycopg = psycopg
        self._where = where
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[dict[str, Any]] | None = None
        with self._meaning("opened"), self.transaction() as write:
            self._migrate(write)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def now(self) -> datetime:
        (row,) = self.rows("SELECT clock_timestamp() AS now")
        now: datetime = row["now"]
        return now.astimezone(UTC)

    @contextlib.contextmanager
    def transaction(self) -> Iterator["_Transaction"]:
        with self._lock, self._meaning("written"):
            connection = self._open()
            with connection.transaction():
                yield _Transaction(connection)

    def rows(self, query: str, values: Values | None = None, /) -> list[Row]:
        with self._lock, self._meaning("read"):
            try:
                return list(_Transaction(self._open()).execute(query, values or {}).fetchall())
            except self._psycopg.OperationalError:  # the server was started anew: reading is safe
                self.close()
                return list(_Transaction(self._open()).execute(query, values or {}).fetchall())

    def _open(self) -> "psycopg.Connection[dict[str, Any]]":
        if self._connection is None or self._connection.closed:
            from psycopg.rows import dict_row

            password = self._where.password
            self._connection = self._psycopg.connect(
                **self._where.fields,
                password=password.reveal() if password else None,
                connect_timeout=10,
                options=_OPTIONS,
                application_name="insights-reports",
                autocommit=True,
                row_factory=dict_row,
                **_ALIVE,
            )
        return self._connection

    def _migrate(self, write: "_Transaction") -> None:
        write.execute("SELECT pg_advisory_xact_lock(:lock)", {"lock": _LOCK})
        write.execute("CREATE TABLE IF NOT EXISTS meta (version INTEGER NOT NULL)")
        row = write.execute("SELECT version FROM meta").fetchone()
        found = row["version"] if row else 0
        refuse_newer(found, self._where.shown)
        if found == VERSION:
            return
        for statement in statements(found, "postgresql"):
            write.execute(statement)
        write.execute("DELETE FROM meta")
        write.execute("INSERT INTO meta VALUES (:version)", {"version": VERSION})

    @contextlib.contextmanager
    def _meaning(self, done: str) -> Iterator[None]:
        try:
            yield
        except self._psycopg.Error as error:
            raise DeliveryError(
                f"The ledger cannot be {done}.",
                f"{self._where.shown}: {' '.join(str(error).split())}",
                "Nothing is delivered without it: look at the PostgreSQL server.",
            ) from None


class _Transaction:
    """Statements with ``:name`` for parameters, as SQLite has them."""

    def __init__(self, connection: "psycopg.Connection[dict[str, Any]]") -> None:
        self._connection = connection

    def execute(self, statement: str, values: Values | None = None, /) -> Result:
        query = _NAMED.sub(r"%(\1)s", statement)
        return self._connection.execute(query.encode(), values or {})
