"""A headline has at most three lines: a long one leaves out the third change, then the date, then
the second sentence."""

from dataclasses import replace
from datetime import date

import pytest

from insights_reports.edition.document import Document
from insights_reports.edition.values import Day, Name, Phrase
from insights_reports.formats.html.parts import Parts
from insights_reports.formats.html.pictures import inline
from insights_reports.formats.mail import render as mail
from insights_reports.formats.words.headline import MOST, headline_text
from insights_reports.formats.words.words import words
from tests import october
from tests.documents import phrase

W = words("en")


def document(who: str) -> Document:
    dated = phrase(
        "headline.from", moved=phrase("headline.verb.tripled"), day=Day(date(2026, 10, 4))
    )
    first = phrase(
        "headline.failures_of",
        moved=dated,
        failed=57,
        total=342,
        scope=phrase("headline.of_production", n=342),
        rate=phrase("headline.rate", rate=october.rate(57, 342)),
        count=31,
        slice=Name(who),
    )
    clauses = [phrase("what.deployment_frequency", n=n) for n in (12, 34)]
    pair = phrase("headline.pair", first=clauses[0], second=clauses[1])
    said = phrase("headline.two", first=first, second=pair)
    return replace(october.october_document(), headline=said)


@pytest.mark.parametrize(
    ("letters", "dated", "end"),
    [
        (8, True, "’s. 12 deployments, 34 deployments."),
        (65, True, "’s. 12 deployments."),
        (75, False, "’s. 12 deployments."),
        (95, False, "’s."),
        (300, False, "’s."),
    ],
)
def test_what_a_long_headline_leaves_out(letters: int, dated: bool, end: str) -> None:
    text = headline_text(W, document("x" * letters)).replace("\u00a0", " ")
    assert text.endswith(f"31 of them {'x' * letters}{end}")
    assert ("from 4 October on" in text) is dated
    assert len(text) <= MOST or letters == 300


def test_all_formats_say_the_same() -> None:
    long = document("x" * 65)
    said = headline_text(W, long)
    assert said != W.phrase(long.headline)
    assert Parts(long, inline, hover=True, mark_width=66).headline() == said
    assert said in mail.render(long).text
    partial = Phrase(
        "headline.so_far", {"days": 3, "period": october.OCTOBER, "rest": long.headline}
    )
    assert "34" not in headline_text(W, replace(long, headline=partial)).rpartition("x")[2]
