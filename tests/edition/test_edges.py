"""Editions at the edge, rendered in every format: no exception, and the right words."""

import os
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from itertools import chain
from typing import Any

import pytest
from lxml import html as lxml_html
from pypdf import PdfReader

from insights_reports.edition import compose
from insights_reports.edition.document import Block, Chart, Document, Table
from insights_reports.edition.values import Name
from insights_reports.formats.excel import render as excel
from insights_reports.formats.html import render as html
from insights_reports.formats.mail import render as mail
from insights_reports.formats.pdf import render as pdf
from insights_reports.formats.words.headline import headline_text
from insights_reports.formats.words.words import words
from tests.edition.edges import EDGES, NAMES
from tests.edition.inputs import company, inputs, settings
from tests.formats.pdf_ua import failures
from tests.formats.workbooks import cells, opened
from tests.typed import number, the


def text_of(page: str) -> str:
    parsed: Any = lxml_html.document_fromstring(page)
    return str(parsed.text_content())


@dataclass(frozen=True)
class Said:
    """What an edition says as a web page, a workbook and a mail; white space is one space."""

    document: Document
    page: str
    sheets: list[str]
    text: str
    letter: str
    subject: str


@cache
def said(name: str) -> Said:
    document = EDGES[name]()
    page = text_of(html.render(document).decode())
    workbook = opened(excel.render(document, None))
    letter = mail.render(document)
    sheets = [str(cell.value) for cell in cells(workbook) if cell.value is not None]
    return Said(
        document,
        plain(page),
        [plain(s) for s in sheets],
        plain(letter.text),
        letter.html,
        letter.subject,
    )


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def blocks(document: Document) -> list[Block]:
    return list(chain(document.overview, *(section.blocks for section in document.sections)))


@pytest.mark.slow
def test_edges_are_pdfs() -> None:
    """Two of them by default: all of them take a minute."""
    names = EDGES if "THOROUGH" in os.environ else ("empty", "single")
    with pdf.render_pool(1) as render:
        for name in names:
            document = EDGES[name]()
            content = render(document)
            first = plain(PdfReader(BytesIO(content)).pages[0].extract_text())
            period = words(document.language).span(document.identity.period)
            assert period.casefold() in first.casefold(), name
            assert failures(content) == [], name


@pytest.mark.slow
@pytest.mark.parametrize("name", EDGES)
def test_every_format_has_the_headline(name: str) -> None:
    edition = said(name)
    headline = plain(headline_text(words(edition.document.language), edition.document))
    assert headline in edition.page
    assert headline in edition.sheets
    assert headline in edition.text


def test_an_empty_report_says_so_and_draws_nothing() -> None:
    edition = said("empty")
    assert "No deployment succeeded or failed in September 2026." in edition.text
    assert "No project had a deployment in this period or the one before." in edition.page
    assert "There is no value in the last 12 intervals." in edition.page
    assert "No deployment completed in the period." in edition.page
    assert "There was no deployment to read." in edition.page
    assert "Every deployment of the period was used" not in edition.page
    charts = [block for block in blocks(edition.document) if isinstance(block, Chart)]
    assert {chart.id for chart in charts} == {"trend-deployment_frequency"}  # known to be 0
    assert "Lead time: no deployments; " in edition.text


def test_where_octopus_states_no_figures_no_format_counts_agreements() -> None:
    edition = said("empty")
    letter = plain(text_of(edition.letter))
    for text in (edition.page, *edition.sheets, edition.text, letter):
        assert "0 of 0" not in text
    sentence = plain(words("en").phrase(edition.document.check.sentence))
    for text in (edition.page, " ".join(edition.sheets), edition.text, letter):
        assert sentence in text


def test_one_deployment_is_too_few_to_judge() -> None:
    edition = said("single")
    assert "1 deployment in September 2026, 0 failed; nothing can be judged yet." in edition.text
    assert "Deployments: 1; no past" in edition.text
    assert "Failed: 0 of 1; no past" in edition.text
    assert "Recovery: no values; too few" in edition.text
    assert "Nothing can be judged yet" in edition.page
    assert "within its usual range" not in edition.page
    assert "better" not in edition.text
    assert "worse" not in edition.text


def test_a_tile_says_once_and_truly_why_there_is_no_comparison() -> None:
    early = compose(
        inputs(company(300), known_from=date(2026, 8, 2)), settings(layout="one", splits=())
    )[0]
    texts = [plain(mail.render(early).text)]
    texts.append(plain(text_of(html.render(early).decode())))
    for text in texts:
        assert text.count("no past") >= 4
        assert "in Aug" not in text
        assert "no history on" not in text
    assert "no deployments on" not in said("single").text


@pytest.mark.slow
def test_four_hundred_slices_show_twenty_and_the_workbook_has_them_all() -> None:
    edition = said("many")
    tables = {block.id: block for block in blocks(edition.document) if isinstance(block, Table)}
    table = tables["tenant-table"]
    assert table.total_rows > 300
    assert len(table.rows) == 20
    names = {str(the(Name, row[0]).text) for row in table.complete_rows}
    assert {plain(name) for name in names if plain(name) not in edition.page} == set()
    assert len(names) == table.total_rows
    assert {len(name) for name in names} == {160}
    assert {plain(name) for name in names} <= set(edition.sheets)


def test_hostile_names_are_text_in_every_format() -> None:
    edition = said("hostile")
    shown = [plain(words("en").name(Name(name))) for name in NAMES]
    assert [name for name in shown if name not in edition.page] == []
    assert [name for name in shown if name not in edition.sheets] == []
    everything = "".join((edition.page, edition.text, edition.subject, *edition.sheets))
    assert not {"\u202e", "\u202c", "\u2028", "\0"} & set(everything)


def test_a_restricted_account_sees_ids_and_how_many_names_it_lacks() -> None:
    edition = said("restricted")
    for id in ("Projects-1", "Environments-1", "Tenants-1"):
        assert f"Restricted ({id})" in edition.page
        assert f"Restricted ({id})" in edition.sheets
    # 5 projects, 2 environments and 4 tenants
    assert "11 names are hidden from this account." in edition.text


def test_the_last_week_of_a_year_goes_by_its_date() -> None:
    """From a Sunday it is no ISO week."""
    edition = said("last_week")
    assert "the week of 27 December 2026 · 27 December 2026 to 2 January 2027" in edition.text
    assert "the week of 20 December 2026" in edition.page
    assert "week 5" not in edition.page
    chart = next(b for b in blocks(edition.document) if getattr(b, "id", "") == "few-over-time")
    assert the(Chart, chart).x[-1] == date(2026, 12, 27)


def test_a_change_of_the_clock_neither_loses_nor_repeats_a_deployment() -> None:
    edition = said("clock_change")
    assert "1. bis 31. März 2026" in edition.text
    bars = next(b for b in blocks(edition.document) if getattr(b, "id", "") == "overview")
    chart = the(Chart, bars)
    assert len(chart.x) == 31
    heat = the(Chart, next(b for b in blocks(edition.document) if getattr(b, "id", "") == "when"))
    drawn = sum(number(figure.value) for series in heat.series for figure in series.figures)
    ledger = edition.document.check.ledger
    assert drawn == ledger.used
    around = [number(series.figures[28].value) for series in chart.series]
    assert (chart.x[28], sum(around)) == (date(2026, 3, 29), 6)
