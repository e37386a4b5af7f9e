"""Editions in a folder that its readers can trust at every instant.

``<root>/<folder>/r<revision>/`` holds the files and a ``manifest.json``; it appears whole, by one
rename, and never changes. ``<folder>/latest.json`` points to the newest revision. Renaming file by
file would not do: a reader could then meet the files of two revisions.
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.receipts import Edition
from insights_reports.delivery.storage import files_at
from insights_reports.delivery.storage.manifest import (
    INDEX,
    LATEST,
    MANIFEST,
    REVISION_NAME,
    Published,
    RevisionManifest,
    altered,
    file_name_of,
    folder_of,
    in_order,
    is_revision,
    manifest_of,
    missing,
    of_same_content,
    parse_manifest,
    pointer,
)
from insights_reports.edition.files import File
from insights_reports.errors import DeliveryError
from insights_reports.spelling.folders import may_hold


def publish(
    edition: Edition, root: Path, *, now: datetime, holders: Holders, folder: str | None = None
) -> Published:
    """Put ``edition`` into the ``folder`` of its period below ``root`` (by default
    ``<subscription>/<period>``) and point ``latest.json`` to the newest.

    A revision that stands there already is verified; a file of it that is missing is put back when
    ``edition`` has the very bytes. ``holders`` are the processes that may be at work there.

    Raises:
        DeliveryError: when it cannot be written (then nothing of it is left, and what stood there
            before is untouched), when a symbolic link lies in the way, or when the revision there
            was altered, lacks a file or has another content.
    """
    folder = folder or folder_of(edition)
    path = root / folder / f"r{edition.about.revision}"
    with _told(path), _open_period(root, folder) as period:
        files_at.sweep(period, now, holders)
        new = not files_at.exists(period, path.name) and _write_revision(
            period, path.name, edition, holders
        )
        with files_at.open_folder(period, path.name) as revision:
            raw = files_at.read(revision, MANIFEST)
            manifest = parse_manifest(raw, f"{folder}/{path.name}")
            of_same_content(manifest, edition, str(path))
            if not new:
                _put_back(revision, manifest, edition, path, holders)
            files = edition.files if new else tuple(_verified(revision, manifest, path))
        _point_to_newest(period, holders)
    return Published(path, hashlib.sha256(raw).hexdigest(), files, new)


def read_manifests(root: Path) -> list[RevisionManifest]:
    """The manifests of all revisions below ``root``, by subscription, period and revision.

    Raises:
        DeliveryError: when one of them cannot be read.
    """
    manifests = []
    for folder in _revisions(root):
        with _told(root / folder):
            raw = (root / folder / MANIFEST).read_bytes()
        manifests.append(parse_manifest(raw, folder))
    return in_order(manifests)


def write_index(root: Path, content: bytes, *, holders: Holders) -> Path:
    """Put ``content`` in the place of the index page of ``root`` at one stroke."""
    path = root / INDEX
    with _told(path), files_at.open_root(root) as folder:
        files_at.replace(folder, INDEX, content, holders)
    return path


@contextlib.contextmanager
def _open_period(root: Path, folder: str) -> Iterator[int]:
    with contextlib.ExitStack() as opened:
        here = opened.enter_context(files_at.open_root(root))
        for name in folder.split("/"):
            files_at.make_folder(here, name)
            here = opened.enter_context(files_at.open_folder(here, name))
        yield here


def _write_revision(period: int, name: str, edition: Edition, holders: Holders) -> bool:
    """Write the revision beside its place, read it back, and move it there whole. False when
    another run was faster; a folder that is not empty cannot be replaced by a rename."""
    part = files_at.part_name(name, holders)
    os.mkdir(part, dir_fd=period)
    try:
        with files_at.open_folder(period, part) as folder:
            for file in edition.files:
                files_at.write_new(folder, file_name_of(file.name), file.content)
            files_at.write_new(folder, MANIFEST, manifest_of(edition))
            os.fsync(folder)
            tuple(
                _verified(folder, parse_manifest(files_at.read(folder, MANIFEST), name), Path(name))
            )
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
    found = (REVISION_NAME.fullmatch(name) for name in os.listdir(period))
    newest = max(int(match[1]) for match in found if match)
    with files_at.open_folder(period, f"r{newest}") as revision:
        content = pointer(newest, files_at.read(revision, MANIFEST))
    if not files_at.exists(period, LATEST) or files_at.read(period, LATEST) != content:
        files_at.replace(period, LATEST, content, holders)


def _put_back(
    folder: int, manifest: RevisionManifest, edition: Edition, path: Path, holders: Holders
) -> None:
    """Write the files that are missing from a published revision again."""
    ours = {file.sha256: file for file in edition.files}
    for entry in manifest.files:
        if files_at.exists(folder, file_name_of(entry.name)):
            continue
        if entry.sha256 not in ours:
            raise missing(str(path / entry.name))
        files_at.replace(folder, entry.name, ours[entry.sha256].content, holders)


def _verified(folder: int, manifest: RevisionManifest, path: Path) -> Iterator[File]:
    for entry in manifest.files:
        content = files_at.read(folder, file_name_of(entry.name))
        file = File(entry.name, entry.document, content)
        if file.sha256 != entry.sha256:
            raise altered(str(path / entry.name))
        yield file


def _revisions(root: Path, folder: str = "") -> Iterator[str]:
    """The folders of revisions below ``folder``. One that is called ``r1`` may hold others: a
    subscription can have that name."""
    for child in _folders(root / folder):
        below = f"{folder}/{child.name}".removeprefix("/")
        deeper = tuple(_revisions(root, below)) if not folder or may_hold(below) else ()
        if not deeper and is_revision(below):
            yield below
        yield from deeper


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
