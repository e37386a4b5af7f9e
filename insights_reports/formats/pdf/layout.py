"""From a document to a PDF, by WeasyPrint: the only module that imports it.

It runs in a child process (`pdf_worker`), because laying out a page is the one step that data can
make arbitrarily long. Nothing is fetched: pictures and fonts come with the page (`pdf_source`).
"""

import gc
import logging
import re
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup
from weasyprint import CSS, HTML
from weasyprint import Document as Layout
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration

from insights_reports.edition.document import Chart, ChartForm, Document, Prose, Waterfall
from insights_reports.formats.charts.fonts import STACK
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.html.links import anchor, link
from insights_reports.formats.html.parts import Parts
from insights_reports.formats.html.pictures import Embed
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.pdf.finish import finish
from insights_reports.formats.pdf.repairs import keep_patterns, set_whole_texts
from insights_reports.formats.pdf.source import PageSource, face_rules
from insights_reports.formats.pdf.widths import MARK, lies_across, rows_across, shares
from insights_reports.formats.words.words import words

set_whole_texts()
keep_patterns()

_WEIGHTS = (400, 500, 600)
_END = "page-one-end"  # the anchor of what stands last on page one
_MONTHS = 20  # rows of a year's months, and more
_LONGEST_NAME = 120  # characters; of 240 the rows that stay together may be higher than a page
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
    """What links within the document lead to: the titles of sections, tables and charts and the
    names of rows, by their anchors."""
    blocks = [*document.overview, *(b for section in document.sections for b in section.blocks)]
    parts = (*document.sections, *(b for b in blocks if not isinstance(b, Prose)))
    said = words(document.language)
    rows = {f"row-{anchor(each.row)}": said.value(each.subject) for each in document.findings}
    return rows | {anchor(part.id): said.phrase(part.title) for part in parts}


class _Fit(NamedTuple):
    """How much room the parts of page one take: the heights of its pictures in their own units and
    of a row of the path, how many recoveries, slices, questions and listed deployments it has."""

    chart: float
    drivers: float
    path: float
    rows: int
    slices: int
    questions: int
    listed: int


# The first that fits is taken.
_FITS = (
    _Fit(chart=185, drivers=112, path=31, rows=5, slices=10, questions=4, listed=30),
    _Fit(chart=140, drivers=92, path=27, rows=5, slices=10, questions=4, listed=30),
    _Fit(chart=120, drivers=88, path=26, rows=3, slices=10, questions=3, listed=18),
    _Fit(chart=119, drivers=82, path=25, rows=2, slices=8, questions=3, listed=15),
    _Fit(chart=118, drivers=76, path=24, rows=2, slices=6, questions=2, listed=12),
    _Fit(chart=100, drivers=64, path=22, rows=1, slices=5, questions=1, listed=8),
)


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
    """Laid out with page one as roomy as lets all of it stay there, if any way does. Whatever the
    data, the whole is laid out at most twice, and page one alone three times."""
    first, *others = _fits(document)
    whole = _pages(document, templates, first)
    if _END in whole.pages[0].anchors or not _yields(document):
        return whole
    alone = replace(document, sections=(), findings=(), last_edition=())

    def fits(fit: _Fit) -> bool:
        return _END in _pages(alone, templates, fit).pages[0].anchors

    at = bisect_left(others, True, key=fits)  # each takes less room than the one before
    return whole if at == len(others) else _pages(document, templates, others[at])


def _fits(document: Document) -> list[_Fit]:
    """The ways to lay page one out. The slices of the findings stay: what is said of them stands in
    their rows."""
    least = min(_FITS[0].slices, len(document.findings))
    return [fit._replace(slices=max(fit.slices, least)) for fit in _FITS]


def _yields(document: Document) -> bool:
    """Whether something on page one can take less room."""
    return bool(document.questions) or any(
        isinstance(block, Waterfall) or (isinstance(block, Chart) and block.form in _STRETCHED)
        for block in document.overview
    )


def _pages(document: Document, templates: Templates, fit: _Fit) -> Layout:
    fonts, style = _style(_rules(document.brand.accent, templates))
    source = PageSource()
    sizes = f"@page{{size:{document.paper}}}@page wide{{size:{document.paper} landscape}}"
    size = CSS(string=sizes, url_fetcher=source, font_config=fonts)
    page = _page(document, templates, fit, source.embed)
    html = HTML(string=page, url_fetcher=source)
    return html.render(font_config=fonts, stylesheets=[style, size], pdf_variant="pdf/ua-1")


def _page(document: Document, templates: Templates, fit: _Fit, embed: Embed) -> Markup:
    cut = {
        "where-to-look": fit.slices,
        "slices-since": fit.slices,
        "recoveries": fit.rows,
        "all-deployments": fit.listed,
        "periods": _MONTHS,
    }
    parts = Parts(
        document, embed, hover=False, mark_width=MARK / _POINT, cut=cut, longest_name=_LONGEST_NAME
    )
    return templates.render(
        "report/print.html.j2",
        document=document,
        identity=document.identity,
        p=parts,
        w=parts.words,
        facts=parts.facts(),
        anchor=anchor,
        link=link,
        widths=lambda table, *length: shares(table, parts, *length),
        across=lambda table: rows_across(table, parts),
        wide=lies_across,
        fit=fit,
    )


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
    css = CSS(string=face_rules(_WEIGHTS) + rules, url_fetcher=PageSource(), font_config=fonts)
    return fonts, css
