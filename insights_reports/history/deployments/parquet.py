"""Rows as Parquet and back: one row group a month, small, readable by any tool."""

import hashlib
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from insights_reports.errors import HistoryError
from insights_reports.history.deployments.schema import CATEGORIES, IDS, TICKS
from insights_reports.history.deployments.storage import Storage

_DELTAS = {
    "completed": "DELTA_BINARY_PACKED",
    **dict.fromkeys(TICKS, "DELTA_BINARY_PACKED"),
    **dict.fromkeys(IDS, "DELTA_BYTE_ARRAY"),
}


def write(rows: pa.Table, about: Mapping[str, str]) -> bytes:
    """``rows`` as one file; ``about`` goes into its key-value metadata."""
    sink = pa.BufferOutputStream()
    known = {name.encode(): value.encode() for name, value in about.items()}
    pq.write_table(
        rows.replace_schema_metadata(known),
        sink,
        row_group_size=max(1, len(rows)),
        compression="zstd",
        compression_level=3,
        use_dictionary=list(CATEGORIES),
        column_encoding={n: e for n, e in _DELTAS.items() if n in rows.column_names},
        write_statistics=True,
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def name_of(kind: str, month: str, content: bytes) -> str:
    """``data/2026-10/0123456789abcdef.parquet``: the name that says what is in it."""
    return f"{kind}/{month}/{hashlib.sha256(content).hexdigest()[:16]}.parquet"


def fetch(store: Storage, name: str, columns: list[str] | None = None) -> pa.Table:
    """The rows of the file ``name``.

    Raises:
        HistoryError: when it is missing, or not what its name says.
    """
    try:
        content = store.read(name)
    except FileNotFoundError:
        raise HistoryError(
            "A file of the history of deployments is missing.",
            f"{store}/{name}",
            "Restore it from a copy; `insights-reports history verify` lists all that are missing.",
        ) from None
    if hashlib.sha256(content).hexdigest()[:16] != name.rpartition("/")[2].partition(".")[0]:
        raise HistoryError(
            "A file of the history of deployments was altered, or the disk is failing.",
            f"{store}/{name}",
            "Restore it from a copy.",
        )
    return pq.read_table(pa.BufferReader(content), columns=columns).replace_schema_metadata(None)
