"""One door to all places that keep editions."""

from collections.abc import Iterable
from datetime import datetime

from insights_reports.delivery.destinations import FolderDestination, StorageDestination
from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.receipts import Edition, Receipt
from insights_reports.delivery.storage import folder
from insights_reports.delivery.storage.manifest import (
    Published,
    RevisionManifest,
    folder_of,
    is_folder_of,
)
from insights_reports.delivery.storage.objects import ObjectStorage
from insights_reports.delivery.storage.sftp import SftpStorage
from insights_reports.delivery.storage.sharepoint import SharePointStorage

Place = FolderDestination | StorageDestination


def publish(
    edition: Edition,
    place: Place,
    *,
    now: datetime,
    holders: Holders,
    known: Iterable[Receipt] = (),
) -> Published:
    """Put ``edition`` into ``place``; a revision that stands there is verified and left as it is.
    It goes beside what was published of its period by the receipts ``known``, also when the place
    has other ``folders`` by now.

    Raises:
        ConfigError: when what the place needs is not installed.
        DeliveryError: when it cannot be done; what stood there before is untouched.
    """
    below = _folder_in(place, edition, known)
    if isinstance(place, FolderDestination):
        return folder.publish(edition, place.path, now=now, holders=holders, folder=below)
    if place.is_sftp:
        return SftpStorage(place, holders).publish(edition, below, now)
    if place.is_graph:
        return SharePointStorage(place).publish(edition, below)
    return ObjectStorage(place).publish(edition, below)


def read_manifests(place: Place, holders: Holders) -> list[RevisionManifest]:
    """The manifests of all revisions in ``place``, by subscription, period and revision.

    Raises: as `publish`.
    """
    if isinstance(place, FolderDestination):
        return folder.read_manifests(place.path) if place.path.is_dir() else []
    return _elsewhere(place, holders).read_manifests()


def write_index(place: Place, content: bytes, holders: Holders) -> None:
    """Put ``content`` in the place of the index page at one stroke.

    Raises: as `publish`.
    """
    if isinstance(place, FolderDestination):
        folder.write_index(place.path, content, holders=holders)
    else:
        _elsewhere(place, holders).write_index(content)


def look(place: StorageDestination, holders: Holders) -> str:
    """Whether ``place`` can be reached; what was found, in words. Nothing is written.

    Raises: as `publish`.
    """
    return _elsewhere(place, holders).look()


def path_in(place: Place, folder: str) -> str:
    """The path or the URL of a ``folder`` below the root."""
    return f"{place.path if isinstance(place, FolderDestination) else place.url}/{folder}"


def address(place: Place, edition: Edition, path: str) -> str:
    """Where a reader finds the edition that was published at ``path``: by the public URL, if there
    is one."""
    if place.public_url:
        below = _folder_at(place, edition, path) or folder_of(edition, place.folders)
        return f"{place.public_url.rstrip('/')}/{below}/r{edition.about.revision}/"
    return path


def _folder_in(place: Place, edition: Edition, known: Iterable[Receipt]) -> str:
    """The folder of the edition's period, below the root."""
    paths = (each.reference for each in known if each.key.destination == place.name)
    found = (_folder_at(place, edition, path) for path in paths)
    return next(filter(None, found), folder_of(edition, place.folders))


def _folder_at(place: Place, edition: Edition, path: str) -> str | None:
    """The folder below the root, where ``path`` is that of a revision of the edition's period."""
    below = path.removeprefix(path_in(place, "")).rpartition("/")[0]
    return below if is_folder_of(below, edition) else None


def _elsewhere(
    place: StorageDestination, holders: Holders
) -> ObjectStorage | SftpStorage | SharePointStorage:
    if place.is_sftp:
        return SftpStorage(place, holders)
    return SharePointStorage(place) if place.is_graph else ObjectStorage(place)
