"""The rows of a workbook from a file: a batch at a time, and the bytes that a table gives."""

from pathlib import Path

import pandas as pd
import pytest

from insights_reports.formats.excel import render as excel
from insights_reports.formats.excel import rows
from insights_reports.formats.excel.choices import CHOSEN_BY
from insights_reports.formats.excel.rows import RowsFile
from insights_reports.formats.excel.summary import MEASURED
from tests.documents import sample_document
from tests.formats.workbooks import deployments


def table(count: int) -> pd.DataFrame:
    """Projects come and go, so that batches differ in their categories; some names are hidden."""
    return deployments(
        *(
            {
                "project_id": f"Projects-{n // 2}",
                "project_name": None if n % 3 == 0 else f"Project {n // 2}",
                "release_version": f"1.{n}",
                "tenant_id": "Tenants-1" if n % 4 == 1 else None,
                "previous_successful_id": f"Deployments-{n}" if n % 2 else None,
            }
            for n in range(count)
        )
    )


def kept(frame: pd.DataFrame, folder: Path) -> RowsFile:
    path = folder / "workbook.parquet"
    frame.to_parquet(path)
    return RowsFile(path)


@pytest.mark.parametrize("most_rows", [excel.MOST_ROWS, 13])
@pytest.mark.parametrize("count", [1, 4, 11])
def test_a_file_makes_the_bytes_of_its_table(
    count: int, most_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a sheet ends within a batch: five rows a sheet, four a batch."""
    monkeypatch.setattr(rows, "_BATCH", 4)
    frame, document = table(count), sample_document()
    expected = excel.render(document, frame, most_rows=most_rows)
    assert excel.render(document, kept(frame, tmp_path), most_rows=most_rows) == expected


def test_the_rows_of_a_file_come_in_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_BATCH", 4)
    file = kept(table(11), tmp_path)
    assert [len(batch) for batch in file.batches(0, 11)] == [4, 4, 3]
    found = [batch["release_version"].tolist() for batch in file.batches(3, 9)]
    assert found == [["1.3"], ["1.4", "1.5", "1.6", "1.7"], ["1.8"]]


def test_of_all_rows_only_what_choices_and_figures_are_made_of_is_read(tmp_path: Path) -> None:
    """Ids and versions, which take most of the memory, come in batches alone."""
    asked: list[str] = []

    class Noted(RowsFile):
        def __getitem__(self, columns: list[str]) -> pd.DataFrame:
            asked.extend(columns)
            return super().__getitem__(columns)

    kept(table(11), tmp_path)
    excel.render(sample_document(), Noted(tmp_path / "workbook.parquet"))
    assert sorted(asked) == sorted({*CHOSEN_BY, *MEASURED})
    assert not {"deployment_id", "previous_successful_id", "release_version"} & set(asked)
