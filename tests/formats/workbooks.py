"""Small tables of deployments, and workbooks read back, for the tests of the workbook."""

from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from tests.typed import the

_THINGS = ("project", "channel", "environment", "tenant")
_CATEGORIES = (
    *(f"{thing}_{part}" for thing in _THINGS for part in ("id", "name")),
    "release_version",
    "task_state",
    "lead_time_from_version",
    "recovered_from_version",
)
_IDS = ["deployment_id", "previous_successful_id", "recovered_from_id"]
_TIMES = ["lead_time", "time_since_previous", "time_to_recovery"]
_USUAL: dict[str, Any] = {
    "project_id": "Projects-1",
    "project_name": "Checkout",
    "channel_id": "Channels-1",
    "channel_name": "Default",
    "environment_id": "Environments-1",
    "environment_name": "Production",
    "tenant_id": None,
    "tenant_name": None,
    "stream": 0,
    "release_version": "2026.9.1",
    "task_state": "Success",
    "completed": datetime(2026, 9, 1, 14, 28, 15),
    "had_guided_failure": False,
    "lead_time": None,
    "time_since_previous": None,
    "time_to_recovery": None,
    "deployments_until_recovery": None,
    "lead_time_from_version": None,
    "previous_successful_id": None,
    "recovered_from_id": None,
    "recovered_from_version": None,
}


def deployments(*rows: dict[str, Any]) -> pd.DataFrame:
    """The deployments table with these rows; what a row leaves out is usual. Instants are UTC."""
    full = [
        {"deployment_id": f"Deployments-{number}"} | _USUAL | row
        for number, row in enumerate(rows, 1)
    ]
    table = pd.DataFrame(full, columns=["deployment_id", *_USUAL])
    for name in _CATEGORIES:
        table[name] = table[name].astype(pd.CategoricalDtype(_distinct(table[name])))
    for name in _IDS:
        table[name] = table[name].astype("string[pyarrow]")
    for name in _TIMES:
        table[name] = table[name].astype("timedelta64[ns]")
    table["completed"] = pd.to_datetime(table["completed"], utc=True).astype("datetime64[ns, UTC]")
    table["deployments_until_recovery"] = table["deployments_until_recovery"].astype(float)
    return _with_groups(table.astype({"stream": np.int32, "had_guided_failure": bool}))


def _with_groups(table: pd.DataFrame) -> pd.DataFrame:
    """With the columns of `edition.rows`: all in one group of projects, each environment in the
    group of its name, nothing rework, September 2026 the period; times by UTC."""
    completed = table["completed"]
    months = completed.dt.tz_localize(None).to_numpy("datetime64[M]")
    table["period"] = pd.Categorical(completed.dt.strftime("%Y-%m"))
    table["month"] = months.astype("datetime64[s]")
    table["week"] = completed.dt.tz_localize(None).to_numpy("datetime64[W]").astype("datetime64[s]")
    table["weekday"] = completed.dt.day_of_week.fillna(-1).astype(np.int8)
    table["hour"] = completed.dt.hour.fillna(-1).astype(np.int8)
    table["project_group"] = pd.Categorical(["Web"] * len(table))
    table["environment_group"] = table["environment_name"]
    failed = (table["task_state"] != "Success") | table["had_guided_failure"]
    table["failed"] = failed.astype(np.float32)
    table["rework"] = False
    table["in_period"] = months == np.datetime64("2026-09")
    return table


def _distinct(values: "pd.Series[Any]") -> "pd.Index[Any]":
    found: pd.Index[Any] = pd.Index(
        list(dict.fromkeys(v for v in values if pd.notna(v))), dtype="str"
    )
    return found


def opened(content: bytes) -> Workbook:
    return load_workbook(BytesIO(content))


def cells(workbook: Workbook, *, without: str = "") -> list[Cell]:
    """The cells of all sheets but one."""
    sheets = [sheet for sheet in workbook if sheet.title != without]
    every = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
    return [cell for cell in every if isinstance(cell, Cell)]


def table_of(sheet: Worksheet) -> list[dict[str, Cell]]:
    """The rows of the sheet's table object, by the heads of its columns."""
    (table,) = sheet.tables.values()
    heads, *rows = sheet[table.ref]
    assert [head.value for head in heads] == [column.name for column in table.tableColumns]
    return [{str(h.value): cell for h, cell in zip(heads, row, strict=True)} for row in rows]


def location(cell: Cell) -> str | None:
    """Where in the workbook the cell's link leads."""
    assert cell.hyperlink is not None
    return cell.hyperlink.location


def charts(sheet: object) -> list[Any]:
    """The charts of a sheet, which openpyxl's types do not know."""
    found: list[Any] = the(Worksheet, sheet)._charts  # type: ignore[attr-defined]
    return found
