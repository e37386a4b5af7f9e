"""The summary by formulas: what it shows at first, and what a spreadsheet makes of it when a reader
chooses something."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest
from openpyxl import Workbook

from insights_reports.edition.values import Name, Span
from insights_reports.formats.excel import render as excel
from insights_reports.formats.excel.formulas import FormulaCell, rows_xml
from tests.documents import identity, phrase, sample_document
from tests.formats.office import HAS_OFFICE, recalculated
from tests.formats.workbooks import deployments, opened, table_of

AUGUST, SEPTEMBER = date(2026, 8, 1), date(2026, 9, 1)
CHOSEN = ("Project", "Environment group", "Environment", "Month")
Row = dict[str, Any]
QUARTER = Span("2026-Q3", date(2026, 7, 1), date(2026, 10, 1))
LONG = sample_document(identity=replace(identity(phrase("scope.all")), period=QUARTER))


def row(project: int, environment: str, month: int, **changes: Any) -> Row:
    names = {1: "Checkout", 2: "All", 3: "a*b", 4: "axb", 5: "=1+1", 6: "Web", 7: "web"}
    return {
        "project_id": f"Projects-{project}",
        "project_name": names[project],
        "environment_id": f"Environments-{environment}",
        "environment_name": environment,
        "completed": datetime(2026, month, 3, 10),
        "lead_time": timedelta(hours=changes.pop("hours", 10)),
        **changes,
    }


ROWS = [
    row(1, "Production", 8, hours=4),
    row(1, "Production", 8, hours=8, task_state="Failed"),
    row(1, "Production", 9, hours=-6, time_to_recovery=timedelta(hours=3)),
    row(1, "Staging ~*", 9, hours=30, had_guided_failure=True),
    row(2, "Production", 9, hours=1),
    row(3, "Production", 9, hours=2),
    row(4, "Production", 9, hours=5, time_to_recovery=timedelta(hours=4)),
    row(5, "Staging ~*", 9, hours=7),
    row(6, "Production", 9, hours=9),
    row(7, "Production", 9, hours=11, task_state="Failed"),
]


def table() -> pd.DataFrame:
    made = deployments(*ROWS)
    made.loc[[2, 4], "rework"] = True
    return made


def expected(rows: Sequence[Row], rework: int) -> list[Any]:
    """What stands in a row of the summary, by hand."""
    failed = sum("task_state" in row or "had_guided_failure" in row for row in rows)
    hours = [row["lead_time"] / timedelta(hours=1) for row in rows]
    recovery = [
        row["time_to_recovery"] / timedelta(hours=1) for row in rows if "time_to_recovery" in row
    ]
    total = len(rows)
    return [
        total,
        failed,
        failed / total if total else "–",
        rework,
        rework / total if total else "–",
        median(hours) if hours else "–",
        median(recovery) if recovery else "–",
    ]


def shown(workbook: Workbook) -> dict[object, list[Any]]:
    """The rows of the summary's table, by their first cell."""
    sheet = workbook["Summary"]
    head = next(r for r in range(1, 40) if sheet.cell(r, 1).value == "Month" and
                sheet.cell(r, 2).value == "Deployments")  # fmt: skip
    found: dict[object, list[Any]] = {}
    for cells in sheet.iter_rows(head + 1, head + 3, values_only=True):
        first = cells[0].date() if isinstance(cells[0], datetime) else cells[0]
        found[first if first not in found else "the month itself"] = list(cells[1:8])
    return found


def cached(content: bytes) -> Workbook:
    import openpyxl

    return openpyxl.load_workbook(BytesIO(content), data_only=True)


def test_it_shows_its_figures_before_anything_recalculates() -> None:
    found = shown(cached(excel.render(LONG, table())))
    assert found["All"] == pytest.approx(expected(ROWS, 2))
    assert found[AUGUST] == expected(ROWS[:2], 0)
    assert found[SEPTEMBER] == pytest.approx(expected(ROWS[2:], 2))


def test_it_begins_with_the_month_and_the_group_that_the_edition_speaks_of() -> None:
    """The first row is what page one says."""
    scope = phrase("title.summary", group=Name("Production"))
    made = sample_document(identity=identity(scope))
    found = shown(cached(excel.render(made, table())))
    production = [row for row in ROWS[2:] if row["environment_name"] == "Production"]
    assert next(iter(found.values())) == pytest.approx(expected(production, 2))
    assert found[AUGUST] == expected(ROWS[:2], 0)


def test_no_deployment_is_no_zero() -> None:
    found = shown(cached(excel.render(LONG, table().iloc[:0])))
    assert found["All"] == expected([], 0)


def test_a_reader_chooses_from_lists() -> None:
    workbook = opened(excel.render(sample_document(), table()))
    sheet = workbook["Summary"]
    rules = sheet.data_validations.dataValidation
    cells = [sheet[str(rule.sqref)] for rule in rules]
    assert [sheet.cell(cell.row, 1).value for cell in cells] == list(CHOSEN)
    lists = [[c[0].value for c in _area(workbook, str(rule.formula1))] for rule in rules]
    assert lists == [
        ["All", "=1+1", "a*b", "All (Projects-2)", "axb", "Checkout", "Web (Projects-6)",
         "web (Projects-7)"],
        ["All", "Production", "Staging ~*"],
        ["All", "Production", "Staging ~*"],
        ["All", datetime(2026, 8, 1), datetime(2026, 9, 1)],
    ]  # fmt: skip


def _area(workbook: Workbook, area: str) -> Any:
    sheet, cells = area.rsplit("!", 1)
    return workbook[sheet.strip("'")][cells.replace("$", "")]


def choosing(content: bytes, **chosen: str | date) -> bytes:
    """The workbook with other choices, and without what its formulas came to."""
    sheet = opened(content)["Summary"]
    places = {
        str(sheet.cell(r, 1).value): f"B{r}"
        for r in range(1, 20)
        if sheet.cell(r, 1).value in CHOSEN and sheet.cell(r, 2).value == "All"
    }
    with ZipFile(BytesIO(content)) as book, ZipFile(target := BytesIO(), "w") as changed:
        for name in book.namelist():
            xml = book.read(name)
            if b"COUNTIFS" in xml:
                xml = re.sub(rb"</f><v>[^<]*</v>", b"</f>", xml)
                for label, value in chosen.items():
                    xml = _chosen(xml, places[label.replace("_", " ")], value)
            changed.writestr(name, xml)
    return target.getvalue()


def _chosen(xml: bytes, place: str, value: str | date) -> bytes:
    (cell,) = re.findall(rf'<c r="{place}" s="\d+"'.encode(), xml)
    if isinstance(value, date):
        serial = (value - date(1899, 12, 30)).days
        now = cell + f"><v>{serial}</v></c>".encode()
    else:
        now = cell + f' t="inlineStr"><is><t>{value}</t></is></c>'.encode()
    return re.sub(re.escape(cell) + rb".*?</c>", lambda _: now, xml, count=1)


Wanted = Callable[[Row], bool]


SHORT = replace(LONG, tiles=(), findings=(), sections=(), overview=())
CHOICES: list[tuple[dict[str, Any], Wanted, int]] = [
    ({}, lambda row: True, 2),
    ({"Month": SEPTEMBER}, lambda row: row["completed"].month == 9, 2),
    ({"Project": "Checkout"}, lambda row: row["project_id"] == "Projects-1", 1),
    ({"Project": "a*b"}, lambda row: row["project_id"] == "Projects-3", 0),
    ({"Project": "All (Projects-2)"}, lambda row: row["project_id"] == "Projects-2", 1),
    ({"Project": "web (Projects-7)"}, lambda row: row["project_id"] == "Projects-7", 0),
    ({"Environment_group": "Staging ~*"}, lambda row: "~" in row["environment_name"], 0),
    (
        {"Project": "Checkout", "Environment": "Production", "Month": SEPTEMBER},
        lambda row: row is ROWS[2],
        1,
    ),
    ({"Project": "axb", "Month": AUGUST}, lambda row: False, 0),
]


@pytest.mark.office
@HAS_OFFICE
def test_a_spreadsheet_comes_to_the_same_figures(tmp_path: Path) -> None:
    """Also where the deployments fill several sheets."""
    one, many = (excel.render(SHORT, table(), most_rows=n) for n in (99, 12))
    assert "Deployments 3" in opened(many).sheetnames
    asked = [choosing(book, **chosen) for book in (one, many) for chosen, _, _ in CHOICES]
    for found, (chosen, wanted, rework) in zip(
        recalculated(asked, tmp_path), CHOICES * 2, strict=True
    ):
        first = next(iter(shown(found).values()))
        rows = [row for row in ROWS if wanted(row)]
        assert first == pytest.approx(expected(rows, rework)), chosen


def test_only_the_summary_has_formulas_and_none_has_text_of_the_data() -> None:
    workbook = opened(excel.render(sample_document(), table()))
    formulas = [
        (sheet.title, getattr(cell.value, "text", cell.value))
        for sheet in workbook
        for cells in sheet.iter_rows()
        for cell in cells
        if cell.data_type == "f"
    ]
    assert {title for title, _ in formulas} == {"Summary"}
    assert len(formulas) == 5 + 3 * 8 - 2  # choices; a row for all and two months, with two dates
    assert not [f for _, f in formulas for name in ("Checkout", "axb", "1+1)") if name in str(f)]


def test_a_pivot_has_its_columns() -> None:
    (first, *_) = table_of(opened(excel.render(sample_document(), table()))["Deployments"])
    found = {head: cell.value for head, cell in first.items()}
    assert {head: found[head] for head in list(found)[17:27]} == {
        "Period": "2026-08",
        "Month": datetime(2026, 8, 1),
        "Week from": datetime(2026, 7, 30),
        "Weekday": "Monday",
        "Hour": 10,
        "Group": "Web",
        "Environment group": "Production",
        "Failed": 0,
        "Rework": 0,
        "In period": 0,
    }


def test_cells_are_written_as_they_are() -> None:
    cells = [FormulaCell("<a>", 1), None, FormulaCell(2.5, 3, "SUM(A1:A2)<3", array=True)]
    assert bytes(rows_xml([cells, []], 7)) == (
        b'<row r="7"><c r="A7" s="1" t="inlineStr"><is><t xml:space="preserve">&lt;a&gt;</t></is>'
        b"</c>"
        b'<c r="C7" s="3"><f t="array" ref="C7">SUM(A1:A2)&lt;3</f><v>2.5</v></c></row>'
    )
