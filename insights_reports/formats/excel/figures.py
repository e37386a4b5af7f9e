"""The figures of page one: the tiles as rows, their last twelve periods, the findings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from insights_reports.edition.document import Finding, Role, TargetWord, Tile
from insights_reports.edition.files import file_name
from insights_reports.edition.values import Change, Figure, Judged, Metric, Missing, Name, Since
from insights_reports.formats.excel import cells
from insights_reports.formats.excel.blocks import DataColumn, data_table, row_looked_at, row_of
from insights_reports.formats.excel.book import Book, Cell, Row
from insights_reports.formats.excel.charts import Area, Picture, draw
from insights_reports.formats.excel.plan import SheetPlan
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
    "usual_low",
    "usual_high",
    "verdict",
    "reason",
    "last_year",
    "last_year_change",
    "last_year_ratio",
    "target",
    "target_met",
    "missed_by",
    "met",
    "met_of",
    "assurance",
    "stated",
    "band",
    "rows",
)
_CHANGES = ("change", "ratio", "last_year_change", "last_year_ratio")  # those with arrows
_FINDING_HEADS = (
    "slice",
    "measure",
    "verdict",
    "value",
    "n",
    "previous",
    "usual_low",
    "usual_high",
    "since_earliest",
    "since_latest",
    "part",
    "same_cause",
    "rows",
)


def write_figures(book: Book, plan: SheetPlan) -> None:
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
    for column in (_HEADS.index(key) + 1 for key in _CHANGES):
        sheet.condition(column_area(column, head_row + 1, head_row + len(rows)), arrows())


def _tile_rows(tile: Tile, words: Words, plan: SheetPlan) -> Iterator[Row]:
    before = tile.change.before
    sheet = plan.rows_of_metric(tile.figure.metric)
    rows = Cell(sheet, "Link cell", sheet)
    yield _in_order(
        _HEADS,
        **_figure_cells(tile.figure, words),
        previous=cells.figure(before, words),
        previous_n=Cell(before.n, "Count"),
        change=cells.difference(tile.change, words),
        ratio=cells.ratio(tile.change, words),
        **usual_cells(tile.judged, words),
        verdict=Cell(words.value(tile.verdict)),
        reason=Cell("; ".join(words.phrase(each) for each in (tile.reason, tile.note) if each)),
        **_last_year_cells(tile.last_year, words),
        **_target_cells(tile.target, words),
        stated=_maybe(tile.stated, words),
        band=Cell(words.phrase(tile.band) if tile.band else None),
        rows=rows,
    )
    for extra in tile.extra:
        yield _in_order(_HEADS, **_figure_cells(extra, words), rows=rows)


def _in_order(heads: Sequence[str], **found: Cell) -> Row:
    return [found.get(key, Cell(None)) for key in heads]


def _maybe(figure: Figure | None, words: Words) -> Cell:
    return Cell(None) if figure is None else cells.figure(figure, words)


def _figure_cells(figure: Figure, words: Words) -> dict[str, Cell]:
    return {
        "figure": Cell(words.label(figure)),
        "value": cells.figure(figure, words),
        "unit": Cell(cells.unit_name(figure.unit, words)),
        "n": Cell(figure.n, "Count"),
    }


def usual_cells(judged: Judged, words: Words) -> dict[str, Cell]:
    """The two ends of the usual range: none where any value would be usual."""
    usual = judged.usual
    ends = (None, None) if usual is None else (usual.low, usual.high)
    return {
        key: _maybe(end, words) for key, end in zip(("usual_low", "usual_high"), ends, strict=True)
    }


def _last_year_cells(change: Change | None, words: Words) -> dict[str, Cell]:
    if change is None:
        return {}
    return {
        "last_year": cells.figure(change.before, words),
        "last_year_change": cells.difference(change, words),
        "last_year_ratio": cells.ratio(change, words),
    }


def _target_cells(target: TargetWord | None, words: Words) -> dict[str, Cell]:
    if target is None:
        return {}
    met, of = target.met_of
    missed = target.missed_by
    return {
        "target": cells.figure(target.target, words),
        "target_met": Cell(met_word(target, words)),
        "missed_by": Cell(None) if missed is None else cells.distance(missed, words),
        "met": Cell(met, "Count"),
        "met_of": Cell(of, "Count"),
        "assurance": Cell(words.phrase(target.assurance) if target.assurance else None),
    }


def met_word(target: TargetWord, words: Words) -> str:
    """``met``, ``missed``, or ``too few`` to tell."""
    key = {None: "unknown", True: "yes", False: "no"}[target.met]
    return words.text(f"excel.figures.{key}")


def write_trend(book: Book, plan: SheetPlan) -> None:
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
    if any(tile.spark_usual):
        columns += (
            DataColumn(words.text(f"excel.trend.{key}", figure=Name(label)), _ends(tile, at))
            for at, key in enumerate(("lower", "upper"))
        )
    return columns


def _ends(tile: Tile, at: int) -> list[Figure]:
    """One end of the usual range of each period: each has its own, by its size."""
    nothing = replace(tile.figure, value=None, n=None, missing=Missing.NO_VALUES)
    return [
        nothing if pair is None else replace(tile.figure, value=pair[at], n=None)
        for pair in tile.spark_usual
    ]


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


def write_findings(book: Book, plan: SheetPlan) -> None:
    """The findings: a row for each measure, with a link to its row, or the workbook that has it."""
    words = book.words
    head = Head(
        plan.fixed["findings"],
        words.text("label.findings"),
        words.span(book.document.identity.period),
        (words.text("excel.about.findings"),),
        plan.fixed["contents"],
    )
    rows = [row for each in book.document.findings for row in _finding_rows(each, book, plan)]
    heads = [words.text(f"excel.figures.{key}") for key in _FINDING_HEADS]
    write_sheet(book, head, SheetTable(heads, rows, name="Findings"))


def _finding_rows(finding: Finding, book: Book, plan: SheetPlan) -> Iterator[Row]:
    words = book.words
    causes = ", ".join(map(words.phrase, finding.same_cause))
    for line in finding.measures:
        figure, since, part = line.figure, line.judged.since, finding.part
        own = part if line.metric is Metric.FAILURE_RATE else None
        yield _in_order(
            _FINDING_HEADS,
            slice=Cell(words.value(finding.subject)),
            measure=Cell(words.phrase(line.text)),
            verdict=Cell(words.value(line.judged.verdict)),
            value=cells.figure(figure, words),
            n=Cell(figure.n, "Count"),
            previous=cells.figure(line.before, words),
            **usual_cells(line.judged, words),
            since_earliest=_since(since, earliest=True),
            since_latest=_since(since, earliest=False),
            part=Cell(None) if own is None else cells.part(own.size, own.unit),
            same_cause=Cell(causes or None),
            rows=rows_behind(finding, book, plan),
        )


def _since(since: Since | None, *, earliest: bool) -> Cell:
    if since is None:
        return Cell(None)
    day = since.earliest if earliest else since.latest
    return Cell(since.week if since.exact else day, "Date")


def rows_behind(finding: Finding, book: Book, plan: SheetPlan) -> Cell:
    """A link to the finding's row; the name of the file that has it, where it is not this one."""
    document = book.document
    place = row_of(book, plan, finding.anchor, finding.row)
    place = place or row_looked_at(book, plan, finding.split, finding.row)
    if place is not None:
        return Cell(place.sheet, "Link cell", place.sheet, place.cell)
    if finding.document != document.name:
        identity = document.identity
        period = identity.period.name
        return Cell(file_name(identity.subscription, period, finding.document, "xlsx"))
    return Cell(None)
