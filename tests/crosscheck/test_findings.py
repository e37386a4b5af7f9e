"""Differences of one kind are one finding, named as what it is: each rule in both directions."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from insights_reports.commands.cross_check_text import report_lines
from insights_reports.crosscheck.findings import differences, findings
from insights_reports.spelling.figures import POSITION, is_null

from .conftest import check
from .server import all_replies

RATE = ("DeploymentFailureRate", "Rate")
QUESTION = ("Project", None, "LastYear", "Monthly")


@pytest.fixture(scope="module")
def table(checker: Any) -> Any:
    return next(one for one in checker.tables if one.source == _asked(checker, QUESTION))


def _asked(checker: Any, question: Any) -> Any:
    return next(
        one.source
        for one in checker.tables
        if (one.source.split, one.source.tag_set, one.source.time_range, one.source.granularity)
        == question
    )


def changed(one: Any, changes: Any) -> Any:
    """The table with columns made anew: {(metric, statistic): function of the column}."""
    columns = list(one.columns)
    for name, change in changes.items():
        column = columns[POSITION[name]]
        columns[POSITION[name]] = np.where(is_null(column), column, change(column)).astype(
            column.dtype
        )
    return replace(one, columns=tuple(columns))


def of(checker: Any, *tables: Any) -> Any:
    week_start = checker.inferred.conventions.week_start
    judged = [checker.judge(one) for one in tables]
    return findings([each for one in judged for each in differences(one, week_start)])


@pytest.mark.parametrize("factor", [1.13, 0.87, 2.0, 100.0])
def test_a_constant_factor(checker: Any, table: Any, factor: Any) -> None:
    (found,) = of(checker, changed(table, {RATE: lambda rates: np.round(rates * factor, 5)}))
    assert (found.kind, found.metric, found.statistic) == ("constant factor", *RATE)
    assert found.amount == pytest.approx(factor, rel=1e-4)
    assert found.count == found.compared > 20
    assert found.facts["direction"] == ("above" if factor > 1 else "below")


@pytest.mark.parametrize("seconds", [3600, -60])
def test_a_constant_offset_of_all_statistics(checker: Any, table: Any, seconds: Any) -> None:
    names = [("LeadTime", name) for name in ("Mean", "Median", "Min", "Max", "NinetyFifth")]
    ticks = seconds * 10_000_000
    (found,) = of(checker, changed(table, dict.fromkeys(names, lambda column: column + ticks)))
    assert (found.kind, found.metric, found.statistic) == ("constant offset", "LeadTime", None)
    assert found.amount == ticks
    assert found.to_json()["offset"] == ("1:00:00.0" if seconds > 0 else "-0:01:00.0")


@pytest.mark.parametrize(("one", "other"), [("Median", "Mean"), ("Max", "NinetyFifth")])
def test_another_statistic(checker: Any, table: Any, one: Any, other: Any) -> None:
    swapped = list(table.columns)
    swapped[POSITION["LeadTime", one]] = table.columns[POSITION["LeadTime", other]]
    (found,) = of(checker, replace(table, columns=tuple(swapped)))
    assert (found.kind, found.metric, found.statistic) == ("other statistic", "LeadTime", one)
    assert found.other == other


@pytest.mark.parametrize("step", [1, -1])
def test_intervals_that_are_shifted(checker: Any, step: Any) -> None:
    daily = next(
        one
        for one in checker.tables
        if one.source == _asked(checker, ("None", None, "LastYear", "Daily"))
    )
    found = of(checker, replace(daily, start=daily.start - step))
    assert (found[0].kind, found[0].metric) == ("shifted interval", None)
    assert found[0].amount == step
    assert found[0].count > 0.9 * sum(each.count for each in found)


@pytest.mark.parametrize(("kept", "direction"), [(0.5, "above"), (1.5, "below")])
def test_another_population(small: Any, kept: Any, direction: Any) -> None:
    """Half of the deployments are missing on one side."""
    replies = all_replies(small, questions=(("None", None),), ranges=("LastYear",))
    half = small.with_rows(row for row in small.rows if int(row.deployment_id[12:]) % 2)
    if kept < 1:
        result = check(half, replies)
    else:
        half_replies = all_replies(half, questions=(("None", None),), ranges=("LastYear",))
        result = check(small, half_replies)
    first = result.findings[0]
    assert (first.kind, first.facts["direction"]) == ("other population", direction)
    assert first.metric is None
    assert first.count > 0.5 * result.differs


def test_what_has_nothing_in_common_is_said_so_and_a_single_one_is_alone(
    checker: Any, table: Any
) -> None:
    chance = np.random.default_rng(1)
    wild = changed(
        table, {RATE: lambda rates: np.round(rates + chance.random(len(rates)) * 9 + 1, 5)}
    )
    (found,) = of(checker, wild)
    assert (found.kind, found.metric, found.statistic) == ("irregular", *RATE)

    def first_only(rates: Any) -> Any:
        return np.where(np.arange(len(rates)) == np.flatnonzero(rates > 0)[0], 0.9, rates)

    (single,) = of(checker, changed(table, {RATE: first_only}))
    assert (single.kind, single.count) == ("alone", 1)


def test_two_kinds_in_two_questions_are_two_findings(checker: Any, table: Any) -> None:
    other = next(
        one
        for one in checker.tables
        if one.source == _asked(checker, ("Project", None, "LastYear", "Weekly"))
    )
    high = changed(table, {RATE: lambda rates: np.round(rates * 1.13, 5)})
    low = changed(other, {RATE: lambda rates: np.round(rates * 0.5, 5)})
    found = of(checker, high, low)
    assert sorted((one.kind, round(one.amount, 2)) for one in found) == [
        ("constant factor", 0.5),
        ("constant factor", 1.13),
    ]
    assert all(len(one.questions) == 1 for one in found)


def test_every_difference_is_in_one_finding(checker: Any, table: Any) -> None:
    wrong = changed(
        table,
        {
            ("LeadTime", "Max"): lambda column: column + 10_000_000,
            RATE: lambda rates: np.round(rates * 1.13, 5),
        },
    )
    differs = int((checker.judge(wrong).verdict == 1).sum())
    assert sum(one.count for one in of(checker, wrong)) == differs
    assert of(checker, table) == ()


def test_the_report_says_the_kind_before_the_rows(small: Any, everything: Any) -> None:
    replies = copy.deepcopy(everything)
    for split, _, name, granularity, reply in replies:
        if (split, name, granularity) == QUESTION[:1] + QUESTION[2:]:
            for series in reply["Series"]:
                for interval in series["Intervals"]:
                    stated = interval[RATE[0]]
                    if stated[RATE[1]] is not None:
                        stated[RATE[1]] = round(stated[RATE[1]] * 1.13, 5)
    result = check(small, replies)
    (found,) = result.findings
    lines = report_lines(result)
    said = (
        f"  DeploymentFailureRate.Rate, Project, LastYear, Monthly: all {found.count} stated "
        "13 % above ours; all else agrees"
    )
    assert said in lines
    assert lines.index(said) < lines.index(f"Differs ({found.count})")
    assert not any("off by itself" in line for line in lines)
    assert {one.cause.code for one in result.discrepancies} == {"of_kind"}
    assert result.to_json()["findings"][0]["factor"] == pytest.approx(1.13)
