"""The first sheets: cover, contents and notes."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

from openpyxl.drawing.image import Image

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.document import Brand
from insights_reports.edition.values import Missing, Name, Unit, Verdict
from insights_reports.formats.excel.book import Book, Cell, Layout, Row
from insights_reports.formats.excel.plan import (
    BACK,
    FIGURES,
    BlockSheet,
    Plan,
    deployments_file,
    prose,
)
from insights_reports.formats.excel.sheets import Head, SheetTable, write_sheet
from insights_reports.formats.words.words import key_of

_WIDTHS = (26, 96)
_LOGO_WIDTH, _LOGO_HEIGHT = 320, 32  # pixels, at most


def write_cover(book: Book, plan: Plan) -> None:
    """Whose numbers these are, of what, for when; what they say; where to read on."""
    document, words = book.document, book.words
    sheet = book.sheet(plan.fixed["cover"], Layout(_WIDTHS, orientation="portrait", space=8))
    sheet.append([Cell(words.phrase(document.title), "Sheet title")])
    if document.brand.company:
        sheet.append([Cell(document.brand.company, "Subtitle")])
    if logo := _logo(document.brand):
        sheet.picture(logo, document.brand.company or words.name(document.identity.report))
    sheet.append([Cell(words.text("excel.headline"), "Label"), _headline(book)])
    for row in _identity(book):
        sheet.append(row)
    sheet.append([Cell(words.text("label.check"), "Label"), _check(book, plan)])
    sheet.append([Cell(words.text("label.contents"), "Label"), _link(plan.fixed["contents"])])


def _logo(brand: Brand) -> Image | None:
    """The logo as large as it fits into its box."""
    try:
        logo = Image(BytesIO(b64decode(brand.logo)))
    except (ValueError, OSError):  # none, or no picture
        return None
    scale = min(1, _LOGO_WIDTH / logo.width, _LOGO_HEIGHT / logo.height)
    logo.width, logo.height = round(logo.width * scale), round(logo.height * scale)
    return logo


def _headline(book: Book) -> Cell:
    return Cell(book.words.phrase(book.document.headline), "Headline")


def _check(book: Book, plan: Plan) -> Cell:
    check, words = book.document.check, book.words
    text = f"{words.value(check.verdict)}: {words.phrase(check.sentence)}"
    return Cell(text, "Link", plan.fixed["check"])


def _link(sheet: str) -> Cell:
    return Cell(sheet, "Link", sheet)


def _entry(sheet: str) -> Cell:
    return Cell(sheet, "Link cell", sheet)


def _identity(book: Book) -> Iterator[Row]:
    """The identity line, a row for each part."""
    identity, words, brand = book.document.identity, book.words, book.document.brand

    def row(label: str, value: Cell) -> Row:
        return [Cell(words.text(label), "Label"), value]

    def text(label: str, value: str) -> Row:
        return row(label, Cell(value, "Wrapped"))

    zone = words.text(
        "label.zone_both", zone=Name(identity.zone), stated=Name(identity.stated_zone)
    )
    yield text("label.report", f"{words.name(identity.report)} ({identity.report_id})")
    yield text("label.subscription", identity.subscription)
    yield text("label.scope", words.phrase(identity.scope))
    yield text("label.period", f"{words.span(identity.period)} ({words.dates(identity.period)})")
    yield row("excel.first_day", Cell(identity.period.start, "Day"))
    yield row("excel.last_day", Cell(identity.period.end - timedelta(days=1), "Day"))
    yield text("label.zone", identity.zone if identity.zone == identity.stated_zone else zone)
    yield text("label.status", words.status(identity))
    if book.document.changes:
        yield text("label.revision", " ".join(map(words.phrase, book.document.changes)))
    yield text("label.generated", words.instant(identity.generated))
    yield text("label.as_of", words.instant(identity.as_of))
    yield text("label.trigger", words.trigger(identity))
    yield text("label.account", words.name(identity.account))
    yield text("label.space", words.name(identity.space))
    yield text("label.server", identity.server)
    if book.document.formula_version:
        yield text("label.formula", book.document.formula_version)
    for _, block in prose(book.document):
        for term, said in block.items:
            if term.key == "label.next":
                yield text(term.key, words.phrase(said))
    if brand.contact:
        link = f"mailto:{brand.contact}" if _is_address(brand.contact) else None
        yield row("label.contact", Cell(brand.contact, "Link" if link else "Wrapped", link))


def _is_address(contact: str) -> bool:
    return "@" in contact and not any(char.isspace() or char in '<>"?&,;:' for char in contact)


def write_contents(book: Book, plan: Plan) -> None:
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


def _before(plan: Plan) -> Iterator[tuple[str, str]]:
    yield from ((key, plan.fixed[key]) for key in ("notes", *FIGURES) if key in plan.fixed)


def _after(plan: Plan) -> Iterator[tuple[str, str]]:
    yield from ((key, plan.fixed[key]) for key in BACK)
    if plan.deployments:
        yield "summary", plan.fixed["summary"]
        yield from (("deployments", name) for name in plan.deployments)
        yield "choices", plan.fixed["choices"]


def _elsewhere(book: Book, plan: Plan) -> Iterator[Row]:
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
    return [_entry(sheet.name), Cell(words.phrase(sheet.block.title)), Cell(words.phrase(section))]


def write_notes(book: Book, plan: Plan) -> None:
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
        "verdict": [key_of(word) for word in Verdict],
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
