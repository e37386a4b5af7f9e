"""When two editions say the same to their reader."""

import dataclasses
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from insights_reports.crosscheck import CrossCheck
from insights_reports.edition import compose, edition_digest
from insights_reports.edition.digest import figure_parts, same_figures
from insights_reports.edition.settings import Settings, SliceTargets
from insights_reports.edition.values import Metric, Name, Status
from insights_reports.metrics import Conventions
from tests.edition.inputs import HOUR, company, deployment, inputs, settings
from tests.metrics.reference import Row
from tests.typed import number

ROWS = company(300)
WANTED = settings(splits=("Project",))


def digest(rows: list[Row] = ROWS, wanted: Settings = WANTED, **changes: Any) -> str:
    return edition_digest(compose(inputs(rows, **changes), wanted))


@cache
def first() -> str:
    return digest()


def test_it_is_a_sha_256_and_the_same_for_the_same_inputs() -> None:
    assert len(first()) == 64
    assert int(first(), 16)
    assert digest() == first()


@pytest.mark.parametrize(
    "changes",
    [
        {"generated": datetime(2026, 10, 2, tzinfo=UTC)},
        {"as_of": datetime(2026, 10, 9, 4, tzinfo=UTC)},
        {"trigger": "retry"},
        {"revision": 2},
        {"status": Status.REVISED},
        {"account": Name("another", "Users-2")},
        {"check": CrossCheck(figures=999, agrees=999, differs=0, explained=0, not_comparable=0)},
    ],
)
def test_when_how_and_as_what_it_was_made_is_not_what_it_says(changes: dict[str, Any]) -> None:
    assert digest(**changes) == first()


def test_deployments_after_the_period_do_not_change_it() -> None:
    later = deployment(90001, datetime(2026, 10, 2, tzinfo=UTC), project_name="Project 1")
    assert digest([*ROWS, later], as_of=datetime(2026, 10, 3, 4, tzinfo=UTC)) == first()


@pytest.mark.parametrize(
    "changes",
    [
        {"period": "2026-08"},
        {"report_name": "Another report"},
        {"check": CrossCheck(figures=310, agrees=309, differs=1, explained=0, not_comparable=0)},
    ],
)
def test_another_period_report_or_verdict_changes_it(changes: dict[str, Any]) -> None:
    assert digest(**changes) != first()


def test_one_deployment_more_or_one_tick_changes_it() -> None:
    more = deployment(90001, datetime(2026, 9, 30, tzinfo=UTC), lead_time=HOUR)
    assert digest([*ROWS, more]) != first()
    last = max(
        n
        for n, row in enumerate(ROWS)
        if row.lead_time and number(row.completed) < number(more.completed)
    )
    slower = [*ROWS]
    slower[last] = dataclasses.replace(slower[last], lead_time=10**15)
    assert digest(slower) != first()


@pytest.mark.parametrize("change", [{"language": "de"}, {"paper": "Letter"}])
def test_how_it_looks_is_content_but_no_figure(change: dict[str, Any]) -> None:
    wanted = settings(splits=("Project",), **change)
    assert digest(wanted=wanted) != first()
    assert same_figures(parts(wanted=wanted), parts())


def test_what_else_decides_on_the_looks_is_content() -> None:
    documents = compose(inputs(ROWS), WANTED)
    assert edition_digest(documents, ["pdf"]) != edition_digest(documents, ["html", "pdf"])


def parts(rows: Any = ROWS, wanted: Any = WANTED, **changes: Any) -> dict[str, str]:
    return figure_parts(compose(inputs(rows, **changes), wanted))


@pytest.mark.parametrize(
    "changes",
    [
        {"splits": ("Project", "Environment")},
        {"splits": ()},
        {"language": "de", "paper": "Letter", "top": 1},
        {"layout": "one"},
        {"targets": {Metric.LEAD_TIME: 24 * HOUR, Metric.FAILURE_RATE: 0.05}},
        {"slice_targets": (SliceTargets("Project", "Project 1", {Metric.FAILURE_RATE: 0.05}),)},
        {"bands": "dora-2024"},
    ],
)
def test_other_settings_are_the_same_figures(changes: Any) -> None:
    other = parts(wanted=settings(**{"splits": ("Project",), **changes}))
    assert same_figures(parts(), other)


def test_one_deployment_more_another_convention_or_another_period_are_other_figures() -> None:
    more = deployment(90001, datetime(2026, 9, 30, tzinfo=UTC), lead_time=HOUR)
    failed = Conventions(count_as_failed=frozenset({"Canceled"}))
    assert not same_figures(parts(), parts([*ROWS, more]))
    assert not same_figures(parts(), parts(wanted=settings(splits=(), conventions=failed)))
    assert not same_figures(parts(), parts(period="2026-08"))
    assert not same_figures({}, parts())
