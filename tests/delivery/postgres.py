"""A PostgreSQL server of the tests' own, from Debian's package, as an ordinary user."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from insights_reports.delivery.ledger.postgres import PostgresLedger

_FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if os.name == "posix" else []
BIN = _FOUND[-1] if _FOUND else None
MISSING = "needs PostgreSQL: apt-get install postgresql"


@contextmanager
def postgres() -> Iterator[PostgresLedger]:
    """A server in a folder that is gone afterwards; it is reached by a socket."""
    assert BIN is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # the socket's path must be short
    try:
        (folder / "s").mkdir()
        if os.getuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
            shutil.chown(folder / "s", "nobody", "nogroup")
        data, log = folder / "data", folder / "log"
        _as_user(folder, f"{BIN}/initdb", "-D", str(data), "-U", "test", "-A", "trust",
                 "--no-sync", "--encoding=UTF8", "--locale=C")  # fmt: skip
        options = f"-c listen_addresses='' -k {folder}/s -c max_connections=60"
        control = (f"{BIN}/pg_ctl", "-D", str(data))
        _as_user(folder, *control, "-l", str(log), "-w", "-t", "30", "-o", options, "start")
        try:
            yield PostgresLedger(f"postgresql://test@/postgres?host={folder}/s")
        finally:
            _as_user(folder, *control, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def emptied(where: PostgresLedger) -> PostgresLedger:
    """``where`` without the tables of an earlier test."""
    with psycopg.connect(**where.fields, autocommit=True) as connection:
        for table in ("messages", "deliveries", "editions", "runs", "meta"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
    return where


def _as_user(folder: Path, *command: str) -> None:
    """PostgreSQL refuses to be root."""
    drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    given = [*drop, *command] if os.getuid() == 0 else list(command)
    environment = {**os.environ, "HOME": str(folder), "LC_ALL": "C"}
    subprocess.run(
        given,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
    )
