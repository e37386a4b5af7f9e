"""Ten thousand hostile names through every format: none breaks one, none becomes anything but text.

Hypothesis makes the names; hundreds stand in one document, in every kind of place that a name can
have, so that ten thousand of them take minutes. When a batch fails, halves of it are tried until
the one name that does it is found.

    THOROUGH=1 make test TESTS=tests/formats/test_hostile_names.py
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from openpyxl.utils.escape import unescape
from pypdf import PdfReader

from insights_reports.edition.document import (
    Brand,
    Chart,
    Column,
    ColumnKind,
    Document,
    Exclusion,
    Section,
    Table,
)
from insights_reports.edition.files import File, file_name
from insights_reports.edition.values import Figure, Metric, Name, Phrase, Statistic
from insights_reports.formats.excel import render as excel
from insights_reports.formats.html import index
from insights_reports.formats.html import render as html
from insights_reports.formats.html.index import IndexEntry, IndexFile
from insights_reports.formats.html.index_figures import IndexFigure
from insights_reports.formats.mail import render as mail
from insights_reports.formats.pdf import render as pdf
from insights_reports.octopus import clean_text
from tests import documents
from tests.formats.pdf_ua import failures
from tests.formats.workbooks import cells, deployments, opened, table_of

pytestmark = pytest.mark.slow

THOROUGH = "THOROUGH" in os.environ
COUNT = 10_000 if THOROUGH else 100
AT_ONCE = 250
IN_LISTS = 8

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "]]><a href=javascript:alert(1)>x</a>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<!--",
    "&lt;b&gt;&#x3c;",
    "{{ 7 * 7 }}{% raw %}",
    "{0} {name} %s %(x)d",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "http://evil.example/",
    "https://evil.example/",
    "evil@evil.example",
    "mailto:evil@evil.example?bcc=x",
    "//evil.example/x",
    "../../etc/passwd",
    "C:\\con\\nul",
    "=1+1",
    "=cmd|'/C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "#N/A",
    "#REF!",
    "_x0041_",
    "&D&P",
    "1e999",
    "TRUE",
    "2026-09-01",
    "2026-W<b>",
    "2026-Q",
    "a\r\nBcc: evil@evil.example",
    "=?utf-8?q?x?=",
    "\x00\x01\x1f\x7f\x85",
    "\ud800",
    "\udfff\ud800",
    "\ufffe\uffff",
    "\u2028\u2029",
    "\u202egnp.exe",
    "\u2066\u2067\u2068",
    "\u200b\u200d\ufeff",
    "a" + "\u0301" * 60,
    "😀" * 100,
    "N" * 300,
    "ﷺ" * 20,
    "مشروع الشحن",
    "परियोजना",
    "配送プロジェクト",
    " ",
    "",
]
NAMES = st.one_of(
    st.text(st.characters(), max_size=40),
    st.builds("".join, st.lists(st.sampled_from(ATTACKS), min_size=1, max_size=3)),
    st.builds(
        lambda a, b, c: a + b + c,
        st.text(max_size=9),
        st.sampled_from(ATTACKS),
        st.text(max_size=9),
    ),
    st.text("<>\"'&/\\=+-@#{}%_:;()[]|^`~\r\n\t\x00\u202e\ud83d\ude00ab1 ", max_size=40),
)


@cache
def made_up_names() -> tuple[str, ...]:
    """Distinct names, as many as `COUNT`."""
    found: dict[str, None] = dict.fromkeys(ATTACKS)

    @settings(
        max_examples=2 * COUNT,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(NAMES)
    def collect(name: str) -> None:
        found.setdefault(name)

    collect()
    return tuple(found)[:COUNT]


def test_there_are_as_many_names_as_we_say() -> None:
    names = made_up_names()
    assert len(set(names)) == len(names) == COUNT
    assert sum(not name.isascii() for name in names) > COUNT / 4


# --- a document full of them ---------------------------------------------------------------------

KINDS = (ColumnKind.NAME, ColumnKind.ID, ColumnKind.TEXT)


def sentence(name: str) -> Phrase:
    return Phrase("exclusion.state", {"state": Name(name)})


def a_table(names: Sequence[str]) -> Table:
    """A row for each name: as a name, as an id and in a sentence."""
    column = Phrase("column.slice.project")
    return Table(
        id="names",
        title=sentence(names[0]),
        subtitle=Phrase("chart.heat.subtitle", {"zone": Name(names[-1])}),
        columns=tuple(Column(column, kind) for kind in KINDS),
        rows=tuple((Name(name, name), Name(name), sentence(name)) for name in names),
        total_rows=len(names),
    )


def document_of(names: Sequence[str]) -> Document:
    """A document in which everything that can be named has one of these names; all of them are in
    its table."""
    sample = documents.sample_document()

    def nth(number: int) -> str:
        return names[number % len(names)]

    def named(chart: Chart) -> Chart:
        labels = (Name(nth(i), nth(i)) for i in range(IN_LISTS))
        return replace(
            chart,
            series=tuple(replace(chart.series[0], label=label) for label in labels),
            alternatives=tuple(map(named, chart.alternatives)),
        )

    sentences = tuple(sentence(nth(i)) for i in range(IN_LISTS))
    identity = replace(
        sample.identity,
        report_id=nth(1),
        report=Name(nth(2), nth(3)),
        subscription=nth(4),
        stated_zone=nth(5),
        account=Name(nth(6), nth(7)),
        server=nth(8),
        space=Name(nth(9), nth(10)),
    )
    ledger = replace(
        sample.check.ledger,
        excluded=tuple(Exclusion(each, 1, tuple(names[:3])) for each in sentences),
    )
    findings = tuple(
        replace(
            sample.findings[0], subject=Name(nth(i)), anchor=nth(i), document=nth(i), row=nth(i)
        )
        for i in range(5)
    )
    return replace(
        sample,
        identity=identity,
        findings=findings,
        overview=(named(documents.panels()),),
        check=replace(sample.check, gaps=sentences, ledger=ledger),
        sections=(Section("names", Phrase("section.split.project"), None, (a_table(names),)),),
        brand=Brand(company=nth(11), footer=nth(12), contact=nth(13)),
        formula_version=nth(14),
    )


# --- what each format may hold -------------------------------------------------------------------


def is_link(target: str) -> bool:
    return target.startswith(("mailto:", "https://"))


def is_page_of_the_edition(target: str) -> bool:
    return re.fullmatch(r"[a-z0-9-]+\.html#[A-Za-z0-9_-]+", target) is not None


def squeezed(text: str) -> str:
    return " ".join(text.split())


def check_page(content: str, names: Sequence[str]) -> None:
    page: Any = lxml_html.document_fromstring(content)
    elements = [element for element in page.iter() if isinstance(element.tag, str)]
    assert {str(e.tag) for e in elements} <= known_tags()
    assert len(page.xpath("//script")) == len(page.xpath("//style")) == 1
    attributes = [(name, value) for e in elements for name, value in e.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name == "srcdoc"]
    for name, value in attributes:
        if name in {"href", "src", "xlink:href", "action", "formaction"}:
            own = value.startswith("#") or is_page_of_the_edition(value)
            assert own or is_link(value), (name, value)
    shown = {squeezed(cell.text_content()) for cell in page.xpath("//table//th | //table//td")}
    plain = [n for n in names if n.isascii() and n.isprintable() and n.strip()]
    missing = [n for n in plain if squeezed(n) not in shown]
    assert not missing


@cache
def known_tags() -> frozenset[str]:
    """The elements that a page has when its names are plain words."""
    page = lxml_html.document_fromstring(html.render(document_of(["plain", "words"])).decode())
    return frozenset(str(e.tag) for e in page.iter() if isinstance(e.tag, str))


def check_workbook(content: bytes, names: Sequence[str]) -> None:
    workbook = opened(content)
    for cell in cells(workbook, without="Summary"):
        assert cell.data_type not in ("f", "e"), cell.value
        if cell.hyperlink and cell.hyperlink.target:
            assert is_link(cell.hyperlink.target)
    titles = [title.casefold() for title in workbook.sheetnames]
    assert len(set(titles)) == len(titles)
    rows = table_of(workbook["Deployments"])
    releases = [
        unescape(str(row["Release"].value or "")) for row in rows
    ]  # as Excel would read them
    assert releases == [clean_text(name) for name in names]


def check_pdf(content: bytes) -> None:
    """No script, no action but a link into the document or to https and mailto, no attachment; and
    tagged all the same, but for letters that no font here has."""
    assert [failure for failure in failures(content) if "31-030" not in failure] == []
    with pikepdf.open(BytesIO(content)) as document:
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(document.Root.keys())
        assert not document.attachments
        for thing in document.objects:
            if isinstance(thing, pikepdf.Dictionary):
                assert not {"/JS", "/AA", "/Launch", "/EF"} & set(thing.keys())
                action = thing.get("/A")
                if isinstance(action, pikepdf.Dictionary) and "/S" in action:
                    assert action.S in ("/URI", "/GoTo"), action.S
                    assert action.S != "/URI" or is_link(str(action.URI)), str(action.URI)


def check_mail(body: mail.RenderedMail) -> None:
    page = lxml_html.document_fromstring(body.html)
    elements = [element for element in page.iter() if isinstance(element.tag, str)]
    assert not {str(e.tag) for e in elements} & {"script", "iframe", "object", "svg", "link"}
    for element in elements:
        for name, value in element.attrib.items():
            assert not str(name).startswith("on")
            assert name != "href" or is_link(str(value))
            assert name != "src" or str(value).startswith("cid:")
    assert len(body.html.encode()) < 100_000
    assert body.text.encode()
    assert body.subject.isprintable()
    assert len(body.subject) <= 150


def check_index(content: str) -> None:
    page: Any = lxml_html.document_fromstring(content)
    assert len(page.xpath("//script")) == len(page.xpath("//style")) == 1
    assert not page.xpath("//img | //svg | //iframe | //object | //base")
    assert not [n for e in page.iter() for n in e.attrib if str(n).startswith("on")]
    for href in page.xpath("//@href"):
        assert href.startswith("./")
        assert ".." not in href.split("/")


def entry(name: str, number: int) -> IndexEntry:
    file = IndexFile(name, name, name, 1, name)
    day = date(2026, 9, 1)
    at = datetime(2026, 10, 1, tzinfo=UTC)
    made = IndexEntry(name, name, name, name, day, day, number, name, name, at, (file,))
    figure = IndexFigure(Figure(Metric.FAILURE_RATE, Statistic.RATE, 0.1, number), name)
    return replace(made, figures=(figure,), finding=name, differing=number, released_by=name)


# --- the tests -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    number: int

    @property
    def names(self) -> tuple[str, ...]:
        return made_up_names()[self.number * AT_ONCE : (self.number + 1) * AT_ONCE]

    def holds(self, check: Callable[[Sequence[str]], None]) -> None:
        """Check all names at once; if that fails, find the first name that fails alone."""
        try:
            check(self.names)
        except Exception as error:
            guilty = _guilty(self.names, check)
            raise AssertionError(f"{len(guilty)} names: {[ascii(n) for n in guilty]}") from error


def _guilty(names: Sequence[str], check: Callable[[Sequence[str]], None]) -> Sequence[str]:
    """The smallest half of a half of the names that still fails."""
    half = len(names) // 2
    for part in (names[:half], names[half:]) if half else ():
        try:
            check(part)
        except Exception:
            return _guilty(part, check)
    return names


@pytest.fixture(params=range(-(-COUNT // AT_ONCE)), ids=lambda number: f"names-{number}")
def batch(request: pytest.FixtureRequest) -> Batch:
    return Batch(request.param)


@pytest.fixture(scope="module")
def render_pdf() -> Iterator[Callable[[Document], bytes]]:
    with pdf.render_pool(1) as render_one:
        yield render_one


def test_in_the_page(batch: Batch) -> None:
    batch.holds(lambda names: check_page(html.render(document_of(names)).decode(), names))


def test_in_the_pdf(batch: Batch, render_pdf: Callable[[Document], bytes]) -> None:
    """Names as they come from the door: the document goes to the child as JSON, which is UTF-8."""
    batch.holds(
        lambda names: check_pdf(render_pdf(document_of([clean_text(name) for name in names])))
    )


def test_a_name_longer_than_octopus_has_is_cut_on_paper(
    render_pdf: Callable[[Document], bytes],
) -> None:
    """Uncut, the rows that stay together were higher than a page."""
    name = "<meta http-equiv=refresh>" + "N" * 400
    content = render_pdf(document_of([name]))
    check_pdf(content)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    assert "N…" in text.replace("\n", "")


def test_in_the_workbook(batch: Batch) -> None:
    def check(names: Sequence[str]) -> None:
        clean_names = [clean_text(name) for name in names]  # as they stand in the table
        rows = [{"project_name": n, "release_version": n, "tenant_name": n} for n in clean_names]
        check_workbook(excel.render(document_of(names), deployments(*rows)), names)

    batch.holds(check)


def test_in_the_mail(batch: Batch) -> None:
    """A mail names few things, so that each name gets a mail's head and facts of its own."""

    def check(names: Sequence[str]) -> None:
        for name in names:
            document = replace(document_of([name]), overview=())
            file = File(file_name(name, "2026-09", name, "pdf"), "summary", b"%")
            check_mail(mail.render(document, attached=(file,), folders=(name,)))
        check_mail(mail.render(document_of(names)))

    batch.holds(check)


def test_in_the_index(batch: Batch) -> None:
    def check(names: Sequence[str]) -> None:
        entries = [entry(name, number) for number, name in enumerate(names, 1)]
        made = index.render(entries, title=names[0], generated=entries[0].generated)
        check_index(made.decode())

    batch.holds(check)
