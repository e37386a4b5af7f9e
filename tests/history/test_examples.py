"""The examples of docs/history.md, carried out on a history as a run leaves it."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from insights_reports.history.deployments import LocalFolder, merge
from tests.history.tables import HOUR, pull, row, table

PAGE = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
FOLDER = "state/history/server/spaces-1/insightsreports-1"
ROWS = (
    row(1, "2026-08-10", lead_time=2 * HOUR),
    row(2, "2026-08-11", lead_time=4 * HOUR, task_state="Failed"),
    row(3, "2026-09-10", lead_time=HOUR),
    row(4, "2026-09-11", lead_time=99 * HOUR),
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three deployments, and one that vanished."""
    monkeypatch.chdir(tmp_path)
    store = LocalFolder(tmp_path / FOLDER)
    merge(table(*ROWS), store, pull("p1", "2026-10-01"))
    merge(table(*ROWS[:3]), store, pull("p2", "2026-10-02"))


def test_pandas_reads_what_is_there() -> None:
    code = re.sub(r"state/history/[^\"]*/current", f"{FOLDER}/current", blocks("python")[0])
    names: dict[str, Any] = {}
    exec(code, names)
    assert sorted(names["deployments"]["deployment_id"]) == [f"Deployments-{n}" for n in (1, 2, 3)]


def test_duckdb_gives_the_median_lead_time_of_each_month() -> None:
    answer = duckdb.sql(blocks("sql")[0].rstrip("\n;")).fetchall()
    assert [(f"{month:%Y-%m}", hours) for month, hours in answer] == [
        ("2026-08", 3.0),
        ("2026-09", 1.0),
    ]


def test_duckdb_gives_the_failures_of_each_week() -> None:
    answer = duckdb.sql(blocks("sql")[1].rstrip("\n;")).fetchall()
    assert [(f"{week:%Y-%m-%d}", *rest[1:]) for week, *rest in answer] == [
        ("2026-08-10", 2, 0.5),
        ("2026-09-07", 1, 0.0),
    ]
