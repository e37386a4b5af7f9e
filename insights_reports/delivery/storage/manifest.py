"""What every place that keeps editions has in common: names, manifests, the pointer to the newest.

``<root>/<folder>/r<revision>/`` holds the files and a ``manifest.json``, and never changes; the
folder is the period's, ``<subscription>/<period>`` or as the place's ``folders`` say.
``<folder>/latest.json`` points to the newest revision.
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
from insights_reports.spelling.folders import DEFAULT, Folders, filled, is_filled, may_hold

MANIFEST = "manifest.json"
LATEST = "latest.json"
INDEX = "index.html"
_SCHEMA = 1
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
_PERIOD_NAME = re.compile(r"[0-9][0-9a-z-]{0,31}")
_YEAR = re.compile("(?:FY)?[0-9]{4}")
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


def folder_of(edition: Edition, folders: Folders = DEFAULT) -> str:
    """The folder of the edition's period, below the root."""
    return filled(folders, _names(edition.about))


def is_folder_of(folder: str, edition: Edition) -> bool:
    """Whether the edition's period has ``folder`` by any choice of ``folders``."""
    return is_filled(folder, _names(edition.about))


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
    """Those that stand in folders of theirs, by subscription, period and revision."""
    return sorted(
        filter(_is_at_home, manifests),
        key=lambda m: (m.about.subscription, m.about.start, m.about.period, m.about.revision),
    )


def is_revision(folder: str) -> bool:
    """Whether ``folder`` can be that of a revision, by its path."""
    period, _, revision = folder.rpartition("/")
    return may_hold(period) and REVISION_NAME.fullmatch(revision) is not None


def _is_at_home(manifest: RevisionManifest) -> bool:
    """Three folders deep may also be an edition of another place, whose root lies in this one."""
    folder = manifest.folder.rpartition("/")[0]
    return folder.count("/") < 2 or is_filled(folder, _names(manifest.about))


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


def _names(about: About) -> dict[str, str]:
    """What the fields of ``folders`` are for an edition."""
    period, year = about.period.lower(), _YEAR.match(about.period)
    return {
        "subscription": folder_name(about.subscription),
        "period": period if _PERIOD_NAME.fullmatch(period) else slug(about.period),
        "year": year[0].lower() if year else f"{about.start.year:04d}",
    }
