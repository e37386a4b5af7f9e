"""A table cut into months, each with a hash of its content that no order of arrival changes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insights_reports.history.deployments.schema import STATED, codes_of, empty


@dataclass(frozen=True)
class MonthPart:
    """The rows of one month, by completion and id; ``columns`` are those of `STATED`, each with a
    dictionary of its own that is sorted and has no value that is not used."""

    columns: dict[str, Any]

    @cached_property
    def table(self) -> pa.Table:
        return pa.table([self.columns[field.name] for field in STATED], schema=STATED)

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for name, column in self.columns.items():
            digest.update(f"{name} {len(column)}\n".encode())
            for block in _blocks(column):
                digest.update(block)
        return digest.hexdigest()


def cut(data: pa.Table) -> Iterator[tuple[str, MonthPart]]:
    """The months (UTC) of a table in the columns of `STATED`, oldest first: ``2026-10``."""
    completed = data.column("completed").combine_chunks().cast(pa.int64()).to_numpy()
    order = _order(completed, data.column("deployment_id"))
    whole = {name: _taken(data.column(name), order) for name in data.column_names}
    del data
    months = completed[order].view("M8[ns]").astype("M8[M]")
    borders = np.flatnonzero(np.diff(months.astype(np.int64))) + 1
    starts, ends = [0, *borders.tolist()], [*borders.tolist(), len(months)]
    for start, end in zip(starts, ends, strict=True) if len(months) else ():
        columns = {name: _compact(column, start, end) for name, column in whole.items()}
        yield str(months[start]), MonthPart(columns)


def ordered(data: pa.Table) -> pa.Table:
    """The rows by completion and id, with dictionaries that have no value that is not used."""
    completed = data.column("completed").combine_chunks().cast(pa.int64()).to_numpy()
    order = _order(completed, data.column("deployment_id"))
    columns = [_compact(_taken(column, order), 0, len(data)) for column in data.columns]
    return pa.table(columns, schema=data.schema)


def nothing() -> MonthPart:
    """A month without a deployment."""
    table = empty(STATED)
    return MonthPart(
        {name: pa.array([], table.schema.field(name).type) for name in table.column_names}
    )


def _order(completed: npt.NDArray[np.int64], ids: pa.ChunkedArray) -> npt.NDArray[np.intp]:
    """By completion; those of one instant by their ids, as text."""
    order = np.argsort(completed, kind="stable")
    tied = np.diff(completed[order]) == 0
    if tied.any():
        first = np.flatnonzero(tied & ~np.append(False, tied[:-1]))
        last = np.flatnonzero(tied & ~np.append(tied[1:], False)) + 2
        rows = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])
        texts = ids.take(pa.array(order[rows])).to_pylist()
        run = np.repeat(np.arange(len(first)), last - first).tolist()
        ranked = sorted(range(len(rows)), key=lambda at: (run[at], texts[at]))
        order[rows] = order[rows][ranked]
    return order


def _taken(column: pa.ChunkedArray, order: npt.NDArray[np.intp]) -> Any:
    """The column in that order; categories as codes beside their dictionary."""
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # without a chunk there is nothing to combine
        array = pa.array([], column.type)
    if isinstance(array, pa.DictionaryArray):
        return codes_of(array)[order], array.dictionary
    return array.take(pa.array(order))


def _compact(column: Any, start: int, end: int) -> Any:
    if not isinstance(column, tuple):
        return column.slice(start, end - start)
    codes, dictionary = column
    part = codes[start:end]
    used = np.zeros(len(dictionary) + 1, np.bool_)
    used[part] = True  # null is -1: the last
    dense = np.cumsum(used[:-1], dtype=np.int32) - 1
    found = np.append(dense, np.int32(0))[part].astype(np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(found, mask=part < 0), dictionary.take(pa.array(np.flatnonzero(used[:-1])))
    )


def _blocks(column: Any) -> Iterator[Any]:
    """The bytes that make the content of a column, whatever its buffers look like."""
    if isinstance(column, pa.DictionaryArray):
        yield from _texts(column.dictionary)
        yield codes_of(column).tobytes()
    elif pa.types.is_string(column.type):
        yield from _texts(column)
    else:
        yield np.packbits(column.is_null().to_numpy(zero_copy_only=False)).tobytes()
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        yield (
            column.fill_null(False if pa.types.is_boolean(column.type) else 0)
            .to_numpy(zero_copy_only=False)
            .tobytes()
        )


def _texts(texts: pa.Array) -> Iterator[Any]:
    """Validity, lengths and characters; a null is told from an empty text."""
    yield np.packbits(texts.is_null().to_numpy(zero_copy_only=False)).tobytes()
    lengths = pc.binary_length(texts).fill_null(0)
    yield lengths.to_numpy(zero_copy_only=False).astype(np.int32).tobytes()
    _, offsets, characters = texts.buffers()
    if characters is not None and len(texts):
        at = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        yield memoryview(characters)[int(at[0]) : int(at[-1])]
