"""The deployments table as files: the API's JSON, and the columns of Octopus's CSV download.

Columns: https://octopus.com/docs/insights/csv-download
"""

import codecs
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from insights_reports.octopus.deployments.pieces import DEPLOYMENT
from insights_reports.octopus.deployments.streams import CATEGORIES, DURATIONS, IDS, STREAM_COLUMNS
from insights_reports.spelling.columns import print_durations, print_instants
from insights_reports.spelling.terms import NULL

_ROWS = 20_000  # at least so many are made into Python objects at a time

# What a spreadsheet takes for a formula, or hides before one: OWASP ASVS 5, 1.2.10.
FORMULA = r"^(?:[\s\x00\pZ]*[=+\-@＝＋－＠]|[\t\r\n\x00])"

# Numbers and durations, printed here: "-2:32:31.0" is no formula.
_OUR_TEXT = {
    "Completed",
    "Had Guided Failure",
    "Lead Time",
    "Since Previous Successful",
    "Time to Recovery",
    "Deployments Until Recovery",
}


def to_api(table: pd.DataFrame, report_name: str) -> Iterator[bytes]:
    """The reply of ``/deployments`` that such a table comes from, in pieces.

    Streams stand in their order in the table; one without a deployment is not in a table, and so
    not in the reply.
    """
    yield b'{"ReportName":' + orjson.dumps(report_name) + b',"Streams":['
    comma = b""
    for rows in _whole_streams(table):
        # The brackets of the list are left out.
        yield comma + orjson.dumps(_api_streams(rows))[1:-1]
        comma = b","
    yield b"]}"


def _whole_streams(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The table in parts of about `_ROWS` rows, none of which ends within a stream."""
    ordinals = table["stream"].to_numpy()
    if (np.diff(ordinals) < 0).any():
        table = table.sort_values("stream", kind="stable")
        ordinals = table["stream"].to_numpy()
    borders = [*(np.flatnonzero(np.diff(ordinals)) + 1).tolist(), len(table)]
    start = 0
    for border in borders:
        if border - start >= _ROWS or (border == len(table) and start < border):
            yield table.iloc[start:border]
            start = border


def _api_streams(rows: pd.DataFrame) -> list[dict[str, Any]]:
    ordinals = rows["stream"].to_numpy()
    firsts = np.flatnonzero(np.diff(ordinals, prepend=-1))
    attributes = rows.iloc[firsts]
    streams = _objects(
        {name: _plain(attributes[column]) for column, name in STREAM_COLUMNS.items()}
    )
    deployments = _objects(
        {name: column.to_pylist() for name, column in _api_columns(rows).items()}
    )
    ends = [*firsts[1:].tolist(), len(rows)]
    for stream, start, end in zip(streams, firsts.tolist(), ends, strict=True):
        stream["Deployments"] = deployments[start:end]
    return streams


def _objects(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _api_columns(rows: pd.DataFrame) -> dict[str, pa.Array]:
    """The deployments' fields in the API's order and spelling, as Arrow columns."""
    names = {**CATEGORIES, **IDS}
    columns = {name: pa.array(_plain(rows[column]), pa.string()) for column, name in names.items()}
    columns |= {name: _durations(rows[column]) for column, name in DURATIONS.items()}
    columns["CompletedTime"] = print_instants(rows["completed"].to_numpy("M8[ns]").view(np.int64))
    columns["HadGuidedFailure"] = pa.array(rows["had_guided_failure"].to_numpy())
    until = rows["deployments_until_recovery"].to_numpy()
    columns["DeploymentsUntilRecovery"] = pa.array(until, mask=np.isnan(until))
    return {field.name: columns[field.name] for field in DEPLOYMENT}


def _plain(values: "pd.Series[Any]") -> list[str | None]:
    """Texts, or None where null."""
    return values.astype(object).where(values.notna(), None).tolist()


def _durations(values: "pd.Series[Any]") -> pa.Array:
    nanoseconds = values.to_numpy("m8[ns]").view(np.int64)
    return print_durations(np.where(nanoseconds == NULL, NULL, nanoseconds // 100))


def to_csv(table: pd.DataFrame) -> bytes:
    """The table in UTF-8 with the columns of Octopus's CSV download, one row a deployment. The byte
    order mark tells Excel that it is UTF-8.

    A text that a spreadsheet would take for a formula gets an apostrophe before it. A name this
    account may not see is ``Restricted (id)``; nothing stands for what is null.
    """
    api = _api_columns(table)
    columns = {
        "Deployment": api["Id"],
        "Project": _names(table, "project"),
        "Release": api["ReleaseVersion"],
        "Channel": _names(table, "channel"),
        "Completed": api["CompletedTime"],
        "Environment": _names(table, "environment"),
        "Tenant": _names(table, "tenant"),
        "State": api["TaskState"],
        "Had Guided Failure": api["HadGuidedFailure"],
        "Lead Time": api["LeadTime"],
        "Lead Time Calculated From": api["LeadTimeCalculatedFromVersion"],
        "Since Previous Successful": api["TimeSincePreviouslySuccessfulDeployment"],
        "Previous Successful": api["PreviousSuccessfulDeploymentId"],
        "Time to Recovery": api["TimeToRecovery"],
        "Deployments Until Recovery": api["DeploymentsUntilRecovery"],
        "Recovery From": api["RecoveredFromFailedDeploymentId"],
        "Recovery From Version": api["RecoveredFromFailedReleaseVersion"],
    }
    written = {
        name: column if name in _OUR_TEXT else _harmless(column) for name, column in columns.items()
    }
    file = io.BytesIO()
    file.write(codecs.BOM_UTF8)
    pyarrow.csv.write_csv(pa.table(written), file)
    return file.getvalue()


def _names(table: pd.DataFrame, what: str) -> pa.Array:
    names, ids = _plain(table[f"{what}_name"]), _plain(table[f"{what}_id"])
    return pa.array(
        [
            name if name is not None or key is None else f"Restricted ({key})"
            for name, key in zip(names, ids, strict=True)
        ],
        pa.string(),
    )


def _harmless(texts: pa.Array) -> pa.Array:
    formula = pc.match_substring_regex(texts, FORMULA)
    return pc.if_else(formula, pc.binary_join_element_wise("'", texts, ""), texts)
