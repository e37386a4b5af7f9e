"""Targets of single slices, and what the process does about a target."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from insights_reports.edition import compose_edition
from insights_reports.edition.cases import Group
from insights_reports.edition.document import Table
from insights_reports.edition.facts import Facts
from insights_reports.edition.judging import MEASURES, judge_edition
from insights_reports.edition.settings import SliceTargets
from insights_reports.edition.targets import target_word
from insights_reports.edition.values import ChangeVerdict, Mark, Metric
from insights_reports.formats.words.words import words
from insights_reports.judgement import Calendar
from tests.edition.inputs import HOUR, company, inputs, settings
from tests.edition.test_judging import MONTHS, history, month
from tests.metrics.reference import Row

FREQUENCY, LEAD, RATE = Metric.DEPLOYMENT_FREQUENCY, Metric.LEAD_TIME, Metric.FAILURE_RATE


def said(rows: list[Row], split: Any = "Project", **wanted: Any) -> dict[str, list[str]]:
    """The table of own targets of each section, its rows as text."""
    documents = compose_edition(inputs(rows), settings(splits=(split,), **wanted)).documents
    tables = [
        block
        for document in documents
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table) and block.id.endswith("-targets")
    ]
    text = words("en")
    return {
        table.id: ["; ".join(map(text.value, row)).replace("\xa0", " ") for row in table.rows]
        for table in tables
    }


def two_projects() -> list[Row]:
    """A: 60 a month of which 3 fail, in October 12 of 60; B: always 2 of 40."""
    other = [row for start in MONTHS for row in month(start, 40, 2, project="B")]
    return [*history(month(MONTHS[-1], 60, 12)), *other]


def test_a_slice_says_of_its_own_target_what_the_whole_would() -> None:
    """12 of 60 is 20 %, 15 points beyond 5 %, which eleven months of exactly 3 of 60 met; the range
    of 60 reaches from 0 to 9 failures, so that 5 % is hit or missed."""
    targets = (SliceTargets("Project", "A", {RATE: 0.05}),)
    assert said(two_projects(), slice_targets=targets) == {
        "project-targets": [
            "A; Failure rate; 20.0 %; 5.0 %; missed: +15.0 points; "
            "met in 11 of 12 periods; will meet it in some periods and miss it in others"
        ]
    }


def test_a_slice_is_found_by_its_id_and_one_without_deployments_says_so() -> None:
    targets = (
        SliceTargets("Project", "Projects-B", {RATE: 0.5}),
        SliceTargets("Project", "Gone", {LEAD: 24.0 * HOUR}),
        SliceTargets("ProjectGroup", "Web", {RATE: 0.5}),  # of another split
    )
    assert said(two_projects(), slice_targets=targets)["project-targets"] == [
        "B; Failure rate; 5.0 %; 50.0 %; met; met in 12 of 12 periods; will meet it",
        "Gone; Lead time; no deployments; 24 h; no deployments; –; –",
    ]


def test_tags_are_meant_whatever_their_case_and_stand_in_their_own_set() -> None:
    targets = (SliceTargets("TenantTagSet", "region/EUROPE", {RATE: 0.2}),)
    found = said(company(3000), "TenantTagSet", slice_targets=targets)
    assert list(found) == ["tenant-tag-set-tagsets-1-targets"]
    [row] = found["tenant-tag-set-tagsets-1-targets"]
    assert row.startswith("Europe; Failure rate; ")


def test_without_targets_of_slices_there_is_no_table() -> None:
    assert said(two_projects(), targets={RATE: 0.05}) == {}


def test_a_slice_with_a_target_is_judged_alone_and_the_others_together() -> None:
    """Of thirty projects one fails 11 of 60: alone that is worse, in the family worth a look."""
    rows = [
        row
        for number in range(30)
        for start in MONTHS
        for row in month(start, 60, 11 if number == 0 and start == MONTHS[-1] else 3,
                         project=chr(65 + number))
    ]  # fmt: skip
    target = (SliceTargets("Project", "A", {RATE: 0.05}),)
    verdicts = []
    for slice_targets in ((), target):
        facts = Facts(inputs(rows), settings(slice_targets=slice_targets))
        slices = facts.slices("Project")
        made = judge_edition([Group(facts, slices)], facts.inputs.remembered, "range")
        first = slices.keys.index("Projects-A")
        verdicts.append(made.of(facts, slices, first, RATE).verdict)
        assert made.families[0, RATE].judged == 30 - len(slice_targets)
        assert made.families[0, LEAD].judged == 30  # the target is of the rate
    assert verdicts == [ChangeVerdict.LOOK, ChangeVerdict.WORSE]


def test_marks_are_drawn_against_the_slices_own_target() -> None:
    targets = (SliceTargets("Project", "B", {RATE: 0.1}),)
    documents = compose_edition(
        inputs(two_projects()),
        settings(splits=("Project",), targets={RATE: 0.05}, slice_targets=targets),
    ).documents
    [table] = [
        block
        for document in documents
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table) and block.id == "project-table"
    ]
    limits = {
        words("en").value(row[0]): [
            cell.limit for cell in row if isinstance(cell, Mark) and cell.low is not None
        ][-1]
        for row in table.rows
    }
    assert limits == {"A": 0.05, "B": 0.1}


def assured(rows: list[Row], metric: Metric, target: float, **wanted: Any) -> str | None:
    facts = Facts(inputs(rows), settings(**wanted))
    made = judge_edition([Group(facts, facts.whole)], facts.inputs.remembered, "range")
    word = target_word(made, facts, facts.whole, 0, metric, target).assurance
    return None if word is None else word.key


@pytest.mark.parametrize(
    ("hours", "word"),
    [(30, "assurance.meets"), (15, "assurance.sometimes"), (5, "assurance.misses")],
)
def test_a_median_is_assured_by_the_share_of_values_above_its_target(
    hours: float, word: str
) -> None:
    """All lead times are ten hours: below 30 and above 5; then half of them twenty."""
    rows = history(month(MONTHS[-1], 60))
    if word == "assurance.sometimes":  # half of them at 20 hours
        rows = [
            row if number % 2 else replace(row, lead_time=20 * HOUR)
            for number, row in enumerate(rows)
        ]
    assert assured(rows, LEAD, hours * HOUR) == word


def test_a_median_of_less_than_eight_periods_is_not_assured() -> None:
    rows = [row for start in MONTHS[-8:] for row in month(start, 40)]
    assert assured(rows, LEAD, 30 * HOUR) is None


@pytest.mark.parametrize("metric", MEASURES)
def test_no_measure_is_assured_without_a_past(metric: Metric) -> None:
    assert assured(month(MONTHS[-1], 60), metric, 1.0) is None


@pytest.mark.parametrize(
    ("a_week", "word"),
    [(7, "assurance.meets"), (14, "assurance.sometimes"), (28, "assurance.misses")],
)
def test_the_frequency_is_assured_by_what_succeeds_in_a_calendar_week(
    a_week: float, word: str
) -> None:
    """60 a month are about 14 a week, whatever the calendar says of open days."""
    calendar = Calendar(holidays=frozenset({date(2026, 9, 1)}))
    rows = history(month(MONTHS[-1], 60), failed=0)
    assert assured(rows, FREQUENCY, a_week) == word
    assert assured(rows, FREQUENCY, a_week, calendar=calendar) == word


def missed(rows: list[Row], split: Any = "Project", **wanted: Any) -> dict[str, str]:
    """What each document says of missed targets."""
    documents = compose_edition(inputs(rows), settings(splits=(split,), **wanted)).documents
    text = words("en")
    return {
        each.name: text.phrase(each.missed).replace("\xa0", " ")
        for each in documents
        if each.missed is not None
    }


def test_page_one_says_which_slices_missed_their_own_targets_without_one_of_the_whole() -> None:
    """B lies where it always lay, 5 %, and so is no finding; its target of 4 % is missed."""
    targets = (SliceTargets("Project", "B", {RATE: 0.04}),)
    sentence = "Own target missed: B, Failure rate 5.0 % (target 4.0 %, met in 0 of 12 periods)."
    both = {"summary": sentence, "project": sentence}
    assert missed(two_projects(), slice_targets=targets) == both
    alone = missed(two_projects(), slice_targets=targets, layout="one")
    assert alone == {"summary": sentence}


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_a_target_that_is_met_is_not_said_to_be_missed(rate: float) -> None:
    targets = (
        SliceTargets("Project", "B", {RATE: rate}),
        SliceTargets("Project", "Gone", {LEAD: 1.0}),
    )
    assert missed(two_projects(), slice_targets=targets) == {}
    assert missed(two_projects(), targets={RATE: 0.01}) == {}  # of the whole: the tile says it


def test_too_few_to_tell_is_not_missed() -> None:
    """1 of 4 failed is beyond 5 %, and of so few one failure decides."""
    rows = [row for start in MONTHS for row in month(start, 40, 2)]
    rows += [row for start in MONTHS for row in month(start, 4, 1, project="C")]
    targets = (SliceTargets("Project", "C", {RATE: 0.05}),)
    assert missed(rows, slice_targets=targets) == {}


def test_three_are_named_in_the_order_of_the_configuration_and_the_others_counted() -> None:
    rows = [
        row for name in "ABCDE" for start in MONTHS for row in month(start, 40, 2, project=name)
    ]
    targets = tuple(SliceTargets("Project", name, {RATE: 0.01}) for name in "EDCBA")
    said = missed(rows, slice_targets=targets)["summary"]
    assert [said.index(f"{name}, F") for name in "EDC"] == sorted(
        said.index(f"{name}, F") for name in "EDC"
    )
    assert said.endswith("; and 2 others.")
    assert "B, D" not in said


def test_among_worse_slices_one_that_missed_its_own_target_stands_first() -> None:
    """A is farther outside its range than B; B alone has a target."""
    last = MONTHS[-1]
    rows = history(month(last, 60, 30))
    rows += [row for start in MONTHS[:-1] for row in month(start, 60, 3, project="B")]
    rows += month(last, 60, 20, project="B")
    orders = []
    for targets in ((), (SliceTargets("Project", "B", {RATE: 0.1}),)):
        summary, *_ = compose_edition(
            inputs(rows), settings(splits=("Project",), slice_targets=targets)
        ).documents
        orders.append([words("en").value(found.subject) for found in summary.findings])
    assert orders == [["A", "B"], ["B", "A"]]
