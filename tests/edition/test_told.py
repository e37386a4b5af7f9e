"""What was counted, where a figure by itself does not show the verdict on it; worked by hand."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from insights_reports.edition import compose
from insights_reports.edition.document import Chart, Document, Tile
from insights_reports.edition.judging import MEASURES
from insights_reports.edition.settings import SliceTargets
from insights_reports.edition.values import ChangeVerdict, Metric, Phrase
from insights_reports.formats.mail.parts import MailParts
from insights_reports.formats.words.tile import tile_text
from insights_reports.formats.words.words import words
from insights_reports.judgement import judge
from tests.edition.inputs import HOUR, deployment, inputs, settings
from tests.edition.test_judging import MONTHS
from tests.metrics.reference import Row
from tests.typed import the

LASTING = [date(2025, n, 1) for n in range(3, 13)] + [date(2026, n, 1) for n in range(1, 10)]
BEFORE = ((3, 60), (2, 55), (4, 70), (1, 48), (5, 80), (2, 52), (3, 61), (6, 90), (2, 50), (4, 66))
LAST = ((3, 58), (5, 60), (6, 62), (7, 58), (5, 61), (6, 60), (8, 63), (5, 59), (7, 60))


def recoveries(start: date, hours: list[float], first: int) -> list[Row]:
    begin = datetime(start.year, start.month, 2, 6, tzinfo=UTC)
    return [
        deployment(first + n, begin + timedelta(hours=20 * n), time_to_recovery=round(value * HOUR))
        for n, value in enumerate(hours)
    ]


def edition(hours: list[float], language: str = "en") -> Document:
    """Eleven months of ten recoveries of an hour and ten of three, so that two hours are the usual
    median; then one of these."""
    rows = [
        row
        for at, start in enumerate(MONTHS[:-1])
        for row in recoveries(start, [1.0, 3.0] * 10, 1000 * at)
    ]
    rows += recoveries(MONTHS[-1], hours, 50_000)
    return compose(inputs(rows), settings(splits=(), language=language))[0]


def tile(hours: list[float], language: str = "en") -> Tile:
    return edition(hours, language).tiles[2]


def note(of: Tile, language: str = "en") -> str:
    return tile_text(words(language), of).note.replace("\u00a0", " ")


def test_a_median_beyond_what_its_range_can_say_counts_its_values() -> None:
    """Twelve of twenty of nine hours: the median is nine, and of twenty 18 above would be called
    (judgement: "20: 18"), so that 17 are usual."""
    found = tile([9.0] * 12 + [1.0] * 8)
    assert (found.figure.value, found.verdict) == (9 * HOUR, ChangeVerdict.USUAL)
    assert note(found) == "12 of 20 longer than usual (2.0 h); up to 17 by chance"
    said = words("en").phrase(found.reason).replace("\u00a0", " ")
    assert said == (
        "recovery 9.0 h, median of 20; usual from 1.0 h; 12 of 20 longer than usual (2.0 h); "
        "up to 17 by chance (provisional: 11 of 24 periods known)"
    )


def test_the_head_of_its_trend_says_the_same() -> None:
    document = edition([9.0] * 12 + [1.0] * 8)
    [trends] = [section for section in document.sections if section.id == "trends"]
    [chart] = [b for b in trends.blocks if getattr(b, "id", "") == "trend-time_to_recovery"]
    assert say(the(Chart, chart).title) == (
        "Time to recovery: 12 of 20 longer than usual (2.0 h); up to 17 by chance"
    )


def test_the_same_below_and_in_german() -> None:
    found = tile([0.2] * 12 + [3.0] * 8, "de")
    assert found.verdict is ChangeVerdict.USUAL
    assert note(found, "de") == "12 von 20 kürzer als üblich (2,0 h); bis zu 17 durch Zufall"


def test_a_median_within_its_range_and_one_that_is_called_need_no_count() -> None:
    assert note(tile([1.0] * 10 + [3.0] * 10)) == ""
    called = tile([9.0] * 19 + [1.0])
    assert (called.verdict, note(called)) == (ChangeVerdict.WORSE, "")


@cache
def lasting() -> Document:
    """Two projects; of one eleven months fail as in the check values of the judgement, then eight
    of which none is outside by itself: 49 of 483 where 25 would be usual (p .000624)."""
    rows = []
    for at, (start, (failed, many)) in enumerate(zip(LASTING, BEFORE + LAST, strict=True)):
        for number, (project, bad) in enumerate((("Payments", failed), ("Portal", 3))):
            rows += fails(
                start, project, bad, many if number == 0 else 60, 1000 * at + 100 * number
            )
    made = inputs(rows, known_from=date(2025, 3, 1))
    return compose(made, settings(splits=("Project",)))[0]


def fails(start: date, project: str, failed: int, many: int, first: int) -> list[Row]:
    begin, step = datetime(start.year, start.month, 1, 3, tzinfo=UTC), timedelta(days=27) / many
    return [
        deployment(
            first + n,
            begin + step * n,
            project_id=f"Projects-{project}",
            project_name=project,
            task_state="Failed" if n * failed // many != (n + 1) * failed // many else "Success",
            lead_time=HOUR + n * 7919 % 3600,
        )
        for n in range(many)
    ]


def say(phrase: Phrase) -> str:
    return words("en").phrase(phrase).replace("\u00a0", " ")


def test_by_itself_the_last_month_would_be_as_usual() -> None:
    alone = judge("share", BEFORE + LAST[:1], [LAST[-1]])
    assert not alone.called


def test_what_only_eight_months_show_is_asked_of_them() -> None:
    eight = "the last eight months together: 49 of 483 failed; about 25 would be usual"
    [finding] = lasting().findings
    [line] = finding.measures
    assert line.judged.counted is not None
    assert say(line.judged.counted) == f"{eight}, and each of the eight has more"
    [asked] = [q for q in lasting().questions if q.key == "question.together"]
    assert say(asked).startswith("Payments: what changed ")
    assert say(asked).endswith(f"? By itself as usual, but {eight}, and each of the eight has more")
    assert "7 of 60 failed" not in say(asked)


def test_the_mail_says_it_in_the_row_of_the_finding() -> None:
    [finding] = MailParts(lasting()).findings()
    [line] = finding.lines
    assert line.what.replace("\u00a0", " ").startswith("7 of 60 failed (11.7 %); the last eight")


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", ["day", "week", "month", "quarter", "year", "range"])
def test_the_eight_are_called_what_they_are(language: str, kind: str) -> None:
    said = words(language)
    for metric in (*MEASURES, Metric.REWORK_RATE):
        values = {"periods": Phrase(f"periods.{kind}"), "count": 3, "total": 8, "median": None}
        assert said.phrase(Phrase(f"periods.{kind}")) in said.phrase(
            Phrase(f"judged.eight.{metric}", values)  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, True),
        ({"targets": {Metric.FAILURE_RATE: 0.05}}, False),
        (
            {"slice_targets": (SliceTargets("Project", "A", {Metric.LEAD_TIME: float(HOUR)}),)},
            False,
        ),
    ],
)
def test_that_no_target_is_set_is_said_where_none_is_at_all(
    wanted: dict[str, Any], said: bool
) -> None:
    rows = recoveries(MONTHS[-1], [1.0] * 5, 1)
    line = compose(inputs(rows), settings(splits=(), **wanted))[0].check.line
    assert line is not None
    assert say(line).endswith("No target is set.") == said
