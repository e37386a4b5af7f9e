"""How wide the columns of a printed table are: a fixed layout takes a third less time to set, so
the widths are measured here instead."""

from insights_reports.edition.document import Column, ColumnKind, Table, Value
from insights_reports.formats.fonts import text_width
from insights_reports.formats.html_parts import Parts

_LINE = 493.0  # points between the margins of A4; Letter has a little more
_SIZE, _HEAD_SIZE = 8.2, 7.8
_PADDING = 7.2
MARK = 66.0  # the width of a mark
_LONGEST_WORD = 64.0  # of a name or a sentence: a longer one is broken
_LONGEST_NUMBER = 130.0  # likewise of an id, a number or a date
_LONGEST_HEAD = 40.0  # a longer one is hyphenated
_WISH = 230.0  # no column asks for more than this on one line
_NAMES = (ColumnKind.NAME, ColumnKind.TEXT)
_WRAPPING = (*_NAMES, ColumnKind.INSTANT)  # may well take two lines
_MARKS = (ColumnKind.MARK_DURATION, ColumnKind.MARK_RATE)


def shares(table: Table, parts: Parts) -> list[float]:
    """The width of each column in per cent of the line: at least the longest word of each, and the
    rest in proportion to what each would like."""
    rows = (*table.rows, table.total) if table.total else table.rows
    needs = [
        _needs(column, [row[number] for row in rows], parts)
        for number, column in enumerate(table.columns)
    ]
    widths = _fitting([low for low, _ in needs], table.columns)
    long = needs[0][1] > _WISH  # names of many lines: what is left is theirs before the numbers'
    for wrapping in (long, not long):
        growing = [n for n, c in enumerate(table.columns) if (c.kind in _WRAPPING) is wrapping]
        wanted = sum(needs[n][1] - needs[n][0] for n in growing)
        share = min(1.0, max(0.0, _LINE - sum(widths)) / max(1.0, wanted))
        for n in growing:
            widths[n] += share * (needs[n][1] - needs[n][0])
    return [100 * width / sum(widths) for width in widths]


def _fitting(widths: list[float], columns: tuple[Column, ...]) -> list[float]:
    """Names and sentences give way first, down to half of what they need, where all is too wide."""
    flexible = [n for n, column in enumerate(columns) if column.kind in _NAMES]
    given = sum(widths[n] for n in flexible)
    excess = min(max(0.0, sum(widths) - _LINE), given / 2)
    return [
        width * (1 - excess / given) if n in flexible and given else width
        for n, width in enumerate(widths)
    ]


def _needs(column: Column, cells: list[Value], parts: Parts) -> tuple[float, float]:
    """The least that a column can do with, and what it would like, in points."""
    head = max(text_width(word, _HEAD_SIZE, 600) for word in parts.words.column(column).split(" "))
    if column.kind in _MARKS:
        return MARK + _PADDING, MARK + _PADDING
    texts = [parts.cell(cell, column.kind) for cell in cells]
    word = max((_width(part) for text in texts for part in text.split(" ")), default=0)
    whole = max((_width(text) for text in texts), default=0)
    longest = _LONGEST_WORD if column.kind in _NAMES else _LONGEST_NUMBER
    least = max(min(head, _LONGEST_HEAD), min(word, longest))
    return least + _PADDING, max(least, min(whole, _WISH)) + _PADDING


def _width(text: str) -> float:
    return text_width(text[:200], _SIZE, 500)
