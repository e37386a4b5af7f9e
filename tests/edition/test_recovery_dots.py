"""Every recovery as a mark of its own; worked by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from insights_reports.edition import compose
from insights_reports.edition.document import Dots
from insights_reports.edition.recovery_dots import MOST
from insights_reports.edition.values import Name, Phrase
from insights_reports.formats.words.words import words
from tests.edition.inputs import HOUR, deployment, inputs, settings
from tests.metrics.reference import Row
from tests.typed import the

FIRST = datetime(2026, 9, 1, 10, tzinfo=UTC)  # noon in Berlin


def recovered(hours: dict[str, list[float]]) -> list[Row]:
    """Recoveries that took so many hours, a day apart, each in its project."""
    every = [(project, took) for project, some in hours.items() for took in some]
    return [
        deployment(
            n,
            FIRST + timedelta(days=n % 30),
            project_id=f"Projects-{project}",
            project_name=project,
            time_to_recovery=round(took * HOUR),
        )
        for n, (project, took) in enumerate(every)
    ]


def drawn(rows: list[Row]) -> Dots | None:
    sections = compose(inputs(rows), settings(splits=()))[0].sections
    [incidents] = [section for section in sections if section.id == "incidents"]
    return next((block for block in incidents.blocks if isinstance(block, Dots)), None)


def title(rows: list[Row]) -> str:
    return say(the(Dots, drawn(rows)).title)


def say(phrase: Phrase | None) -> str:
    return words("en").phrase(the(Phrase, phrase)).replace("\u00a0", " ")


def test_each_recovery_stands_at_its_end_and_its_length() -> None:
    found = the(Dots, drawn(recovered({"A": [1, 2, 3], "B": [30], "C": [4, 5]})))
    assert found.labels == (Name("B", "Projects-B"), Phrase("dots.others"))
    assert found.others  # of more than a day there is B's alone
    cells = sorted((dot.day, dot.size, dot.label) for dot in found.dots)
    assert cells == [
        (0.5, HOUR, 1),
        (1.5, 2 * HOUR, 1),
        (2.5, 3 * HOUR, 1),
        (3.5, 30 * HOUR, 0),
        (4.5, 4 * HOUR, 1),
        (5.5, 5 * HOUR, 1),
    ]
    assert found.ticks == tuple(date(2026, 9, day) for day in (6, 13, 20, 27))
    assert say(found.alt) == (
        "1 of 6 recoveries took longer than a day, in B. Each of them from 1.0 h to 30 h."
    )


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"A": [1] * 5}, "All 5 recoveries took less than a day"),
        ({"A": [1] * 4 + [25]}, "1 of 5 recoveries took longer than a day, in A"),
        ({"A": [1] * 3 + [25] * 2}, "2 of 5 recoveries took longer than a day, all in A"),
        (
            {"A": [1, 25], "B": [1, 25, 26]},
            "3 of 5 recoveries took longer than a day, all in B and A",
        ),
        (
            {"A": [25], "B": [25, 26], "C": [25, 2]},
            "4 of 5 recoveries took longer than a day",
        ),
        ({"A": [24] * 5}, "All 5 recoveries took less than a day"),
    ],
)
def test_the_title_counts_those_of_more_than_a_day(
    hours: dict[str, list[float]], said: str
) -> None:
    assert title(recovered(hours)) == said


def test_without_long_ones_the_projects_with_the_most_have_marks() -> None:
    found = the(Dots, drawn(recovered({"A": [1], "B": [2, 2, 2], "C": [3, 3]})))
    assert [each.text for each in found.labels if isinstance(each, Name)] == ["B", "C"]


def test_of_fewer_than_five_nothing_is_drawn() -> None:
    assert drawn(recovered({"A": [1] * 4})) is None


def test_of_very_many_the_longest_are_drawn_and_it_is_said() -> None:
    many = [1 + n / 1000 for n in range(MOST + 20)]
    found = the(Dots, drawn(recovered({"A": many})))
    assert len(found.dots) == MOST
    assert min(dot.size for dot in found.dots) == round(1.02 * HOUR)
    assert say(found.subtitle).endswith(f"; the {MOST} longest of {MOST + 20}")
