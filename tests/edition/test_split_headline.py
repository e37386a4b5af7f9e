"""The headlines of the documents of slices, by hand: the gravest change first, who, what, since
when; and what is nearest to an end of its range where nothing moved."""

from dataclasses import replace
from functools import cache

import pytest

from insights_reports.edition import compose
from insights_reports.edition.document import Document
from tests.edition.inputs import inputs, settings
from tests.edition.test_findings import LOOK, history, month, say
from tests.edition.test_judging import MONTHS
from tests.metrics.reference import Row

SPLITS = ("Project", "Environment", "EnvironmentGroup")


def split(rows: list[Row], name: str) -> Document:
    asked = settings(splits=SPLITS, headline=None)
    found = compose(inputs(rows, lookups=LOOK), asked)
    return next(document for document in found if document.name == name)


@cache
def bad(name: str) -> Document:
    """Fourteen failures of Checkout in each environment, three in ninety before."""
    return split(history({"Checkout": 14}), name)


def test_the_gravest_slice_leads_with_what_is_usual_and_since_when() -> None:
    text = say(bad("project").headline)
    first, second = text.split(". ", 1)
    assert first.startswith("Checkout fails more often: 14 of 30 failed (46.7 %); usual up to ")
    assert first.endswith(", since the week of 30 August")
    assert second == "Of 3 projects that could be judged, no other lies outside its usual range."


@pytest.mark.parametrize("name", ["environment", "environment-group"])
def test_a_slice_that_another_explains_says_so(name: str) -> None:
    """All environments fail by Checkout alone: no row of theirs, but the headline."""
    text = say(bad(name).headline)
    assert text.startswith("Production fails more often: 16 of 90 failed (17.8 %); usual up to ")
    assert "; as usual without Checkout. Of 3 environment" in text
    assert text.endswith(" that could be judged, 3 lie outside their usual range.")
    assert bad(name).findings == ()


@pytest.mark.parametrize("name", ["project", "environment-group"])
def test_where_nothing_moved_the_nearest_is_named(name: str) -> None:
    text = say(split(history({}), name).headline)
    assert ": nothing moved beyond its usual range. Nearest to its limit: " in text
    assert text.startswith("3 of 3 ")
    assert " (usual " in text


def test_better_is_told_as_better() -> None:
    rows = [row for start in MONTHS[:-1] for row in month(start, {"Checkout": 12})]
    text = say(split([*rows, *month(MONTHS[-1], {})], "project").headline)
    assert text.startswith("Checkout fails less often: 1 of 30 failed (3.3 %)")


def test_slower_is_told_as_slower() -> None:
    last = [
        row if row.lead_time is None or row.project_id != "Projects-Billing" else late(row)
        for row in month(MONTHS[-1], {})
    ]
    rows = [row for start in MONTHS[:-1] for row in month(start, {})]
    text = say(split([*rows, *last], "project").headline)
    assert text.startswith("Billing takes longer: lead time ")


def late(row: Row) -> Row:
    assert row.lead_time is not None
    return replace(row, lead_time=row.lead_time * 5)
