"""The edition as one workbook, after the pattern of accessible spreadsheets.

Cover, contents, notes, key figures, then one table or chart a sheet, the cross-check and the
exclusions; in the first workbook of an edition last a summary by formulas, the deployments and what
the summary lets one choose. All other cells are values: no formula is made of data. The same
document and deployments give the same bytes.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from lxml.etree import SerialisationError

from insights_reports.edition.document import Document, Table, Waterfall
from insights_reports.errors import no_room
from insights_reports.formats.excel.archive import abandon, save
from insights_reports.formats.excel.blocks import block_head, write_chart, write_table
from insights_reports.formats.excel.book import Book, Layout, fitting
from insights_reports.formats.excel.check import write_check, write_exclusions
from insights_reports.formats.excel.choices import CHOSEN_BY, choices, write_choices
from insights_reports.formats.excel.cover import write_cover
from insights_reports.formats.excel.deployments import (
    STYLES,
    RawColumn,
    RawStyles,
    raw_columns,
    row_xml,
)
from insights_reports.formats.excel.figures import write_figures, write_findings, write_trend
from insights_reports.formats.excel.front import write_contents, write_notes
from insights_reports.formats.excel.plan import BlockSheet, SheetPlan, make_plan
from insights_reports.formats.excel.rows import WorkbookRows, batches, no_rows
from insights_reports.formats.excel.sheets import Head, head_lines
from insights_reports.formats.excel.summary import MEASURED, SheetRows, letters, write_summary
from insights_reports.formats.excel.waterfall import write_waterfall

MOST_ROWS = 1_048_576  # of a sheet, in Excel
_HEAD_ROWS = 8  # kept free for what stands above the deployments and their heads


def render(
    document: Document, deployments: WorkbookRows | None, *, most_rows: int = MOST_ROWS
) -> bytes:
    """The workbook; ``deployments`` (`edition.rows`) are sheets of it, if given.

    ``most_rows`` is how many rows a sheet may have; what is longer goes on in the next.

    Raises:
        RenderError: when the folder for temporary files takes no more.
    """
    book = Book(document)
    try:
        return _write(book, document, deployments, most_rows)
    except (SerialisationError, OSError) as error:
        abandon(book.workbook)
        full = "ENOSPC" in str(error)  # as libxml2 says it
        reason = os.strerror(errno.ENOSPC) if full else getattr(error, "strerror", None)
        raise no_room("The workbook cannot be written.", reason or str(error)) from None


def _write(
    book: Book, document: Document, deployments: WorkbookRows | None, most_rows: int
) -> bytes:
    slices = [] if deployments is None else _slices(len(deployments), most_rows - _HEAD_ROWS)
    plan = make_plan(document, book.names, book.words, len(slices))
    write_cover(book, plan)
    write_contents(book, plan)
    write_notes(book, plan)
    if document.tiles:
        write_figures(book, plan)
        write_trend(book, plan)
    if document.findings:
        write_findings(book, plan)
    for sheet in plan.blocks:
        _write_block(book, plan, sheet)
    write_check(book, plan)
    write_exclusions(book, plan)
    rows = {} if deployments is None else _write_deployments(book, plan, deployments, slices)
    return save(book.workbook, document.identity.generated.at, book.alts, rows)


def _slices(rows: int, most: int) -> list[slice]:
    """The parts of the deployments, one for each sheet; one empty part where there are none."""
    return [slice(start, min(start + most, rows)) for start in range(0, max(rows, 1), most)]


def _write_block(book: Book, plan: SheetPlan, sheet: BlockSheet) -> None:
    head = block_head(book, plan, sheet)
    if isinstance(sheet.block, Table):
        write_table(book, head, sheet.block)
    elif isinstance(sheet.block, Waterfall):
        write_waterfall(book, head, sheet.block)
    else:
        write_chart(book, head, sheet.block)


@dataclass(frozen=True)
class _Part:
    """The deployments of one sheet: from ``start`` to before ``stop``, and the row of heads."""

    name: str
    start: int
    stop: int
    head: Head
    head_row: int

    @property
    def count(self) -> int:
        return self.stop - self.start


def _write_deployments(
    book: Book, plan: SheetPlan, deployments: WorkbookRows, slices: list[slice]
) -> dict[str, Iterable[memoryview]]:
    """The sheets without their rows; sheet name -> the XML of its rows, not yet made."""
    columns = _raw_columns(book, no_rows(deployments))
    parts = list(_parts(book, plan, slices))
    told = deployments[list(dict.fromkeys((*CHOSEN_BY, *MEASURED)))]
    listed = choices(told, book.words)
    summary, xml = write_summary(book, plan, told, _areas(parts, columns), listed)
    rows: dict[str, Iterable[memoryview]] = {summary: [xml]}
    for number, part in enumerate(parts, 1):
        _write_part(book, part, columns, f"Deployments{number}")
        rows[part.name] = _rows_xml(book, deployments, part)
    write_choices(book, plan, listed)
    return rows


def _rows_xml(book: Book, deployments: WorkbookRows, part: _Part) -> Iterator[memoryview]:
    """The rows of a sheet; no more of them than a batch are in memory at a time."""
    row = part.head_row + 1
    for batch in batches(deployments, part.start, part.stop):
        yield from row_xml(_raw_columns(book, batch), 0, len(batch), row)
        row += len(batch)


def _parts(book: Book, plan: SheetPlan, slices: list[slice]) -> Iterator[_Part]:
    for name, rows in zip(plan.deployments, slices, strict=True):
        head = _deployments_head(book, plan, name)
        lines = head_lines(book, head, rows.stop - rows.start)
        yield _Part(name, rows.start, rows.stop, head, len(lines) + 1)


def _areas(parts: Sequence[_Part], columns: Sequence[RawColumn]) -> list[SheetRows]:
    by_key = letters([column.key for column in columns])
    return [
        SheetRows(part.name, part.head_row + 1, part.head_row + max(part.count, 1), by_key)
        for part in parts
    ]


def _write_part(book: Book, part: _Part, columns: Sequence[RawColumn], table: str) -> None:
    widths = [column.width for column in columns]
    sheet = book.sheet(part.name, Layout(widths, part.head_row, printed=fitting(widths)))
    for line in head_lines(book, part.head, part.count):
        sheet.append([line])
    heads = sheet.head([column.title for column in columns], [False] * len(columns))
    sheet.print_to(sheet.rows + part.count)
    if part.count:
        sheet.table(heads, sheet.rows, sheet.rows + part.count, table)


def _raw_columns(book: Book, deployments: pd.DataFrame) -> tuple[RawColumn, ...]:
    styles = RawStyles(*map(book.style_id, STYLES))
    return raw_columns(deployments, book.words, book.document.identity.zone, styles)


def _deployments_head(book: Book, plan: SheetPlan, name: str) -> Head:
    words, identity = book.words, book.document.identity
    return Head(
        name,
        words.text("excel.sheet.deployments"),
        f"{words.span(identity.period)}, {words.phrase(identity.scope)}",
        (words.text("excel.about.deployments"), words.text("excel.deployments_printed")),
        plan.fixed["contents"],
    )
