"""Files relative to an open folder, written whole or not at all, through no symbolic link.

A folder is opened once and everything below it is reached through its descriptor: whoever may
write into the tree cannot swap a folder for a link halfway. (`whole` goes by paths, and serves
folders of our own.)
"""

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from insights_reports.delivery.ledger.holders import Holders
from insights_reports.whole import PART

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_ABANDONED = timedelta(days=1)  # when another machine left it half-written


@contextlib.contextmanager
def open_root(root: Path) -> Iterator[int]:
    """The descriptor of ``root``, made when it is missing. It may itself be reached by links: it is
    the user's own word."""
    root.mkdir(parents=True, exist_ok=True)
    with _closing(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as folder:
        yield folder


@contextlib.contextmanager
def open_folder(parent: int, name: str) -> Iterator[int]:
    """The descriptor of the folder ``name`` in ``parent``."""
    with _closing(os.open(name, _FOLDER, dir_fd=parent)) as folder:
        yield folder


def make_folder(parent: int, name: str) -> None:
    """Make the folder ``name`` in ``parent`` unless something of that name is there."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=parent)
        os.fsync(parent)


def part_name(name: str, holders: Holders) -> str:
    """A fresh hidden name for the unfinished ``name``, which says whose it is."""
    return f".{name}.{holders.name}.{secrets.token_hex(4)}{PART}"


def write_new(folder: int, name: str, content: bytes) -> None:
    """Write a file that must not exist yet, through to the disk. The mode is the umask's."""
    with os.fdopen(os.open(name, _NEW, 0o666, dir_fd=folder), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(folder: int, name: str, content: bytes, holders: Holders) -> None:
    """Put ``content`` in the place of the file ``name`` at one stroke."""
    part = part_name(name, holders)
    try:
        write_new(folder, part, content)
        os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        remove(folder, part)
        raise
    os.fsync(folder)


def read(folder: int, name: str) -> bytes:
    """The content of a file in an open folder."""
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
        return file.read()


def exists(folder: int, name: str) -> bool:
    """Whether anything has this name, a dangling link included."""
    return name in os.listdir(folder)


def remove(folder: int, name: str) -> None:
    """Remove the file, link or folder ``name``, as far as that is possible."""
    with contextlib.suppress(OSError):
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


def sweep(folder: int, now: datetime, holders: Holders) -> None:
    """Remove what dead runs left half-written in ``folder``."""
    for name in os.listdir(folder):
        if not (name.startswith(".") and name.endswith(PART)):
            continue
        holder = name.removesuffix(PART).split(".")[-2:][0]
        try:
            modified = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
        except FileNotFoundError:  # another run finished it, or swept it
            continue
        if holders.is_dead(holder) or now.timestamp() - modified > _ABANDONED.total_seconds():
            remove(folder, name)


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
