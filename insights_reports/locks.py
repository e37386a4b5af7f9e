"""Locks of files between processes; the system takes one back when whoever holds it ends."""

import sys
from typing import IO

from insights_reports.errors import UsageError


def take_lock(file: int | IO[bytes] | IO[str], *, wait: bool = True) -> None:
    """Lock an open file for this process alone.

    Raises:
        BlockingIOError: when another process holds it, and ``wait`` is False.
        UsageError: on a system without POSIX's locks.
    """
    try:
        import fcntl
    except ModuleNotFoundError:
        raise UsageError(
            "This needs the file locks of POSIX.",
            f"system: {sys.platform}",
            "On Windows use WSL 2 or a container; docs/howto.md says what works without.",
        ) from None
    fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
