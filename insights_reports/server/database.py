"""The SQLite database of the server: opening it, making a new one, deriving the stream values.

Everything is committed with `synchronous=FULL` in a write-ahead log, so that what was answered
with 200 or 201 is still there after a kill -9 or a power cut.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from insights_reports.errors import UsageError
from insights_reports.server import columns
from insights_reports.server.release_order import ReleaseOrder, number_releases

_HERE = Path(__file__).parent
SCHEMA_VERSION = 3
_APPLICATION_ID = 0x1A51_9475  # marks the file as ours in SQLite's header


def connect(path: Path) -> sqlite3.Connection:
    """Open the database at `path`, which must exist. One connection serves one thread at a time."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw",
        uri=True,
        timeout=30,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; takes the write lock at once so that two writers queue up."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def new_database(path: Path) -> Iterator[sqlite3.Connection]:
    """An empty database to fill; it takes its place at `path` when the block ends without error.

    Raises UsageError when something is already there.
    """
    if path.exists():
        raise UsageError(
            "This file exists already.", f"Database: {path}", "Choose another file, or remove it."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous=OFF")
            connection.executescript(_statements("schema.sql"))
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
            with transaction(connection):
                yield connection
                columns.store(connection)
            connection.executescript(_statements("changes.sql"))
            connection.execute("ANALYZE")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA journal_mode=WAL")
        part.replace(path)
    finally:
        for leftover in path.parent.glob(f".{path.name}.part*"):
            leftover.unlink()


def derive_facts(connection: sqlite3.Connection, order: ReleaseOrder = "id") -> None:
    """Fill `facts` anew from releases, deployments, tasks and interruptions, in a transaction."""
    number_releases(connection, order)
    execute_file(connection, "derive.sql")


def execute_file(connection: sqlite3.Connection, name: str) -> None:
    """Execute the statements of a file beside this one, in a transaction."""
    # Not executescript, which would commit the transaction that surrounds us.
    statement = ""
    for line in _statements(name).splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def check(path: Path) -> None:
    """Raise UsageError when `path` is not a database of this version of the server."""
    try:
        with closing(connect(path)) as connection:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError:
        found = version = None
    if found == _APPLICATION_ID and version != SCHEMA_VERSION:
        raise UsageError(
            "This database was made by another version of the Insights server.",
            f"Database: {path}, version {version} instead of {SCHEMA_VERSION}",
            "Import its history again, or name another file.",
        )
    if found != _APPLICATION_ID:
        raise UsageError(
            "This file is not a database of the Insights server.",
            f"Database: {path}",
            "Name another file; a new one is made when it does not exist.",
        )


def complete(path: Path) -> None:
    """Give the database at `path` the tables that were added since it was made."""
    with closing(connect(path)) as connection:
        connection.executescript(_statements("subscriptions.sql"))


def setting(connection: sqlite3.Connection, key: str) -> str:
    """A value that was stored when the database was made."""
    row = connection.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return str(row["value"])


def _statements(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
