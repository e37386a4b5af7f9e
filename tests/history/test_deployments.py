"""The history, rule by rule: what a merge keeps, marks, moves and leaves alone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from insights_reports.errors import HistoryError
from insights_reports.history.deployments import (
    LocalFolder,
    MergeResult,
    Owner,
    PullEntry,
    known_from,
    merge,
    read,
    verify,
    with_history,
)
from insights_reports.metrics import Granularity, Lookups, Split, figures
from tests.history.tables import HOUR, at, pull, row, table
from tests.metrics.reference import Row

ALWAYS = (at("2000-01-01"), at("2100-01-01"))
AUGUST, SEPTEMBER = row(1, "2026-08-10"), row(2, "2026-09-10")
FIRST = pull("p1", "2026-10-01")
SECOND = pull("p2", "2026-10-02")


@pytest.fixture
def store(tmp_path: Path) -> LocalFolder:
    return LocalFolder(tmp_path / "history")


def states(store: LocalFolder, when: str | None = None) -> dict[str, str]:
    found = read(store, *ALWAYS, at(when) if when else None)
    return dict(zip(found["deployment_id"], found["task_state"], strict=True))


def test_what_is_merged_is_read_back_to_the_tick(store: LocalFolder) -> None:
    exact = row(
        3,
        "2026-09-30T23:59",
        lead_time=-17 * HOUR - 1,
        time_to_recovery=3,
        deployments_until_recovery=2,
        tenant_id="Tenants-1",
        tenant_name=None,
        had_guided_failure=True,
        stream=1,
    )
    rows = table(AUGUST, SEPTEMBER, exact)
    assert merge(rows, store, FIRST) == MergeResult(added=3, months=("2026-08", "2026-09"))
    found = read(store, *ALWAYS)
    pd.testing.assert_frame_equal(found.astype(object), rows.astype(object), check_dtype=False)
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        name: str(dtype) for name, dtype in rows.dtypes.items()
    } | {"stream": "int32"}
    assert verify(store) == []


def test_the_range_that_is_read_is_half_open(store: LocalFolder) -> None:
    merge(
        table(row(1, "2026-09-01"), row(2, "2026-09-30T23:59"), row(3, "2026-10-01")), store, SECOND
    )
    assert [*read(store, at("2026-09-01"), at("2026-10-01"))["deployment_id"]] == [
        "Deployments-1",
        "Deployments-2",
    ]


def year() -> Iterator[Row]:
    """Two deployments a day from October on, in the order of a pull: project after project."""
    random = np.random.default_rng(7)
    for number in range(730):
        project, day = number // 365, number % 365
        failed = random.random() < 0.2
        yield row(
            number,
            (datetime(2025, 10, 1, 12, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%dT%H"),
            stream=project,
            project_id=f"Projects-{project}",
            project_name=f"Project {project}",
            task_state="Failed" if failed else "Success",
            lead_time=int(random.lognormal(3, 2) * HOUR),
            time_to_recovery=None if failed else int(random.integers(1, 90 * HOUR)),
            had_guided_failure=random.random() < 0.1,
        )


@pytest.mark.parametrize("granularity", ["Monthly", "Weekly"])
@pytest.mark.parametrize("split", ["None", "Project"])
def test_a_years_figures_are_those_of_the_pull(
    store: LocalFolder, granularity: Granularity, split: Split
) -> None:
    pulled = table(*year())
    earlier = pulled["completed"] < at("2026-04-01")
    merge(pulled[earlier].reset_index(drop=True), store, pull("p0", "2026-04-01"))
    merge(pulled, store, FIRST)
    of_pull, of_history = (
        figures(
            deployments,
            split=split,
            zone=UTC,
            start=date(2025, 10, 1),
            end=date(2026, 10, 1),
            granularity=granularity,
            lookups=Lookups(),
        )
        for deployments in (pulled, read(store, at("2025-10-01"), at("2026-10-01")))
    )
    assert len(of_pull) >= 12
    pd.testing.assert_frame_equal(of_history, of_pull)


def test_months_that_say_the_same_are_left_alone_in_whatever_order(store: LocalFolder) -> None:
    merge(table(AUGUST, SEPTEMBER), store, FIRST)
    files = {path: path.stat().st_mtime_ns for path in store.path.rglob("*.parquet")}
    assert merge(table(SEPTEMBER, AUGUST), store, SECOND) == MergeResult()
    assert {path: path.stat().st_mtime_ns for path in store.path.rglob("*.parquet")} == files


def test_an_edited_state_is_a_change_and_the_version_before_is_kept(store: LocalFolder) -> None:
    merge(table(AUGUST, SEPTEMBER), store, FIRST)
    edited = row(2, "2026-09-10", task_state="Failed")
    result = merge(table(AUGUST, edited), store, SECOND)
    assert result == MergeResult(edited=1, months=("2026-09",))
    assert states(store)["Deployments-2"] == "Failed"
    assert states(store, "2026-10-01T12:00")["Deployments-2"] == "Success"
    assert states(store, "2026-10-02")["Deployments-2"] == "Failed"
    assert states(store, "2026-09-30") == {}


def test_what_vanished_is_kept_and_marked_and_may_return(store: LocalFolder) -> None:
    merge(table(AUGUST, SEPTEMBER), store, FIRST)
    assert merge(table(AUGUST), store, SECOND) == MergeResult(vanished=1, months=("2026-09",))
    assert [*states(store)] == ["Deployments-1"]
    assert [*states(store, "2026-10-01T12:00")] == ["Deployments-1", "Deployments-2"]
    (marked,) = pq.read_table(store.path / "current" / "2026-09.parquet").to_pylist()
    assert (marked["first_seen"], marked["vanished_at"]) == (FIRST.end, SECOND.end)
    # The pull says the same again: the month differs from it for good, and is skipped all the same.
    assert merge(table(AUGUST), store, pull("p3", "2026-10-03")) == MergeResult()
    again = merge(table(AUGUST, SEPTEMBER), store, pull("p4", "2026-10-04"))
    assert again == MergeResult(returned=1, months=("2026-09",))
    assert [*states(store)] == ["Deployments-1", "Deployments-2"]
    assert [*states(store, "2026-10-03T12:00")] == ["Deployments-1"]


def test_the_first_month_is_cut_so_nothing_vanishes_from_it(store: LocalFolder) -> None:
    merge(table(row(7, "2025-09-30T20:00"), row(2, "2025-10-05"), AUGUST), store, FIRST)
    later = pull("p2", "2026-11-01", start="2025-09-30T22:00")
    assert merge(table(row(2, "2025-10-05"), AUGUST), store, later) == MergeResult()
    assert [*states(store)] == ["Deployments-7", "Deployments-2", "Deployments-1"]


def test_a_completion_that_moves_to_another_month_stands_there_alone(store: LocalFolder) -> None:
    merge(table(AUGUST, SEPTEMBER), store, FIRST)
    moved = row(1, "2026-09-01")
    result = merge(table(moved, SEPTEMBER), store, SECOND)
    assert result == MergeResult(edited=1, months=("2026-08", "2026-09"))
    found = read(store, *ALWAYS)
    assert [*found["deployment_id"]] == ["Deployments-1", "Deployments-2"]
    assert found["completed"].iloc[0] == pd.Timestamp("2026-09-01", tz="UTC")
    before = read(store, at("2026-08-01"), at("2026-09-01"), at("2026-10-01T12:00"))
    assert [*before["deployment_id"]] == ["Deployments-1"]
    assert len(read(store, at("2026-09-01"), at("2026-10-01"), at("2026-10-01T12:00"))) == 1
    rows = pq.read_table(store.path / "current" / "2026-09.parquet").to_pylist()
    assert {r["deployment_id"]: r["first_seen"] for r in rows}["Deployments-1"] == FIRST.end
    assert verify(store) == []


def test_what_vanished_and_comes_back_in_another_month_does_not_stand_twice(
    store: LocalFolder,
) -> None:
    merge(table(AUGUST, SEPTEMBER), store, FIRST)
    merge(table(SEPTEMBER), store, SECOND)
    merge(table(SEPTEMBER, row(1, "2026-09-20")), store, pull("p3", "2026-10-03"))
    assert verify(store) == []
    assert [*states(store)] == ["Deployments-2", "Deployments-1"]


def test_the_same_pull_twice_does_nothing(store: LocalFolder) -> None:
    merge(table(AUGUST), store, FIRST)
    manifest = (store.path / "manifest.json").read_bytes()
    assert merge(table(AUGUST, SEPTEMBER), store, FIRST).known
    assert (store.path / "manifest.json").read_bytes() == manifest


def test_an_older_pull_only_adds_what_is_missing(store: LocalFolder) -> None:
    merge(table(AUGUST, row(2, "2026-09-10", task_state="Failed")), store, SECOND)
    older = pull("p0", "2026-09-15", start="2025-09-01")
    lost, old = row(3, "2026-07-01"), row(4, "2025-09-03")
    assert merge(table(old, lost, SEPTEMBER), store, older) == MergeResult(
        added=2, months=("2025-09", "2026-07")
    )
    # The later pull covers July and does not have it: it had vanished by then.
    assert states(store) == {
        "Deployments-4": "Success",
        "Deployments-1": "Success",
        "Deployments-2": "Failed",
    }
    assert "Deployments-3" in states(store, "2026-09-20")
    assert known_from(store, "all", at("2025-10-01")) == at("2025-09-01")
    assert verify(store) == []


def test_what_is_known_without_a_gap(store: LocalFolder) -> None:
    merge(table(AUGUST), store, pull("a", "2026-10-01", start="2025-09-01"))
    merge(table(AUGUST), store, pull("b", "2027-02-01", start="2026-01-01"))
    assert known_from(store, "all", at("2026-01-01")) == at("2025-09-01")
    merge(table(), store, pull("c", "2029-01-01", start="2028-01-01"))  # a year was missed
    assert known_from(store, "all", at("2028-01-01")) == at("2028-01-01")
    assert known_from(store, "other", at("2028-01-01")) is None


def test_another_scope_begins_anew_and_ends_what_the_one_before_covers(store: LocalFolder) -> None:
    merge(table(AUGUST), store, pull("a", "2026-10-01", start="2025-09-01", scope="old"))
    merge(table(AUGUST), store, pull("b", "2026-11-01", start="2025-10-01", scope="new"))
    assert known_from(store, "new", at("2025-10-01")) == at("2025-10-01")
    assert known_from(store, "old", at("2025-10-01")) == at("2025-09-01")
    assert known_from(store, "old", at("2026-09-01")) is None


def test_a_history_of_another_report_is_refused(store: LocalFolder) -> None:
    merge(table(AUGUST), store, FIRST, owner=Owner("https://a", "Spaces-1"))
    with pytest.raises(HistoryError, match="another report"):
        merge(
            table(AUGUST), store, SECOND, owner=Owner("https://b", "Spaces-1", "InsightsReports-1")
        )


def test_two_at_the_same_time_lose_nothing(store: LocalFolder) -> None:
    """The second has written its files when the first swaps the manifest: it merges again."""
    merge(table(AUGUST), store, FIRST)

    class Slow(LocalFolder):
        raced = False

        def swap(self, name: str, content: bytes, before: bytes | None) -> bool:
            if not self.raced:
                self.raced = True
                merge(table(AUGUST, row(9, "2026-07-01")), store, pull("q", "2026-10-01T12:00"))
            return super().swap(name, content, before)

    merge(table(AUGUST, row(9, "2026-07-01"), SEPTEMBER), Slow(store.path), SECOND)
    assert [*states(store)] == ["Deployments-9", "Deployments-1", "Deployments-2"]
    assert verify(store) == []


def test_a_file_that_was_altered_or_is_missing_is_named(store: LocalFolder) -> None:
    merge(table(AUGUST, SEPTEMBER), store, FIRST)
    august, september = sorted((store.path / "data").rglob("*.parquet"))
    august.unlink()
    content = bytearray(september.read_bytes())
    content[50] ^= 1
    september.unlink()  # the hard link in current/ stays as it was
    september.write_bytes(content)
    assert [each.partition(": ")[0] for each in verify(store)] == [str(august), str(september)]
    with pytest.raises(HistoryError, match="missing"):
        read(store, *ALWAYS)


def test_a_newer_layout_is_refused_by_name(store: LocalFolder) -> None:
    merge(table(AUGUST), store, FIRST)
    path = store.path / "manifest.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(HistoryError, match="newer version"):
        read(store, *ALWAYS)


def test_older_deployments_come_first_and_the_pull_has_the_word() -> None:
    older = table(
        row(1, "2024-10-01", project_name="Old name", release_version="0.9"),
        row(2, "2026-09-10", task_state="Failed"),
        row(3, "2024-11-01", project_id="Projects-2", project_name="Gone"),
    )
    new = table(row(2, "2026-09-10"), row(4, "2026-09-11", tenant_id="Tenants-1"))
    found = with_history(new, older)
    assert [*found["deployment_id"]] == [f"Deployments-{n}" for n in (1, 3, 2, 4)]
    assert [*found["project_name"]] == ["Shop", "Gone", "Shop", "Shop"]
    assert [*found["task_state"]] == ["Success"] * 4
    assert {n: str(t) for n, t in found.dtypes.items()} == {
        n: str(t) for n, t in new.dtypes.items()
    }
    assert with_history(new, older.iloc[:0]) is new


def test_only_its_owner_may_read_it(store: LocalFolder) -> None:
    merge(table(AUGUST), store, PullEntry("p", at("2025-10-01"), at("2026-10-01")))
    modes = {path.stat().st_mode & 0o777 for path in store.path.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {p.stat().st_mode & 0o777 for p in (store.path, store.path / "data")} == {0o700}
