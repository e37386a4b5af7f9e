"""The sheets after the cover: contents and notes."""

from collections.abc import Iterator

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.values import ChangeVerdict, Missing, Unit
from insights_reports.formats.excel.book import Book, Cell, Row
from insights_reports.formats.excel.plan import (
    BACK,
    FIGURES,
    BlockSheet,
    SheetPlan,
    deployments_file,
    prose,
    title_of,
)
from insights_reports.formats.excel.sheets import Head, SheetTable, write_sheet
from insights_reports.formats.words.words import key_of


def _entry(sheet: str) -> Cell:
    return Cell(sheet, "Link cell", sheet)


def write_contents(book: Book, plan: SheetPlan) -> None:
    """Every sheet, with a link to it."""
    words = book.words
    rows = [
        *(_contents_row(book, name, f"excel.about.{key}") for key, name in _before(plan)),
        *(_block_row(book, sheet) for sheet in plan.blocks),
        *(_contents_row(book, name, f"excel.about.{key}") for key, name in _after(plan)),
        *_elsewhere(book, plan),
    ]
    heads = [words.text(f"excel.contents.{key}") for key in ("sheet", "about", "section")]
    head = Head(
        plan.fixed["contents"],
        words.text("label.contents"),
        words.phrase(book.document.title),
        (),
        plan.fixed["cover"],
        way="excel.to_cover",
    )
    write_sheet(book, head, SheetTable(heads, rows, widths=(36, 74, 48)))


def _before(plan: SheetPlan) -> Iterator[tuple[str, str]]:
    yield from ((key, plan.fixed[key]) for key in ("notes", *FIGURES) if key in plan.fixed)


def _after(plan: SheetPlan) -> Iterator[tuple[str, str]]:
    yield from ((key, plan.fixed[key]) for key in BACK)
    if plan.deployments:
        yield "summary", plan.fixed["summary"]
        yield from (("deployments", name) for name in plan.deployments)
        yield "choices", plan.fixed["choices"]


def _elsewhere(book: Book, plan: SheetPlan) -> Iterator[Row]:
    """Which file has the deployments, where this one has not."""
    if not plan.deployments:
        words, document = book.words, book.document
        about, part = words.text("excel.about.elsewhere"), words.text("excel.sheet.deployments")
        yield [Cell(deployments_file(document)), Cell(about), Cell(part)]


def _contents_row(book: Book, name: str, about: str) -> Row:
    return [
        _entry(name),
        Cell(book.words.text(about)),
        Cell(book.words.phrase(book.document.title)),
    ]


def _block_row(book: Book, sheet: BlockSheet) -> Row:
    words = book.words
    section = sheet.section.title if sheet.section else book.document.title
    title = title_of(sheet.block, sheet.section, words)
    return [_entry(sheet.name), Cell(title), Cell(words.phrase(section))]


def write_notes(book: Book, plan: SheetPlan) -> None:
    """What the words in place of numbers, the verdicts and the units mean; then all prose."""
    words = book.words
    heads = [words.text(f"excel.notes.{key}") for key in ("topic", "term", "text")]
    head = Head(
        plan.fixed["notes"],
        words.text("label.notes"),
        words.phrase(book.document.title),
        (),
        plan.fixed["contents"],
    )
    rows = [
        [Cell(text or None, "Wrapped cell") for text in row] for row in (*_key(book), *_prose(book))
    ]
    write_sheet(book, head, SheetTable(heads, rows, widths=(30, 30, 90)))


def _key(book: Book) -> Iterator[tuple[str, str, str]]:
    words = book.words
    topics = {
        "missing": [key_of(word) for word in Missing],
        "verdict": [key_of(word) for word in ChangeVerdict],
        "check": [key_of(word) for word in CheckVerdict],
    }
    for topic, keys in topics.items():
        for key in keys:
            yield words.text(f"excel.key.{topic}"), words.text(key), words.text(f"meaning.{key}")
    for unit in (Unit.RATE, Unit.DURATION, Unit.PER_WEEK):
        yield (
            words.text("excel.key.unit"),
            words.text(f"excel.key_unit.{unit}"),
            words.text(f"excel.unit_note.{unit}"),
        )


def _prose(book: Book) -> Iterator[tuple[str, str, str]]:
    words = book.words
    for section in book.document.sections:
        if section.lead is not None:
            yield words.phrase(section.title), "", words.phrase(section.lead)
    for title, block in prose(book.document):
        if title.key == "label.symbols":  # they are explained above
            continue
        topic = words.phrase(title)
        for sentence in block.sentences:
            yield topic, "", words.phrase(sentence)
        for term, text in block.items:
            yield topic, words.phrase(term), words.phrase(text)
