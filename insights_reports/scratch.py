"""Temporary folders that hold customers' data for a while, and outlive nobody."""

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from insights_reports.locks import take_lock

_PREFIX = "insights-scratch-"
_YOUNG = 60.0  # seconds; a folder as young as that may just be about to be locked


class Scratch:
    """A temporary folder that this process locks as long as it lives (not on Windows)."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self.name = self._folder.name
        self._lock = None if sys.platform == "win32" else _lock(Path(self.name))

    def cleanup(self) -> None:
        self._folder.cleanup()
        if self._lock is not None:
            os.close(self._lock)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder that is gone when the block ends, or at a later run's start."""
    scratch = Scratch()
    try:
        yield Path(scratch.name)
    finally:
        scratch.cleanup()


def sweep_scratch() -> None:
    """Remove the folders of dead processes: nobody locks them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < _YOUNG:
                continue
            lock = _lock(folder)
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _lock(folder: Path) -> int:
    """A lock on ``folder`` that the system gives back when this process ends.

    Raises:
        OSError: when another process has it.
    """
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        take_lock(lock, wait=False)
    except OSError:
        os.close(lock)
        raise
    return lock
