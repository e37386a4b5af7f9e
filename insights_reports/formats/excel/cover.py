"""The cover: what happened, in figures and findings, then whose numbers these are."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

from openpyxl.drawing.image import Image

from insights_reports.edition.document import Brand, Finding, TargetWord, Tile
from insights_reports.edition.values import Name
from insights_reports.formats.excel import cells
from insights_reports.formats.excel.book import Book, Cell, Layout, Row
from insights_reports.formats.excel.figures import met_word, rows_behind, usual_cells
from insights_reports.formats.excel.plan import SheetPlan, prose
from insights_reports.formats.words.brief import briefly
from insights_reports.formats.words.finding import finding_text
from insights_reports.formats.words.headline import headline_text

_WIDTHS = (30, 14, 14, 13, 13, 20, 14, 40)
_REST = len(_WIDTHS) - 1  # columns beside the first
_FEW_FINDINGS = 6  # with so many the cover can still be read on one page
_LOGO_WIDTH, _LOGO_HEIGHT = 320, 32  # pixels, at most
_HEADS = (
    "figure",
    "value",
    "previous",
    "usual_low",
    "usual_high",
    "verdict",
    "target",
    "target_met",
)
_WORDS = ("figure", "verdict", "target_met")  # the columns of words
_PAGE_ONE = "page-one"  # what a note calls it


def write_cover(book: Book, plan: SheetPlan) -> None:
    """Whose numbers these are, of what, for when; what they say; where to read on."""
    document, words = book.document, book.words
    short = len(document.findings) <= _FEW_FINDINGS
    layout = Layout(_WIDTHS, orientation="landscape", space=8, one_high=short)
    sheet = book.sheet(plan.fixed["cover"], layout)
    sheet.append([Cell(words.phrase(document.title), "Sheet title")])
    if document.brand.company:
        sheet.append([Cell(document.brand.company, "Subtitle")])
    if logo := _logo(document.brand):
        sheet.picture(logo, document.brand.company or words.name(document.identity.report))
    sheet.append([Cell(words.text("excel.headline"), "Label"), _headline(book)])
    for rows in (_figures(book), _findings(book, plan), _said(book), _identity(book)):
        for row in rows:
            sheet.append(row)
    sheet.append([Cell(words.text("label.check"), "Label"), _check(book, plan)])
    for finding in document.check.findings:
        sheet.append(
            [Cell(words.text("excel.figures.differing"), "Label"), _text(words.phrase(finding))]
        )
    sheet.append([Cell(words.text("label.contents"), "Label"), _link(plan.fixed["contents"])])


def _text(text: str) -> Cell:
    """A text over all columns but the first."""
    return Cell(text, "Wrapped", span=_REST)


def _figures(book: Book) -> Iterator[Row]:
    """The figures of page one, a row each; all of them stand on the sheet "Key figures"."""
    tiles, words = book.document.tiles, book.words
    if tiles:
        yield [
            Cell(
                words.text(f"excel.figures.{key}"),
                "Column head" if key in _WORDS else "Number head",
            )
            for key in _HEADS
        ]
    for tile in tiles:
        yield _figure(tile, book)


def _figure(tile: Tile, book: Book) -> Row:
    words = book.words
    usual = usual_cells(tile.judged, words)
    target = tile.target
    return [
        Cell(words.label(tile.figure), "Label"),
        cells.figure(tile.figure, words),
        cells.figure(tile.change.before, words),
        usual["usual_low"],
        usual["usual_high"],
        Cell(words.value(tile.verdict)),
        cells.figure(target.target, words) if target else Cell(None),
        Cell("; ".join(_beside(tile, target, book)) or None, "Wrapped cell"),
    ]


def _beside(tile: Tile, target: TargetWord | None, book: Book) -> Iterator[str]:
    """Whether the target is met, how often, what Octopus states where it differs, and by which
    setting it is another figure."""
    words = book.words
    if target is not None:
        met, of = target.met_of
        word = Name(met_word(target, words))
        yield words.text("excel.figures.met_words", word=word, met=met, of=of)
        if target.assurance is not None:
            yield words.phrase(target.assurance)
    if tile.stated is not None:
        yield f"{words.text('excel.figures.stated')} {words.figure(tile.stated)}"
    if tile.note is not None:
        yield words.phrase(tile.note)


def _findings(book: Book, plan: SheetPlan) -> Iterator[Row]:
    words = book.words
    for number, finding in enumerate(book.document.findings):
        label = words.text("label.findings") if number == 0 else None
        yield [Cell(label, "Label"), *_finding(finding, book, plan)]


def _finding(finding: Finding, book: Book, plan: SheetPlan) -> Row:
    """The word, all that lies outside and since when, and where its rows are."""
    words, said = book.words, finding_text(book.words, finding)
    measures = "; ".join(", ".join(filter(None, (each.what, each.usual))) for each in said.lines)
    name = " ".join(filter(None, (said.name, said.since)))
    part = words.text("excel.figures.points", part=Name(said.part)) if said.part else ""
    text = ". ".join(filter(None, (f"{name}: {measures}", part, said.same_cause)))
    beside: Row = [Cell(None)] * (_REST - 2)
    verdict = words.value(finding.verdict)
    row = Cell(f"{verdict}: {text}", "Wrapped", span=_REST - 1)
    return [row, *beside, rows_behind(finding, book, plan)]


def _said(book: Book) -> Iterator[Row]:
    """Questions to ask, what became of the last edition's findings, and the editor's note."""
    document, words = book.document, book.words
    for key, phrases in (
        ("missed", (document.missed,) if document.missed else ()),
        ("questions", document.questions),
        ("last_edition", document.last_edition),
        ("dated", document.dated),
    ):
        for number, phrase in enumerate(phrases):
            label = words.text(f"excel.figures.{key}") if number == 0 else None
            yield [Cell(label, "Label"), _text(briefly(words, phrase))]
    if document.note is not None:
        author = words.text("excel.figures.note", author=document.note.author)
        for section, text in document.note.texts:
            where = "" if section == _PAGE_ONE else f"{_titles(book).get(section, section)}: "
            yield [Cell(author, "Label"), _text(f"{where}{words.name(text)}")]


def _titles(book: Book) -> dict[str, str]:
    return {section.id: book.words.phrase(section.title) for section in book.document.sections}


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
    return Cell(headline_text(book.words, book.document), "Headline", span=_REST)


def _check(book: Book, plan: SheetPlan) -> Cell:
    check, words = book.document.check, book.words
    text = f"{words.value(check.verdict)}: {words.phrase(check.line or check.sentence)}"
    return Cell(text, "Link", plan.fixed["check"], span=_REST)


def _link(sheet: str) -> Cell:
    return Cell(sheet, "Link", sheet, span=_REST)


def _identity(book: Book) -> Iterator[Row]:
    """The identity line, a row for each part."""
    identity, words, brand = book.document.identity, book.words, book.document.brand

    def row(label: str, value: Cell) -> Row:
        return [Cell(words.text(label), "Label"), value]

    def text(label: str, value: str) -> Row:
        return row(label, _text(value))

    zone = words.text(
        "label.zone_both", zone=Name(identity.zone), stated=Name(identity.stated_zone)
    )
    yield text("label.report", f"{words.name(identity.report)} ({identity.report_id})")
    yield text("label.subscription", identity.subscription)
    yield text("label.scope", words.phrase(identity.scope))
    span, dates = words.span(identity.period), words.dates(identity.period)
    yield text("label.period", span if span == dates else f"{span} ({dates})")
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
        yield row(
            "label.contact", Cell(brand.contact, "Link" if link else "Wrapped", link, span=_REST)
        )


def _is_address(contact: str) -> bool:
    return "@" in contact and not any(char.isspace() or char in '<>"?&,;:' for char in contact)
