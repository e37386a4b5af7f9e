"""What a pull changes in one month of the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insights_reports.history.deployments import parquet
from insights_reports.history.deployments.manifest import Month, PullEntry
from insights_reports.history.deployments.months import MonthPart, ordered
from insights_reports.history.deployments.moved import MonthMoves, is_among
from insights_reports.history.deployments.schema import CHANGES, DATA, STATED, codes_of, empty
from insights_reports.history.deployments.storage import Storage

_INSTANT = pa.timestamp("us", "UTC")
_INT = np.iinfo(np.int64).min
Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MonthChange:
    """The month as it becomes (columns `DATA`), the versions that it replaces (columns `CHANGES`),
    how many deployments were added, edited, vanished and returned, and came from another month."""

    data: pa.Table
    superseded: pa.Table
    added: int = 0
    edited: int = 0
    vanished: int = 0
    returned: int = 0

    arrived: int = 0

    @property
    def any(self) -> bool:
        return self.added + self.arrived + len(self.superseded) > 0


def change_of(
    store: Storage,
    month: Month | None,
    part: MonthPart,
    moves: MonthMoves,
    name: str,
    pull: PullEntry,
    *,
    judged: bool,
) -> MonthChange:
    """What ``part``, the pull's word on the month ``name``, changes in it.

    ``judged``: what the pull lacks has vanished; else it is only not said again.
    """
    old, new = _old(store, month), part.table
    at = _positions(new, old)
    matched = at >= 0
    absent = np.ones(len(old), np.bool_)
    absent[at[matched]] = False
    gone = np.asarray(old.column("vanished_at").is_valid(), np.bool_)
    left = is_among(old.column("deployment_id"), moves.left.get(name, set()))
    lost = absent & ~gone & ~left & judged & _completed_before(old, pull)
    again = np.zeros(len(new), np.bool_)
    again[matched] = gone[at[matched]]
    differs = np.zeros(len(new), np.bool_)
    differs[matched] = _differs(new, old, matched, at)
    fresh = differs | again | ~matched
    replaced = np.zeros(len(old), np.bool_)
    replaced[at[matched & fresh]] = True
    arrived = is_among(new.column("deployment_id"), set(moves.first_seen)) & ~matched
    kinds = np.where(lost, "vanished", np.where(gone, "returned", "edited"))
    touched = lost | replaced | left
    return MonthChange(
        data=_data(
            _staying(old, lost, pull).filter(pa.array(~replaced & ~left)),
            _coming(old, new, at, fresh, moves, pull),
        ),
        superseded=_superseded(old, touched, kinds, pull),
        added=int((~matched & ~arrived).sum()),
        edited=int((differs & ~again).sum() + (left & ~gone).sum()),
        vanished=int(lost.sum()),
        returned=int(again.sum() + (left & gone).sum()),
        arrived=int(arrived.sum()),
    )


def fill_of(
    store: Storage,
    month: Month | None,
    part: MonthPart,
    known: pa.ChunkedArray,
    pull: PullEntry,
    pulls: Sequence[PullEntry],
) -> MonthChange:
    """What a pull adds that is older than the history's last: only what is not there at all. Of
    that, what a later pull should have had has vanished by then."""
    old = _old(store, month)
    new = part.table.filter(pc.invert(pc.is_in(part.table.column("deployment_id"), known)))
    vanished_at = _vanished_by(new, pull, pulls)
    added = _with(new, first_seen=_instants(pull, len(new)), vanished_at=vanished_at)
    return MonthChange(
        ordered(pa.concat_tables([old, added])) if len(new) else old,
        empty(CHANGES),
        added=len(new),
    )


def _old(store: Storage, month: Month | None) -> pa.Table:
    return parquet.fetch(store, month.file).cast(DATA) if month else empty(DATA)


def _positions(new: pa.Table, old: pa.Table) -> npt.NDArray[np.int64]:
    """For each new row that of the same deployment among the old ones, -1 for none."""
    ids = old.column("deployment_id").combine_chunks()
    found = pc.index_in(new.column("deployment_id"), value_set=ids)
    return np.asarray(found.fill_null(-1).to_numpy(), np.int64)


def _completed_before(old: pa.Table, pull: PullEntry) -> Rows:
    end = pa.scalar(pull.end, pa.timestamp("us", "UTC")).cast(pa.timestamp("ns", "UTC"))
    return np.asarray(pc.less_equal(old.column("completed"), end), np.bool_)


def _differs(new: pa.Table, old: pa.Table, matched: Rows, at: npt.NDArray[np.int64]) -> Rows:
    """Whether anything stated of a matched row is not what it was."""
    rows, earlier = np.flatnonzero(matched), at[matched]
    found = np.zeros(len(rows), np.bool_)
    for name in STATED.names:
        now, was = new.column(name).combine_chunks(), old.column(name).combine_chunks()
        found |= _compared(_one(now), _one(was), rows, earlier)
    return found


def _compared(now: Any, was: Any, rows: Any, earlier: Any) -> Rows:
    if isinstance(now, pa.DictionaryArray):
        known = pc.index_in(was.dictionary, value_set=now.dictionary).fill_null(-2).to_numpy()
        codes = np.append(known, -1)[codes_of(was)]  # null is -1, a text that is gone -2
        return np.asarray(codes_of(now)[rows] != codes[earlier], np.bool_)
    if pa.types.is_string(now.type):
        mine = now.take(pa.array(rows)).fill_null("\0")
        other = was.take(pa.array(earlier)).fill_null("\0")
        return np.asarray(pc.not_equal(mine, other), np.bool_)
    return np.asarray(_plain(now)[rows] != _plain(was)[earlier], np.bool_)


def _one(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks else pa.array([], column.type)
    return column


def _plain(column: pa.Array) -> Any:
    if pa.types.is_boolean(column.type):
        return column.to_numpy(zero_copy_only=False)
    if pa.types.is_floating(column.type):
        return column.fill_null(-1.0).to_numpy(zero_copy_only=False)
    return column.cast(pa.int64()).fill_null(_INT).to_numpy(zero_copy_only=False)


def _data(staying: pa.Table, coming: pa.Table) -> pa.Table:
    """The month as it becomes."""
    return ordered(pa.concat_tables([staying, coming])) if len(staying) else coming


def _staying(old: pa.Table, lost: Rows, pull: PullEntry) -> pa.Table:
    """The rows as they were, but for those that vanished now."""
    gone = pc.if_else(pa.array(lost), pa.scalar(pull.end, _INSTANT), old.column("vanished_at"))
    return _with(old.select(STATED.names), first_seen=old.column("first_seen"), vanished_at=gone)


def _coming(
    old: pa.Table,
    new: pa.Table,
    at: npt.NDArray[np.int64],
    fresh: Rows,
    moves: MonthMoves,
    pull: PullEntry,
) -> pa.Table:
    """The rows that the pull has newly or otherwise, in their order."""
    rows = np.flatnonzero(fresh)
    coming = new.take(pa.array(rows))
    seen = _one(old.column("first_seen").combine_chunks())
    seen = seen.take(pa.array(at[rows], mask=at[rows] < 0))
    if moves.first_seen:
        ids = coming.column("deployment_id").to_pylist()
        moved = pa.array([moves.first_seen.get(id) for id in ids], _INSTANT)
        seen = pc.coalesce(seen, moved)
    seen = seen.fill_null(pa.scalar(pull.end, _INSTANT))
    return _with(coming, first_seen=seen, vanished_at=pa.nulls(len(rows), _INSTANT))


def _superseded(old: pa.Table, rows: Rows, kinds: Any, pull: PullEntry) -> pa.Table:
    if not rows.any():
        return empty(CHANGES)
    columns = ordered(
        old.append_column("kind", pa.array(kinds, pa.string())).filter(pa.array(rows))
    )
    columns = columns.append_column("superseded_at", _instants(pull, len(columns)))
    by = pa.array([pull.id] * len(columns), pa.string())
    return columns.append_column("superseded_by", by).cast(CHANGES)


def _with(rows: pa.Table, *, first_seen: Any, vanished_at: Any) -> pa.Table:
    return pa.table([*rows.columns, first_seen, vanished_at], schema=DATA)


def _instants(pull: PullEntry, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(pull.end, _INSTANT), count)


def _vanished_by(new: pa.Table, pull: PullEntry, pulls: Sequence[PullEntry]) -> pa.Array:
    completed = new.column("completed").combine_chunks()
    completed = np.asarray(_one(completed).cast(pa.int64()), np.int64)
    vanished = np.full(len(completed), _INT)
    for later in pulls:  # in the order of their ends
        if later.end > pull.end:
            begin = (np.datetime64(later.start.astimezone(UTC).strftime("%Y-%m"), "M") + 1).astype(
                "M8[ns]"
            )  # the first month is cut
            end = int(later.end.timestamp()) * 10**9
            inside = (completed >= begin.view(np.int64)) & (completed < end) & (vanished == _INT)
            vanished[inside] = int(later.end.timestamp() * 10**6)
    return pa.array(vanished, mask=vanished == _INT).cast(_INSTANT)
