"""A quarter's page one beside the verdicts on its own months."""

from dataclasses import replace
from datetime import date
from functools import cache

from insights_reports.edition import compose
from insights_reports.edition.document import Document, Prose, Section, Table
from insights_reports.edition.values import ChangeVerdict, Phrase
from insights_reports.formats.words.words import words
from insights_reports.metrics import Period
from tests.edition.inputs import inputs, settings
from tests.edition.test_judging import MONTHS, month
from tests.typed import the


@cache
def edition(period: str, failed: tuple[int, ...], language: str = "en") -> Document:
    """Twelve months of sixty deployments; so many of the last ones fail, of the others three."""
    before = [3] * (len(MONTHS) - len(failed))
    rows = [
        row
        for start, bad in zip(MONTHS, [*before, *failed], strict=True)
        for row in month(start, 60, bad)
    ]
    return compose(inputs(rows, period), settings(splits=(), language=language))[0]


def say(phrase: Phrase, language: str = "en") -> str:
    return words(language).phrase(phrase).replace("\u00a0", " ")


def table(document: Document) -> Table:
    return the(Table, next(b for b in document.overview if getattr(b, "id", "") == "periods"))


def trends(document: Document) -> Section:
    return next(section for section in document.sections if section.id == "trends")


def test_the_months_of_a_quarter_stand_on_page_one_with_their_verdicts() -> None:
    """3, 3 and 14 of 60: September's 14 is more than the 12 that is called (test_judging)."""
    found = table(edition("2026-Q3", (3, 3, 14)))
    assert say(found.title) == "By month: worse than usual in September (failures)"
    assert say(found.subtitle or Phrase("")) == (
        "A month is judged by the months before it, the quarter by earlier quarters: "
        "the two need not agree."
    )
    said = [row[-1] for row in found.rows[:3]]
    assert [
        each if isinstance(each, ChangeVerdict) else say(the(Phrase, each)) for each in said
    ] == [
        "failures: worse",
        ChangeVerdict.USUAL,
        ChangeVerdict.USUAL,
    ]
    every = [getattr(block, "id", "") for block in trends(edition("2026-Q3", (3, 3, 14))).blocks]
    assert "periods" not in every


def test_a_quarter_that_cannot_be_judged_says_which_month_is_worse() -> None:
    assert say(edition("2026-Q3", (3, 3, 14)).headline).endswith(
        "By month: worse than usual in September (failures)."
    )
    german = edition("2026-Q3", (3, 3, 14), "de")
    assert say(german.headline, "de").endswith(
        "Nach Monaten: schlechter als üblich im September (Fehler)."
    )


def test_each_month_is_judged_by_those_before_it() -> None:
    """14 of 60 in July is called; July is among the months that August is held against, so that the
    same again is not."""
    assert say(table(edition("2026-Q3", (14, 14, 3))).title) == (
        "By month: worse than usual in July (failures)"
    )


def test_a_quarter_whose_months_are_all_as_usual_says_so() -> None:
    assert say(table(edition("2026-Q3", (3, 4, 3))).title) == (
        "By month: nothing outside its usual range"
    )
    assert "By month" not in say(edition("2026-Q3", (3, 4, 3)).headline)


def test_a_year_says_it_in_words_and_has_its_months_among_the_trends() -> None:
    document = year()
    [prose] = [block for block in document.overview if isinstance(block, Prose)]
    assert say(document.headline).endswith("By month: worse than usual in September (failures).")
    assert say(document.subject) == "FY2026: worse than usual in September (failures)"
    assert [say(each) for each in prose.sentences] == [
        "By month: worse than usual in September (failures).",
        "A month is judged by the months before it, the year by earlier years: "
        "the two need not agree.",
    ]
    assert "periods" in [getattr(block, "id", "") for block in trends(document).blocks]


@cache
def year() -> Document:
    rows = [row for start in MONTHS for row in month(start, 60, 14 if start.month == 9 else 3)]
    made = replace(inputs(rows), period=Period.parse("FY2026", year_starts=10))
    return compose(made, settings(splits=()))[0]


def test_a_month_has_no_months() -> None:
    document = edition("2026-09", (3, 3, 14))
    [found] = [b for b in trends(document).blocks if getattr(b, "id", "") == "periods"]
    assert say(the(Table, found).title) == "Month by month"


def test_months_that_are_all_alike_have_no_best_and_no_worst() -> None:
    """3 of 60 in each; with one of four it is named."""
    for failed, said in (((3, 3, 3), "Newest first"), ((3, 3, 4), "highest: September 2026")):
        [found] = [
            block
            for block in trends(edition("2026-09", failed)).blocks
            if getattr(block, "id", "") == "periods"
        ]
        assert say(the(Phrase, the(Table, found).subtitle)).endswith(said)


def test_a_quarter_that_is_not_over_is_not_judged_by_month() -> None:
    rows = [row for start in MONTHS for row in month(start, 60, 3)]
    made = inputs(rows, "2026-Q4")
    document = compose(made, settings(splits=()))[0]
    assert not [b for b in document.overview if getattr(b, "id", "") == "periods"]
    assert date(2026, 10, 1) == made.period.start
