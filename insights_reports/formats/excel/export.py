"""The deployments alone as a workbook: heads in the first row, nothing else on the sheet."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from insights_reports.edition.document import Brand
from insights_reports.formats.excel.archive import save
from insights_reports.formats.excel.deployments import (
    STYLES,
    RawColumn,
    RawStyles,
    raw_columns,
    row_xml,
)
from insights_reports.formats.excel.render import MOST_ROWS
from insights_reports.formats.excel.styles import named_styles
from insights_reports.formats.words.words import words


def deployments_workbook(deployments: pd.DataFrame, zone: str) -> bytes:
    """The deployments table of docs/architecture.md, over as many sheets as it needs; completions
    are shown in ``zone`` (IANA id) and in UTC. The file bears the date of the last completion:
    equal deployments are equal bytes."""
    workbook = Workbook(write_only=True)
    workbook.properties.creator = "Insights Reports"
    for style in named_styles(Brand().accent.lstrip("#")):
        workbook.add_named_style(style)
    columns: tuple[RawColumn, ...] = ()
    rows: dict[str, Iterable[memoryview]] = {}
    most = MOST_ROWS - 1
    for number, start in enumerate(range(0, max(len(deployments), 1), most), 1):
        name = "Deployments" if number == 1 else f"Deployments {number}"
        workbook.create_sheet(name)
        columns = columns or raw_columns(deployments, words("en"), zone, _styles(workbook))
        _heads(workbook, name, columns)
        rows[name] = row_xml(columns, start, min(start + most, len(deployments)), 2)
    return save(workbook, _last(deployments), {}, rows)


def _last(deployments: pd.DataFrame) -> datetime:
    """When the last deployment completed; the earliest date of a zip file where there is none."""
    if deployments.empty:
        return datetime(1980, 1, 1, tzinfo=UTC)
    last: pd.Timestamp = deployments["completed"].max()
    return last.to_pydatetime(warn=False)


def _styles(workbook: Workbook) -> RawStyles:
    def number(style: str) -> int:
        cell = WriteOnlyCell(workbook.worksheets[0], 0)
        cell.style = style
        return int(cell.style_id)

    return RawStyles(*map(number, STYLES))


def _heads(workbook: Workbook, name: str, columns: tuple[RawColumn, ...]) -> None:
    sheet = workbook[name]
    sheet.freeze_panes = "B2"
    for index, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width
    cells = [WriteOnlyCell(sheet, column.title) for column in columns]
    for cell in cells:
        cell.style = "Column head"
    sheet.append(cells)
