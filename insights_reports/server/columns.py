"""The derived values of every deployment by columns, from which `/metrics` computes its figures.

A question about a million deployments needs each measure in order. What can be ordered before any
question is asked, is: the measures are stored as ranks among all their values. The columns are kept
in the database since it was made, and in the memory of a server since its first question; in both
places they are used only while `facts` is what they were made from.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Positions = NDArray[np.int32]
_MEASURES = ("lead_time", "since_previous", "recovery", "attempts")
_NULL = -(1 << 63)  # no measure has this value
# The attempts belong to a recovery; an imported file may state them without one.
_FACTS = """
    SELECT completed, stream_id, outcome, ifnull(lead_time, :null), ifnull(since_previous, :null),
           ifnull(recovery, :null), ifnull(iif(recovery IS NULL, NULL, attempts), :null)
    FROM facts ORDER BY completed, deployment_id
"""


class Measure(NamedTuple):
    """`ranks`: where each deployment's value stands in `values`, -1 where it has none."""

    ranks: Positions
    values: Integers  # all of them, smallest first


@dataclass(frozen=True)
class Columns:
    """One entry for each completed deployment, by completion (ticks)."""

    completed: Integers
    streams: Positions
    outcomes: NDArray[np.int8]  # as numbered in `facts`
    measures: dict[str, Measure]  # by the names in `_MEASURES`


class ColumnCache:
    """The columns of one server's database, for one question at a time, which bounds its memory."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: tuple[str, int] | None = None
        self._columns: Columns | None = None

    @contextmanager
    def lent(self, connection: sqlite3.Connection) -> Iterator[Columns]:
        """The columns as `facts` stands now."""
        with self._lock:
            connection.execute("BEGIN")  # one state of the database, whoever else writes
            try:
                yield self._current(connection)
            finally:
                connection.execute("COMMIT")

    def _current(self, connection: sqlite3.Connection) -> Columns:
        digest, changes = connection.execute("SELECT digest, changes FROM facts_state").fetchone()
        if self._columns is None or self._state != (digest, changes):
            self._columns = None  # before the others take its place in memory
            self._columns = _from_facts(connection) if changes else _stored(connection)
            self._state = (digest, changes)
        return self._columns


def store(connection: sqlite3.Connection) -> None:
    """Keep the columns of `facts` in a new database, in a transaction."""
    digest = sha256()
    for name, array in _named(_from_facts(connection)).items():
        content = array.astype(array.dtype.newbyteorder("<")).tobytes()
        digest.update(content)
        row = (name, array.dtype.newbyteorder("<").str, content)
        connection.execute("INSERT INTO columns VALUES (?, ?, ?)", row)
    connection.execute("INSERT INTO facts_state VALUES (?, 0)", (digest.hexdigest(),))


def _named(columns: Columns) -> dict[str, NDArray[np.signedinteger]]:
    arrays: dict[str, NDArray[np.signedinteger]] = {
        "completed": columns.completed,
        "streams": columns.streams,
        "outcomes": columns.outcomes,
    }
    for name, measure in columns.measures.items():
        arrays |= {f"{name} ranks": measure.ranks, f"{name} values": measure.values}
    return arrays


def _stored(connection: sqlite3.Connection) -> Columns:
    rows = connection.execute("SELECT name, dtype, content FROM columns")
    arrays = {name: np.frombuffer(content, dtype) for name, dtype, content in rows}
    measures = {
        name: Measure(arrays[f"{name} ranks"], arrays[f"{name} values"]) for name in _MEASURES
    }
    return Columns(arrays["completed"], arrays["streams"], arrays["outcomes"], measures)


def _from_facts(connection: sqlite3.Connection) -> Columns:
    (count,) = connection.execute("SELECT count(*) FROM facts").fetchone()
    rows = connection.execute(_FACTS, {"null": _NULL})
    shape = (count, 3 + len(_MEASURES))
    table = np.fromiter(chain.from_iterable(rows), np.int64, shape[0] * shape[1]).reshape(shape)
    completed, streams, outcomes, *measures = table.T
    return Columns(
        completed.copy(),
        streams.astype(np.int32),
        outcomes.astype(np.int8),
        {name: _ranked(column) for name, column in zip(_MEASURES, measures, strict=True)},
    )


def _ranked(column: Integers) -> Measure:
    (present,) = np.nonzero(column != _NULL)
    order = present[np.argsort(column[present], kind="stable")]
    ranks = np.full(len(column), -1, np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return Measure(ranks, column[order])
