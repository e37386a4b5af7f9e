"""Reading the history: the deployments of a time, as they are known, or as they were known then."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from insights_reports.history.deployments import manifest as manifests
from insights_reports.history.deployments import parquet
from insights_reports.history.deployments.manifest import HistoryManifest
from insights_reports.history.deployments.months import ordered
from insights_reports.history.deployments.schema import CHANGES, DATA, empty, to_table
from insights_reports.history.deployments.storage import Storage

_NANOSECONDS = pa.timestamp("ns", "UTC")
_MICROSECONDS = pa.timestamp("us", "UTC")


def read(
    store: Storage, start: datetime, end: datetime, at: datetime | None = None
) -> pd.DataFrame:
    """The deployments completed in [``start``, ``end``), oldest first, without what vanished.

    ``at``: as the history knew them at that instant; None: as it knows them now. The columns are
    those of the deployments table (docs/architecture.md).

    Raises:
        HistoryError: when a file is missing or was altered.
    """
    return to_table(rows(store, start, end, at))


def rows(store: Storage, start: datetime, end: datetime, at: datetime | None = None) -> pa.Table:
    """As `read`, in the columns of docs/history.md."""
    manifest, _ = manifests.fetch(store)
    found = [
        _within(_month(store, manifest, name), start, end) for name in _months(manifest, start, end)
    ]
    data = pa.concat_tables([empty(DATA), *found])
    if at is not None:
        data = _within(_as_of(data, _versions(store, manifest, at), at), start, end)
        vanished = pc.less_equal(data.column("vanished_at"), pa.scalar(at, _MICROSECONDS))
        data = data.filter(pc.invert(pc.fill_null(vanished, False)))
    else:
        data = data.filter(data.column("vanished_at").is_null())
    return ordered(data.unify_dictionaries()) if len(found) != 1 or at else data


def known_from(store: Storage, scope: str, at: datetime) -> datetime | None:
    """Since when all deployments of ``scope`` are known without a gap up to ``at``; None: not."""
    return manifests.fetch(store)[0].known_from(scope, at)


def _months(manifest: HistoryManifest, start: datetime, end: datetime) -> list[str]:
    first = start.astimezone(UTC).strftime("%Y-%m")
    last = (end.astimezone(UTC) - timedelta(microseconds=1)).strftime("%Y-%m")
    return [name for name in manifest.months if first <= name <= last]


def _month(store: Storage, manifest: HistoryManifest, name: str) -> pa.Table:
    return parquet.fetch(store, manifest.months[name].file).cast(DATA)


def _within(data: pa.Table, start: datetime, end: datetime) -> pa.Table:
    first, last = (pa.scalar(i, _MICROSECONDS).cast(_NANOSECONDS) for i in (start, end))
    completed = data.column("completed")
    return data.filter(pc.and_(pc.greater_equal(completed, first), pc.less(completed, last)))


def _versions(store: Storage, manifest: HistoryManifest, at: datetime) -> pa.Table:
    """Of each deployment that changed after ``at`` the version that held then."""
    files = [name for month in manifest.months.values() for name in month.changes]
    every = pa.concat_tables(
        [empty(CHANGES), *(parquet.fetch(store, f).cast(CHANGES) for f in files)]
    )
    later = every.filter(pc.greater(every.column("superseded_at"), pa.scalar(at, _MICROSECONDS)))
    later = later.sort_by([("superseded_at", "ascending")])
    ids = later.column("deployment_id").to_pandas()
    return later.filter(pa.array(~ids.duplicated().to_numpy(np.bool_)))


def _as_of(data: pa.Table, versions: pa.Table, at: datetime) -> pa.Table:
    replaced = pc.is_in(data.column("deployment_id"), versions.column("deployment_id"))
    both = pa.concat_tables([data.filter(pc.invert(replaced)), versions.select(DATA.names)])
    return both.filter(pc.less_equal(both.column("first_seen"), pa.scalar(at, _MICROSECONDS)))
