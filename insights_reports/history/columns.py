"""The replies of a sealed pull as columns, kept beside them so that nobody decodes them again.

Files in the Arrow IPC format. They are no part of the seal, which is the raw bytes: a file that is
missing, altered or of an earlier version is made anew from its reply.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from insights_reports.errors import keeping
from insights_reports.spelling.figures import FIGURES
from insights_reports.spelling.stated import Question, StatedTable

_SCHEMA = "1"
_ABOUT = b"insights-reports"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")
_STATED = ("series", "start", *(f"{one.metric}.{one.statistic or ''}" for one in FIGURES))


def keep_stated(table: StatedTable, path: Path) -> bool:
    """Write the columns of a reply of ``/metrics``; False, and nothing written, for one with values
    that have no column.

    Raises:
        PullError: when the disk does not take it.
    """
    if table.unknown:
        return False
    columns = (table.series, table.start, *table.columns)
    _write(pa.table(dict(zip(_STATED, columns, strict=True))), {"names": table.names}, path)
    return True


def kept_stated(path: Path, question: Question) -> StatedTable | None:
    """What `keep_stated` wrote; None when it is of another version."""
    read = _read(path)
    if read is None or tuple(read[0].column_names) != _STATED:
        return None
    table, about = read
    series, start, *columns = (column.to_numpy() for column in table.columns)
    return StatedTable(question, tuple(about["names"]), series, start, tuple(columns), ())


def keep_deployments(table: pd.DataFrame, about: dict[str, Any], path: Path) -> None:
    """Write the deployments table and ``about`` (JSON values).

    Raises:
        PullError: when the disk does not take it.
    """
    _write(pa.Table.from_pandas(table, preserve_index=False), about, path)


def kept_deployments(path: Path) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """What `keep_deployments` wrote; None when it is of another version."""
    read = _read(path)
    if read is None:
        return None
    table = read[0].to_pandas()
    for name in table.columns[table.dtypes == "category"]:
        codes, texts = table[name].cat.codes, table[name].cat.categories.astype("str")
        table[name] = pd.Categorical.from_codes(codes, texts)  # Arrow forgets the type of none
    return table, read[1]


def _write(table: pa.Table, about: dict[str, Any], path: Path) -> None:
    said = json.dumps({"schema": _SCHEMA, **about}).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _ABOUT: said})
    with (
        keeping(path),
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, table.schema, options=_OPTIONS) as writer,
    ):
        writer.write_table(table)


def _read(path: Path) -> tuple[pa.Table, dict[str, Any]] | None:
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    about = json.loads(table.schema.metadata.get(_ABOUT, b"{}"))
    return (table, about) if about.pop("schema", None) == _SCHEMA else None
