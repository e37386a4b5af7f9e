"""The columns of the history, and how a deployments table becomes them and comes back."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

SCHEMA = 1
"""The version of the layout and of the columns; a newer one is refused by name."""

CATEGORIES = (
    "project_id",
    "project_name",
    "channel_id",
    "channel_name",
    "environment_id",
    "environment_name",
    "tenant_id",
    "tenant_name",
    "release_version",
    "task_state",
    "lead_time_from_version",
    "recovered_from_version",
)
IDS = ("deployment_id", "previous_successful_id", "recovered_from_id")
TICKS = {
    "lead_time_ticks": "lead_time",
    "time_since_previous_ticks": "time_since_previous",
    "time_to_recovery_ticks": "time_to_recovery",
}
"""Durations in whole ticks of 100 ns, and the column of the deployments table each comes from."""

_TEXT = pa.dictionary(pa.int32(), pa.string())
_INSTANT = pa.timestamp("us", "UTC")
STATED = pa.schema(
    [
        ("deployment_id", pa.string()),
        *((name, _TEXT) for name in CATEGORIES[:10]),
        ("completed", pa.timestamp("ns", "UTC")),
        ("had_guided_failure", pa.bool_()),
        *((name, pa.int64()) for name in TICKS),
        ("deployments_until_recovery", pa.float64()),
        ("lead_time_from_version", _TEXT),
        ("previous_successful_id", pa.string()),
        ("recovered_from_id", pa.string()),
        ("recovered_from_version", _TEXT),
    ]
)
"""What Octopus states of a deployment."""

DATA = pa.schema([*STATED, ("first_seen", _INSTANT), ("vanished_at", _INSTANT)])
CHANGES = pa.schema(
    [*DATA, ("kind", pa.string()), ("superseded_at", _INSTANT), ("superseded_by", pa.string())]
)

_STREAM = ("project_id", "channel_id", "environment_id", "tenant_id")
_NULL = np.iinfo(np.int64).min

Indices = npt.NDArray[np.int64]


def to_arrow(table: pd.DataFrame) -> pa.Table:
    """A deployments table (docs/architecture.md) as the columns of `STATED`, in its order.

    The dictionaries are sorted and hold each value once, so that the same values have the same
    codes whatever the order in which they came.
    """
    columns: dict[str, Any] = {name: _dictionary(table[name]) for name in CATEGORIES}
    columns |= {name: pa.array(table[name], pa.string()) for name in IDS}
    columns |= {name: _ticks(table[source]) for name, source in TICKS.items()}
    until = table["deployments_until_recovery"].to_numpy(np.float64)
    columns["deployments_until_recovery"] = pa.array(until, mask=np.isnan(until))
    completed = table["completed"].dt.as_unit("ns").to_numpy("M8[ns]")
    columns["completed"] = pa.array(completed).cast(pa.timestamp("ns", "UTC"))
    columns["had_guided_failure"] = pa.array(table["had_guided_failure"].to_numpy(np.bool_))
    return pa.table({field.name: columns[field.name] for field in STATED}, schema=STATED)


def to_table(data: pa.Table) -> pd.DataFrame:
    """The deployments table of rows in the history, in their order; streams are numbered as they
    come."""
    data = data.unify_dictionaries().combine_chunks()
    columns: dict[str, Any] = {
        "deployment_id": pd.array(_one(data, "deployment_id"), dtype="string[pyarrow]")
    }
    for name in CATEGORIES:
        columns[name] = _categorical(_one(data, name))
    columns["stream"] = _streams([columns[name].codes for name in _STREAM])
    columns["completed"] = pd.DatetimeIndex(_integers(data, "completed").view("M8[ns]"), tz="UTC")
    columns["had_guided_failure"] = _one(data, "had_guided_failure").to_numpy(zero_copy_only=False)
    for name, target in TICKS.items():
        ticks = _integers(data, name)
        columns[target] = np.where(ticks == _NULL, _NULL, ticks * 100).view("m8[ns]")
    until = _one(data, "deployments_until_recovery")
    columns["deployments_until_recovery"] = until.to_numpy(zero_copy_only=False)
    for name in IDS[1:]:
        columns[name] = pd.array(_one(data, name), dtype="string[pyarrow]")
    return pd.DataFrame({name: columns[name] for name in TABLE}, copy=False)


TABLE = (
    *("deployment_id", *CATEGORIES[:8], "stream", "release_version", "task_state", "completed"),
    *("had_guided_failure", "lead_time", "lead_time_from_version", "time_since_previous"),
    *("previous_successful_id", "time_to_recovery", "deployments_until_recovery"),
    *("recovered_from_id", "recovered_from_version"),
)
"""The columns of the deployments table, in its order."""


def empty(schema: pa.Schema) -> pa.Table:
    """No rows, in these columns. (`Schema.empty_table` gives arrays without a dictionary.)"""
    return pa.table({field.name: pa.array([], field.type) for field in schema}, schema=schema)


def codes_of(column: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """The codes of a dictionary array, -1 where null."""
    codes: npt.NDArray[np.int32] = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes


def _dictionary(texts: "pd.Series[Any]") -> pa.DictionaryArray:
    if not isinstance(texts.dtype, pd.CategoricalDtype):
        texts = texts.astype("category")
    values = pa.array(texts.cat.categories.astype(object), pa.string())
    encoded = values.dictionary_encode()  # two categories are one text only when made by hand
    order = pa.compute.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    code = np.append(rank[encoded.indices.to_numpy(zero_copy_only=False)], np.int32(-1))
    codes = code[texts.cat.codes.to_numpy()]
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=codes < 0), encoded.dictionary.take(pa.array(order))
    )


def _ticks(durations: "pd.Series[Any]") -> pa.Array:
    nanoseconds = durations.dt.as_unit("ns").to_numpy("m8[ns]").view(np.int64)
    return pa.array(nanoseconds // 100, mask=nanoseconds == _NULL)


def _one(data: pa.Table, name: str) -> pa.Array:
    column = data.column(name)
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _integers(data: pa.Table, name: str) -> Indices:
    integers: Indices = (
        _one(data, name).cast(pa.int64()).fill_null(_NULL).to_numpy(zero_copy_only=False)
    )
    return integers


def _categorical(texts: pa.DictionaryArray) -> pd.Categorical:
    return pd.Categorical.from_codes(
        codes_of(texts), categories=pd.Index(pd.array(texts.dictionary, dtype="str"))
    )


def _streams(codes: list[Any]) -> npt.NDArray[np.int32]:
    """The ordinal of each row's stream: those that begin first come first."""
    frame = pd.DataFrame(dict(enumerate(codes)), copy=False)
    numbers = frame.groupby(list(frame.columns), sort=False).ngroup()
    return np.asarray(numbers, np.int32)
