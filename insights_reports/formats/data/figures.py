"""The figures of an edition as files that other tools read: Parquet and CSV, one figure a row."""

import json
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

SCHEMA = 1
_TEXT = pa.string()
FIGURES = pa.schema(
    [
        ("scope", _TEXT),
        ("split", _TEXT),
        ("tag_set", _TEXT),
        ("series_id", _TEXT),
        ("series", _TEXT),
        ("interval", _TEXT),
        ("start", pa.date32()),
        ("end", pa.date32()),
        ("measure", _TEXT),
        ("statistic", _TEXT),
        ("unit", _TEXT),
        ("value", pa.float64()),
        ("n", pa.int64()),
        ("stated", pa.float64()),
        ("verdict", _TEXT),
    ]
)
"""The columns of a table of figures."""

MEANINGS = {
    "scope": "All: every deployment of the report, as Octopus states it; or the environment group "
    "that page one speaks of: its deployments alone",
    "split": "what the deployments are split by: None (all of the report), Project, ProjectGroup, "
    "Environment, EnvironmentGroup, Tenant, TenantTagSet",
    "tag_set": "the id of the tenant tag set, for the split TenantTagSet",
    "series_id": "the id of the project, environment, tenant; a tag or an environment group goes "
    "by its name; All for the split None",
    "series": "its name; empty where the account may not see it",
    "interval": "period: a whole period; Daily, Weekly, Monthly: an interval of one",
    "start": "the first local day (time zone of the report)",
    "end": "the day after the last one",
    "measure": "as the Insights reports API calls it",
    "statistic": "as the API calls it; empty where the measure has only one value",
    "unit": "count, fraction (0.05 is 5 %), seconds, or number",
    "value": "recomputed from the deployments; empty: there is no value, which is not zero",
    "n": "how many deployments made it; of a rate: of how many",
    "stated": "what Octopus states of the same interval; empty where it states nothing",
    "verdict": "agrees, differs, explained (differs for a known reason), not comparable, or not "
    "stated",
}
"""The data dictionary: what each column holds."""


def to_parquet(rows: pd.DataFrame) -> bytes:
    """The figures as Parquet, with the dictionary in the key-value metadata."""
    about = {b"schema": str(SCHEMA).encode(), b"dictionary": json.dumps(MEANINGS).encode()}
    sink = pa.BufferOutputStream()
    pq.write_table(_table(rows).replace_schema_metadata(about), sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


def to_csv(rows: pd.DataFrame) -> bytes:
    """The figures as CSV in UTF-8. A name that a spreadsheet would take for a formula gets an
    apostrophe before it."""
    table = _table(rows)
    for name in ("series_id", "series", "tag_set"):
        column = table.column(name)
        starts = pa.compute.match_substring_regex(column, r"^[\s]*[=+\-@\t\r]")
        safe = pa.compute.if_else(
            starts, pa.compute.binary_join_element_wise("'", column, ""), column
        )
        table = table.set_column(table.schema.get_field_index(name), name, safe)
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


@cache
def dictionary() -> bytes:
    """The data dictionary as JSON."""
    columns: list[dict[str, Any]] = [
        {"name": field.name, "type": str(field.type), "meaning": MEANINGS[field.name]}
        for field in FIGURES
    ]
    said = {"schema": SCHEMA, "columns": columns}
    return json.dumps(said, indent=1, ensure_ascii=False).encode() + b"\n"


def _table(rows: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(rows, schema=FIGURES, preserve_index=False)
