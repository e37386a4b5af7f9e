"""The figures of page one: the tiles as rows, their last twelve periods, the findings."""

from collections.abc import Iterator

from insights_reports.edition.document import Document, Finding, Role, Tile
from insights_reports.edition.files import file_name
from insights_reports.edition.values import Change, Figure, Name
from insights_reports.formats.excel import cells
from insights_reports.formats.excel.blocks import DataColumn, data_table
from insights_reports.formats.excel.book import Book, Cell, Row
from insights_reports.formats.excel.charts import Area, Picture, draw
from insights_reports.formats.excel.plan import Plan
from insights_reports.formats.excel.sheets import (
    Head,
    SheetTable,
    arrows,
    column_area,
    write_sheet,
)
from insights_reports.formats.words.words import Words

_HEADS = (
    "figure",
    "value",
    "unit",
    "n",
    "previous",
    "previous_n",
    "change",
    "ratio",
    "verdict",
    "reason",
    "last_year",
    "last_year_change",
    "last_year_ratio",
    "target",
    "band",
    "rows",
)
_CHANGE_COLUMNS = (7, 8, 12, 13)  # those with arrows, counted from 1


def write_figures(book: Book, plan: Plan) -> None:
    """One row for each tile and, below it, for each figure that stands beside it."""
    words, identity = book.words, book.document.identity
    rows = [row for tile in book.document.tiles for row in _tile_rows(tile, words, plan)]
    head = Head(
        plan.fixed["figures"],
        words.text("excel.sheet.figures"),
        f"{words.span(identity.period)}, {words.phrase(identity.scope)}",
        (words.text("excel.about.figures"),),
        plan.fixed["contents"],
    )
    heads = [words.text(f"excel.figures.{key}") for key in _HEADS]
    sheet, head_row = write_sheet(book, head, SheetTable(heads, rows, name="KeyFigures"))
    for column in _CHANGE_COLUMNS:
        sheet.condition(column_area(column, head_row + 1, head_row + len(rows)), arrows())


def _tile_rows(tile: Tile, words: Words, plan: Plan) -> Iterator[Row]:
    before, last_year = tile.change.before, tile.last_year
    sheet = plan.rows_of_metric(tile.figure.metric)
    yield [
        *_figure_cells(tile.figure, words),
        cells.figure(before, words),
        Cell(before.n, "Count"),
        cells.difference(tile.change, words),
        cells.ratio(tile.change, words),
        Cell(words.value(tile.verdict)),
        Cell(words.phrase(tile.reason)),
        *_last_year_cells(last_year, words),
        cells.figure(tile.target.target, words) if tile.target else Cell(None),
        Cell(words.phrase(tile.band) if tile.band else None),
        Cell(sheet, "Link cell", sheet),
    ]
    for extra in tile.extra:
        yield [*_figure_cells(extra, words), *[Cell(None)] * 11, Cell(sheet, "Link cell", sheet)]


def _figure_cells(figure: Figure, words: Words) -> Row:
    unit = cells.unit_name(figure.unit, words)
    return [
        Cell(words.label(figure)),
        cells.figure(figure, words),
        Cell(unit),
        Cell(figure.n, "Count"),
    ]


def _last_year_cells(change: Change | None, words: Words) -> Row:
    if change is None:
        return [Cell(None)] * 3
    return [
        cells.figure(change.before, words),
        cells.difference(change, words),
        cells.ratio(change, words),
    ]


def write_trend(book: Book, plan: Plan) -> None:
    """The tiles' figures over the periods of their sparklines, each with its limits."""
    words = book.words
    tiles = book.document.tiles
    periods = max((tile.spark_periods for tile in tiles), key=len)
    columns: list[DataColumn] = []
    drawn: list[Picture] = []
    for tile in tiles:
        if len(tile.spark) == len(periods):
            own = _trend_columns(tile, words)
            drawn.append(_picture(tile, len(columns) + 2, own, words))
            columns += own
    starts = [Cell(words.span(period)) for period in periods]
    table = data_table(words.text("label.period"), starts, columns, words)
    head = Head(
        plan.fixed["trend"],
        words.text("excel.sheet.trend"),
        words.phrase(book.document.identity.scope),
        (words.text("excel.about.trend"),),
        plan.fixed["contents"],
    )
    sheet, head_row = write_sheet(book, head, table)
    draw(sheet, drawn, Area(head_row, len(periods), len(table.heads)))


def _trend_columns(tile: Tile, words: Words) -> list[DataColumn]:
    label = words.label(tile.figure)
    columns = [DataColumn(label, tile.spark)]
    usual = tile.judged.usual
    ends = () if usual is None else (("lower", usual.low), ("upper", usual.high))
    for key, figure in ends:
        if figure is None:
            continue
        title = words.text(f"excel.trend.{key}", figure=Name(label))
        columns.append(DataColumn(title, [figure] * len(tile.spark)))
    return columns


def _picture(tile: Tile, first: int, columns: list[DataColumn], words: Words) -> Picture:
    roles = (Role.MAIN, Role.LIMIT, Role.LIMIT)
    label, unit = words.label(tile.figure), tile.figure.unit
    return Picture(
        label,
        f"{label}: {words.figure(tile.figure)}, {words.phrase(tile.reason)}",
        first,
        [(role, column.figures) for role, column in zip(roles, columns, strict=False)],
        unit,
        cells.unit_name(unit, words),
        small=True,
    )


def write_findings(book: Book, plan: Plan) -> None:
    """The findings, each with a link to its rows, or the workbook that has them."""
    words = book.words
    head = Head(
        plan.fixed["findings"],
        words.text("label.findings"),
        words.span(book.document.identity.period),
        (),
        plan.fixed["contents"],
    )
    rows: list[Row] = [
        [
            Cell(words.phrase(finding.text), "Wrapped cell"),
            Cell(words.value(finding.verdict)),
            _rows_behind(finding, book.document, plan),
        ]
        for finding in book.document.findings
    ]
    heads = [words.text(f"excel.figures.{key}") for key in ("findings", "verdict", "rows")]
    write_sheet(book, head, SheetTable(heads, rows, widths=(90, 18, 60)))


def _rows_behind(finding: Finding, document: Document, plan: Plan) -> Cell:
    sheet = plan.rows_of(finding.anchor)
    if sheet is None and finding.document != document.name:
        identity = document.identity
        period = identity.period.name
        return Cell(file_name(identity.subscription, period, finding.document, "xlsx"))
    return Cell(sheet, "Link cell", sheet)
