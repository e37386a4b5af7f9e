"""What drove a change, as the rows that add up and a native chart of stacked columns: Excel's own
waterfall is no part of Open XML that other programs draw."""

from collections.abc import Iterator
from dataclasses import dataclass

from insights_reports.edition.document import Waterfall
from insights_reports.formats.excel.book import Book, Cell, Row
from insights_reports.formats.excel.charts import Area, draw_waterfall
from insights_reports.formats.excel.columns import sheet_columns
from insights_reports.formats.excel.sheets import Head, SheetTable, write_sheet

_HEADS = ("level", "below", "up", "down")


@dataclass(frozen=True)
class _Column:
    """A column of the chart, from its foot upwards: a whole figure, or nothing up to ``below`` and
    then a step up or down."""

    level: float | None = None
    below: float | None = None
    up: float | None = None
    down: float | None = None

    @property
    def cells(self) -> Row:
        return [Cell(value, "Rate") for value in (self.level, self.below, self.up, self.down)]


def write_waterfall(book: Book, head: Head, block: Waterfall) -> None:
    """The rows, the columns of the chart beside them, and the chart."""
    words, table = book.words, block.table
    own, columns = sheet_columns(table, words), list(_columns(block))
    heads = [column.title for column in own]
    heads += [words.text(f"excel.waterfall.{key}") for key in _HEADS]
    rows: list[Row] = [
        [*(column.cell(values[column.index]) for column in own), *drawn.cells]
        for values, drawn in zip(table.rows, columns, strict=True)
    ]
    sheet, head_row = write_sheet(book, head, SheetTable(heads, rows))
    if all((column.below or 0) >= 0 for column in columns):  # below zero nothing can be stacked
        area = Area(head_row, len(rows), len(heads))
        draw_waterfall(
            sheet, words.phrase(block.title), words.phrase(block.alt), len(own) + 1, area
        )


def _columns(block: Waterfall) -> Iterator[_Column]:
    level = float(block.before.value or 0)
    yield _Column(level=level)
    for step in block.steps:
        below, level = min(level, level + step.size), level + step.size
        if step.size < 0:
            yield _Column(below=below, down=-step.size)
        else:
            yield _Column(below=below, up=step.size)
    yield _Column(level=float(block.after.value or 0))
