"""Editions in a folder that its readers can trust at every instant.

``<root>/<subscription>/<period>/r<revision>/`` holds the files and a ``manifest.json``; it appears
whole, by one rename, and never changes. ``<period>/latest.json`` points to the newest revision.
Renaming file by file would not do: a reader could then meet the files of two revisions.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.receipts import Edition
from insights_reports.delivery.storage import files_at
from insights_reports.edition.files import File, slug
from insights_reports.errors import DeliveryError

MANIFEST = "manifest.json"
LATEST = "latest.json"
INDEX = "index.html"
_SCHEMA = 1
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
_PERIOD_NAME = re.compile(r"[0-9][0-9a-z-]{0,31}")
_REVISION_NAME = re.compile(r"r([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as a manifest lists it; ``size`` in bytes."""

    name: str
    document: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a revision's ``manifest.json`` says. ``folder`` is the revision's path below the
    root."""

    folder: str
    subscription: str
    report: str
    period: str
    start: date
    end: date
    revision: int
    status: str
    digest: str
    generated: datetime
    verdict: str
    title: str
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A revision in its folder. ``new`` is False when it stood there already; ``files`` are those
    that stand there, perhaps of an earlier rendering of the same content."""

    path: Path
    sha256: str  # of manifest.json
    files: tuple[File, ...]
    new: bool


def publish(edition: Edition, root: Path, *, now: datetime, holders: Holders) -> Published:
    """Put ``edition`` into its folder below ``root`` and point ``latest.json`` to the newest.

    A revision that stands there already is verified; a file of it that is missing is put back when
    ``edition`` has the very bytes. ``holders`` are the processes that may be at work there.

    Raises:
        DeliveryError: when it cannot be written (then nothing of it is left, and what stood there
            before is untouched), when a symbolic link lies in the way, or when the revision there
            was altered, lacks a file or has another content.
    """
    folder = f"{slug(edition.subscription)}/{_period_name(edition.period)}"
    path = root / folder / f"r{edition.revision}"
    with _told(path), _open_period(root, folder) as period:
        files_at.sweep(period, now, holders)
        new = not files_at.exists(period, path.name) and _write_revision(
            period, path.name, edition, holders
        )
        with files_at.open_folder(period, path.name) as revision:
            raw = files_at.read(revision, MANIFEST)
            manifest = _parse(raw, f"{folder}/{path.name}")
            if manifest.digest != edition.digest:
                raise DeliveryError(
                    "Another content stands under the same revision; it is left as it is.",
                    str(path),
                    "Was the ledger lost? Deliver to another folder, or move this one away.",
                )
            if not new:
                _put_back(revision, manifest, edition, path, holders)
            files = edition.files if new else tuple(_verified(revision, manifest, path))
        _point_to_newest(period, holders)
    return Published(path, hashlib.sha256(raw).hexdigest(), files, new)


def read_manifests(root: Path) -> list[Manifest]:
    """The manifests of all revisions below ``root``, by subscription, period and revision.

    Raises:
        DeliveryError: when one of them cannot be read.
    """
    manifests = []
    for subscription in _folders(root):
        for period in _folders(subscription):
            for revision in _folders(period):
                if _REVISION_NAME.fullmatch(revision.name):
                    with _told(revision):
                        raw = (revision / MANIFEST).read_bytes()
                    manifests.append(_parse(raw, revision.relative_to(root).as_posix()))
    return sorted(manifests, key=lambda m: (m.subscription, m.start, m.period, m.revision))


def write_index(root: Path, content: bytes, *, holders: Holders) -> Path:
    """Put ``content`` in the place of the index page of ``root`` at one stroke."""
    path = root / INDEX
    with _told(path), files_at.open_root(root) as folder:
        files_at.replace(folder, INDEX, content, holders)
    return path


@contextlib.contextmanager
def _open_period(root: Path, folder: str) -> Iterator[int]:
    subscription, period = folder.split("/")
    with files_at.open_root(root) as top:
        files_at.make_folder(top, subscription)
        with files_at.open_folder(top, subscription) as middle:
            files_at.make_folder(middle, period)
            with files_at.open_folder(middle, period) as descriptor:
                yield descriptor


def _write_revision(period: int, name: str, edition: Edition, holders: Holders) -> bool:
    """Write the revision beside its place, read it back, and move it there whole. False when
    another run was faster; a folder that is not empty cannot be replaced by a rename."""
    part = files_at.part_name(name, holders)
    os.mkdir(part, dir_fd=period)
    try:
        with files_at.open_folder(period, part) as folder:
            for file in edition.files:
                files_at.write_new(folder, _file_name(file.name), file.content)
            files_at.write_new(folder, MANIFEST, _manifest(edition))
            os.fsync(folder)
            tuple(_verified(folder, _parse(files_at.read(folder, MANIFEST), name), Path(name)))
        os.rename(part, name, src_dir_fd=period, dst_dir_fd=period)
    except OSError as error:
        files_at.remove(period, part)
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    except BaseException:
        files_at.remove(period, part)
        raise
    os.fsync(period)
    return True


def _point_to_newest(period: int, holders: Holders) -> None:
    """Whoever comes last sees every revision, so the pointer never goes back."""
    found = (_REVISION_NAME.fullmatch(name) for name in os.listdir(period))
    newest = max(int(match[1]) for match in found if match)
    with files_at.open_folder(period, f"r{newest}") as revision:
        digest = hashlib.sha256(files_at.read(revision, MANIFEST)).hexdigest()
    content = _json(
        {
            "schema": _SCHEMA,
            "revision": newest,
            "manifest": f"r{newest}/{MANIFEST}",
            "manifest_sha256": digest,
        }
    )
    if not files_at.exists(period, LATEST) or files_at.read(period, LATEST) != content:
        files_at.replace(period, LATEST, content, holders)


def _put_back(
    folder: int, manifest: Manifest, edition: Edition, path: Path, holders: Holders
) -> None:
    """Write the files that are missing from a published revision again."""
    ours = {file.sha256: file for file in edition.files}
    for entry in manifest.files:
        if files_at.exists(folder, _file_name(entry.name)):
            continue
        if entry.sha256 not in ours:
            raise DeliveryError(
                "A file of a published revision is missing.",
                str(path / entry.name),
                "Put it back from a backup: no run has the same bytes.",
            )
        files_at.replace(folder, entry.name, ours[entry.sha256].content, holders)


def _verified(folder: int, manifest: Manifest, path: Path) -> Iterator[File]:
    for entry in manifest.files:
        content = files_at.read(folder, _file_name(entry.name))
        file = File(entry.name, entry.document, content)
        if file.sha256 != entry.sha256:
            raise DeliveryError(
                "A published file is not what its manifest says.",
                str(path / entry.name),
                "It was altered, or the disk is failing. Move the revision away and run again.",
            )
        yield file


def _manifest(edition: Edition) -> bytes:
    return _json(
        {
            "schema": _SCHEMA,
            "subscription": edition.subscription,
            "report": edition.report,
            "period": edition.period,
            "start": edition.start.isoformat(),
            "end": edition.end.isoformat(),
            "revision": edition.revision,
            "status": edition.status,
            "digest": edition.digest,
            "generated": edition.generated.astimezone(UTC).isoformat(),
            "verdict": edition.verdict,
            "title": edition.title,
            "files": [
                {
                    "name": file.name,
                    "document": file.document,
                    "size": len(file.content),
                    "sha256": file.sha256,
                }
                for file in edition.files
            ],
        }
    )


def _parse(raw: bytes, folder: str) -> Manifest:
    try:
        said = json.loads(raw)
        return Manifest(
            folder=folder,
            start=date.fromisoformat(said["start"]),
            end=date.fromisoformat(said["end"]),
            revision=int(said["revision"]),
            generated=datetime.fromisoformat(said["generated"]),
            files=tuple(
                FileEntry(f["name"], f["document"], f["size"], f["sha256"]) for f in said["files"]
            ),
            **{name: str(said[name]) for name in _TEXTS},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DeliveryError(
            "A manifest cannot be read.",
            f"{folder}/{MANIFEST}: {type(error).__name__}: {error}",
            "It was altered, or the disk is failing. Move its folder away.",
        ) from None


_TEXTS = ("subscription", "report", "period", "status", "digest", "verdict", "title")


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _file_name(name: str) -> str:
    if not _FILE_NAME.fullmatch(name) or name == MANIFEST:
        raise DeliveryError("This is no name for a published file.", repr(name))
    return name


def _period_name(period: str) -> str:
    name = period.lower()
    return name if _PERIOD_NAME.fullmatch(name) else slug(period)


def _folders(parent: Path) -> Iterator[Path]:
    """The folders in ``parent`` that are no links and not hidden."""
    with _told(parent), os.scandir(parent) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield Path(entry.path)


_REMEDIES = {
    errno.ENOSPC: ("The disk is full.", "Free some space and run again."),
    errno.EDQUOT: ("The disk quota is used up.", "Free some space and run again."),
    errno.EFBIG: ("The file is larger than this process may write.", "Raise the limit."),
    errno.ELOOP: ("A symbolic link lies in the way.", "Remove it; links are not followed."),
    errno.ENOTDIR: ("A file or a link stands where a folder belongs.", "Remove it."),
}


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the operating system says about ``path`` into our own error."""
    try:
        yield
    except OSError as error:
        what, remedy = _REMEDIES.get(
            error.errno or 0,
            ("The folder cannot be written or read.", "Check that it exists and its rights."),
        )
        raise DeliveryError(what, f"{path}: {error.strerror or error}", remedy) from None
