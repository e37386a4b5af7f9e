"""The reply of ``/deployments`` as one table, exact to 100 ns.

The table's columns are those of docs/architecture.md, one row a deployment, in the order of the
reply. Octopus's page: "Get deployment level insights metrics" of the Insights reports API.
"""

import io
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from insights_reports.errors import BadReply
from insights_reports.octopus.deployments import pieces
from insights_reports.spelling.columns import (
    Ints,
    Marks,
    endings,
    parse_durations,
    parse_instants,
)
from insights_reports.spelling.terms import NULL
from insights_reports.spelling.text import clean_text

DUPLICATE = "duplicate"
NOT_COMPLETED = "not_completed"
IMPOSSIBLE = "impossible"

CATEGORIES = {
    "release_version": "ReleaseVersion",
    "task_state": "TaskState",
    "lead_time_from_version": "LeadTimeCalculatedFromVersion",
    "recovered_from_version": "RecoveredFromFailedReleaseVersion",
}
IDS = {
    "deployment_id": "Id",
    "previous_successful_id": "PreviousSuccessfulDeploymentId",
    "recovered_from_id": "RecoveredFromFailedDeploymentId",
}
DURATIONS = {
    "lead_time": "LeadTime",
    "time_since_previous": "TimeSincePreviouslySuccessfulDeployment",
    "time_to_recovery": "TimeToRecovery",
}
STREAM_COLUMNS = {
    "project_id": "ProjectId",
    "project_name": "ProjectName",
    "channel_id": "ChannelId",
    "channel_name": "ChannelName",
    "environment_id": "EnvironmentId",
    "environment_name": "EnvironmentName",
    "tenant_id": "TenantId",
    "tenant_name": "TenantName",
}
COLUMNS = (
    "deployment_id",
    *STREAM_COLUMNS,
    "stream",
    "release_version",
    "task_state",
    "completed",
    "had_guided_failure",
    "lead_time",
    "lead_time_from_version",
    "time_since_previous",
    "previous_successful_id",
    "time_to_recovery",
    "deployments_until_recovery",
    "recovered_from_id",
    "recovered_from_version",
)

_ENDING = "ending of deployment_id"
LONGEST_TEXT = 1_000  # of an id or a version; Octopus's own limits are below
_LARGEST_COUNT = 1e9
MOST_SHOWN = 200  # characters of an id that is listed
_MAY_BE_IMPOSSIBLE = (
    *("CompletedTime", *DURATIONS.values(), "DeploymentsUntilRecovery"),
    *(*IDS.values(), *CATEGORIES.values()),
)
"""The fields whose text may be none of their kind, though the reply has the right form."""


@dataclass(frozen=True)
class Deployments:
    """A report's name, its deployments, and which rows of the reply are not in the table.

    ``dropped`` holds deployment ids by reason: ``duplicate`` (an id that came before),
    ``not_completed`` (no completion time, so no interval to count it in) and, with the name of the
    first field that cannot be, ``impossible.LeadTime``.
    """

    report_name: str
    table: pd.DataFrame
    dropped: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_deployments(source: bytes | BinaryIO) -> Deployments:
    """Decode a reply of ``/deployments``, whole or while it arrives.

    Raises:
        BadReply: when it is cut short, is not JSON, or lacks a field without which a deployment
            cannot be counted. A single value that cannot be costs its deployment alone.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    name, batches = pieces.decode(stream, _flatten)
    endings = np.sort(np.concatenate([batch.numpy.pop(_ENDING) for batch in batches]))
    impossible = np.concatenate([batch.numpy.pop(IMPOSSIBLE) for batch in batches])
    table = _table(batches)
    duplicate = np.zeros(len(table), np.bool_)
    if (endings[1:] == endings[:-1]).any():
        possible = impossible == 0
        duplicate[possible] = table["deployment_id"][possible].duplicated().to_numpy()
    return _without_dropped(clean_text(name or ""), table, duplicate, impossible)


@dataclass
class _Batch:
    """The columns of one piece: of its streams, how many rows each has, and of its rows."""

    streams: dict[str, pa.Array]
    lengths: Ints
    arrow: dict[str, pa.Array]
    numpy: dict[str, npt.NDArray[Any]]


def _flatten(streams: pa.Array) -> _Batch:
    lists = streams.field("Deployments")
    rows = lists.flatten()
    _require(streams, "a stream", ("ProjectId", "ChannelId", "EnvironmentId", "Deployments"))
    _require(rows, "a deployment", ("Id", "TaskState", "HadGuidedFailure"))
    broken = np.zeros((1 + len(DURATIONS), len(rows)), np.bool_)
    durations = parse_durations(
        pa.concat_arrays([rows.field(name) for name in DURATIONS.values()]), broken[1:].reshape(-1)
    )
    completed = parse_instants(rows.field("CompletedTime"), broken[0])
    ids = {column: _clean(rows.field(name)) for column, name in IDS.items()}
    return _Batch(
        {column: streams.field(name) for column, name in STREAM_COLUMNS.items()},
        pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64),
        {column: rows.field(name).dictionary_encode() for column, name in CATEGORIES.items()} | ids,
        dict(zip(DURATIONS, durations.reshape(len(DURATIONS), -1), strict=True))
        | {
            _ENDING: endings(ids["deployment_id"]),
            IMPOSSIBLE: _impossible(rows, broken),
            "completed": completed,
            "had_guided_failure": rows.field("HadGuidedFailure").to_numpy(zero_copy_only=False),
            "deployments_until_recovery": _finite(rows.field("DeploymentsUntilRecovery")),
        },
    )


def _impossible(rows: pa.Array, broken: Marks) -> npt.NDArray[np.int8]:
    """For each row the number, from 1, of the first of `_MAY_BE_IMPOSSIBLE` that cannot be; 0 for
    none. ``broken`` has the marks of those that are times."""
    found = np.zeros(len(rows), np.int8)
    for number, name in reversed([*enumerate(_MAY_BE_IMPOSSIBLE, 1)]):
        wrong = broken[number - 1] if number <= len(broken) else _wrong(rows.field(name))
        found[wrong] = number
    return found


def _wrong(values: pa.Array) -> Marks:
    """Which counts nobody can have counted, and which texts are too long to be meant."""
    if pa.types.is_floating(values.type):
        wrong = pc.or_(pc.less(values, 0), pc.greater(values, _LARGEST_COUNT))
    else:
        wrong = pc.greater(pc.binary_length(values), LONGEST_TEXT)
    marks: Marks = wrong.fill_null(False).to_numpy(zero_copy_only=False)
    return marks


def _finite(numbers: pa.Array) -> npt.NDArray[np.float64]:
    """The numbers, NaN where null. Arrow takes NaN and 1e999 for numbers, which JSON does not."""
    values: npt.NDArray[np.float64] = numbers.to_numpy(zero_copy_only=False)
    if not np.isfinite(values[numbers.is_valid().to_numpy(zero_copy_only=False)]).all():
        raise BadReply("Octopus's reply has a number that is none.", "DeploymentsUntilRecovery")
    return values


def _require(structs: pa.Array, what: str, names: tuple[str, ...]) -> None:
    missing = [name for name in names if structs.field(name).null_count]
    if structs.null_count or missing:
        raise BadReply(
            f"Octopus's reply has {what} without {', '.join(missing) or 'anything'}.",
            _first_without(structs, missing),
            "Check that the server is an Octopus of 2025.2 or newer.",
        )


def _first_without(structs: pa.Array, missing: list[str]) -> str:
    """What tells the first struct that lacks the first of these fields from the others."""
    if structs.null_count or not missing:
        return ""
    row = pc.index(structs.field(missing[0]).is_null(), True).as_py()
    said = {name: value for name, value in structs[row].as_py().items() if name != "Deployments"}
    known = [f"{name}: {clean_text(str(value))[:80]}" for name, value in said.items() if value]
    return "; ".join(known[:4])


def _clean(texts: pa.Array) -> pa.Array:
    """The texts cleaned by `clean_text`; nearly always they are clean, which is cheap to see."""
    data = texts.buffers()[2]
    characters = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    if not len(characters) or (characters.min() >= 0x20 and characters.max() < 0x7F):
        return texts
    return pa.array([text and clean_text(text) for text in texts.to_pylist()], pa.string())


def _table(batches: list[_Batch]) -> pd.DataFrame:
    lengths = np.concatenate([batch.lengths for batch in batches])
    columns: dict[str, Any] = {
        "stream": np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    }
    for name in STREAM_COLUMNS:
        each = pa.chunked_array([batch.streams[name] for batch in batches], pa.string())
        columns[name] = categorical(each.dictionary_encode(), lengths)
    for name in CATEGORIES:
        columns[name] = categorical(pa.chunked_array([batch.arrow.pop(name) for batch in batches]))
    for name in IDS:
        each = pa.chunked_array([batch.arrow.pop(name) for batch in batches])
        columns[name] = pd.array(each, dtype="string[pyarrow]")
    for name in batches[0].numpy.copy():
        columns[name] = np.concatenate([batch.numpy.pop(name) for batch in batches])
    for name in DURATIONS:
        columns[name] = _nanoseconds(columns[name])
    columns["completed"] = pd.DatetimeIndex(columns["completed"].view("M8[ns]"), tz="UTC")
    return pd.DataFrame({name: columns[name] for name in COLUMNS}, copy=False)


def categorical(texts: pa.ChunkedArray, lengths: Ints | None = None) -> pd.Categorical:
    """Cleaned texts as categories; with ``lengths``, each text that many times."""
    whole = texts.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # without a chunk there is nothing to combine
        whole = pa.array([], texts.type)
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    categories = _clean(whole.dictionary)
    if categories is not whole.dictionary:  # two texts may be one when they are cleaned
        encoded = categories.dictionary_encode()
        codes = np.append(encoded.indices.to_numpy(), np.int32(-1))[codes]
        categories = encoded.dictionary
    return pd.Categorical.from_codes(
        codes if lengths is None else np.repeat(codes, lengths),
        categories=pd.Index(pd.array(categories, dtype="str")),
    )


def _nanoseconds(ticks: Ints) -> npt.NDArray[np.timedelta64]:
    np.multiply(ticks, 100, out=ticks, where=ticks != NULL)
    return ticks.view("m8[ns]")


def _without_dropped(
    name: str, table: pd.DataFrame, duplicate: Marks, impossible: npt.NDArray[np.int8]
) -> Deployments:
    reasons = {DUPLICATE: duplicate}
    for number in np.unique(impossible[impossible > 0]).tolist():
        reasons[f"{IMPOSSIBLE}.{_MAY_BE_IMPOSSIBLE[number - 1]}"] = impossible == number
    not_completed = table["completed"].isna().to_numpy()
    reasons[NOT_COMPLETED] = not_completed & ~duplicate & (impossible == 0)
    dropped = {
        reason: tuple(id[:MOST_SHOWN] for id in table["deployment_id"][rows])
        for reason, rows in reasons.items()
        if rows.any()
    }
    if dropped:
        gone = np.logical_or.reduce([*reasons.values()])
        table = _used(table[~gone].reset_index(drop=True))
    return Deployments(name, table, dropped)


def _used(table: pd.DataFrame) -> pd.DataFrame:
    """The table without categories that only dropped rows had."""
    return table.assign(**{name: table[name].cat.remove_unused_categories() for name in CATEGORIES})
