"""How wide the columns of a printed table are: a fixed layout takes a third less time to set, so
the widths are measured here instead."""

from insights_reports.edition.document import Column, ColumnKind, Table, Value
from insights_reports.formats.fonts import text_width
from insights_reports.formats.words import Words

_LINE = 493.0  # points between the margins of A4; Letter has a little more
_SIZE, _HEAD_SIZE = 8.2, 7.8
_PADDING = 7.2
_MARK = 56.0
_LONGEST_WORD = 64.0  # a longer one is broken
_LONGEST_HEAD = 40.0  # a longer one is hyphenated
_WISH = 230.0  # no column asks for more than this on one line
_MARKS = (ColumnKind.MARK_DURATION, ColumnKind.MARK_RATE)


def shares(table: Table, words: Words) -> list[float]:
    """The width of each column in per cent of the line: what fits on one line if all do, else at
    least the longest word of each, and the rest in proportion to what each would like."""
    rows = (*table.rows, table.total) if table.total else table.rows
    needs = [
        _needs(column, [row[number] for row in rows], words)
        for number, column in enumerate(table.columns)
    ]
    least, wish = sum(low for low, _ in needs), sum(high for _, high in needs)
    if wish <= _LINE:
        widths = [high * _LINE / wish for _, high in needs]
    else:
        spare = max(0.0, _LINE - least) / max(1.0, wish - least)
        widths = [low + (high - low) * spare for low, high in needs]
    return [100 * width / sum(widths) for width in widths]


def _needs(column: Column, cells: list[Value], words: Words) -> tuple[float, float]:
    """The least that a column can do with, and what it would like, in points."""
    head = max(text_width(word, _HEAD_SIZE, 600) for word in words.column(column).split(" "))
    if column.kind in _MARKS:
        return _MARK + _PADDING, 1.4 * _MARK + _PADDING
    texts = [words.cell(cell, column.kind) for cell in cells]
    word = max((_width(part) for text in texts for part in text.split(" ")), default=0)
    whole = max((_width(text) for text in texts), default=0)
    least = max(min(head, _LONGEST_HEAD), min(word, _LONGEST_WORD))
    return least + _PADDING, max(least, min(whole, _WISH)) + _PADDING


def _width(text: str) -> float:
    return text_width(text[:200], _SIZE, 500)
