"""A rendered file as a value, and safe names for files and folders.

Names come from Octopus or the configuration and may be anything; what stands on disk, in an object
key or in a mail header is a short ASCII slug that cannot leave its folder.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}

# Names that Windows reserves, and names that look like a slug with its digest.
_UNSAFE = re.compile(r"^(con|prn|aux|nul|conin|conout|com[0-9]|lpt[0-9])$|(^|-)[0-9a-f]{8}$")
_LONGEST = 60


def sha256_of(path: Path) -> str:
    """The digest of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class File:
    """One rendered file. ``document`` names the document of the edition that it shows."""

    name: str
    document: str
    content: bytes

    @property
    def format(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def slug(text: str) -> str:
    """``text`` as a name of lower-case ASCII letters, digits and dashes, at most 60 long.

    A text that is such a name already stays as it is; to any other the first eight hex digits of
    its SHA-256 are appended, so that two texts do not share a slug.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if text and name == text and len(name) <= _LONGEST and not _UNSAFE.search(name):
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: _LONGEST - 9].rstrip('-')}-{digest}".lstrip("-")


def folder_name(subscription: str) -> str:
    """A subscription in names of files and folders: ``teams-web-shop`` of ``teams@web-shop``."""
    return "-".join(slug(part) for part in subscription.split("@"))


def file_name(subscription: str, period: str, document: str, extension: str) -> str:
    """``board-monthly-2026-09-summary.pdf``: the subscription, the period and the document."""
    return f"{folder_name(subscription)}-{period.lower()}-{slug(document)}.{extension}"
