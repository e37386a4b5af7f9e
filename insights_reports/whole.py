"""Files that appear whole or not at all: written beside their place, moved there by one rename."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

PART = ".part"
"""How the name of a file ends that is being written."""


@contextlib.contextmanager
def whole(path: Path, *, durable: bool = False, private: bool = False) -> Iterator[Path]:
    """The draft to write in the block; it takes the place of ``path`` when the block ends well, and
    is removed when it does not. ``durable``: its bytes and its name are on the disk then;
    ``private``: nobody but its owner can ever read it.

    Raises:
        OSError: when it cannot be written.
    """
    part = part_of(path)
    try:
        if private:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
        if durable:
            sync(part)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    if durable:
        sync(path.parent)


def part_of(path: Path) -> Path:
    """A name beside ``path`` that nobody else has."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
