"""Tables and charts of the document as sheets: the numbers, and the chart natively beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from insights_reports.edition.document import (
    Chart,
    ChartForm,
    Role,
    Section,
    Table,
    Waterfall,
)
from insights_reports.edition.values import Figure, Missing, Unit
from insights_reports.formats.excel import cells
from insights_reports.formats.excel.book import Book, Cell, Row, Sheet
from insights_reports.formats.excel.charts import Area, draw, pictures
from insights_reports.formats.excel.columns import SheetColumn, sheet_columns
from insights_reports.formats.excel.plan import BlockSheet, SheetPlan, title_of
from insights_reports.formats.excel.sheets import (
    Head,
    SheetTable,
    arrows,
    bars,
    column_area,
    head_lines,
    heat,
    write_sheet,
)
from insights_reports.formats.words.words import Words

_OF_PICTURES = {"note.marks", "note.target"}  # of the page: here are the numbers they draw
_LONGEST = 60  # characters of a name in a sentence


def block_head(book: Book, plan: SheetPlan, sheet: BlockSheet) -> Head:
    """What stands above the block."""
    block, words = sheet.block, book.words
    return Head(
        sheet.name,
        title_of(block, sheet.section, words),
        words.phrase(block.subtitle) if block.subtitle else "",
        block_notes(block, sheet.section, words),
        plan.fixed["contents"],
    )


@dataclass(frozen=True)
class CellPlace:
    """A cell of a sheet of this workbook."""

    sheet: str
    cell: str


def row_of(book: Book, plan: SheetPlan, anchor: str, row: str) -> CellPlace | None:
    """Where the row of this id stands below an anchor; the top of the sheet where no row is called
    so; None where this workbook has no such sheet."""
    sheets = plan.sheets_of(anchor)
    found = (_place(book, plan, sheet, row) for sheet in sheets)
    top = CellPlace(sheets[0].name, "A1") if sheets else None
    return next((place for place in found if place), top)


def row_looked_at(book: Book, plan: SheetPlan, split: str, row: str) -> CellPlace | None:
    """Where the row of this id stands in the table of where to look, if that has this split."""
    for sheet in plan.sheets_of("where-to-look"):
        table = sheet.block
        if isinstance(table, Table) and table.columns[0].title.key == f"column.slice.{split}":
            return _place(book, plan, sheet, row)
    return None


def _place(book: Book, plan: SheetPlan, sheet: BlockSheet, row: str) -> CellPlace | None:
    table = sheet.block
    if not isinstance(table, Table) or row not in table.row_ids:
        return None
    lines = head_lines(book, block_head(book, plan, sheet), len(table.complete_rows))
    return CellPlace(sheet.name, f"A{len(lines) + 2 + table.row_ids.index(row)}")


def write_table(book: Book, head: Head, table: Table) -> None:
    """All rows of the table, also those for which the page has no room."""
    columns = sheet_columns(table, book.words)
    rows = [_row(row, columns) for row in table.complete_rows]
    total = _row(table.total, columns) if table.total else None
    content = SheetTable([column.title for column in columns], rows, total)
    sheet, head_row = write_sheet(book, head, content)
    if rows:
        _mark_columns(sheet, columns, head_row + 1, head_row + len(rows))


def _row(values: Sequence[object], columns: Sequence[SheetColumn]) -> Row:
    return [column.cell(values[column.index]) for column in columns]  # type: ignore[arg-type]


def _mark_columns(sheet: Sheet, columns: Sequence[SheetColumn], first: int, last: int) -> None:
    for number, column in enumerate(columns, 1):
        if column.bar:
            sheet.condition(column_area(number, first, last), bars(sheet.book.accent))
        if column.arrow:
            sheet.condition(column_area(number, first, last), arrows())


@dataclass(frozen=True)
class DataColumn:
    """One series as a column: a figure for each row."""

    title: str
    figures: Sequence[Figure]

    @property
    def unit(self) -> Unit:
        return self.figures[0].unit


def write_chart(book: Book, head: Head, chart: Chart) -> None:
    """The data of the chart, one row for each point of time, and the chart beside it."""
    if chart.form is ChartForm.HEAT:
        _write_heat(book, head, chart)
        return
    words = book.words
    columns = [DataColumn(words.value(series.label), series.figures) for series in chart.series]
    samples = [
        (words.text("excel.column.n", series=series.label), [f.n for f in series.figures])
        for series in chart.series
        if series.role is Role.MAIN and chart.unit in (Unit.RATE, Unit.DURATION)
    ]
    content = data_table(words.text("label.interval"), _starts(chart.x), columns, words, samples)
    sheet, head_row = write_sheet(book, head, content)
    draw(sheet, pictures(chart, words), Area(head_row, len(chart.x), len(content.heads)))


def _starts(x: Sequence[date | int]) -> list[Cell]:
    return [Cell(at, "Date" if isinstance(at, date) else "Count") for at in x]


def data_table(
    first: str,
    starts: Sequence[Cell],
    columns: Sequence[DataColumn],
    words: Words,
    samples: Sequence[tuple[str, Sequence[int | None]]] = (),
) -> SheetTable:
    """Series as columns. A point without a value is an empty cell, because a chart draws a word as
    zero; a last column says why. Durations are decimal hours, which an axis can show."""
    heads = [first, *(_data_head(column, words) for column in columns), *(s[0] for s in samples)]
    rows: list[list[Cell]] = [
        [start, *(_data_cell(column.figures[i]) for column in columns)]
        + [Cell(numbers[i], "Count") for _, numbers in samples]
        for i, start in enumerate(starts)
    ]
    reasons = [
        _reason([(c.title, c.figures[i].missing) for c in columns], words)
        for i in range(len(starts))
    ]
    if any(reasons):
        heads.append(words.text("excel.column.missing"))
        rows = [[*row, Cell(reason or None)] for row, reason in zip(rows, reasons, strict=True)]
    return SheetTable(heads, rows, charts=True)


def _data_head(column: DataColumn, words: Words) -> str:
    name = cells.unit_name(column.unit, words) if column.figures else ""
    return f"{column.title} ({name})" if name else column.title


def _data_cell(figure: Figure) -> Cell:
    if figure.value is None:
        return Cell(None)
    return cells.quantity(figure.value, figure.unit)


def _reason(missing: Sequence[tuple[str, Missing | None]], words: Words) -> str:
    """``no history``, or for each of the reasons which series it is about."""
    reasons: dict[Missing, list[str]] = {}
    for title, why in missing:
        if why is not None:
            reasons.setdefault(why, []).append(title)
    if len(missing) == sum(map(len, reasons.values())) and len(reasons) == 1:
        return words.value(next(iter(reasons)))
    return "; ".join(f"{words.value(why)}: {', '.join(of)}" for why, of in reasons.items())


def _write_heat(book: Book, head: Head, chart: Chart) -> None:
    """Weekday by hour: the numbers themselves, shaded."""
    words = book.words
    heads = [
        words.text("excel.weekday"),
        *(words.tick(hour, chart.granularity) for hour in chart.x),
    ]
    rows = [
        [Cell(words.value(series.label)), *(cells.figure(f, words) for f in series.figures)]
        for series in chart.series
    ]
    table = SheetTable(heads, rows, widths=(12, *[7] * len(chart.x)), charts=True)
    sheet, head_row = write_sheet(book, head, table)
    first, last = head_row + 1, head_row + len(rows)
    area = f"B{first}:{column_area(len(heads), first, last).split(':')[1]}"
    sheet.condition(area, heat(book.accent))


def block_notes(
    block: Table | Chart | Waterfall, section: Section | None, words: Words
) -> list[str]:
    """What is to be known before reading the block: what its section says, its own notes."""
    said = (section.message, section.lead) if section else ()
    notes = [words.phrase(each) for each in said if each]
    if isinstance(block, Table):
        return notes + _table_notes(block, words)
    return notes + (_chart_notes(block, words) if isinstance(block, Chart) else [])


def _table_notes(table: Table, words: Words) -> list[str]:
    notes = [words.phrase(note) for note in table.notes if note.key not in _OF_PICTURES]
    shown = len(table.complete_rows)
    if shown < table.total_rows:
        notes.append(words.text("label.rows_shown", shown=shown, total=table.total_rows))
    return notes


def _chart_notes(chart: Chart, words: Words) -> list[str]:
    notes = [words.phrase(chart.alt)]
    for annotation in chart.annotations:
        at = words.interval(chart.x[annotation.x], chart.granularity)
        notes.append(f"{at}: {words.phrase(annotation.text)}")
    for series in chart.series:
        if series.summary is not None:
            notes.append(f"{_short(words.value(series.label))}: {words.phrase(series.summary)}")
    return notes


def _short(name: str) -> str:
    """The beginning of a name, which stands in full in the table of its split: a line is not
    wrapped, and a page as wide as the longest would be printed too small to read."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"
