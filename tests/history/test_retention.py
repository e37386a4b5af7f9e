"""Forgetting by age: whole months before a border that the newest pull sets, and nothing else."""

from pathlib import Path

import pytest

from insights_reports.history.deployments import (
    Forgotten,
    LocalFolder,
    forget,
    known_from,
    merge,
    read,
    verify,
)
from insights_reports.history.deployments.manifest import fetch
from tests.history.tables import at, pull, row, table

ALWAYS = (at("2000-01-01"), at("2100-01-01"))
ROWS = table(*(row(n, f"2025-{n:02}-10") for n in range(1, 13)), row(13, "2026-09-10"))


@pytest.fixture
def store(tmp_path: Path) -> LocalFolder:
    store = LocalFolder(tmp_path / "history")
    merge(ROWS, store, pull("p1", "2026-10-14", start="2025-01-01"))
    return store


def test_the_newest_month_and_those_before_it_stay(store: LocalFolder) -> None:
    """The pull ends in October 2026: fourteen months before it begin with August 2025."""
    assert forget(store, 14) == Forgotten(tuple(f"2025-{n:02}" for n in range(1, 8)), 7)
    assert [*read(store, *ALWAYS)["deployment_id"]] == [f"Deployments-{n}" for n in range(8, 14)]
    assert forget(store, 14) == Forgotten()
    assert {p.stem for p in (store.path / "current").iterdir()} == set(fetch(store)[0].months)
    assert verify(store) == []


def test_what_is_covered_begins_with_the_first_month_that_stays(store: LocalFolder) -> None:
    assert known_from(store, "all", at("2026-10-01")) == at("2025-01-01")
    forget(store, 14)
    assert known_from(store, "all", at("2026-10-01")) == at("2025-08-01")


def test_files_stay_for_a_day_and_go_with_a_later_merge(store: LocalFolder) -> None:
    forget(store, 14)
    assert (store.path / "data/2025-01").is_dir()
    later = pull("p2", "2026-10-15", start="2025-10-01")
    merge(ROWS[9:], store, later, swept_at=at("2027-01-01"))
    assert not list((store.path / "data/2025-01").iterdir())


def test_a_merge_after_it_judges_as_before(store: LocalFolder) -> None:
    forget(store, 14)
    later = pull("p2", "2026-11-14", start="2025-11-01")
    assert merge(ROWS[10:], store, later).months == ()
    assert len(read(store, *ALWAYS)) == 6


def test_a_history_without_a_pull_has_nothing_to_forget(tmp_path: Path) -> None:
    assert forget(LocalFolder(tmp_path), 14) == Forgotten()


def test_another_merge_meanwhile_is_not_lost(store: LocalFolder) -> None:
    class Slow(LocalFolder):
        raced = False

        def swap(self, name: str, content: bytes, before: bytes | None) -> bool:
            if not self.raced:
                self.raced = True
                rows = table(*(row(n, f"2025-{n:02}-10") for n in (11, 12)), row(14, "2026-10-01"))
                merge(rows, store, pull("q", "2026-10-15", start="2025-10-01"))
            return super().swap(name, content, before)

    assert len(forget(Slow(store.path), 14).months) == 7
    assert "Deployments-14" in [*read(store, *ALWAYS)["deployment_id"]]
