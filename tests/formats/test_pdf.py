"""The PDF: it says what the document says, is tagged, fetches nothing, and has its limits."""

import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest
import tinyhtml5
from pypdf import PdfReader
from tinyhtml5 import inputstream

from insights_reports.edition.document import (
    Brand,
    Chart,
    Column,
    ColumnKind,
    Document,
    Section,
    Table,
)
from insights_reports.edition.values import Mark, Name, Phrase, Value
from insights_reports.errors import RenderError
from insights_reports.formats.charts.fonts import text_width
from insights_reports.formats.html.parts import Parts
from insights_reports.formats.html.pictures import inline
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.pdf import layout as pdf_layout
from insights_reports.formats.pdf import render as pdf
from insights_reports.formats.pdf.child import Child, Failed, ProcessLimits
from insights_reports.formats.pdf.widths import rows_across, shares
from insights_reports.formats.words.tile import tile_text
from insights_reports.formats.words.words import words
from tests import documents, october
from tests.typed import the

pytestmark = pytest.mark.slow

W = words("en")
EMOJI = subprocess.run(
    [shutil.which("fc-list") or "true", ":lang=und-zsye"], capture_output=True, check=False
).stdout


@pytest.fixture(scope="module")
def render() -> Iterator[Callable[[Document], bytes]]:
    with pdf.render_pool(1) as render_one:
        yield render_one


@pytest.fixture(scope="module")
def sample(render: Callable[[Document], bytes]) -> bytes:
    return render(documents.sample_document())


@pytest.fixture(scope="module")
def split(render: Callable[[Document], bytes]) -> bytes:
    return render(documents.split_document())


def pages(content: bytes) -> list[str]:
    return [squeezed(page.extract_text()) for page in PdfReader(BytesIO(content)).pages]


def squeezed(text: str) -> str:
    """Without white space and hyphens: where a line breaks is the layout's business."""
    return re.sub(r"[\s\u00a0\u00ad\u2010-]+", "", text)


# --- what it says ------------------------------------------------------------------------------


def test_page_one_has_the_identity_the_tiles_the_check_and_the_chart(sample: bytes) -> None:
    document = documents.sample_document()
    first = pages(sample)[0]
    identity = document.identity
    for text in (
        W.phrase(document.title),
        W.span(identity.period),
        W.dates(identity.period),
        identity.zone,
        W.status(identity).capitalize(),
        W.phrase(identity.scope),
        W.phrase(document.headline),
        W.phrase(document.check.sentence),
        W.phrase(document.overview[0].title),  # type: ignore[arg-type]
    ):
        assert squeezed(text) in first, text
    for tile in document.tiles:
        said = tile_text(W, tile)
        for text in (said.label, said.word, said.number + said.unit, said.line, said.last_year):
            assert squeezed(text) in first, text


def test_who_made_it_of_what_stands_at_the_end(sample: bytes) -> None:
    identity, last = documents.sample_document().identity, pages(sample)[-1]
    for text in (
        W.instant(identity.generated),
        W.trigger(identity),
        W.name(identity.account),
        identity.server,
    ):
        assert squeezed(text) in last, text


@pytest.mark.parametrize("name", ["sample", "split"])
def test_every_cell_of_every_table_is_in_the_text(
    name: str, request: pytest.FixtureRequest
) -> None:
    document: Document = getattr(documents, f"{name}_document")()
    text = "".join(pages(request.getfixturevalue(name)))
    parts = Parts(document, inline, hover=False, mark_width=80)
    blocks = [*document.overview, *(b for s in document.sections for b in s.blocks)]
    for table in (block for block in blocks if isinstance(block, Table)):
        for row in (*table.rows, *([table.total] if table.total else [])):
            for value, column in zip(row, table.columns, strict=True):
                cell = parts.cell(value, column.kind)
                if not isinstance(value, Mark) and cell.isascii():
                    assert squeezed(cell) in text, cell


def test_the_numbers_of_the_pictures_are_text(sample: bytes) -> None:
    first = pages(sample)[0]
    assert "30Sept" in first


def test_sections_have_bookmarks_where_they_are(sample: bytes) -> None:
    reader = PdfReader(BytesIO(sample))
    titles = [W.phrase(section.title) for section in documents.sample_document().sections]
    outline: Any = reader.outline
    (top, below, *_) = outline
    assert top.title == f"{W.phrase(documents.sample_document().title)}, September 2026"
    marks = {
        entry.title: the(int, reader.get_destination_page_number(entry)) + 1 for entry in below
    }
    assert set(titles) <= set(marks)
    for title in titles:
        assert squeezed(title) in pages(sample)[marks[title] - 1]


def test_pages_are_numbered_and_carry_the_running_head(sample: bytes) -> None:
    found = pages(sample)
    assert len(found) >= 3
    for number, text in enumerate(found, start=1):
        assert f"{number}/{len(found)}" in text
        assert (squeezed("Delivery performance, September 2026") in text) or number == 1


def test_the_head_of_a_long_table_is_repeated(render: Callable[[Document], bytes]) -> None:
    table = documents.project_table(5)
    long = replace(table, rows=table.rows * 7, total_rows=35)
    section = Section("project", Phrase("section.method"), None, (long,))
    found = pages(render(documents.split_document(sections=(section,))))
    head = squeezed("Lead time, median to 90th percentile")
    assert sum(head in text for text in found) >= 2


def test_a_short_table_is_not_torn_apart(render: Callable[[Document], bytes]) -> None:
    table = documents.project_table(5)
    short = replace(table_of(*(f"Short {n}" for n in range(5))), id="short", total=None, notes=())
    for rows in (14, 15, 16):  # where its place is at the foot of a page
        long = replace(table, rows=(table.rows * 5)[:rows], total_rows=rows, total=None, notes=())
        section = Section("project", Phrase("section.method"), None, (long, short))
        found = pages(render(documents.split_document(sections=(section,))))
        on = [next(n for n, text in enumerate(found) if f"Short{i}" in text) for i in range(5)]
        assert len(set(on)) == 1, rows


@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("Letter", (612, 792))])
def test_the_paper_is_the_one_asked_for(
    render: Callable[[Document], bytes], paper: str, size: tuple[int, int]
) -> None:
    reader = PdfReader(BytesIO(render(documents.split_document(paper=paper))))
    assert {(round(p.mediabox.width), round(p.mediabox.height)) for p in reader.pages} == {size}


def test_the_same_document_gives_the_same_bytes(sample: bytes) -> None:
    assert pdf.render(documents.sample_document()) == sample


@pytest.mark.skipif(not EMOJI, reason="needs a font for emoji: scripts/setup installs one")
def test_emoji_are_drawn_the_same_each_time_and_weigh_little() -> None:
    table = table_of("Shop", "Shipping 👩‍👩‍👧‍👦 🚀")
    section = Section("project", Phrase("section.method"), None, (table,))
    document = documents.split_document(sections=(section,))
    content = pdf.render(document)
    with pikepdf.open(BytesIO(content)) as file:
        fonts = {
            str(each.get("/BaseFont", ""))
            for each in file.objects
            if isinstance(each, pikepdf.Dictionary)
        }
    assert any("emoji" in font.lower() for font in fonts)
    plain = replace(table, rows=table_of("Shop", "Shipping").rows)
    without = pdf.render(replace(document, sections=(replace(section, blocks=(plain,)),)))
    assert len(content) - len(without) < 40_000
    assert pdf.render(document) == content


# --- PDF/UA ------------------------------------------------------------------------------------


def elements(file: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    waiting = [file.Root.StructTreeRoot]
    while waiting:
        element = waiting.pop()
        yield element
        children = element.get("/K")
        for child in children if isinstance(children, pikepdf.Array) else (children,):
            if isinstance(child, pikepdf.Dictionary):
                waiting.append(child)


@pytest.mark.parametrize("name", ["sample", "split"])
def test_the_pdf_is_tagged(name: str, request: pytest.FixtureRequest) -> None:
    with pikepdf.open(BytesIO(request.getfixturevalue(name))) as file:
        assert file.Root.MarkInfo.Marked
        assert str(file.Root.Lang) == "en"
        assert file.Root.ViewerPreferences.DisplayDocTitle
        with file.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"].startswith("Delivery performance")
        tags = [(str(e.get("/S", "")), e) for e in elements(file)]
        figures = [e for tag, e in tags if tag == "/Figure"]
        heads = [e for tag, e in tags if tag == "/TH"]
        assert figures
        assert all(str(e.get("/Alt", "")).strip() for e in figures)
        assert heads
        assert {str(e.A.Scope) for e in heads} == {"/Column", "/Row"}
        flags = [a.F for page in file.pages for a in page.get("/Annots", ())]
        assert set(flags) <= {4}


def test_a_chart_says_what_it_says(sample: bytes) -> None:
    blocks = [*documents.sample_document().overview]
    blocks += [b for s in documents.sample_document().sections for b in s.blocks]
    wanted = {W.phrase(block.alt) for block in blocks if isinstance(block, Chart)}
    with pikepdf.open(BytesIO(sample)) as file:
        found = {str(e.Alt) for e in elements(file) if str(e.get("/S", "")) == "/Figure"}
    assert wanted <= found


def test_links_lead_into_the_document_or_to_an_address(sample: bytes) -> None:
    with pikepdf.open(BytesIO(sample)) as file:
        actions = [a.A for p in file.pages for a in p.get("/Annots", ()) if "/A" in a]
        targets = {str(action.URI) for action in actions if "/URI" in action}
    assert all(target.startswith(("mailto:", "https:")) for target in targets)


def test_a_finding_leads_to_its_row_and_says_so(
    render: Callable[[Document], bytes],
) -> None:
    document = october.october_document()
    with pikepdf.open(BytesIO(render(document))) as file:
        links = [link for page in file.pages for link in page.get("/Annots", ())]
        inside = {str(link.Dest): str(link.Contents) for link in links if "/Dest" in link}
    names = {f"row-{each.row}": W.value(each.subject) for each in document.findings}
    assert inside == names


def test_a_finding_whose_row_is_not_on_paper_leads_to_its_section(
    render: Callable[[Document], bytes],
) -> None:
    """The table of page one shows ten rows at most; a row beyond is on the web page alone."""
    document = october.october_document()
    tables = (block for block in document.overview if isinstance(block, Table))
    table = next(block for block in tables if block.id == "where-to-look")
    here, *_ = document.findings
    ids = (*table.row_ids[: len(table.rows)], "Projects-999")
    beyond = replace(table, all_rows=(*table.rows, table.rows[0]), row_ids=ids, row_verdicts=())
    overview = tuple(beyond if block is table else block for block in document.overview)
    gone = replace(here, row="Projects-999")
    changed = replace(document, overview=overview, sections=(), findings=(here, gone))
    with pikepdf.open(BytesIO(render(changed))) as file:
        links = [link for page in file.pages for link in page.get("/Annots", ())]
        inside = {str(link.Dest) for link in links if "/Dest" in link}
    assert inside == {f"row-{here.row}", here.anchor}


def test_the_running_head_of_a_long_title_is_short(
    render: Callable[[Document], bytes],
) -> None:
    title = Phrase(
        "section.split.tenant-tag-set", {"set": Name("Ring of tenants " * 10, "TagSets-1")}
    )
    split, *others = documents.split_document().sections
    split = replace(split, title=title, blocks=split.blocks * 4)
    document = documents.split_document(sections=(split, *others))
    second = pages(render(document))[1]
    assert squeezed("Ring of tenants Ring of tenants") in second
    assert squeezed("Ring of tenants " * 10) not in second


# --- nothing is fetched ------------------------------------------------------------------------

VECTORS = [
    '<img src="{url}">',
    '<link rel="stylesheet" href="{url}">',
    '<link rel="attachment" href="{url}">',
    '<a rel="attachment" href="{url}">x</a>',
    "<style>@import '{url}';</style>",
    "<style>@font-face{{font-family:x;src:url({url})}}</style>",
    '<p style="background:url({url})">x</p>',
    '<object data="{url}"></object>',
    '<embed src="{url}">',
    '<iframe src="{url}"></iframe>',
    '<base href="{url}">',
    '<svg><image href="{url}"/></svg>',
    '<meta http-equiv="refresh" content="0;url={url}">',
    "url({url})",
    '"; background: url({url}); "',
    "</style><style>@page{{background:url({url})}}",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='{url}'/></svg>",
    "'{url}' attr(x url)",
    '<video src="{url}" poster="{url}"></video>',
    '<audio src="{url}"></audio>',
    '<source srcset="{url} 2x">',
    '<img srcset="{url} 1x, {url} 2x">',
    '<picture><source srcset="{url}"></picture>',
    '<track src="{url}">',
    '<input type="image" src="{url}">',
    '<body background="{url}">',
    '<table background="{url}"><tr><td>x</td></tr></table>',
    '<script src="{url}"></script>',
    '<script>fetch("{url}")</script>',
    "<img src=x onerror=\"fetch('{url}')\">",
    '<form action="{url}"><button>x</button></form>',
    '<link rel="preload" as="image" href="{url}">',
    '<link rel="prefetch" href="{url}">',
    '<link rel="icon" href="{url}">',
    '<link rel="dns-prefetch" href="{url}">',
    '<svg><use href="{url}#x"/></svg>',
    '<svg><image xlink:href="{url}"/></svg>',
    '<svg><style>@import "{url}";</style></svg>',
    '<svg><rect fill="url({url}#g)"/></svg>',
    '<svg><text style="font-family:url({url})">x</text></svg>',
    '<svg><foreignObject><img src="{url}"/></foreignObject></svg>',
    '<p style="list-style-image:url({url})">x</p>',
    '<p style="border-image:url({url}) 30">x</p>',
    '<p style="content:url({url})">x</p>',
    '<p style="mask:url({url})">x</p>',
    "<p style=\"background:image-set('{url}' 1x)\">x</p>",
    "<style>p::before{{content:url({url})}}</style>",
    "<style>@color-profile x{{src:url({url})}}</style>",
    '<?xml-stylesheet href="{url}"?>',
    '<!DOCTYPE x [<!ENTITY e SYSTEM "{url}">]><x>&e;</x>',
]
_watching: list[str] | None = None


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _watching is not None and event in ("open", "socket.connect", "socket.getaddrinfo"):
        _watching.append(f"{event} {arguments[0]!r} {arguments[1]!r}")


sys.addaudithook(_hook)


def test_hostile_names_touch_neither_disk_nor_network(tmp_path: Path) -> None:
    global _watching
    canary = tmp_path / "canary.png"
    canary.write_bytes(b"x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        web = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        names = [v.format(url=url) for v in VECTORS for url in (canary.as_uri(), web)]
        assert len(names) == 100
        document = named(names)
        pdf_layout.layout(documents.split_document())  # fonts and modules are read now
        _watching = []
        try:
            content = pdf_layout.layout(document)
            touched = [seen for seen in _watching if "canary" in seen or "socket" in seen]
        finally:
            _watching = None
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()
    assert touched == []
    assert squeezed('<imgsrc="http://127') in "".join(pages(content))


def named(names: list[str]) -> Document:
    table = documents.project_table(1)
    rows = tuple((Name(name, name), *table.rows[0][1:]) for name in names)
    section = Section("project", Phrase("section.method"), None, (replace(table, rows=rows),))
    brand = Brand(company=names[0], footer=names[1], contact=names[2], logo=names[3])
    return documents.split_document(sections=(section,), brand=brand)


def test_a_page_that_asks_for_anything_is_refused_loudly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = '<img src="http://127.0.0.1:9/x.png" alt="x">'
    monkeypatch.setattr(pdf_layout, "_page", lambda *_: picture)
    with pytest.raises(BaseException, match="refused to fetch"):
        pdf_layout.layout(documents.split_document())


def test_a_picture_that_cannot_be_drawn_is_not_left_out_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = '<img src="data:image/svg+xml,broken" alt="x">'
    monkeypatch.setattr(pdf_layout, "_page", lambda *_: picture)
    with pytest.raises(RuntimeError, match="Failed to load image"):
        pdf_layout.layout(documents.split_document())


# --- names -------------------------------------------------------------------------------------


def test_words_in_pictures_are_set_at_once_so_that_their_letters_join(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from weasyprint.text import line_break

    set_at_once: list[str] = []
    real = line_break.split_first_line

    def watched(text: str, *rest: object) -> object:
        set_at_once.append(text)
        return real(text, *rest)

    monkeypatch.setattr(line_break, "split_first_line", watched)
    pdf_layout.layout(documents.split_document(sections=()))
    assert "مشروع الشحن" in set_at_once
    assert "ش" not in set_at_once


LONG = "Underwriting and claims settlement for the northern region and for the southern one"


def table_of(*names: str) -> Table:
    table = documents.project_table(len(names))
    rows = tuple((Name(n), *r[1:]) for n, r in zip(names, table.rows, strict=True))
    return replace(table, rows=rows)


def test_the_parser_keeps_its_patterns_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<p title='a]b' DATA-x=^-\\ é>]a&lt;<!--b--><i a=1>&amp\0^</i>-<script>]]<</script>"
    kept = inputstream.characters_until_regex
    found = ElementTree.tostring(tinyhtml5.parse(page))
    assert all(kept[key] is kept[key] for key in list(kept))
    assert len(kept) > 3
    monkeypatch.setattr(inputstream, "characters_until_regex", {})
    assert found == ElementTree.tostring(tinyhtml5.parse(page))


def test_a_long_name_stands_across_the_page_and_each_cell_below_it_fits_its_line() -> None:
    parts = Parts(documents.split_document(), inline, hover=False, mark_width=88)
    table = table_of("Shop", LONG, "W" * 160)
    assert rows_across(table, parts) == [False, True, True]
    widths = shares(table, parts)
    assert sum(widths) == pytest.approx(100)
    for number, column in enumerate(table.columns[1:], 1):
        for row in table.rows:
            if not isinstance(row[number], Mark):
                text = parts.cell(row[number], column.kind)
                assert widths[number] * 4.93 - 7.2 > text_width(text, 8.2, 500) - 1e-6, text


def test_a_long_name_stays_in_its_column_where_other_cells_need_more_than_one_line() -> None:
    parts = Parts(documents.split_document(), inline, hover=False, mark_width=88)
    table = table_of("Shop", LONG)
    wide = replace(
        table,
        columns=(*table.columns, Column(table.columns[0].title, ColumnKind.TEXT)),
        rows=tuple((*row, Name("word " * 60)) for row in table.rows),
        total=(*table.total, None) if table.total else None,
    )
    assert rows_across(wide, parts) == [False, False]
    widths = shares(wide, parts)
    assert sum(widths) == pytest.approx(100)
    assert min(widths) > 4
    assert widths[0] < 40


def test_a_name_across_the_page_is_the_head_of_its_row(
    render: Callable[[Document], bytes],
) -> None:
    table = table_of("Shop", LONG)
    section = Section("project", Phrase("section.method"), None, (table,))
    content = render(documents.split_document(sections=(section,)))
    assert squeezed(LONG) in "".join(pages(content))
    with pikepdf.open(BytesIO(content)) as file:
        tables = [e for e in elements(file) if str(e.get("/S", "")) == "/Table"]
        heads = [r for t in tables for r in rows_of(t) if str(r.K[0].A.get("/Scope")) == "/Row"]
        long = [row for row in heads if len(row.K) == len(table.columns)]
        assert len(long) >= 3  # Shop, the long one and All
        for row in long:
            assert [str(cell.S) for cell in row.K] == ["/TH", *["/TD"] * (len(row.K) - 1)]
            for cell in list(row.K)[1:]:
                assert row.K[0].ID in list(cell.A.Headers)


def rows_of(table: pikepdf.Object) -> list[pikepdf.Object]:
    """The rows of a table's groups, but for the pages' copies of its head."""
    return [
        row
        for group in table.K
        if str(group.S) in ("/THead", "/TBody")
        for row in group.K
        if str(row.S) == "/TR" and row.K
    ]


def test_a_small_wish_is_granted_before_a_large_one_is_shared() -> None:
    kinds = (ColumnKind.ID, ColumnKind.NAME, ColumnKind.NAME, ColumnKind.INSTANT)
    row = (Name("Deployments-1"), Name("Project 4"), Name("W" * 160), documents.GENERATED)
    title = documents.project_table(1).columns[0].title
    table = replace(
        documents.project_table(1),
        columns=tuple(Column(title, kind) for kind in kinds),
        rows=(row,),
        total=None,
    )
    parts = Parts(documents.split_document(), inline, hover=False, mark_width=88)
    assert shares(table, parts)[1] * 4.93 > text_width("Project 4", 8.2, 500)


def test_an_id_keeps_its_line_however_many_columns_want_room() -> None:
    kinds = (ColumnKind.ID, *([ColumnKind.NAME] * 4), ColumnKind.INSTANT, ColumnKind.DURATION)
    long = Name("Rechnungsstellungsverarbeitung " * 3)
    row: tuple[Value, ...] = (
        Name("Deployments-1915800"),
        *[long] * 4,
        documents.GENERATED,
        documents.median(1e4),
    )
    table = replace(
        documents.project_table(1),
        columns=tuple(Column(documents.project_table(1).columns[0].title, kind) for kind in kinds),
        rows=(row,),
        total=None,
    )
    parts = Parts(documents.split_document(), inline, hover=False, mark_width=88)
    widths = shares(table, parts)
    for column, text in ((0, "Deployments-1915800"), (6, parts.cell(row[6], kinds[6]))):
        assert widths[column] * 4.93 > text_width(text, 8.2, 500)
    assert sum(widths) == pytest.approx(100)


def test_a_table_of_ten_columns_has_pages_on_their_side(
    render: Callable[[Document], bytes],
) -> None:
    """As the table of discrepancies: no word of it is broken there."""
    words_of_a_row = ("Payments", "Project", "LastMonth / Daily", "DeploymentFailureRate / Rate")
    row = (*(Name(text) for text in words_of_a_row), *[Name("explained")] * 6)
    title = documents.project_table(1).columns[0].title
    kinds = (ColumnKind.NAME, *[ColumnKind.TEXT] * 9)
    wide = replace(
        documents.project_table(1),
        columns=tuple(Column(title, kind) for kind in kinds),
        rows=(row,) * 30,
        total=None,
    )
    sections = tuple(
        Section(f"section-{n}", Phrase("section.method"), None, (table,))
        for n, table in enumerate((documents.project_table(5), wide, documents.project_table(5)))
    )
    content = render(documents.split_document(sections=sections))
    shapes = [p.mediabox.width > p.mediabox.height for p in PdfReader(BytesIO(content)).pages]
    first, last = shapes.index(True), len(shapes) - shapes[::-1].index(True)
    assert 0 < first < last < len(shapes)
    assert all(shapes[first:last])
    parts = Parts(documents.split_document(), inline, hover=False, mark_width=88)
    for number, text in enumerate(words_of_a_row):
        room = shares(wide, parts)[number] * 6.9 - 7.2
        assert all(text_width(word, 8.2, 500) <= room + 1e-6 for word in text.split()), text


def test_a_head_too_short_to_be_hyphenated_is_not_broken() -> None:
    document = documents.split_document(language="de")
    parts = Parts(document, inline, hover=False, mark_width=88)
    kinds = (ColumnKind.NAME, *[ColumnKind.COUNT] * 7)
    table = replace(
        documents.project_table(1),
        columns=tuple(Column(Phrase("column.figures"), kind) for kind in kinds),
        rows=((Name("Rechnungsstellung " * 9), *[1] * 7),),
        total=None,
    )
    assert parts.words.text("column.figures") == "Kennzahlen"
    needed = text_width("Kennzahlen", 7.8, 600)
    assert all(width * 4.93 - 7.2 > needed - 1e-6 for width in shares(table, parts))


# --- the child ---------------------------------------------------------------------------------


def test_a_document_that_takes_too_long_names_the_limit() -> None:
    with pytest.raises(RenderError) as raised:
        pdf.render(documents.sample_document(), ProcessLimits(wall=0.2))
    assert "document 'summary' of 'board-monthly': more than 0.2 s" in str(raised.value)
    assert raised.value.exit_status == 4


def test_a_document_that_takes_too_much_memory_names_the_limit() -> None:
    with pytest.raises(RenderError, match="more than 150 MB of memory"):
        pdf.render(documents.sample_document(), ProcessLimits(memory=150 * 1024**2))


def test_a_document_that_takes_too_much_processor_time_names_the_limit() -> None:
    table = documents.project_table(5)
    section = Section(
        "project", Phrase("section.method"), None, (replace(table, rows=table.rows * 300),)
    )
    with pytest.raises(RenderError, match="more than 2 s of processor time"):
        pdf.render(documents.split_document(sections=(section,)), ProcessLimits(cpu=2))


def test_a_pool_goes_on_after_a_document_that_cannot_be_rendered(
    render: Callable[[Document], bytes], split: bytes
) -> None:
    with pytest.raises(RenderError, match="no_such_phrase"):
        render(documents.split_document(title=Phrase("no_such_phrase")))
    assert render(documents.split_document()) == split


def test_a_child_that_was_killed_is_replaced(split: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[Child] = []
    real = Child.__init__

    def remembered(self: Child, limits: ProcessLimits, templates: Templates) -> None:
        real(self, limits, templates)
        children.append(self)

    monkeypatch.setattr(Child, "__init__", remembered)
    with pdf.render_pool(1) as render_one:
        assert render_one(documents.split_document()) == split
        children[0]._process.kill()
        assert render_one(documents.split_document()) == split  # it is tried once more
    assert len(children) == 2
    assert all(child._process.poll() is not None for child in children)


def test_threads_share_a_pool(split: bytes) -> None:
    found: list[bytes] = []
    with pdf.render_pool(2) as render_one:
        threads = [
            threading.Thread(target=lambda: found.append(render_one(documents.split_document())))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [split] * 3


def test_the_child_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTOPUS_API_KEY", "API-SECRET")
    child = Child(ProcessLimits())
    try:
        environment = Path(f"/proc/{child._process.pid}/environ").read_bytes()
    finally:
        child.stop()
    assert b"API-SECRET" not in environment


def test_nothing_is_left_in_the_folder_for_temporary_files(
    split: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pdf.render_pool(1) as render_one:
        render_one(documents.split_document())
        assert [found.name for found in tmp_path.rglob("weasyprint-*")]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_its_words_on_one_line() -> None:
    error = pdf._error(documents.sample_document(), "pdf", Failed("one\ntwo" * 200), SHIPPED)
    assert len(str(error).splitlines()) == 3
