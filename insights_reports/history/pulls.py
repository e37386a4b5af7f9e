"""Sealed pulls: the raw replies of one run, kept so that its edition can be made again.

A pull is a folder of gzip files and a ``manifest.json``, written last, with the size and the
SHA-256 of every reply. Without a manifest there is no pull; with one, every byte is checked as it
is read.
"""

import contextlib
import gzip
import hashlib
import io
import json
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from insights_reports.edition.files import sha256_of, slug
from insights_reports.errors import PullError, keeping
from insights_reports.whole import sync, whole

MANIFEST = "manifest.json"
PART = ".part"  # ends the name of the folder in which replies wait for their sealing
_SCHEMA = 1
_BLOCK, _LARGE_BLOCK = 1 << 16, 1 << 20
_GZIP = 16 + zlib.MAX_WBITS  # what zlib calls the gzip format
_LEVEL = 1  # of gzip: replies are kept as fast as they arrive
_KEPT = re.compile(r"columns/[a-z0-9][a-z0-9-]*\.arrow")
_STORED = re.compile(r"[a-z0-9][a-z0-9-]*\.gz")


@dataclass(frozen=True, slots=True)
class StoredReply:
    """One reply: its name in the pull, the file it is stored in, and what it is uncompressed."""

    name: str
    stored: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DecodedReply:
    """A reply as columns (`history.columns`): its name, the file, and what is in the file."""

    name: str
    stored: str
    sha256: str


class PullWriter:
    """Writes a new pull into ``folder``; what an unfinished one left there is removed first.

    Raises:
        PullError: when a sealed pull is there, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, StoredReply] = {}
        self._columns: list[DecodedReply] = []
        self._sealed = False
        with keeping(folder):
            if (folder / MANIFEST).exists():
                raise PullError(
                    "This pull is sealed.", str(folder), "A new pull needs a folder of its own."
                )
            if folder.is_dir():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)

    def add(self, name: str, content: bytes) -> None:
        """Add the reply ``content`` under ``name``, which may be any text."""
        with self.open(name) as file:
            file.write(content)

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A file to write the reply called ``name`` into, piece by piece. If the writing fails, the
        pull does not have it.

        Raises:
            PullError: when the pull is sealed or has such a reply, or it cannot be written.
        """
        if self._sealed or name in self._entries:
            raise PullError("The pull is sealed, or has this reply already.", repr(name))
        path = self._folder / f"{slug(name)}.gz"
        with keeping(path):
            stored = path.open("xb")
        # No name and no time in the file: the same reply gives the same bytes.
        packed = gzip.GzipFile("", "wb", _LEVEL, stored, mtime=0)
        writer = _CountingWriter(packed, path)
        try:
            yield cast(BinaryIO, writer)
            with keeping(path):
                packed.close()
                stored.close()
        except BaseException:
            with contextlib.suppress(OSError):
                packed.close()
            with contextlib.suppress(OSError):
                stored.close()
            path.unlink()
            raise
        self._entries[name] = StoredReply(name, path.name, writer.size, writer.sha256.hexdigest())

    def keep_columns(self, name: str, path: Path) -> None:
        """Take the file ``path``, the reply called ``name`` as columns, into the pull."""
        stored = self._folder / "columns" / f"{slug(name)}.arrow"
        with keeping(stored):
            stored.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, stored)
        self._columns.append(DecodedReply(name, f"columns/{stored.name}", sha256_of(stored)))

    def seal(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Write the manifest, with ``metadata`` (JSON values) about the pull; returns the manifest.
        Nothing can be added afterwards."""
        manifest = {
            "schema": _SCHEMA,
            "metadata": dict(metadata),
            "replies": [
                {"name": e.name, "stored": e.stored, "size": e.size, "sha256": e.sha256}
                for e in self._entries.values()
            ],
            "columns": [
                {"name": c.name, "stored": c.stored, "sha256": c.sha256} for c in self._columns
            ],
        }
        path = self._folder / MANIFEST
        with keeping(path):
            for entry in self._entries.values():
                sync(self._folder / entry.stored)
            with whole(path, durable=True) as part:
                part.write_bytes(json.dumps(manifest, indent=1).encode() + b"\n")
            sync(self._folder.parent)
        self._sealed = True
        return manifest


class Pull:
    """The pull that was sealed in ``folder``.

    ``names`` are its replies in the order they were added, ``metadata`` what `PullWriter.seal` was
    given.

    Raises:
        PullError: when there is no sealed pull.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        path = folder / MANIFEST
        try:
            said = json.loads(path.read_bytes())
            self.metadata: dict[str, Any] = said["metadata"]
            self._entries = {
                e["name"]: StoredReply(e["name"], e["stored"], e["size"], e["sha256"])
                for e in said["replies"]
            }
            self._columns = {
                c["name"]: DecodedReply(c["name"], c["stored"], c["sha256"])
                for c in said.get("columns", ())
            }
        except FileNotFoundError:
            raise PullError(
                "There is no sealed pull here.",
                str(folder),
                "It was removed, or its run did not come to an end. Run again.",
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _altered(path, f"{type(error).__name__}: {error}") from None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def read(self, name: str) -> bytes:
        """The reply called ``name``.

        Raises:
            KeyError: when the pull never had it.
            PullError: when it is missing, or not what was sealed.
        """
        with self.open(name) as file:
            return file.read()

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """The reply called ``name`` as a file to read. It is checked to the last byte at the end of
        the ``with`` block, whether or not all of it was read.

        Raises: as `read`.
        """
        entry = self._entries[name]
        path = self._folder / entry.stored
        if not _STORED.fullmatch(entry.stored):
            raise _altered(self._folder / MANIFEST, f"stored: {entry.stored!r}")
        try:
            packed = path.open("rb")
        except FileNotFoundError:
            raise PullError(
                "A reply is missing from a sealed pull.", str(path), "Restore it, or pull again."
            ) from None
        with packed:
            reader = _Reader(packed, entry, path)
            try:
                yield cast(BinaryIO, io.BufferedReader(reader, _BLOCK))
            finally:
                # Whoever stumbled over altered bytes is told that they are altered.
                reader.drain()

    def columns(self, name: str) -> Path | None:
        """The file that has the reply called ``name`` as columns; None when there is none, or
        another than was kept: they are not sealed, and can be made from the reply again."""
        kept = self._columns.get(name)
        if kept is None or not _KEPT.fullmatch(kept.stored):
            return None
        path = self._folder / kept.stored
        try:
            return path if sha256_of(path) == kept.sha256 else None
        except OSError:
            return None

    def verify(self) -> None:
        """Check every reply.

        Raises:
            PullError: at the first that is missing or altered.
        """
        for name in self._entries:
            with self.open(name):
                pass


class _CountingWriter(io.RawIOBase):
    """Counts and hashes what is written through it."""

    def __init__(self, packed: gzip.GzipFile, path: Path) -> None:
        self._packed = packed
        self._path = path
        self.size = 0
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        with keeping(self._path):
            self._packed.write(block)
        length = memoryview(block).nbytes
        self.sha256.update(block)
        self.size += length
        return length


class _Reader(io.RawIOBase):
    """Decompresses and hashes what is read through it, and compares it with the manifest where it
    ends."""

    def __init__(self, packed: BinaryIO, entry: StoredReply, path: Path) -> None:
        self._packed = packed
        self._inflate = zlib.decompressobj(_GZIP)
        self._entry = entry
        self._path = path
        self._size = 0
        self._sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._next(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self._next(_LARGE_BLOCK), b""))

    def _next(self, most: int) -> bytes:
        """At most so many bytes; none at the end."""
        try:
            block = self._inflated(most)
        except (OSError, EOFError, zlib.error) as error:
            raise _altered(self._path, str(error)) from None
        self._sha256.update(block)
        self._size += len(block)
        sealed = (self._entry.size, self._entry.sha256)
        if self._size > self._entry.size or (
            not block and (self._size, self._sha256.hexdigest()) != sealed
        ):
            raise _altered(self._path, f"not the {sealed[0]:,} bytes of SHA-256 {sealed[1][:12]}…")
        return block

    def _inflated(self, most: int) -> bytes:
        block = b""
        while not block and not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._packed.read(_BLOCK)
            if not packed:
                raise EOFError("It ends too early.")
            block = self._inflate.decompress(packed, most)
        return block

    def drain(self) -> None:
        while self._next(_LARGE_BLOCK):
            pass


def _altered(path: Path, detail: str) -> PullError:
    return PullError(
        "A sealed pull was altered, or the disk is failing.",
        f"{path}: {detail}",
        "Restore it from a copy, or pull again.",
    )
