"""Where all histories lie, one for each report, ``SERVER/SPACE/REPORT``: a folder or a bucket."""

from collections.abc import Iterator
from pathlib import Path

from insights_reports.history.deployments import manifest as manifests
from insights_reports.history.deployments.bucket import Bucket, BucketPlace
from insights_reports.history.deployments.storage import LocalFolder, Storage

Root = Path | BucketPlace
_DEPTH = 3


def store_in(root: Root, folder: str) -> Storage:
    """The history in ``folder`` of ``root``.

    Raises:
        ConfigError: when a bucket cannot be used.
    """
    return LocalFolder(root / folder) if isinstance(root, Path) else Bucket(root, folder)


def stores_in(root: Root) -> Iterator[Storage]:
    """Every history that there is, by folder.

    Raises:
        HistoryError: when a bucket cannot be listed.
        ConfigError: as `store_in`.
    """
    if isinstance(root, Path):
        found = sorted(root.glob(f"*/*/*/{manifests.NAME}"))
        folders = [path.parent.relative_to(root).as_posix() for path in found]
    else:
        names = [stored.name.rpartition("/") for stored in Bucket(root).list("")]
        folders = [
            folder
            for folder, _, name in names
            if name == manifests.NAME and folder.count("/") == _DEPTH - 1
        ]
    for folder in folders:
        yield store_in(root, folder)
