"""Which process holds a thing, and whether that process still lives.

Every process makes a file of its own in a folder that all of them share, and keeps it locked as
long as it lives. The kernel gives the lock back when the process ends, however it ends, and shows
it to all containers of one machine. Process ids, host names and namespaces prove nothing: they
recur.
"""

import contextlib
import os
import platform
import re
import secrets
import threading
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from insights_reports.locks import take_lock

_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAME = re.compile(r"[0-9a-f]{16}-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Holder:
    """This process as a holder: ``name`` is its file's, and says on which boot of which machine."""

    name: str
    lock: int


class Holders:
    """The processes that share ``folder``; it must lie on a disk of this machine.

    A process has one name for each folder. It is taken when it is first asked for.
    """

    _own: ClassVar[dict[str, Holder]] = {}
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """The name of this process: 16 hex digits for it and 32 for this boot."""
        key = str(self._folder.resolve())
        with self._guard:
            if key not in self._own:
                self._own[key] = self._enter()
            return self._own[key].name

    def is_dead(self, name: str) -> bool:
        """Whether ``name`` surely is no more: it was of this boot, and nobody holds its lock.

        Nothing is known of other machines, of what ran before this one was started, and of those
        whose file is not in this folder.
        """
        return self._locked(name) is False

    def is_alive(self, name: str) -> bool:
        """Whether ``name`` surely lives: it is of this boot, and its lock is held."""
        return self._locked(name) is True

    def sweep(self, needed: Container[str]) -> None:
        """Remove the files of the dead, but for those ``needed`` to know that they are dead."""
        with contextlib.suppress(FileNotFoundError):
            for path in list(self._folder.iterdir()):
                if path.name not in needed and self.is_dead(path.name):
                    self._remove(path.name)

    def _enter(self) -> Holder:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            name = f"{secrets.token_hex(8)}-{_boot()}"
            path = self._folder / name
            lock = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
            take_lock(lock)
            if _same(lock, path):  # not taken for dead between the two steps and removed
                os.write(lock, f"process {os.getpid()} on {platform.node()}\n".encode())
                return Holder(name, lock)
            os.close(lock)

    def _locked(self, name: str) -> bool | None:
        """Whether somebody holds the lock of ``name``; None when that cannot be known here."""
        if not _NAME.fullmatch(name) or not name.endswith(_boot()):
            return None
        try:
            lock = os.open(self._folder / name, _FLAGS)
        except OSError:
            return None
        try:
            take_lock(lock, wait=False)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def _remove(self, name: str) -> None:
        """Only while holding its lock, so that its owner cannot be just about to take it."""
        path = self._folder / name
        with contextlib.suppress(OSError):
            lock = os.open(path, _FLAGS)
            try:
                take_lock(lock, wait=False)
                if _same(lock, path):
                    path.unlink()
            finally:
                os.close(lock)


def _same(lock: int, path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(lock), path.stat())
    return False


def _boot() -> str:
    """32 hex digits for this start of this machine; all its containers see the same."""
    try:
        return _BOOT.read_text().strip().replace("-", "")
    except OSError:  # no Linux, and so no containers of this kernel
        return platform.node().encode().hex()[:32].ljust(32, "0")


def _forget_after_fork() -> None:
    """A child that was forked lets go of what it inherited, or the dead parent would seem alive."""
    Holders._guard = threading.Lock()
    for holder in Holders._own.values():
        with contextlib.suppress(OSError):
            os.close(holder.lock)
    Holders._own.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
