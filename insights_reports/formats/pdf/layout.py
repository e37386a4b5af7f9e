"""From a document to a PDF, by WeasyPrint: the only module that imports it.

It runs in a child process (`pdf_worker`), because laying out a page is the one step that data can
make arbitrarily long. Nothing is fetched: pictures and fonts come with the page (`pdf_source`).
"""

import gc
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from markupsafe import Markup
from weasyprint import CSS, HTML
from weasyprint import Document as Layout
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration

from insights_reports.edition.document import Chart, ChartForm, Document, Prose, Section, Table
from insights_reports.formats.charts.fonts import STACK
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.html.parts import Embed, Parts, anchor, link
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.pdf.finish import finish
from insights_reports.formats.pdf.repairs import keep_patterns, set_whole_texts
from insights_reports.formats.pdf.source import Source, face_rules
from insights_reports.formats.pdf.widths import MARK, lies_across, rows_across, shares
from insights_reports.formats.words.words import words

set_whole_texts()
keep_patterns()

_WEIGHTS = (400, 500, 600)
_FEW_ROWS = 20
_HEIGHTS = (185.0, 150.0, 120.0)  # of the chart on page one, in its own units: the first that fits
_STRETCHED = (ChartForm.COLUMNS, ChartForm.LINES)  # the forms that can be any height
_POINT = 0.75  # a user unit of a picture in points
_TOKEN = re.compile(r"@([a-z0-9-]+)@")


def layout(document: Document, templates: Templates = SHIPPED) -> bytes:
    """The PDF (PDF/UA-1): the same bytes for the same document.

    Raises:
        FatalURLFetchingError: when something in the page asks for anything that is not its own.
        RuntimeError: when WeasyPrint left something out, which it only logs.
        TemplateFault: when one of the company's own templates fails.
    """
    gc.disable()  # the tree of a long table is all live: collecting it again and again is waste
    try:
        with _losses() as lost:
            # With an identifier it would write everything twice; `finish` makes one anyway.
            pdf = _lay_out(document, templates).write_pdf(pdf_variant="pdf/ua-1")
        if lost:
            raise RuntimeError(lost[0][:200])
        return finish(pdf, _titles(document))
    finally:
        gc.enable()


def _titles(document: Document) -> dict[str, str]:
    """What links within the document lead to: the titles of sections, tables and charts by their
    anchors."""
    blocks = [*document.overview, *(b for section in document.sections for b in section.blocks)]
    parts = (*document.sections, *(b for b in blocks if not isinstance(b, Prose)))
    phrase = words(document.language).phrase
    return {anchor(part.id): phrase(part.title) for part in parts}


@contextmanager
def _losses() -> Iterator[list[str]]:
    """Collects what WeasyPrint logs as errors: a picture or a link target that is not there."""
    lost: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: lost.append(record.getMessage())  # type: ignore[method-assign]
    LOGGER.addHandler(handler)
    try:
        yield lost
    finally:
        LOGGER.removeHandler(handler)


def _lay_out(document: Document, templates: Templates) -> Layout:
    """Laid out with the chart of page one as high as lets it stay there, if any height does."""
    charts = (block for block in document.overview if isinstance(block, Chart))
    chart = next((c for c in charts if c.form in _STRETCHED), None)
    tried: list[Layout] = []
    for height in _HEIGHTS:
        tried.append(_pages(document, templates, height))
        if chart is None or anchor(chart.id) in tried[-1].pages[0].anchors:
            return tried[-1]
    return tried[0]


def _pages(document: Document, templates: Templates, overview_height: float) -> Layout:
    fonts, style = _style(_rules(document.brand.accent, templates))
    source = Source()
    sizes = f"@page{{size:{document.paper}}}@page wide{{size:{document.paper} landscape}}"
    size = CSS(string=sizes, url_fetcher=source, font_config=fonts)
    page = _page(document, templates, overview_height, source.embed)
    html = HTML(string=page, url_fetcher=source)
    return html.render(font_config=fonts, stylesheets=[style, size], pdf_variant="pdf/ua-1")


def _page(document: Document, templates: Templates, overview_height: float, embed: Embed) -> Markup:
    parts = Parts(document, embed, hover=False, mark_width=MARK / _POINT)
    return templates.render(
        "report/print.html.j2",
        document=document,
        identity=document.identity,
        p=parts,
        w=parts.words,
        facts=parts.facts(),
        anchor=anchor,
        link=link,
        widths=lambda table: shares(table, parts),
        across=lambda table: rows_across(table, parts),
        flows=_flows,
        wide=lies_across,
        overview_height=overview_height,
        overflows=_overflows(document),
    )


def _overflows(document: Document) -> bool:
    """Whether what stands on page one may go on over the next, and the first section after it."""
    some = document.overview
    return len(some) > 1 or any(isinstance(block, Table) for block in some)


def _flows(section: Section) -> bool:
    """Whether a section is so short that it follows the one before on the same page."""
    if any(isinstance(block, Chart) for block in section.blocks):
        return False
    tables = [block for block in section.blocks if isinstance(block, Table)]
    return sum(len(table.rows) for table in tables) <= _FEW_ROWS


def _rules(accent: str, templates: Templates) -> str:
    """The style sheet in the colours of the brand."""
    name = "report/print.css"
    text = templates.text(name)
    colours = palette(accent) | {"font": (STACK, STACK)}
    for token in _TOKEN.finditer(text):
        if token[1] not in colours:
            line = text.count("\n", 0, token.start()) + 1
            raise templates.fault(name, line, f"there is no colour {token[0]}")
    return _TOKEN.sub(lambda token: colours[token[1]][0], text)


@lru_cache(maxsize=4)
def _style(rules: str) -> tuple[FontConfiguration, CSS]:
    """The style sheet, parsed once; parsing costs as much as a page."""
    fonts = FontConfiguration()
    css = CSS(string=face_rules(_WEIGHTS) + rules, url_fetcher=Source(), font_config=fonts)
    return fonts, css
