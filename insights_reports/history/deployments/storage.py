"""Where a history lies: a few operations that a folder and an object storage both have."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from insights_reports.errors import HistoryError, HistoryUnwritable
from insights_reports.locks import take_lock
from insights_reports.whole import part_of, sync, whole

_LOCK = ".lock"
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)


@dataclass(frozen=True, slots=True)
class Stored:
    """One file: its name (with slashes), and when it was written."""

    name: str
    modified: datetime


class Storage(Protocol):
    """Files by name. Every method that writes has the result on the disk when it returns.

    Each raises HistoryError where the storage refuses; `read` of what is not there raises
    FileNotFoundError.
    """

    def read(self, name: str) -> bytes: ...

    def create(self, name: str, content: bytes) -> None:
        """Write a file that is named by its content: if it is there, it is this one."""

    def swap(self, name: str, content: bytes, before: bytes | None) -> bool:
        """Put ``content`` in the place of ``before`` (None: of nothing); False when something else
        is there by now."""

    def show(self, source: str, name: str) -> None:
        """Make ``name`` what ``source`` is, at one stroke."""

    def list(self, prefix: str) -> Iterator[Stored]:
        """The files below ``prefix``, in the order of their names; unfinished ones included."""

    def remove(self, name: str) -> None: ...


class LocalFolder:
    """A history in a folder, made when the first file is written; only its owner may read it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def read(self, name: str) -> bytes:
        with _told(self.path / name):
            return (self.path / name).read_bytes()

    def create(self, name: str, content: bytes) -> None:
        path = self.path / name
        with _told(path):
            if path.exists() and _same(path, content):
                return
            self._put(path, content)

    def swap(self, name: str, content: bytes, before: bytes | None) -> bool:
        path = self.path / name
        with _told(path), self._locked():
            there = path.read_bytes() if path.exists() else None
            if there != before:
                return False
            self._put(path, content)
            return True

    def show(self, source: str, name: str) -> None:
        path = self.path / name
        with _told(path):
            self._folder(path.parent)
            if path.exists() and path.samefile(self.path / source):
                return
            part = part_of(path)
            try:
                part.hardlink_to(self.path / source)
            except OSError:  # a file system without hard links
                self._put(path, (self.path / source).read_bytes())
                return
            part.replace(path)
            # Two names of one file already: then the rename has left the second.
            part.unlink(missing_ok=True)
            sync(path.parent)

    def list(self, prefix: str) -> Iterator[Stored]:
        root = self.path / prefix
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):  # another process swept it
                if path.is_file() and path.name != _LOCK:
                    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    yield Stored(path.relative_to(self.path).as_posix(), modified)

    def remove(self, name: str) -> None:
        with _told(self.path / name):
            (self.path / name).unlink(missing_ok=True)

    def _put(self, path: Path, content: bytes) -> None:
        self._folder(path.parent)
        with whole(path, durable=True, private=True) as part:
            part.write_bytes(content)

    def _folder(self, folder: Path) -> None:
        """Make ``folder`` and those above it, their names on the disk."""
        if not folder.is_dir():
            self._folder(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            sync(folder.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder(self.path)
        descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            take_lock(descriptor)
            yield
        finally:
            os.close(descriptor)


def _same(path: Path, content: bytes) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest() == hashlib.sha256(content).digest()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        kind = HistoryUnwritable if error.errno in _FORBIDDEN else HistoryError
        raise kind(
            "The history of deployments cannot be written or read.",
            f"{path}: {error.strerror or error}",
            "Check the free space and the rights of the folder.",
        ) from None
