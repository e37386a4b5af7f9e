"""What a revision says of the one that it replaces."""

from dataclasses import replace
from datetime import UTC, datetime

from insights_reports.edition import revision_changes
from insights_reports.edition.document import Document
from insights_reports.edition.values import ChangeVerdict
from insights_reports.formats.words.words import words
from tests.documents import rate, sample_document

MADE = datetime(2026, 10, 1, 4, 5, tzinfo=UTC)


def said(document: Document, replaced: Document | None, status: str = "final") -> list[str]:
    found = revision_changes(document, 1, MADE, status, replaced)
    return [words("en").phrase(each).replace("\N{NO-BREAK SPACE}", " ") for each in found]


def with_failures(failed: int, used: int) -> Document:
    document = sample_document()
    tiles = [
        replace(tile, figure=rate(failed, 200)) if tile.figure.metric == "failure_rate" else tile
        for tile in document.tiles
    ]
    ledger = replace(document.check.ledger, used=used)
    return replace(document, tiles=tuple(tiles), check=replace(document.check, ledger=ledger))


def test_the_figures_that_differ_are_named_with_both_values() -> None:
    assert said(with_failures(20, 230), with_failures(10, 225)) == [
        "This edition replaces revision 1 of 1 October 2026.",
        "Deployments used: 230, before 225.",
        "Failure rate: 10.0 %, before 5.0 %.",
    ]


def test_where_page_one_is_the_same_it_is_said_so() -> None:
    assert said(with_failures(20, 230), with_failures(20, 230), "provisional") == [
        "This edition replaces revision 1 of 1 October 2026, which was provisional.",
        "The figures of page one are as they were; the tables differ.",
    ]


def test_of_a_revision_whose_run_is_gone_only_its_date_is_known() -> None:
    assert said(sample_document(), None) == ["This edition replaces revision 1 of 1 October 2026."]


def test_another_verdict_is_never_as_it_was() -> None:
    now, before = sample_document(), sample_document()
    tile = before.tiles[0]
    other = ChangeVerdict.WORSE if tile.verdict is not ChangeVerdict.WORSE else ChangeVerdict.BETTER
    changed = replace(tile, judged=replace(tile.judged, verdict=other))
    before = replace(before, tiles=(changed, *before.tiles[1:]))
    new, old = words("en").value(tile.verdict), words("en").value(other)
    _, sentence = said(now, before)
    assert sentence.endswith(f", the verdict: {new}, before {old}.")


def test_another_base_of_comparison_is_said() -> None:
    now, before = sample_document(), sample_document()
    tile = before.tiles[0]
    was = replace(tile.change.before, value=(tile.change.before.value or 0) + 7)
    change = replace(tile.change, before=was, difference=(tile.change.difference or 0) - 7)
    before = replace(before, tiles=(replace(tile, change=change), *before.tiles[1:]))
    _, sentence = said(now, before)
    assert ", what it is compared with: " in sentence


def test_two_rates_that_look_the_same_have_digits_enough_to_differ() -> None:
    now, before = with_failures(96, 230), with_failures(96, 230)
    tiles = [
        replace(tile, figure=rate(9601, 20_001)) if tile.figure.metric == "failure_rate" else tile
        for tile in before.tiles
    ]
    assert said(now, replace(before, tiles=tuple(tiles))) == [
        "This edition replaces revision 1 of 1 October 2026.",
        "Failure rate: 48.000 %, before 48.003 %.",
    ]
