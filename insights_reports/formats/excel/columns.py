"""The columns of a table as a workbook wants them: one value a cell.

A change becomes its difference, its ratio and its verdict; a mark (an inline picture on the page)
becomes the numbers it draws; a name gets its id beside it, because two things may share a name.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from insights_reports.edition.document import Column, ColumnKind, Table
from insights_reports.edition.values import Change, Figure, Instant, Mark, Name, Unit, Value
from insights_reports.formats.excel import cells
from insights_reports.formats.excel.book import Cell
from insights_reports.formats.words.words import Words

_UNITS = {
    ColumnKind.COUNT: Unit.COUNT,
    ColumnKind.PER_WEEK: Unit.PER_WEEK,
    ColumnKind.RATE: Unit.RATE,
    ColumnKind.DURATION: Unit.DURATION,
    ColumnKind.NUMBER: Unit.NUMBER,
    ColumnKind.MARK_DURATION: Unit.DURATION,
    ColumnKind.MARK_RATE: Unit.RATE,
}
_MARK_PARTS: dict[str, Callable[[Mark], float | None]] = {
    "at": lambda mark: mark.at,
    "low": lambda mark: mark.low,
    "high": lambda mark: mark.high,
    "before": lambda mark: mark.before,
    "limit": lambda mark: mark.limit,
}


@dataclass(frozen=True)
class SheetColumn:
    """``bar`` asks for data bars, ``arrow`` for arrows that say up, down or level."""

    title: str
    cell: Callable[[Value], Cell]
    index: int  # of the table's column that it shows
    bar: bool = False
    arrow: bool = False


def sheet_columns(table: Table, words: Words) -> list[SheetColumn]:
    """The columns of the sheet that shows this table, in the table's order."""
    rows = (*table.complete_rows, *([table.total] if table.total else []))
    has_verdict = any(column.kind is ColumnKind.VERDICT for column in table.columns)
    result: list[SheetColumn] = []
    for index, column in enumerate(table.columns):
        values = [row[index] for row in rows]
        result += (
            replace(found, index=index)
            for found in _split_column(column, values, words, verdict=not has_verdict)
        )
    return result


def _split_column(
    column: Column, values: list[Value], words: Words, *, verdict: bool
) -> list[SheetColumn]:
    if column.kind is ColumnKind.CHANGE:
        return _change_columns(column, values, words, verdict=verdict)
    if column.kind in (ColumnKind.MARK_DURATION, ColumnKind.MARK_RATE):
        return _mark_columns(column, values, words)
    if column.kind is ColumnKind.NAME:
        return _name_columns(column, values, words)
    return [_plain_column(column, values, words)]


def _plain_column(column: Column, values: list[Value], words: Words) -> SheetColumn:
    unit = _UNITS.get(column.kind)
    title = words.column(column)
    if unit is not None:
        title = _with_unit(title, unit, words)
    elif zones := {value.zone for value in values if isinstance(value, Instant)}:
        title = f"{title} ({', '.join(sorted(zones))})"
    return SheetColumn(
        title,
        lambda value: cells.any_value(value, words, unit),
        0,
        bar=unit in (Unit.COUNT, Unit.RATE, Unit.PER_WEEK),
        arrow=column.kind is ColumnKind.PART,
    )


def _with_unit(title: str, unit: Unit, words: Words) -> str:
    name = cells.unit_name(unit, words)
    return f"{title} ({name})" if name else title


def _part(part: str, column: Column, words: Words) -> str:
    """The head over a part of the column."""
    return words.text(f"excel.column.{part}", column=Name(words.column(column)))


def _name_columns(column: Column, values: list[Value], words: Words) -> list[SheetColumn]:
    title = words.column(column)
    names = SheetColumn(title, lambda value: Cell(words.value(value)), 0)
    if not any(isinstance(value, Name) and value.id for value in values):
        return [names]

    def identifier(value: Value) -> Cell:
        return Cell(words.name(Name(value.id)) if isinstance(value, Name) and value.id else None)

    return [names, SheetColumn(_part("id", column, words), identifier, 0)]


def _change_columns(
    column: Column, values: list[Value], words: Words, *, verdict: bool
) -> list[SheetColumn]:
    def of_change(show: Callable[[Change, Words], Cell]) -> Callable[[Value], Cell]:
        return lambda value: (
            show(value, words) if isinstance(value, Change) else Cell(words.value(value))
        )

    changes = [value for value in values if isinstance(value, Change)]
    result = [SheetColumn(words.column(column), of_change(cells.difference), 0, arrow=True)]
    if any(change.ratio is not None for change in changes):
        result.append(
            SheetColumn(_part("ratio", column, words), of_change(cells.ratio), 0, arrow=True)
        )
    if verdict:
        word = of_change(lambda change, words: Cell(words.value(change.verdict)))
        result.append(SheetColumn(_part("verdict", column, words), word, 0))
    return result


def _mark_columns(column: Column, values: list[Value], words: Words) -> list[SheetColumn]:
    """One column for each number that at least one of the marks has."""
    marks = [value for value in values if isinstance(value, Mark)]
    unit = _UNITS[column.kind]
    result = []
    for part, number in _MARK_PARTS.items():
        numbers: list[Value] = [number(mark) for mark in marks]
        if any(value is not None for value in numbers):
            title = _part(part, column, words)
            title = _with_unit(title, unit, words)
            result.append(SheetColumn(title, _mark_cell(number, unit, words), 0))
    return result


def _mark_cell(
    number: Callable[[Mark], float | None], unit: Unit, words: Words
) -> Callable[[Value], Cell]:
    def cell(value: Value) -> Cell:
        if isinstance(value, Figure):
            return cells.figure(value, words)
        part = number(value) if isinstance(value, Mark) else None
        if part is None:
            return Cell(words.value(value if not isinstance(value, Mark) else None), "Missing")
        return cells.quantity(part, unit)

    return cell
