"""Every number of a finding stands in the row that it leads to, in every format."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from io import BytesIO
from typing import Any

import pypdfium2 as pdfium
import pytest
from lxml import html as parser
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from insights_reports.edition import compose
from insights_reports.edition.document import Document, Finding, FindingLine
from insights_reports.edition.values import Metric
from insights_reports.formats.excel import render as excel
from insights_reports.formats.html import render as html
from insights_reports.formats.mail import render as mail
from insights_reports.formats.pdf import render as pdf
from insights_reports.formats.words.brief import brief_text
from insights_reports.formats.words.finding import finding_text
from insights_reports.formats.words.words import words
from tests.edition.inputs import inputs, settings
from tests.edition.test_findings import LOOK, history
from tests.typed import the

HISTORIES = {
    "one project fails": history({"Checkout": 14}),
    "two fail": history({"Checkout": 14, "Billing": 9}),
    "all but stand still": history({}, many=6),
}
SPLITS = ("Project", "Environment", "EnvironmentGroup")


@cache
def made(name: str, headline: str, language: str, layout: str) -> tuple[Document, ...]:
    asked = settings(splits=SPLITS, headline=headline, language=language, layout=layout)
    documents = compose(inputs(HISTORIES[name], lookups=LOOK), asked)
    assert documents[0].findings, "a history in which nothing is found tests nothing"
    return documents


CASES = [
    ("one project fails", "Production", "en", "per_split"),
    ("one project fails", "all", "de", "one"),
    ("two fail", "Production", "de", "per_split"),
    ("two fail", "all", "en", "per_split"),
    ("all but stand still", "Production", "en", "one"),
]


@pytest.fixture(params=CASES, ids=lambda case: ", ".join(case))
def documents(request: pytest.FixtureRequest) -> tuple[Document, ...]:
    return made(*request.param)


def said(document: Document, line: FindingLine) -> list[str]:
    """The numbers of a measure as pages print them: of a rate the failures and all, too."""
    figure, own = line.figure, words(document.language)
    text = [brief_text(own, figure)]
    if line.metric is Metric.FAILURE_RATE:
        assert figure.value is not None and figure.n is not None
        text += [own.count(round(figure.value * figure.n)), own.count(figure.n)]
    return text


def numbers(finding: Finding) -> list[float]:
    """The same as a workbook has them: hours, and rates as shares."""
    found: list[float] = []
    for line in finding.measures:
        value, n = line.figure.value, line.figure.n
        assert value is not None
        if line.metric in (Metric.LEAD_TIME, Metric.TIME_TO_RECOVERY):
            found.append(value / 36e9)
        elif line.metric is Metric.FAILURE_RATE:
            assert n is not None
            found += [value, round(value * n), n]
        else:
            found.append(value)
    return found


def in_cells(number: str, cells: Sequence[str]) -> bool:
    """Whether a number is one of the numbers that stand in some cells, by itself."""
    return any(re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d.,]*\d)", cell) for cell in cells)


def test_a_number_is_not_found_in_another() -> None:
    assert in_cells("14", ["14 of 90"])
    assert not in_cells("14", ["114", "1.14", "14.5 %", "140"])


def plain(text: str) -> str:
    return " ".join(text.replace("\u00ad", "").split())


def text_of(element: Any) -> str:
    return plain(element.text_content())


def page_of(document: Document) -> Any:
    return parser.document_fromstring(html.render(document).decode())


def test_on_the_web_page(documents: tuple[Document, ...]) -> None:
    pages = {each.name: page_of(each) for each in documents}
    for document in documents:
        listed = pages[document.name].xpath("//section[@id='findings']//li//a")
        assert len(listed) == len(document.findings)
        for finding, link in zip(document.findings, listed, strict=True):
            file, _, anchor = link.get("href").partition("#")
            page = pages[finding.document if file else document.name]
            [row] = page.xpath(f"//tr[@id='{anchor}']")
            cells = [text_of(cell) for cell in row]
            assert cells[0] == text_of(link)
            for line in finding.measures:
                for number in said(document, line):
                    assert in_cells(plain(number), cells), (document.name, number, cells)


@pytest.fixture(scope="module")
def render_pdf() -> Iterator[Callable[[Document], bytes]]:
    with pdf.render_pool(1) as render_one:
        yield render_one


def test_on_paper(documents: tuple[Document, ...], render_pdf: Callable[[Document], bytes]) -> None:
    """Of every finding that is linked, the row of that name has the numbers."""
    for document in documents:
        with pdfium.PdfDocument(render_pdf(document)) as file:
            pages = [page.get_textpage().get_text_range() for page in file]
        lines = [plain(line) for page in pages for line in page.splitlines()]
        own = words(document.language)
        for finding in document.findings:
            begin = f"{own.value(finding.subject)} "
            rows = [line for line in lines if line.startswith(begin)]
            rows = [row for row in rows if row.removeprefix(begin)[0] not in "▲▼"]
            for line in finding.measures:
                for number in said(document, line):
                    assert in_cells(plain(number), rows), (document.name, number, rows)


def rows_led_to(content: bytes) -> Iterator[tuple[str, list[Any]]]:
    """Each finding of a cover, and the cells of the row that its link leads to."""
    book = load_workbook(BytesIO(content))
    for cells in book.worksheets[0].iter_rows():
        for cell in cells:
            place = cell.hyperlink.location if cell.hyperlink else None
            sheet, _, at = (place or "").rpartition("!")
            if at.startswith("A") and at != "A1":
                row = the(Worksheet, book[sheet.strip("'").replace("''", "'")])[int(at[1:])]
                yield str(cells[1].value), [each.value for each in row]


def test_in_the_workbook(documents: tuple[Document, ...]) -> None:
    for document in documents:
        found = list(rows_led_to(excel.render(document, None)))
        own = words(document.language)
        here = [each for each in document.findings if leads_here(each, documents, document)]
        assert len(found) == len(here)
        for finding, (text, row) in zip(here, found, strict=True):
            assert row[0] == own.value(finding.subject)
            values = [float(cell) for cell in row if isinstance(cell, int | float)]
            for number in numbers(finding):
                assert any(abs(value - number) < 1e-6 for value in values), (text, number, row)
            for line in finding_text(own, finding).lines:
                assert plain(line.what) in plain(text)


def leads_here(finding: Finding, documents: tuple[Document, ...], document: Document) -> bool:
    """Whether a workbook has the rows of a finding: the others name the file that has them."""
    own = document.name in (finding.document, documents[0].name)
    return own and (
        len(documents) == 1 or finding.split == "project" or document.name == finding.document
    )


def test_in_the_mail(documents: tuple[Document, ...]) -> None:
    """A mail has no rows: it says the same of the same findings as the page that it opens."""
    document = documents[0]
    letter = mail.render(document)
    shown = text_of(parser.document_fromstring(letter.html))
    page = text_of(page_of(document))
    for finding in document.findings[:4]:
        for line in finding_text(words(document.language), finding).lines:
            what = plain(line.what)
            assert what in plain(letter.text)
            assert what in shown
            assert what in page
