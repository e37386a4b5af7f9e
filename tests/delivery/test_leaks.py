"""The leak test: what is planted in each format is found, and what only looks like it is not."""

import io
import json
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import openpyxl
import pandas as pd
import pikepdf
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from weasyprint import HTML

from insights_reports.delivery.leaks.leaks import Guard, Leak, index_of
from insights_reports.delivery.leaks.squeeze import Index

OWN = ("Nimbus Shop", "Größe GmbH", "Projects-1")
FOREIGN = ("Payments API", "Nimbus", "Nimbus Shop Plus", "Bäckerei Müller", "متجر الرياض",
           "在庫管理", "R&D <Core>", "Europe", "Projects-2", "Total", "QA", "2026")  # fmt: skip
SHARED = ("Europe/Berlin",)


def guard() -> Guard:
    everything = frozenset((*OWN, *FOREIGN))
    return Guard(
        everything,
        index_of(everything),
        frozenset((*OWN, *SHARED)),
        frozenset({"Deployments-1"}),
        Index(SHARED, frozenset()),
    )


def found(name: str, content: bytes) -> set[str]:
    return {leak.name for leak in guard().in_file(name, content)}


def said(text: str) -> set[str]:
    return {leak.name for leak in guard().in_text("file", "place", text)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Payments API", {"Payments API"}),
        ("PAYMENTS   api", {"Payments API"}),
        ("Pay\u00adments API", {"Payments API"}),
        ("Pay-\nments API", {"Payments API"}),
        ("Pay\u200bments\u00a0API", {"Payments API"}),
        ("Ba\u0308ckerei Mu\u0308ller", {"Bäckerei Müller"}),
        ("R&D <core>", {"R&D <Core>"}),
        ("ضايرلا رجتم", {"متجر الرياض"}),  # as some programs extract it
        ("在庫管理 (3)", {"在庫管理"}),
        ("Nimbus Shop Plus", {"Nimbus Shop Plus"}),  # begins with a name of the slice's own
        ("Nimbus", {"Nimbus"}),
        ("nimbus, shop", set()),
        ("see Projects-2, and Projects-1", {"Projects-2"}),
        ("Deployments-1, Deployments-12", {"Deployments-12"}),
        # No false alarms:
        ("Nimbus Shop", set()),  # "Nimbus" stands in it
        ("NimbusShop", set()),
        ("Nimbusse", set()),
        ("Payments APIs", set()),
        ("Projects-21", set()),
        ("Europe/Berlin", set()),  # everybody may know the zone
        ("Europe", {"Europe"}),
        ("Total 2026 QA", set()),  # words of every report: left to the typed document
        ("Größe GmbH", set()),
    ],
)
def test_a_name_is_found_however_it_is_written(text: str, names: set[str]) -> None:
    assert said(text) == names


def test_what_no_search_can_tell_is_named() -> None:
    assert guard().index.untestable == {"Total", "QA", "2026"}


def test_a_leak_says_where_it_is() -> None:
    (leak,) = guard().in_text("a.pdf", "page 3", "Failures of the Payments API in October")
    assert str(leak) == "a.pdf, page 3: 'Payments API' in “failures of the payments api in octo”"


def test_the_typed_document_is_compared_exactly() -> None:
    def leaks(value: object) -> list[Leak]:
        return list(guard().in_document("summary.json", json.dumps(value).encode()))

    name = {"kind": "name", "text": "Total", "id": ""}
    (leak,) = leaks({"rows": [{"cells": [name]}]})
    assert (leak.name, leak.where) == ("Total", ".rows[0].cells[0].text")
    assert [each.name for each in leaks({"a": {"kind": "name", "text": "x", "id": "Projects-2"}})]
    assert [each.name for each in leaks({"ids": ["Deployments-7"]})] == []  # of the files' test
    assert leaks({"kind": "name", "text": "Nimbus Shop", "id": "Projects-1"}) == []
    assert leaks({"title": "Total", "key": "nimbus"}) == []


def pdf(html: str, change: Callable[[pikepdf.Pdf], None] | None = None) -> bytes:
    content = HTML(string=html).write_pdf()
    if change is None:
        return bytes(content)
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        change(document)
        document.save(out)
    return out.getvalue()


def in_pdf() -> Iterator[tuple[str, bytes]]:
    yield "text", pdf("<p>of the Payments API</p>")
    hyphens = "<style>p {width: 12mm; hyphens: manual}</style>"
    yield "hyphens", pdf(f"{hyphens}<p>xxxx Pay&shy;ments API</p>")
    yield "narrow", pdf("<style>td {width: 8mm; overflow-wrap: anywhere}</style>"
                        "<table><td>Payments API<td>Nimbus Shop</table>")  # fmt: skip
    yield "bookmark", pdf("<h1 style='bookmark-label: \"Payments API\"'>x</h1>")
    yield "link", pdf("<a href='https://x/Payments%20API?Payments API'>x</a>")
    yield "title", pdf("<title>Payments API</title>x")

    def attach(document: pikepdf.Pdf) -> None:
        document.attachments["x"] = b"Payments API"

    yield "attachment", pdf("x", attach)

    def metadata(document: pikepdf.Pdf) -> None:
        with document.open_metadata() as meta:
            meta["dc:description"] = "Payments API"

    yield "metadata", pdf("x", metadata)


def workbook(change: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Own"
    book.worksheets[0]["A1"] = "Nimbus Shop"
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def in_xlsx() -> Iterator[tuple[str, bytes]]:
    def cell(book: openpyxl.Workbook) -> None:
        book.worksheets[0]["B2"] = "Payments API"

    def comment(book: openpyxl.Workbook) -> None:
        book.worksheets[0]["A1"].comment = Comment("Payments API", "me")

    def hidden(book: openpyxl.Workbook) -> None:
        book.create_sheet("x").sheet_state = "veryHidden"
        book.worksheets[1]["A1"] = "Payments API"

    def sheet(book: openpyxl.Workbook) -> None:
        book.create_sheet("Payments API")

    def defined(book: openpyxl.Workbook) -> None:
        book.defined_names["x"] = DefinedName("x", attr_text='"Payments API"')

    def properties(book: openpyxl.Workbook) -> None:
        book.properties.keywords = "Payments API"

    def link(book: openpyxl.Workbook) -> None:
        book.worksheets[0]["A1"].hyperlink = "https://x/Payments-API"

    def runs(book: openpyxl.Workbook) -> None:
        bold = TextBlock(InlineFont(b=True), "ments")
        book.worksheets[0]["C3"] = CellRichText("Pay", bold, " API")

    def validation(book: openpyxl.Workbook) -> None:
        asked = DataValidation(type="list", formula1='"x,Payments API"', prompt="x")
        asked.add("D4")
        book.worksheets[0].add_data_validation(asked)

    def header(book: openpyxl.Workbook) -> None:
        foot: Any = book.worksheets[0].HeaderFooter.oddFooter
        foot.center.text = "Payments API"

    for change in (
        runs,
        validation,
        header,
        cell,
        comment,
        hidden,
        sheet,
        defined,
        properties,
        link,
    ):
        yield change.__name__, workbook(change)


HTML_PLANTS = {
    "text": "<p>Payments <b>API</b></p>",
    "inline": "<p>Pay<span id='x'>ments</span> API</p>",
    "entity": "<p>Payments&#32;API</p>",
    "attribute": "<img alt='Payments API'>",
    "comment": "<!-- Payments API -->",
    "json": '<script type="application/json">{"a": "Payments\\u0020API"}</script>',
    "script": '<script>x = "Payments\\u0020API"</script>',
    "title": "<title>Payments API</title>",
}


def parquet(*more: str) -> bytes:
    out = io.BytesIO()
    series = pd.Categorical(["Nimbus Shop"], categories=[*more, "Nimbus Shop"])
    pd.DataFrame({"series": series}).to_parquet(out)
    return out.getvalue()


def with_metadata() -> bytes:
    table = pa.table({"a": ["Nimbus Shop"]}).replace_schema_metadata({"x": "Payments API"})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def mail(
    *,
    subject: str = "x",
    text: str = "x",
    html: str = "x",
    attached: str = "Nimbus Shop",
    file: str = "a.csv",
    reply_to: str = "x@example.com",
) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["Reply-To"] = reply_to
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message.add_attachment(attached.encode(), maintype="text", subtype="csv", filename=file)
    return message.as_bytes()


PLANTS = [
    *((f"pdf-{kind}", "a.pdf", content) for kind, content in in_pdf()),
    *((f"xlsx-{kind}", "a.xlsx", content) for kind, content in in_xlsx()),
    *((f"html-{kind}", "a.html", text.encode()) for kind, text in HTML_PLANTS.items()),
    ("json-value", "a.json", b'{"a": [{"b": "Payments\\u0020API"}]}'),
    ("json-key", "a.json", b'{"Payments API": 1}'),
    ("csv", "a.csv", b'a,b\r\n"Payments API",1\r\n'),
    ("parquet-dictionary", "a.parquet", parquet("Payments API")),
    ("parquet-metadata", "a.parquet", with_metadata()),
    ("mail-subject", "a.eml", mail(subject="für alle, Payments API")),
    ("mail-text", "a.eml", mail(text="Payments API")),
    ("mail-attachment", "a.eml", mail(attached="Payments API")),
    ("mail-attachment-name", "a.eml", mail(file="payments-api.csv")),
    ("mail-html", "a.eml", mail(html="<p>Pay<b>ments</b> API")),
    ("mail-reply-to", "a.eml", mail(reply_to="Payments API <x@example.com>")),
]


@pytest.mark.parametrize(
    ("name", "content"), [plant[1:] for plant in PLANTS], ids=[plant[0] for plant in PLANTS]
)
def test_what_is_planted_is_found(name: str, content: bytes) -> None:
    assert found(name, content) == {"Payments API"}


def test_a_file_of_the_slice_alone_is_quiet() -> None:
    assert found("a.pdf", pdf("<title>Nimbus Shop</title><p>Nimbus Shop, Größe GmbH")) == set()
    assert found("a.xlsx", workbook(lambda book: None)) == set()
    assert found("a.html", b"<p class='Payments API'>Nimbus Shop</p>") == set()
    assert found("a.parquet", parquet()) == set()
    assert found("a.eml", mail()) == set()
    # Two cells are two texts: nothing reaches from one into the next.
    assert found("a.csv", b"Payments,API\r\n") == set()
