"""The sample edition in every format, as it was looked at: what each file says, in a form that can
be read and compared.

The files are in ``golden/``; ``UPDATE_GOLDEN=1 pytest tests/formats/test_golden.py`` writes them
anew. Pictures have golden files of their own (`test_charts`) and are left out here.
"""

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import pytest
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

from insights_reports.formats.excel import render as excel
from insights_reports.formats.html import render as html
from insights_reports.formats.mail import render as mail
from insights_reports.formats.pdf import render as pdf
from tests import documents
from tests.formats import workbooks
from tests.formats.goldens import check_golden
from tests.test_read_back import readable
from tests.typed import the


def test_the_page() -> None:
    check_golden("edition.html", markup(html.render(documents.sample_document()).decode()))


def test_the_mail() -> None:
    body = mail.render(documents.sample_document())
    check_golden("mail.txt", body.text)
    check_golden("mail.html", markup(body.html))


def markup(page: str) -> str:
    """A line for each element, without style, script, pictures and what is hashed of them."""
    bare = re.sub(r"(?s)<(style|script)\b[^>]*>.*?</\1>|<svg\b.*?</svg>", "", page)
    bare = re.sub(r"'sha256-[^']*'", "'sha256'", bare)
    bare = re.sub(r"data:[a-z/+-]+;base64,[A-Za-z0-9+/=]*", "data:", bare)
    lines = (line.strip() for line in bare.replace("><", ">\n<").splitlines())
    return "\n".join(line for line in lines if line) + "\n"


@pytest.mark.slow
def test_the_pdf() -> None:
    """Its bookmarks, and the words of each page; where a line breaks is the layout's business."""
    reader = PdfReader(readable(pdf.render(documents.sample_document())))
    lines = [f"{title}: page {page}" for title, page in bookmarks(reader, reader.outline)]
    for number, page in enumerate(reader.pages, 1):
        lines += ["", f"--- page {number}", *wrap(" ".join(page.extract_text().split()), 100)]
    check_golden("edition.pdf.txt", "\n".join(lines) + "\n")


def bookmarks(reader: PdfReader, outline: list[Any]) -> Iterator[tuple[str, int]]:
    for item in outline:
        if isinstance(item, list):
            yield from bookmarks(reader, item)
        else:
            yield str(item.title), the(int, reader.get_destination_page_number(item)) + 1


def test_the_workbook() -> None:
    rows = workbooks.deployments({}, {"task_state": "Failed", "lead_time": None})
    book = workbooks.opened(excel.render(documents.sample_document(), rows))
    lines = [line for sheet in book.worksheets for line in sheet_lines(sheet)]
    check_golden("edition.xlsx.txt", "\n".join(lines) + "\n")


def sheet_lines(sheet: Worksheet) -> Iterator[str]:
    yield f"--- {sheet.title}, frozen at {sheet.freeze_panes}, prints {sheet.print_title_rows}"
    for name, area in sorted((table.name, table.ref) for table in sheet.tables.values()):
        yield f"table {name} {area}"
    for ranges in sheet.conditional_formatting:
        yield f"conditions {ranges.sqref}: {', '.join(rule.type for rule in ranges.rules)}"
    for chart in sheet._charts:  # type: ignore[attr-defined]
        yield f"chart of {len(chart.series)} series at {chart.anchor._from.row + 1}"
    for row in sheet.iter_rows():
        yield from (cell_line(cell) for cell in row if cell.value is not None)


def cell_line(cell: Cell) -> str:
    link = cell.hyperlink and (cell.hyperlink.location or cell.hyperlink.target)
    value = getattr(cell.value, "text", cell.value)  # of an array formula
    shown = [f"{cell.coordinate} {value!r}", cell.number_format, f"-> {link}" if link else ""]
    return "  ".join(part for part in shown if part not in ("", "General"))
