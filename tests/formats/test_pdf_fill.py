"""Printed pages are full, but the last of a document; few deployments need few pages."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest

from insights_reports.edition import compose
from insights_reports.edition.document import Block, Document, Table
from insights_reports.edition.values import ChangeVerdict, Name
from insights_reports.formats.pdf import render as pdf
from tests import documents, october
from tests.edition.inputs import inputs, settings
from tests.edition.test_findings import LOOK, history
from tests.formats.drawn import drawn
from tests.formats.fill import fills

LEAST = 0.75


@pytest.fixture(scope="module")
def render_pdf() -> Iterator[Callable[[Document], bytes]]:
    with pdf.render_pool(1) as render_one:
        yield render_one


def many_projects() -> Document:
    """The October of sixty projects, of which twelve changed."""
    matrix = october.matrix()
    rows = tuple(
        (Name(f"Project {n}", f"Projects-{n}"), *matrix.rows[n % 10][1:]) for n in range(60)
    )
    long = replace(
        matrix, id="project-table", rows=rows, total_rows=60, row_ids=(), row_verdicts=()
    )
    trends, method = october.october_document().sections
    split = replace(trends, id="project", blocks=(long,))
    findings = tuple(
        replace(each, subject=Name(f"{n} {each.subject}"), row=f"{n}-{each.row}")
        for n in range(3)
        for each in october.findings()
    )
    return october.october_document(findings=findings, sections=(split, trends, method))


def few() -> Document:
    """Twelve deployments, listed."""
    listed = replace(october.recoveries(), rows=october.recoveries().rows[:4] * 3, total_rows=12)
    tables: tuple[Table, ...] = (replace(listed, id="listed"), october.months())
    trends, method = october.october_document().sections
    sections = (replace(trends, blocks=trends.blocks[:4]), method)
    return october.october_document(
        overview=tables, findings=(), questions=(), last_edition=(), sections=sections
    )


def judged_splits() -> Document:
    """Each row of its tables with a verdict."""
    document = documents.splits_document()
    sections = tuple(
        replace(section, blocks=tuple(map(_judged, section.blocks)))
        for section in document.sections
    )
    return replace(document, sections=sections)


def _judged(block: Block) -> Block:
    if not isinstance(block, Table):
        return block
    return replace(block, row_verdicts=(ChangeVerdict.USUAL,) * len(block.rows))


def composed(name: str) -> Document:
    """A document of slices, of which Checkout failed."""
    asked = settings(splits=("Project", "Environment", "EnvironmentGroup"), headline=None)
    made = inputs(history({"Checkout": 14}), lookups=LOOK)
    return next(document for document in compose(made, asked) if document.name == name)


DOCUMENTS: dict[str, tuple[Callable[[], Document], int]] = {
    "bad": (october.october_document, 6),
    "disputed": (october.disputed_document, 6),
    "few": (few, 4),
    "many": (many_projects, 9),
    "sample": (documents.sample_document, 6),
    "splits": (documents.splits_document, 6),
    "judged splits": (judged_splits, 6),
    "by project": (lambda: composed("project"), 2),
    "by environment": (lambda: composed("environment"), 2),
    "by environment group": (lambda: composed("environment-group"), 2),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_pages_are_full_but_the_last(name: str, render_pdf: Callable[[Document], bytes]) -> None:
    make, most = DOCUMENTS[name]
    found = fills(render_pdf(make()))
    assert [round(each, 2) for each in found[:-1] if each < LEAST] == []
    assert len(found) <= most


DRAWN = [
    ("bad", "2026-09", {}, 6),
    ("bad", "2026-09", {"language": "de", "paper": "Letter"}, 6),
    ("bad", "2026-Q3", {}, 6),
    ("bad", "FY2026", {}, 6),
    ("good", "2026-09", {"language": "de"}, 6),
    ("good", "2026-Q3", {}, 6),
    ("good", "FY2026", {"language": "de", "layout": "one"}, 10),
    ("few", "2026-09", {}, 4),
    ("few", "2026-09", {"language": "de"}, 4),
    ("few", "FY2026", {"language": "de"}, 6),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "period", "wanted", "most"), DRAWN)
def test_pages_of_made_up_histories_are_full(
    kind: str,
    period: str,
    wanted: dict[str, Any],
    most: int,
    render_pdf: Callable[[Document], bytes],
) -> None:
    """By month, quarter and year, in both languages; page one ends on page one."""
    for document in drawn(kind, period, **wanted):
        content = render_pdf(document)
        found = fills(content)
        assert [round(each, 2) for each in found[:-1] if each < LEAST] == [], document.name
        assert len(found) <= most, document.name
        with pdfium.PdfDocument(content) as file:
            assert "✓" in file[0].get_textpage().get_text_range(), document.name


def test_a_page_that_is_half_empty_is_found(render_pdf: Callable[[Document], bytes]) -> None:
    """The second page of the October is its last, and has little but the method."""
    assert min(fills(render_pdf(october.october_document()))) < LEAST


def letters_over_letters(page: pdfium.PdfPage) -> list[str]:
    """Letters of a page that are drawn over others, by more than kerning moves them."""
    text = page.get_textpage()
    found = [n for n in range(text.count_chars()) if text.get_text_range(n, 1).strip()]
    left, low, right, high = np.array([text.get_charbox(n) for n in found]).T
    wide = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    tall = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    area = (right - left) * (high - low)
    shared = np.where((wide > 0) & (tall > 0), wide * tall, 0)
    over = shared > 0.3 * np.minimum(area[:, None], area)
    apart = np.abs(np.subtract.outer(np.arange(len(found)), np.arange(len(found)))) > 1
    over &= apart  # of neighbours, slanted ones reach into each other
    return [text.get_text_range(found[at], 1) for at in np.flatnonzero(over.any(axis=1))]


def test_a_long_name_in_a_matrix_covers_no_figure(
    render_pdf: Callable[[Document], bytes],
) -> None:
    table = october.matrix()
    long = "Customer-facing order intake and fulfilment orchestration service (EMEA)"
    rows = ((Name(long), *table.rows[0][1:]), *table.rows[1:])
    document = october.october_document()
    overview = tuple(
        replace(block, rows=rows) if isinstance(block, Table) and block.id == table.id else block
        for block in document.overview
    )
    assert overview != document.overview
    with pdfium.PdfDocument(render_pdf(replace(document, overview=overview))) as file:
        assert long in file[0].get_textpage().get_text_range().replace("\r\n", " ")
        assert letters_over_letters(file[0]) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_letter_lies_over_another(name: str, render_pdf: Callable[[Document], bytes]) -> None:
    with pdfium.PdfDocument(render_pdf(DOCUMENTS[name][0]())) as file:
        assert [letters_over_letters(page) for page in file] == [[]] * len(file)
