"""Whose deployments they are, and that one process alone serves them."""

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from insights_reports.config.model import Config
from insights_reports.errors import UsageError
from insights_reports.locks import take_lock


def identity(config: Config) -> str:
    """The configuration in the names of its deployments: its ``name:``, else its folder and six hex
    digits of its path, so that two files never replace each other's."""
    if config.name:
        return config.name
    path = config.path.resolve()
    folder = re.sub("[^A-Za-z0-9]+", "-", path.parent.name).strip("-")[:30]
    digits = hashlib.sha256(str(path).encode()).hexdigest()[:6]
    return f"{folder}-{digits}" if folder else digits


def owner(home: Path) -> str:
    """The tag of all that is served from this state folder, made up once: two machines may have a
    configuration of one name, and share a Prefect server."""
    path = home / "owner"
    with suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = f"state-{secrets.token_hex(6)}"
    path.write_text(f"{made}\n", encoding="ascii")
    return made


@contextmanager
def sole_scheduler(home: Path) -> Iterator[None]:
    """Hold the state folder while the block runs; the kernel lets go when the process ends.

    Raises:
        UsageError: when another process holds it.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "schedule.lock").open("a") as file:
        if not _hold(file):
            raise UsageError(
                "Another `schedule` serves from this state folder.",
                f"state: {home.parent}",
                "End that one first, or give this configuration a folder of its own.",
            )
        yield


@contextmanager
def at_work(home: Path, flow_run: str) -> Iterator[None]:
    """Show, while the block runs, that the process of a flow run lives."""
    path = _held(home, flow_run)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a") as file:
        _hold(file)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_at_work(home: Path, flow_run: str) -> bool:
    """Whether a process of this machine still works on that flow run."""
    path = _held(home, flow_run)
    try:
        with path.open("r+") as file:
            if not _hold(file):
                return True
    except FileNotFoundError:
        return False
    path.unlink(missing_ok=True)
    return False


def _held(home: Path, flow_run: str) -> Path:
    return home / "at-work" / flow_run


def _hold(file: IO[str]) -> bool:
    try:
        take_lock(file, wait=False)
    except BlockingIOError:
        return False
    return True
