"""What every place that keeps editions has in common: names, manifests, the pointer to the newest.

``<root>/<subscription>/<period>/r<revision>/`` holds the files and a ``manifest.json``, and never
changes. ``<period>/latest.json`` points to the newest revision.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights_reports.delivery.receipts import Edition
from insights_reports.edition.about import About
from insights_reports.edition.files import File, folder_name, slug
from insights_reports.errors import DeliveryError

MANIFEST = "manifest.json"
LATEST = "latest.json"
INDEX = "index.html"
_SCHEMA = 1
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
_PERIOD_NAME = re.compile(r"[0-9][0-9a-z-]{0,31}")
REVISION_NAME = re.compile(r"r([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as a manifest lists it; ``size`` in bytes."""

    name: str
    document: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RevisionManifest:
    """What a revision's ``manifest.json`` says. ``folder`` is the revision's path below the
    root."""

    folder: str
    about: About
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A revision in its place. ``new`` is False when it stood there already; ``files`` are those
    that stand there, perhaps of an earlier rendering of the same content. ``path`` is a path, or a
    URL."""

    path: Path | str
    sha256: str  # of manifest.json
    files: tuple[File, ...]
    new: bool


def folder_of(edition: Edition) -> str:
    """The folder of the edition's period, below the root."""
    return f"{folder_name(edition.about.subscription)}/{period_name(edition.about.period)}"


def pointer(revision: int, manifest: bytes) -> bytes:
    """What stands in ``latest.json``."""
    return to_json(
        {
            "schema": _SCHEMA,
            "revision": revision,
            "manifest": f"r{revision}/{MANIFEST}",
            "manifestSha256": hashlib.sha256(manifest).hexdigest(),
        }
    )


def in_order(manifests: Iterable[RevisionManifest]) -> list[RevisionManifest]:
    """By subscription, period and revision."""
    return sorted(
        manifests,
        key=lambda m: (m.about.subscription, m.about.start, m.about.period, m.about.revision),
    )


def of_same_content(manifest: RevisionManifest, edition: Edition, where: str) -> None:
    """Raises DeliveryError when another content stands where ``edition`` belongs."""
    if manifest.about.digest != edition.about.digest:
        raise DeliveryError(
            "Another content stands under the same revision; it is left as it is.",
            where,
            "Was the ledger lost? Deliver to another place, or move this one away.",
        )


def altered(where: str) -> DeliveryError:
    """The error that a published file is not what its manifest says."""
    return DeliveryError(
        "A published file is not what its manifest says.",
        where,
        "It was altered, or the disk is failing. Move the revision away and run again.",
    )


def missing(where: str) -> DeliveryError:
    """The error that a published file is not there, and nobody has its bytes."""
    return DeliveryError(
        "A file of a published revision is missing.",
        where,
        "Put it back from a backup: no run has the same bytes.",
    )


def manifest_of(edition: Edition) -> bytes:
    """What stands in the ``manifest.json`` of ``edition``."""
    return to_json(
        {
            "schema": _SCHEMA,
            **edition.about.to_json(),
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


def parse_manifest(raw: bytes, folder: str) -> RevisionManifest:
    """What the manifest in ``folder`` says.

    Raises:
        DeliveryError: when it is none.
    """
    try:
        said = json.loads(raw)
        files = tuple(
            FileEntry(f["name"], f["document"], f["size"], f["sha256"]) for f in said["files"]
        )
        return RevisionManifest(folder, About.model_validate(said), files)
    except (ValueError, KeyError, TypeError) as error:
        raise DeliveryError(
            "A manifest cannot be read.",
            f"{folder}/{MANIFEST}: {type(error).__name__}: {error}",
            "It was altered, or the disk is failing. Move its folder away.",
        ) from None


def to_json(value: dict[str, Any]) -> bytes:
    """``value`` as it is written."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def file_name_of(name: str) -> str:
    """``name``, when a published file may have it.

    Raises:
        DeliveryError: when it may not.
    """
    if not _FILE_NAME.fullmatch(name) or name == MANIFEST:
        raise DeliveryError("This is no name for a published file.", repr(name))
    return name


def period_name(period: str) -> str:
    """The name of a period's folder."""
    name = period.lower()
    return name if _PERIOD_NAME.fullmatch(name) else slug(period)
