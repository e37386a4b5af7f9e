"""One door to all places that keep editions."""

from datetime import datetime

from insights_reports.delivery.destinations import FolderDestination, StorageDestination
from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.receipts import Edition
from insights_reports.delivery.storage import folder
from insights_reports.delivery.storage.manifest import Published, RevisionManifest, folder_of
from insights_reports.delivery.storage.objects import ObjectStorage
from insights_reports.delivery.storage.sftp import SftpStorage
from insights_reports.delivery.storage.sharepoint import SharePointStorage

Place = FolderDestination | StorageDestination


def publish(edition: Edition, place: Place, *, now: datetime, holders: Holders) -> Published:
    """Put ``edition`` into ``place``; a revision that stands there is verified and left as it is.

    Raises:
        ConfigError: when what the place needs is not installed.
        DeliveryError: when it cannot be done; what stood there before is untouched.
    """
    if isinstance(place, FolderDestination):
        return folder.publish(edition, place.path, now=now, holders=holders)
    if place.is_sftp:
        return SftpStorage(place, holders).publish(edition, now)
    if place.is_graph:
        return SharePointStorage(place).publish(edition)
    return ObjectStorage(place).publish(edition)


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


def address(place: Place, edition: Edition, path: str) -> str:
    """Where a reader finds the edition that was published at ``path``: by the public URL, if there
    is one."""
    if place.public_url:
        return f"{place.public_url.rstrip('/')}/{folder_of(edition)}/r{edition.about.revision}/"
    return path


def _elsewhere(
    place: StorageDestination, holders: Holders
) -> ObjectStorage | SftpStorage | SharePointStorage:
    if place.is_sftp:
        return SftpStorage(place, holders)
    return SharePointStorage(place) if place.is_graph else ObjectStorage(place)
