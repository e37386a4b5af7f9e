"""The web page: it says what the document says, fetches nothing, and no name becomes markup."""

import base64
import hashlib
import itertools
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from insights_reports.assets import TEMPLATES
from insights_reports.edition.document import (
    Brand,
    Chart,
    Column,
    ColumnKind,
    Document,
    Section,
    Table,
)
from insights_reports.edition.values import Day, Mark, Name, Part, Phrase, Unit, Value
from insights_reports.formats.html import render as html
from insights_reports.formats.html.links import link
from insights_reports.formats.html.parts import Parts
from insights_reports.formats.html.pictures import inline
from insights_reports.formats.html.sorting import sort_key
from insights_reports.formats.words.tile import tile_text
from insights_reports.formats.words.words import words
from tests import documents, october

W = words("en")
Page: TypeAlias = Any  # lxml.html.HtmlElement; its stubs know less
TEMPLATE_FILES = sorted((TEMPLATES / "report").glob("*.j2"))


def parse(document: Document) -> Page:
    return lxml_html.document_fromstring(html.render(document).decode())


@cache
def sample() -> Page:
    return parse(documents.sample_document())


@cache
def split() -> Page:
    return parse(documents.split_document())


def told() -> Page:
    return parse(october.october_document())


PAGES: list[Callable[[], Page]] = [sample, split, told]


def text_of(element: Page) -> str:
    return " ".join(element.text_content().split())


def plain(text: str) -> str:
    return " ".join(text.split())


# --- what it says ------------------------------------------------------------------------------


def test_every_figure_of_the_tiles_is_on_the_page() -> None:
    tiles = documents.sample_document().tiles
    shown = [text_of(tile) for tile in sample().find_class("tile")]
    for tile, text in zip(tiles, shown, strict=True):
        said = tile_text(W, tile)
        assert plain(f"{said.label} {said.word} {said.number}") in text
        for part in (said.unit, said.line, said.last_year, said.stated, said.note):
            assert plain(part) in text
        target = said.target
        wanted = f"{target.target} {target.word}; {target.often}" if target else ""
        assert plain(wanted) in text


def test_the_parts_of_a_change_are_numbers_and_the_sums_are_bars_too() -> None:
    kinds = (ColumnKind.NAME, *(ColumnKind.PART,) * 2)
    columns = tuple(Column(documents.phrase("column.points"), kind) for kind in kinds)
    rows = tuple(
        (Name(name), Part(rate, Unit.RATE), Part(points, Unit.RATE))
        for name, rate, points in (("Checkout", 0.064, 0.069), ("Billing", 0.0, -0.002))
    )
    table = Table("parts", documents.phrase("title.summary"), None, columns, rows, 2)
    section = Section("project", documents.phrase("title.summary"), None, (table,))
    page = parse(documents.sample_document(overview=(), sections=(section,)))
    cells = page.get_element_by_id("parts").find_class("k-part")[2:]
    assert [plain(text_of(cell).rpartition("points")[2]) for cell in cells] == [
        "+6.4", "+6.9", "±0.0", "−0.2",
    ]  # fmt: skip
    assert [len(cell.findall("svg")) for cell in cells] == [0, 1, 0, 1]


def test_a_tile_says_what_octopus_states_instead() -> None:
    stated = [text_of(each) for each in parse(october.disputed_document()).find_class("stated")]
    assert stated == ["Octopus states 18.8 %"]
    assert not parse(october.october_document()).find_class("stated")


@pytest.mark.parametrize("make", [documents.sample_document, documents.split_document])
def test_every_cell_of_every_table_is_on_the_page(make: object) -> None:
    document = make()  # type: ignore[operator]
    page, parts = parse(document), Parts(document, inline, hover=True, mark_width=112)
    for table in tables(document):
        (shown,) = page.xpath(f'//*[@id="{table.id}"]//table')
        rows = [*table.complete_rows, *([table.total] if table.total else [])]
        found = [[text_of(cell) for cell in row.xpath("th|td")] for row in shown.xpath("tbody/tr")]
        wanted = [
            [
                None if isinstance(value, Mark) else plain(parts.cell(value, column.kind))
                for value, column in zip(row, table.columns, strict=True)
            ]
            for row in rows
        ]
        assert len(found) == len(wanted)
        for shown_row, row in zip(found, wanted, strict=True):
            assert [s for s, w in zip(shown_row, row, strict=True) if w is not None] == [
                w for w in row if w is not None
            ]


def tables(document: Document) -> list[Table]:
    blocks = [*document.overview, *(b for s in document.sections for b in s.blocks)]
    return [block for block in blocks if isinstance(block, Table)]


def test_every_chart_has_its_data_in_a_table() -> None:
    document = documents.sample_document()
    blocks = [*document.overview, *(b for s in document.sections for b in s.blocks)]
    charts = [block for block in blocks if isinstance(block, Chart)]
    assert len(charts) == 4
    for chart in charts:
        (table,) = sample().xpath(f'//figure[@id="{chart.id}"]//details//table')
        found = [[text_of(c) for c in r.xpath("th|td")] for r in table.xpath("tbody/tr")]
        assert found == [
            [
                plain(W.interval(x, chart.granularity)),
                *(plain(W.figure(series.figures[i])) for series in chart.series),
            ]
            for i, x in enumerate(chart.x)
        ]


def test_the_cross_check_is_one_line_on_page_one_and_the_ledger_stands_with_the_sources() -> None:
    (line,) = sample().xpath('//section[@id="summary"]//p[@class="check"]')
    strip = documents.strip()
    said = " ".join(plain(W.phrase(each)) for each in (strip.sentence, *strip.gaps))
    assert text_of(line) == f"✓ {said}"
    (ledger,) = sample().xpath('//section[@id="identity"]//table[@class="ledger"]')
    assert "2,648" in text_of(ledger)
    assert "−2,421" in text_of(ledger)
    assert text_of(ledger.find_class("total")[0]).endswith("225")


def test_a_disputed_edition_says_so_before_anything_else() -> None:
    page = parse(october.disputed_document())
    assert text_of(page.find_class("status")[0]) == "Differs from Octopus"
    (alarm,) = page.find_class("alarm")
    assert text_of(alarm).startswith("✗ 176 figures differ: failure rate.")
    order = page.xpath('//*[@class="alarm" or @class="tiles"]/@class')
    assert order == ["alarm", "tiles"]
    assert not parse(october.october_document()).find_class("alarm")


def test_a_table_has_all_its_rows_or_says_how_many_are_in_the_workbook() -> None:
    assert plain(W.text("show.more.rows", more=2)) not in text_of(split())
    some = replace(documents.project_table(5), all_rows=())
    page = parse(documents.split_document(sections=(section(some),)))
    assert plain(W.text("show.more.rows", more=2)) in text_of(page)


def test_a_finding_leads_to_its_row() -> None:
    page = parse(october.october_document())
    (first, *_) = page.xpath('//*[contains(@class, "findings")]//li')
    assert first.xpath(".//a/@href") == ["#row-project-1"]
    (row,) = page.xpath('//tr[@id="row-project-1"]')
    assert text_of(row).startswith("Checkout")
    assert text_of(first).startswith("failed +6.9 points Checkout since the week of 4 October")
    assert "▲ 31 of 110 failed (28.2 %) usual up to 14.2 %" in text_of(first)


def test_a_restricted_name_shows_its_id() -> None:
    document = documents.split_document(sections=(section(documents.project_table(7)),))
    assert "Restricted (Projects-6)" in text_of(parse(document))


def section(*blocks: Table) -> Section:
    return Section("project", Phrase("section.method"), None, blocks)


def test_a_finding_links_to_its_rows_on_this_page_or_another() -> None:
    [finding, _] = documents.sample_document().findings
    here = replace(finding, anchor="trends")
    elsewhere = replace(finding, anchor="tenant", document="tenant")
    page = parse(documents.sample_document(findings=(here, elsewhere)))
    links = [a.get("href") for a in page.xpath('//*[contains(@class, "findings")]//a')]
    assert links == ["#trends", "board-monthly-2026-09-tenant.html#tenant"]


def test_the_page_leads_to_the_others_of_its_edition() -> None:
    page = parse(documents.sample_document(edition=("summary", "project", "tenant-tag-set")))
    [current] = page.xpath('//nav//*[@aria-current="page"]')
    assert current.text == "Summary"
    links = {a.text: a.get("href") for a in page.xpath('//nav//a[contains(@href, ".html")]')}
    assert links == {
        "By project": "board-monthly-2026-09-project.html",
        "By tenant tag": "board-monthly-2026-09-tenant-tag-set.html",
    }
    alone = parse(documents.sample_document(edition=("summary",)))
    assert not alone.xpath('//nav//a[contains(@href, ".html")]')


def test_a_revision_says_on_page_one_what_it_replaces() -> None:
    change = Phrase("revision.used", {"now": 230, "before": 225})
    page = parse(documents.sample_document(changes=(change,)))
    assert "Deployments used: 230, before 225." in text_of(page)


def test_the_page_can_be_german() -> None:
    page = parse(documents.sample_document(language="de"))
    assert page.get("lang") == "de"
    assert words("de").text("label.ledger") in text_of(page)


# --- how it is built ---------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_ids_are_unique_and_links_within_the_page_lead_somewhere(page: object) -> None:
    root = page()  # type: ignore[operator]
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = [href[1:] for href in root.xpath("//a/@href") if href.startswith("#")]
    assert targets
    assert set(targets) <= set(ids)
    assert set(root.xpath("//@aria-labelledby")) <= set(ids)


@pytest.mark.parametrize("page", PAGES)
def test_a_reader_without_sight_finds_the_way(page: object) -> None:
    root = page()  # type: ignore[operator]
    assert root.xpath('//body/a[1][@class="skip"]/@href') == ["#main-content"]
    assert len(root.xpath("//main")) == len(root.xpath("//h1")) == 1
    assert root.xpath("//nav/@aria-label")
    assert all(th.get("scope") in ("col", "row") for th in root.xpath("//th"))
    assert all(svg.get("aria-label") for svg in root.xpath("//svg"))
    levels = [int(h.tag[1]) for h in root.xpath("//h1|//h2|//h3|//h4")]
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_the_policy_names_the_only_script_and_the_only_style() -> None:
    root = sample()
    (policy,) = root.xpath('//meta[@http-equiv="Content-Security-Policy"]/@content')
    (script,), (style,) = root.xpath("//script"), root.xpath("//style")
    for kind, element in (("script", script), ("style", style)):
        digest = hashlib.sha256((element.text or "").encode()).digest()
        assert f"{kind}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not root.xpath("//@style")


def test_nothing_outside_the_page_is_named() -> None:
    page = html.render(documents.sample_document()).decode()
    assert not re.findall(r"(?:src|srcset|action|data)=[\"'](?!data:)", page)
    assert not re.findall(r"url\((?!data:font/woff2)", page)
    assert "@import" not in page


def test_the_script_is_small() -> None:
    (script,) = sample().xpath("//script/text()")
    assert len(script.encode()) < 7168


def test_sorting_has_bare_numbers_to_go_by() -> None:
    (table,) = split().xpath('//*[@id="project-table"]//table')
    cells = [row.xpath("td")[0] for row in table.xpath("tbody[1]/tr")]
    assert [cell.get("data-sort") for cell in cells] == ["71", "52", "34", "31", "17", "6", "3"]


def test_what_says_since_when_is_sorted_by_its_first_day() -> None:
    """By their words 4 October would come before 27 September."""
    weeks = [Phrase("since.week", {"day": Day(date(2026, *day))}) for day in ((9, 27), (10, 4))]
    between: dict[str, Value] = {
        "earliest": Day(date(2026, 9, 30)),
        "latest": Day(date(2026, 11, 1)),
    }
    window = Phrase("since.window", between)
    keys = [sort_key(each, W) for each in (weeks[0], window, weeks[1])]
    assert keys == ["2026-09-27", "2026-09-30", "2026-10-04"]
    assert sort_key(Phrase("label.all"), W) == "All"


# --- templates ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: path.name)
def test_templates_never_turn_escaping_off(path: object) -> None:
    source = path.read_text()  # type: ignore[attr-defined]
    for hole in ("|safe", "| safe", "autoescape", "Markup", "tojson", "{% filter"):
        assert hole not in source


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: path.name)
def test_templates_quote_every_attribute_and_put_no_data_into_style_or_script(
    path: object,
) -> None:
    source = path.read_text()  # type: ignore[attr-defined]
    markup = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", source, flags=re.DOTALL)
    for tag in re.findall(r"<[a-zA-Z][^<>]*>", re.sub(r"\{\{.*?\}\}", "VALUE", markup)):
        assert not re.search(r"=\s*[^\"'\s>]", re.sub(r"=\"[^\"]*\"", "", tag)), tag
        assert not re.search(r"\son[a-z]+=", tag), tag
        styled = re.search(r'style="([^"]*)"', tag)
        assert styled is None or styled[1] == "width:VALUE%", tag
        linked = re.search(r'href="([^"]*)"', tag)
        assert linked is None or linked[1] in ("#VALUE", "VALUE") or "VALUE" not in linked[1]
    assert len(TEMPLATE_FILES) == 3


# --- hostile names -----------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</style><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "<!--",
    "]]><a href=javascript:alert(1)>x</a>",
    "\ud800\x00\x0b\u2028\ufffe",
    "\u202eabc\u2066",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
]
NAMES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.builds(lambda a, b: a + b, st.sampled_from(HOSTILE), st.text(max_size=20)),
)


def tags(page: Page) -> set[str]:
    return {element.tag for element in page.iter() if isinstance(element.tag, str)}


def with_name(name: str) -> Document:
    """The document of a split in which everything that can be named has this name."""
    document = documents.split_document()
    table = documents.project_table(5)
    rows = tuple((Name(name, name), *row[1:]) for row in table.rows)
    panels = documents.panels()
    series = tuple(replace(one, label=Name(name, name)) for one in panels.series)
    identity = replace(
        document.identity,
        report=Name(name),
        account=Name(name),
        space=Name(name),
        server=name,
        subscription=name,
        stated_zone=name,
        zone="UTC",
    )
    return replace(
        document,
        identity=identity,
        overview=(replace(panels, series=series),),
        sections=(section(replace(table, rows=rows)),),
        brand=Brand(company=name, footer=name, contact=name, logo=name),
        formula_version=name,
    )


@pytest.mark.slow
@settings(
    max_examples=10_000 if os.environ.get("THOROUGH") else 60,
)
@given(NAMES)
def test_no_name_becomes_a_script_a_link_or_any_element(name: str) -> None:
    page = parse(with_name(name))
    assert tags(page) <= {"img"}.union(*(tags(usual()) for usual in PAGES))
    assert len(page.xpath("//script")) == len(page.xpath("//style")) == 1
    assert not [a for element in page.iter() for a in element.attrib if a.startswith("on")]
    for href in page.xpath("//@href"):
        assert href.startswith(("#", "mailto:", "https://"))
    assert all(src.startswith("data:image/png;base64,") for src in page.xpath("//@src"))


def test_only_addresses_and_https_become_links() -> None:
    assert link("dx@example.com") == "mailto:dx@example.com"
    assert link("https://wiki.example/dx") == "https://wiki.example/dx"
    for text in (
        "javascript:alert(1)",
        "http://x",
        "a@b@c",
        "https://x y",
        "file:///etc",
        "",
        "a b@c",
    ):
        assert link(text) == ""
