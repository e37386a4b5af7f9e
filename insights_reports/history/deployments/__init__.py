"""The history: every deployment ever pulled, in Parquet that any tool reads (docs/history.md).

Months of data are immutable files named by their content; ``manifest.json`` says which of them
count and is replaced by compare-and-swap, so that a reader never sees half of a merge.
"""

from insights_reports.history.deployments.bucket import Bucket, BucketPlace
from insights_reports.history.deployments.combine import with_history
from insights_reports.history.deployments.manifest import PullEntry
from insights_reports.history.deployments.merge import MergeResult, Owner, merge
from insights_reports.history.deployments.read import known_from, read
from insights_reports.history.deployments.repair import export, repair, verify
from insights_reports.history.deployments.retention import Forgotten, forget, to_forget
from insights_reports.history.deployments.root import Root, store_in, stores_in
from insights_reports.history.deployments.storage import LocalFolder, Storage

__all__ = [
    "Bucket",
    "BucketPlace",
    "Forgotten",
    "LocalFolder",
    "MergeResult",
    "Owner",
    "PullEntry",
    "Root",
    "Storage",
    "export",
    "forget",
    "known_from",
    "merge",
    "read",
    "repair",
    "store_in",
    "stores_in",
    "to_forget",
    "verify",
    "with_history",
]
