"""What stands above a section is what its figures say; a name where nothing can be said."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from insights_reports.edition import compose
from insights_reports.edition.document import Document, Table
from insights_reports.edition.values import Metric
from insights_reports.formats.words.words import words
from tests.edition.inputs import HOUR, deployment, inputs, settings
from tests.edition.test_judging import MONTHS, history, month
from tests.metrics.reference import Row

TWENTY = [date(2025, n, 1) for n in range(1, 13)] + MONTHS[3:]  # and one: to September 2026


def edition(rows: list[Row], **changes: Any) -> Document:
    return compose(inputs(rows, **changes), settings(splits=("Project",), layout="one"))[0]


def heading(document: Document, id: str, language: str = "en") -> str:
    [section] = [section for section in document.sections if section.id == id]
    return words(language).phrase(section.heading).replace("\u00a0", " ")


def test_that_a_measure_left_its_range_for_the_first_time() -> None:
    document = edition(history(month(MONTHS[-1], 60, 14)))
    said = "One measure left its usual range in September; before it, none had"
    assert heading(document, "trends") == said
    german = "Eine Kennzahl verließ ihre übliche Spanne (September), davor keine"
    assert heading(document, "trends", "de") == german


def test_that_it_lies_outside_again_is_not_said_to_be_the_first_time() -> None:
    """Of twenty-one months twelve make the range, so that August's 14 of 60 lies beyond it, too."""
    rows = [row for at, start in enumerate(TWENTY) for row in month(start, 60, 3 + 11 * (at > 18))]
    document = edition(rows, known_from=date(2025, 1, 1))
    assert heading(document, "trends") == "One measure lies outside its usual range"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (history(month(MONTHS[-1], 60, 3)), "No measure lies outside its usual range"),
        (month(MONTHS[-1], 60, 3), "Trends"),
    ],
)
def test_that_nothing_lies_outside_and_a_name_where_nothing_is_judged(
    rows: list[Row], said: str
) -> None:
    assert heading(edition(rows), "trends") == said


def test_a_split_says_how_many_of_its_slices_are_worse() -> None:
    other = [row for start in MONTHS for row in month(start, 60, 3, project="B")]
    document = edition(history(month(MONTHS[-1], 60, 20)) + other)
    assert heading(document, "project") == "1 of 2 projects is worse than its own usual range"
    alone = edition(history(month(MONTHS[-1], 60, 3)))
    assert heading(alone, "project") == "By project"


def runs(*outcomes: tuple[bool, int]) -> list[Row]:
    """Deployments a day apart: whether each succeeded, and after how many hours of failure."""
    first = datetime(2026, 9, 2, 12, tzinfo=UTC)
    return [
        deployment(
            n,
            first + timedelta(days=n),
            task_state="Success" if good else "Failed",
            time_to_recovery=hours * HOUR if hours else None,
        )
        for n, (good, hours) in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            runs((False, 0), (True, 24), (False, 0), (True, 50)),
            "Every failure was recovered from, the longest after 2.1 days",
        ),
        (runs((True, 0), (False, 0)), "1 stream had not recovered when the period ended"),
        (runs((True, 0)), "Incidents and rework"),
    ],
)
def test_incidents_say_what_was_left_broken_or_how_long_it_took(rows: list[Row], said: str) -> None:
    assert heading(edition(rows), "incidents") == said


def test_below_the_longest_recoveries_stands_whether_anything_failed() -> None:
    for outcomes, said in (
        (((True, 0),), "Nothing failed in the period."),
        (((False, 0), (True, 24)), "A success had followed every failure when the period ended."),
        (((True, 0), (False, 0)), "1 stream had not recovered when the period ended."),
    ):
        document = edition(runs(*outcomes))
        [listed] = [block for block in document.overview if isinstance(block, Table)][:1]
        assert words("en").phrase(listed.notes[0]).endswith(said)


def test_a_trend_says_where_its_last_point_lies() -> None:
    document = edition(history(month(MONTHS[-1], 60, 14)))
    [trends] = [section for section in document.sections if section.id == "trends"]
    charts = {getattr(block, "id", ""): block for block in trends.blocks}
    assert [
        words("en").phrase(charts[f"trend-{metric}"].title)  # type: ignore[arg-type]
        for metric in (Metric.FAILURE_RATE, Metric.LEAD_TIME)
    ] == ["Failure rate: above its usual range", "Lead time: as usual"]
