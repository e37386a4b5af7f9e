"""What every format says, read back: the figures of page one and the rows of every split are the
same, and equal to the document's, in PDF text, workbook cells, web page and mail."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pikepdf
import pytest
from lxml import html as lxml_html
from openpyxl import Workbook
from openpyxl.cell import Cell
from pypdf import PdfReader

from insights_reports.edition.document import Chart, Column, ColumnKind, Document, Table, load
from insights_reports.edition.values import Change, Figure, Mark, Unit, Value
from insights_reports.formats.excel import render as excel
from insights_reports.formats.html import render as html
from insights_reports.formats.html.parts import Parts
from insights_reports.formats.html.pictures import inline
from insights_reports.formats.mail import render as mail
from insights_reports.formats.pdf import render as pdf
from insights_reports.formats.words.finding import finding_text
from insights_reports.formats.words.tile import tile_text
from insights_reports.formats.words.words import words
from insights_reports.octopus import Connection
from insights_reports.pipeline.compute import compute
from insights_reports.pipeline.pull import Wanted, pull
from insights_reports.pipeline.runs import WORKBOOK_ROWS, start_run
from insights_reports.server import RunningServer
from insights_reports.spelling.terms import TICKS_PER_SECOND
from tests.conftest import AS_OF
from tests.formats.pdf_ua import failures
from tests.formats.workbooks import opened, table_of
from tests.typed import number

pytestmark = pytest.mark.slow

REPORT = "Nordlicht delivery performance"
SPLITS = (
    "project", "project-group", "environment", "environment-group", "tenant", "tenant-tag-set",
)  # fmt: skip
W = words("en")
MARKS = (ColumnKind.MARK_DURATION, ColumnKind.MARK_RATE, ColumnKind.STRIP, ColumnKind.PART)


def squeezed(text: str) -> str:
    """Without white space and hyphens: where a line breaks is the layout's business."""
    return re.sub(r"[\s\u00ad-]+", "", text)


def readable(content: bytes) -> BytesIO:
    """The PDF with fonts whose text pypdf can read: it ignores /ToUnicode beside an encoding that
    is a stream, which WeasyPrint writes where one glyph stands for two characters. Codes and
    /ToUnicode stay as they are."""
    target = BytesIO()
    with pikepdf.open(BytesIO(content)) as document:
        for thing in document.objects:
            if isinstance(thing, pikepdf.Dictionary) and _has_stream_encoding(thing):
                thing["/Encoding"] = pikepdf.Name("/Identity-H")
        document.save(target)
    return target


def _has_stream_encoding(thing: pikepdf.Object) -> bool:
    is_font = thing.get("/Type") == "/Font"
    return is_font and isinstance(thing.get("/Encoding"), pikepdf.Stream)


@dataclass(frozen=True)
class Rendered:
    """One document and what its files say."""

    document: Document
    pdf: bytes
    xlsx: bytes
    page: str

    @cached_property
    def pdf_pages(self) -> list[str]:
        reader = PdfReader(readable(self.pdf))
        return [squeezed(page.extract_text()) for page in reader.pages]

    @cached_property
    def html(self) -> lxml_html.HtmlElement:
        return lxml_html.document_fromstring(self.page)

    @cached_property
    def workbook(self) -> Workbook:
        return opened(self.xlsx)

    @property
    def main_tables(self) -> list[Table]:
        """The table of its split: one for each tag set."""
        ids = {f"{section.id}-table" for section in self.document.sections}
        blocks = (block for section in self.document.sections for block in section.blocks)
        return [block for block in blocks if isinstance(block, Table) and block.id in ids]

    def sheet_of(self, table: Table) -> list[dict[str, Cell]]:
        """The rows of a table's sheet; such sheets are numbered in the document's order."""
        sections = (block for section in self.document.sections for block in section.blocks)
        every = [b for b in (*self.document.overview, *sections) if isinstance(b, Table | Chart)]
        number = [block.id for block in every].index(table.id) + 1
        names = [name for name in self.workbook.sheetnames if name.startswith(f"{number} ")]
        assert len(names) == 1
        return table_of(self.workbook[names[0]])


@pytest.fixture(scope="session")
def documents(
    server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[Document, ...], pd.DataFrame]:
    """The main report's edition, its documents, and the deployments of its workbook."""
    folder = tmp_path_factory.mktemp("edition")
    config = folder / "insights-reports.yaml"
    config.write_text(json.dumps({"subscriptions": {"monthly": {"report": REPORT}}}))  # is YAML
    run = start_run(config, "monthly", as_of=AS_OF, pull_folder=folder / "pull", dry_run=True)
    wanted = Wanted(REPORT, ranges=("LastQuarter",), granularities=("Monthly",))
    _pull(server, wanted, run.pull_folder)
    names = compute(run).documents
    made = tuple(load((run.documents / f"{name}.json").read_bytes()) for name in names)
    return made, pd.read_parquet(run.folder / WORKBOOK_ROWS)


def _pull(server: RunningServer, wanted: Wanted, folder: Path) -> None:
    environ = {"OCTOPUS_API_KEY": server.api_key}
    connection = Connection.from_environment(url=server.url, environ=environ)
    pull(connection, wanted, folder, as_of=AS_OF, progress=lambda _: None)


@pytest.fixture(scope="module")
def rendered(documents: tuple[tuple[Document, ...], pd.DataFrame]) -> dict[str, Rendered]:
    made, deployments = documents
    with pdf.render_pool(1) as render_pdf:
        return {
            document.name: Rendered(
                document,
                render_pdf(document),
                excel.render(document, deployments if document.name == "summary" else None),
                html.render(document).decode(),
            )
            for document in made
        }


@pytest.fixture(scope="module")
def summary(rendered: dict[str, Rendered]) -> Rendered:
    return rendered["summary"]


@pytest.fixture(scope="module")
def letter(summary: Rendered) -> mail.RenderedMail:
    return mail.render(summary.document)


def test_the_edition_has_a_document_for_every_split(rendered: dict[str, Rendered]) -> None:
    assert tuple(rendered) == ("summary", *SPLITS)
    assert len(rendered["summary"].document.tiles) == 5
    tables = {name: len(rendered[name].main_tables) for name in SPLITS}
    assert tables.pop("tenant-tag-set") > 1
    assert set(tables.values()) == {1}


def test_every_pdf_keeps_what_can_be_judged_of_pdf_ua(rendered: dict[str, Rendered]) -> None:
    found = {name: failures(one.pdf) for name, one in rendered.items()}
    assert not any(found.values()), found


# --- page one ------------------------------------------------------------------------------------


def check_counts(document: Document) -> tuple[str, ...]:
    check = document.check
    return (W.phrase(check.line or check.sentence),)


def ledger_lines(document: Document) -> Iterator[tuple[str, int]]:
    ledger = document.check.ledger
    yield W.text("label.read"), ledger.read
    yield W.text("label.used"), ledger.used
    for exclusion in ledger.excluded:
        yield W.phrase(exclusion.reason), exclusion.deployments


def page_one_lines(document: Document) -> Iterator[str]:
    """The lines of page one that PDF and web page have in the same words."""
    for tile in document.tiles:
        said = tile_text(W, tile)
        yield squeezed(said.number + said.unit)
        yield squeezed(said.line)
        yield squeezed(said.last_year)
    yield squeezed("".join(check_counts(document)))


def finding_lines(document: Document) -> Iterator[str]:
    for finding in document.findings:
        said = finding_text(W, finding)
        yield from (squeezed(text) for text in (said.name, said.part, said.same_cause))
        for line in said.lines:
            yield from (squeezed(text) for text in (line.what, line.range))


def test_the_findings_are_in_the_pdf_and_the_web_page(summary: Rendered) -> None:
    for text in ("".join(summary.pdf_pages), squeezed(summary.html.text_content())):
        assert [line for line in finding_lines(summary.document) if line not in text] == []


def test_the_ledger_stands_with_the_sources(summary: Rendered) -> None:
    for text in (summary.pdf_pages[-1], squeezed(summary.html.text_content())):
        for label, n in ledger_lines(summary.document):
            taken = label not in (W.text("label.read"), W.text("label.used"))
            assert squeezed(f"{label}{'−' if taken else ''}{W.count(n)}") in text


def test_page_one_of_the_pdf_has_every_figure(summary: Rendered) -> None:
    missing = [s for s in page_one_lines(summary.document) if s not in summary.pdf_pages[0]]
    assert missing == []


def test_the_web_page_has_every_figure_of_page_one(summary: Rendered) -> None:
    text = squeezed(summary.html.text_content())
    assert [line for line in page_one_lines(summary.document) if line not in text] == []


def test_both_parts_of_the_mail_have_every_figure_of_page_one(
    summary: Rendered, letter: mail.RenderedMail
) -> None:
    wanted = [*check_counts(summary.document)]
    for tile in summary.document.tiles:
        said = tile_text(W, tile)
        wanted += [said.label, said.word, said.usual]
    parsed: Any = lxml_html.document_fromstring(letter.html)
    page = parsed.text_content()
    for part in (squeezed(letter.text), squeezed(page)):
        assert [text for text in wanted if squeezed(text) not in part] == []


def test_the_key_figures_of_the_workbook_are_numbers_and_equal(summary: Rendered) -> None:
    rows = table_of(summary.workbook[W.text("excel.sheet.figures")])
    figures = [f for tile in summary.document.tiles for f in (tile.figure, *tile.extra)]
    assert [row["Figure"].value for row in rows] == [W.label(figure) for figure in figures]
    for row, figure in zip(rows, figures, strict=True):
        assert_equal(row["Value"], figure)
        assert row["n"].value == figure.n


def test_the_changes_in_the_workbook_are_numbers_and_equal(summary: Rendered) -> None:
    rows = {
        row["Figure"].value: row
        for row in table_of(summary.workbook[W.text("excel.sheet.figures")])
        if row["Verdict"].value is not None
    }
    assert len(rows) == len(summary.document.tiles)
    for tile in summary.document.tiles:
        row = rows[W.label(tile.figure)]
        assert_equal(row["Previous period"], tile.change.before)
        assert_change(row["Change"], tile.change)
        assert row["Verdict"].value == W.value(tile.verdict)
        assert row["Why this verdict"].value == W.phrase(tile.reason)


def test_the_cross_check_in_the_workbook_is_equal(summary: Rendered) -> None:
    check = summary.document.check
    rows = table_of(summary.workbook[W.text("excel.sheet.check")])
    found = [row[W.text("label.value")].value for row in rows]
    assert found[: 6] == [
        W.value(check.verdict),
        check.figures, check.agrees, check.explained, check.differs, check.not_comparable,
    ]  # fmt: skip
    assert check.figures > 1000


def test_the_ledger_in_the_workbook_is_equal(summary: Rendered) -> None:
    ledger = summary.document.check.ledger
    sheet = summary.workbook[W.text("excel.sheet.exclusions")]
    rows = table_of(sheet)
    counts = [number(row[W.text("label.deployments")].value) for row in rows]
    assert counts == [ledger.used, *(each.deployments for each in ledger.excluded)]
    *_, total = sheet.iter_rows(values_only=True)
    assert total[:2] == (W.text("label.read"), ledger.read)
    assert sum(counts) == ledger.read
    listed = table_of(summary.workbook[W.text("excel.sheet.deployments")])
    inside = [row for row in listed if row[W.text("excel.deployments.in_period")].value == 1]
    assert (
        len(inside)
        == sum(each.deployments for each in ledger.excluded if each.reason.key == "exclusion.state")
        + ledger.used
    )


# --- the rows of every split ---------------------------------------------------------------------


def texts(document: Document, table: Table, row: tuple[Value, ...]) -> list[str | None]:
    """The cells as text; None for a picture, whose numbers stand in the workbook."""
    parts = Parts(document, inline, hover=True, mark_width=112)
    brief = table.row_verdicts != ()
    return [
        None if column.kind in MARKS else parts.cell(value, column.kind, brief=brief)
        for column, value in zip(table.columns, row, strict=True)
    ]


@pytest.mark.parametrize("split", SPLITS)
def test_the_rows_of_a_split_are_in_the_pdf(rendered: dict[str, Rendered], split: str) -> None:
    text = "".join(rendered[split].pdf_pages)
    for table in rendered[split].main_tables:
        total = [table.total] if table.total else []
        lines = [
            "".join(t for t in texts(rendered[split].document, table, r) if t)
            for r in (*table.rows, *total)
        ]
        assert [line for line in lines if squeezed(line) not in text] == []


@pytest.mark.parametrize("split", SPLITS)
def test_the_rows_of_a_split_are_in_the_web_page(rendered: dict[str, Rendered], split: str) -> None:
    for table in rendered[split].main_tables:
        found = rendered[split].html.xpath(f'//div[@id="{table.id}"]//tbody/tr')
        expected = [*table.complete_rows, *([table.total] if table.total else [])]
        assert len(found) == len(expected)
        for line, row in zip(found, expected, strict=True):
            cells = [squeezed(cell.text_content()) for cell in line.xpath("./th|./td")]
            wanted = texts(rendered[split].document, table, row)
            assert [c for c, t in zip(cells, wanted, strict=True) if t is not None] == [
                squeezed(text) for text in wanted if text is not None
            ]


@pytest.mark.parametrize("split", SPLITS)
def test_the_rows_of_a_split_are_in_the_workbook(rendered: dict[str, Rendered], split: str) -> None:
    for table in rendered[split].main_tables:
        sheet = rendered[split].sheet_of(table)
        assert len(sheet) == len(table.complete_rows) == table.total_rows
        for line, row in zip(sheet, table.complete_rows, strict=True):
            for column, value in zip(table.columns, row, strict=True):
                assert_cell(line, column, value)


def assert_cell(line: dict[str, Cell], column: Column, value: Value) -> None:
    """One value of a row is in the column, or columns, of its title."""
    line = {spaced(head): cell for head, cell in line.items()}
    title = spaced(W.column(column))
    if isinstance(value, Figure):
        [head] = [head for head in line if head == title or head.startswith(f"{title} (")]
        assert_equal(line[head], value)
    elif isinstance(value, Change):
        assert_change(line[title], value)
        assert line[f"{title}: verdict"].value == W.value(value.verdict)
    elif isinstance(value, Mark):
        for part, number in (("value", value.at), ("from", value.low), ("to", value.high)):
            if number is not None:
                [head] = [head for head in line if head.startswith(f"{title}: {part}")]
                assert_number(line[head], number, unit_of(column.kind))
    else:
        assert line[title].value == W.value(value)


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def unit_of(kind: ColumnKind) -> Unit:
    return Unit.RATE if kind is ColumnKind.MARK_RATE else Unit.DURATION


def assert_equal(cell: Cell, figure: Figure) -> None:
    if figure.value is None:
        assert cell.value == W.figure(figure)
    else:
        assert_number(cell, figure.value, figure.unit)


def assert_number(cell: Cell, value: float, unit: Unit) -> None:
    """The cell's number is the value; durations to a millisecond, which openpyxl rounds to."""
    found = cell.value
    if unit is not Unit.DURATION:
        assert isinstance(found, int | float)
        assert found == pytest.approx(value, rel=1e-14)
        return
    if isinstance(found, timedelta):
        seconds = found / timedelta(seconds=1)
    else:  # decimal hours: the column has a negative duration
        assert isinstance(found, int | float)
        seconds = found * 3600
    assert seconds == pytest.approx(value / TICKS_PER_SECOND, abs=1e-3)


def assert_change(cell: Cell, change: Change) -> None:
    if change.difference is None:
        assert cell.value == W.change(change)
        return
    assert isinstance(cell.value, int | float)
    scale = {Unit.DURATION: 3600 * TICKS_PER_SECOND, Unit.RATE: 0.01}.get(change.after.unit, 1)
    assert cell.value * scale == pytest.approx(change.difference, rel=1e-12)
