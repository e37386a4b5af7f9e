"""The gallery's histories and configuration: what each kind is called is what it is."""

import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from insights_reports.config.file import load_config
from insights_reports.server import import_file

SCRIPTS = Path(__file__).parents[1] / "scripts"
HISTORIES: dict[str, Any] = runpy.run_path(str(SCRIPTS / "gallery_histories.py"))
KINDS = HISTORIES["KINDS"]


def failed(facts: list[Any], month: str) -> float:
    """The share of a month's deployments that failed."""
    of = Counter(fact.succeeded for fact in facts if f"{fact.completed:%Y-%m}" == month)
    return of[False] / of.total()


def test_the_kinds_are_what_they_are_called() -> None:
    drawn = {name: HISTORIES["draw"](kind) for name, kind in KINDS.items()}
    assert failed(drawn["bad"], "2026-09") > 2 * failed(drawn["bad"], "2026-08")
    assert failed(drawn["good"], "2026-09") < failed(drawn["good"], "2026-08") / 2
    assert len(drawn["few"]) < 60  # in thirteen months
    big = drawn["big"]
    assert len({fact.project for fact in big}) > 50
    assert len({fact.tenant for fact in big}) > 250
    assert len(big) > 20_000
    assert HISTORIES["draw"](KINDS["few"]) == drawn["few"]  # the same each time


@pytest.mark.parametrize("kind", ["few", "bad"])
def test_a_history_can_be_imported_and_holds_no_contradiction(kind: str, tmp_path: Path) -> None:
    facts = HISTORIES["draw"](KINDS[kind])
    HISTORIES["write"](facts, tmp_path / "a.csv")
    found = import_file(tmp_path / "a.csv", tmp_path / "a.sqlite", time_zone="Europe/Berlin")
    assert found.deployments == len(facts)
    assert (found.left_out, found.repeated, found.without_zone) == (0, 0, 0)


def test_the_subscriptions_are_valid_and_of_every_kind(tmp_path: Path) -> None:
    text = (SCRIPTS / "gallery.yaml").read_text(encoding="utf-8").replace("GALLERY", "out")
    (tmp_path / "gallery.yaml").write_text(text, encoding="utf-8")
    found = load_config(tmp_path / "gallery.yaml").subscriptions
    assert {name.partition("-")[0] for name in found} == {*KINDS, "company", "wrong"}
    assert {each.every for each in found.values()} == {"week", "month", "quarter", "year"}
    assert {each.language for each in found.values()} == {"en", "de"}
