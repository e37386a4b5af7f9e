"""The deployments in the workbook: typed, all of them, in the columns of Octopus's CSV download."""

import os
import re
import time
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openxml_audit import OpenXmlValidator, ValidationSeverity
from pypdf import PdfReader

from insights_reports.formats.excel import render as excel
from insights_reports.formats.excel.export import deployments_workbook
from tests.documents import identity, phrase, sample_document
from tests.edition.edges import EDGES
from tests.formats.office import HAS_OFFICE, convert
from tests.formats.workbooks import cells, charts, deployments, opened, table_of
from tests.typed import the

# csv-download.md of Octopus's documentation
OCTOPUS_COLUMNS = [
    "Deployment",
    "Project",
    "Release",
    "Channel",
    "Completed (Australia/Brisbane)",
    "Environment",
    "Tenant",
    "State",
    "Had guided failure",
    "Lead time (hours)",
    "Lead time calculated from",
    "Since previous successful (hours)",
    "Previous successful",
    "Time to recovery (hours)",
    "Deployments until recovery",
    "Recovery from",
    "Recovery from version",
]


def rows_of(table: pd.DataFrame, **changes: Any) -> list[dict[str, Any]]:
    workbook = opened(excel.render(sample_document(**changes), table))
    return table_of(workbook["Deployments"])


def values(row: dict[str, Any]) -> dict[str, Any]:
    return {head: cell.value for head, cell in row.items()}


def test_a_full_row() -> None:
    (row,) = rows_of(
        deployments(
            {
                "tenant_id": "Tenants-1",
                "tenant_name": "Australia East",
                "had_guided_failure": True,
                "lead_time": timedelta(hours=26, minutes=12, seconds=39.41517),
                "time_since_previous": timedelta(minutes=1),
                "time_to_recovery": timedelta(hours=5),
                "deployments_until_recovery": 2.0,
                "lead_time_from_version": "2026.9.0",
                "previous_successful_id": "Deployments-9",
                "recovered_from_id": "Deployments-10",
                "recovered_from_version": "2026.8.9",
            }
        )
    )
    assert list(row)[:17] == OCTOPUS_COLUMNS
    found = values(row)
    assert found["Deployment"] == "Deployments-1"
    assert found["Completed (Australia/Brisbane)"] == datetime(2026, 9, 2, 0, 28, 15)
    assert found["Completed (UTC)"] == datetime(2026, 9, 1, 14, 28, 15)
    assert found["Tenant"] == "Australia East"
    assert found["Had guided failure"] is True
    assert found["Lead time (hours)"] == pytest.approx(26 + 12 / 60 + 39.41517 / 3600, rel=1e-12)
    assert found["Since previous successful (hours)"] == pytest.approx(1 / 60, rel=1e-12)
    assert found["Time to recovery (hours)"] == 5
    assert found["Deployments until recovery"] == 2
    assert found["Previous successful"] == "Deployments-9"
    assert found["Recovery from"] == "Deployments-10"
    assert found["Recovery from version"] == "2026.8.9"
    assert [found[f"{thing} id"] for thing in ("Project", "Channel", "Environment", "Tenant")] == [
        "Projects-1",
        "Channels-1",
        "Environments-1",
        "Tenants-1",
    ]


def test_null_is_an_empty_cell_and_not_zero() -> None:
    found = values(rows_of(deployments({}))[0])
    assert found["Lead time (hours)"] is None
    assert found["Deployments until recovery"] is None
    assert found["Previous successful"] is None
    assert found["Had guided failure"] is False
    assert found["Tenant"] == "Untenanted"
    assert found["Tenant id"] is None


def test_a_name_that_may_not_be_seen_is_not_the_untenanted_one() -> None:
    table = deployments({"project_name": None, "tenant_id": "Tenants-7", "tenant_name": None})
    found = values(rows_of(table)[0])
    assert found["Project"] == "Restricted (Projects-1)"
    assert found["Tenant"] == "Restricted (Tenants-7)"


def test_a_lead_time_is_hours_also_where_it_is_negative() -> None:
    table = deployments({"lead_time": timedelta(hours=-6)}, {"lead_time": timedelta(hours=12)})
    cells = [row["Lead time (hours)"] for row in rows_of(table)]
    assert [cell.value for cell in cells] == [-6, 12]
    assert {cell.number_format for cell in cells} == {'#,##0.00" h";-#,##0.00" h"'}


def test_local_times_follow_the_zone_through_a_change_of_the_clock() -> None:
    berlin = sample_document(identity=replace(identity(phrase("scope.all")), zone="Europe/Berlin"))
    table = deployments(
        {"completed": datetime(2026, 10, 25, 0, 30)}, {"completed": datetime(2026, 10, 25, 1, 30)}
    )
    rows = table_of(opened(excel.render(berlin, table))["Deployments"])
    assert [the(datetime, row["Completed (Europe/Berlin)"].value).hour for row in rows] == [2, 2]
    assert [the(datetime, row["Completed (UTC)"].value).hour for row in rows] == [0, 1]


def test_more_rows_than_a_sheet_holds_go_on_in_the_next() -> None:
    table = deployments(*[{}] * 25)
    workbook = opened(excel.render(sample_document(), table, most_rows=18))
    names = ["Deployments", "Deployments 2", "Deployments 3"]
    assert workbook.sheetnames[-4:-1] == names
    ids = [row["Deployment"].value for name in names for row in table_of(workbook[name])]
    assert ids == [f"Deployments-{number}" for number in range(1, 26)]
    assert all(workbook[name].max_row <= 18 for name in names)
    contents = [row["Sheet"].value for row in table_of(workbook["Contents"])]
    assert contents[-4:-1] == names


def test_the_order_of_the_rows_and_a_filter_on_them_are_kept() -> None:
    table = deployments(*[{"release_version": f"1.{n}"} for n in range(9)]).iloc[[7, 2, 5]]
    assert [row["Release"].value for row in rows_of(table)] == ["1.7", "1.2", "1.5"]


SHORT = sample_document(tiles=(), findings=(), sections=(), overview=())
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
spans = st.one_of(
    st.none(), st.timedeltas(timedelta(days=-400), timedelta(days=400)).map(pd.Timedelta)
)


@settings(max_examples=500 if "THOROUGH" in os.environ else 8)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "project_name": names,
                "release_version": names,
                "previous_successful_id": st.one_of(st.none(), names),
                "lead_time": spans,
                "completed": st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_read_back_is_what_was_given(rows: list[dict[str, Any]]) -> None:
    workbook = opened(excel.render(SHORT, deployments(*rows)))
    sheet = workbook["Deployments"]
    assert all(cell.data_type not in ("f", "e") for cell in cells(workbook, without="Summary"))
    found = table_of(sheet)
    assert len(found) == len(rows)
    for row, given_row in zip(found, rows, strict=True):
        hours, lead_time = row["Lead time (hours)"].value, given_row["lead_time"]
        if lead_time is None:
            assert hours is None
        else:
            assert hours == pytest.approx(lead_time.total_seconds() / 3600, abs=1e-9)
        shift = abs(row["Completed (UTC)"].value - given_row["completed"])
        assert shift < timedelta(milliseconds=1)
        if given_row["release_version"].isalnum():
            assert row["Release"].value == given_row["release_version"]


def test_deployments_alone_bear_the_date_of_the_last_and_are_the_same_bytes_each_time() -> None:
    table = deployments(
        {"completed": datetime(2026, 9, 2, 8, 30, 15)}, {}
    )  # the other: 1 September
    content = deployments_workbook(table, "Europe/Berlin")
    time.sleep(1.1)  # the dates of a workbook are whole seconds
    assert deployments_workbook(table, "Europe/Berlin") == content
    properties = opened(content).properties
    assert properties.created == properties.modified == datetime(2026, 9, 2, 8, 30, 15)
    assert properties.creator == "Insights Reports"
    assert len(table_rows(content)) == 3
    assert len(table_rows(deployments_workbook(table.iloc[:0], "Europe/Berlin"))) == 1


def table_rows(content: bytes) -> list[tuple[Any, ...]]:
    return list(opened(content)["Deployments"].iter_rows(values_only=True))


@pytest.mark.slow
@pytest.mark.office
@HAS_OFFICE
def test_it_prints_a_page_wide_with_heads_and_ids_on_each(tmp_path: Path) -> None:
    """120 rows: all 32 columns beside each other would be three times as many pages."""
    (source := tmp_path / "book.xlsx").write_bytes(excel.render(SHORT, deployments(*[{}] * 120)))
    sheet = load_workbook(source)["Deployments"]
    assert sheet.print_area == f"'Deployments'!$A$1:$J${sheet.max_row}"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    (printed,) = convert([source], "pdf", tmp_path)
    pages = [page.extract_text() for page in PdfReader(printed).pages]
    rows = [page for page in pages if " Checkout " in page]
    assert len(rows) < 6
    assert [page for page in rows if "Lead time" not in page or "Tenant" not in page] == []
    found = [int(n) for page in rows for n in re.findall(r"Deployments-(\d+) Checkout", page)]
    assert found == list(range(1, 121))


@pytest.mark.office
@HAS_OFFICE
def test_libreoffice_opens_and_recalculates_it(tmp_path: Path) -> None:
    table = deployments(
        {"project_name": "=1+1", "lead_time": timedelta(hours=-6)},
        {"project_name": "#N/A", "lead_time": timedelta(hours=30)},
    )
    source = tmp_path / "edition.xlsx"
    source.write_bytes(excel.render(sample_document(), table))
    (own,) = convert([source], "ods:calc8", tmp_path)
    (again := tmp_path / "again").mkdir()
    back = load_workbook(convert([own], "xlsx", again)[0])
    rows = list(back["Deployments"].values)
    head = next(i for i, row in enumerate(rows) if row[0] == "Deployment")
    assert [row[1] for row in rows[head + 1 :]] == ["=1+1", "#N/A"]
    assert [row[9] for row in rows[head + 1 :]] == [-6, 30]
    assert back.sheetnames == opened(source.read_bytes()).sheetnames
    assert sum(len(charts(sheet)) for sheet in back) == 7


@pytest.mark.slow
@pytest.mark.skipif("THOROUGH" not in os.environ, reason="set THOROUGH=1 for the long tests")
def test_the_rows_are_written_faster_than_by_xlsxwriter() -> None:
    """The promise is 1.5 times XlsxWriter's constant_memory mode, per row."""
    xlsxwriter = pytest.importorskip("xlsxwriter")
    one = deployments(*[{"lead_time": timedelta(hours=h)} for h in range(100)])
    table = pd.concat([one] * 200, ignore_index=True)
    begin = time.process_time()
    excel.render(sample_document(), table)
    ours = time.process_time() - begin
    begin = time.process_time()
    workbook = xlsxwriter.Workbook(os.devnull, {"constant_memory": True, "nan_inf_to_errors": True})
    sheet = workbook.add_worksheet()
    plain = table.drop(columns=["completed"]).astype(object).replace({np.nan: None, pd.NaT: None})
    for number, row in enumerate(plain.itertuples(index=False)):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    workbook.close()
    assert ours <= 1.5 * (time.process_time() - begin)


def said_by_the_schema(content: bytes, folder: Path) -> list[str]:
    """What is against ECMA-376 and the rules of Microsoft's Open XML SDK."""
    path = folder / "workbook.xlsx"
    path.write_bytes(content)
    found = OpenXmlValidator(max_errors=0).validate(path).errors
    return [str(each) for each in found if each.severity is ValidationSeverity.ERROR]


@pytest.mark.slow
def test_the_schema_allows_all_that_stands_in_a_workbook(tmp_path: Path) -> None:
    table = deployments(
        {"project_name": "=1+1", "lead_time": timedelta(hours=-6)},
        {"project_name": "#N/A", "lead_time": timedelta(hours=30)},
    )
    for content in (
        excel.render(sample_document(), table),
        excel.render(EDGES["hostile"](), table.iloc[:0]),
        excel.render(sample_document(), table, most_rows=9),
        deployments_workbook(table, "Europe/Berlin"),
    ):
        assert said_by_the_schema(content, tmp_path) == []


def test_the_schema_is_looked_at(tmp_path: Path) -> None:
    content = deployments_workbook(deployments({}), "Europe/Berlin")
    with ZipFile(BytesIO(content)) as book, ZipFile(target := BytesIO(), "w") as broken:
        for name in book.namelist():
            broken.writestr(name, book.read(name).replace(b"<sheetData>", b"<sheetData><b/>"))
    assert said_by_the_schema(target.getvalue(), tmp_path) != []
