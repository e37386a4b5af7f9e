"""Deployments whose completion moved to another month, so that no id stands twice."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insights_reports.history.deployments import parquet
from insights_reports.history.deployments.manifest import HistoryManifest
from insights_reports.history.deployments.months import MonthPart
from insights_reports.history.deployments.storage import Storage

_COLUMNS = ["deployment_id", "first_seen", "vanished_at"]


@dataclass(frozen=True)
class MonthMoves:
    """``left``: the ids that leave a month, by month; ``first_seen`` of each that moves."""

    left: dict[str, set[str]] = field(default_factory=dict)
    first_seen: dict[str, datetime] = field(default_factory=dict)


def moves_between(
    store: Storage, before: HistoryManifest, differing: dict[str, MonthPart], first: str
) -> MonthMoves:
    """The ids that a differing month has newly and another month loses, or had lost before.
    ``first`` is the month cut by the border of the pull, which may have lost some unmarked."""
    arriving, leaving = [], {}
    for name, part in differing.items():
        new = part.table.column("deployment_id")
        old = _known(store, before, name)
        arriving.append(new.filter(pc.invert(pc.is_in(new, old.column("deployment_id")))))
        leaving[name] = old.filter(pc.invert(pc.is_in(old.column("deployment_id"), new)))
    ids = pa.chunked_array([c for column in arriving for c in column.chunks], pa.string())
    if not len(ids):
        return MonthMoves()
    for name, month in before.months.items():
        if (month.vanished or name == first) and name not in differing:
            leaving[name] = _known(store, before, name)
    moves = MonthMoves()
    for name, rows in leaving.items():
        found = rows.filter(pc.is_in(rows.column("deployment_id"), ids)) if len(rows) else rows
        if len(found):
            moved = found.column("deployment_id").to_pylist()
            moves.left[name] = set(moved)
            first_seen = found.column("first_seen").to_pylist()
            moves.first_seen.update(zip(moved, first_seen, strict=True))
    return moves


def ids_of(store: Storage, before: HistoryManifest) -> pa.Array:
    """The ids of all deployments in the history."""
    ids = [_known(store, before, name).column("deployment_id") for name in before.months]
    return pa.chunked_array([c for column in ids for c in column.chunks], pa.string())


def is_among(ids: pa.ChunkedArray, wanted: set[str]) -> npt.NDArray[np.bool_]:
    """Which of ``ids`` are wanted."""
    found = pc.is_in(ids, pa.array(sorted(wanted), pa.string()))
    return np.asarray(found.to_numpy(), np.bool_)


def _known(store: Storage, before: HistoryManifest, name: str) -> pa.Table:
    month = before.months.get(name)
    if month is None:
        types = [pa.string(), pa.timestamp("us", "UTC"), pa.timestamp("us", "UTC")]
        return pa.table(dict(zip(_COLUMNS, map(pa.nulls, [0] * 3, types), strict=True)))
    return parquet.fetch(store, month.file, _COLUMNS)
