"""How wide the columns of a printed table are: a fixed layout takes a third less time to set, so
the widths are measured here instead.

A name that would take many lines in its column stands above the figures of its row, across the
page. The cells there keep to one line, below it, so a table has such rows only where every
other column is wide enough for that.
"""

from itertools import zip_longest

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
    """The width of each column in per cent of the line: at least the longest word of each, and of
    the rest what each would like, those with small wishes first."""
    across = rows_across(table, parts)
    needs = [
        _needs(column, _cells(table, number, across if number == 0 else []), parts)
        for number, column in enumerate(table.columns)
    ]
    if any(across):
        needs[1:] = [(wish, wish) for _, wish in needs[1:]]
    widths = _fitting([low for low, _ in needs], table.columns)
    long = needs[0][1] > _WISH  # names of many lines: what is left is theirs before the numbers'
    for wrapping in (long, not long):
        growing = [n for n, c in enumerate(table.columns) if (c.kind in _WRAPPING) is wrapping]
        room = max(0.0, _LINE - sum(widths))
        given = _given(room, [needs[n][1] - needs[n][0] for n in growing])
        for n, more in zip(growing, given, strict=True):
            widths[n] += more
    return [100 * width / sum(widths) for width in widths]


def rows_across(table: Table, parts: Parts) -> list[bool]:
    """For each row, whether its name stands above its cells, across the page."""
    kind = table.columns[0].kind
    long = [kind is ColumnKind.NAME and _width(parts.cell(r[0], kind)) > _WISH for r in table.rows]
    return long if any(long) and _keeps_lines(table, long, parts) else [False] * len(long)


def _keeps_lines(table: Table, across: list[bool], parts: Parts) -> bool:
    """Whether the line has room for every cell in one line, beside the names left in theirs."""
    (least, _), *others = (
        _needs(column, _cells(table, number, across if number == 0 else []), parts)
        for number, column in enumerate(table.columns)
    )
    wishes = [wish for _, wish in others]
    return least + sum(wishes) <= _LINE and max(wishes) < _WISH


def _cells(table: Table, number: int, left_out: list[bool]) -> list[Value]:
    """The cells of a column, but for those of the rows that are left out."""
    rows = [row for row, out in zip_longest(table.rows, left_out) if not out]
    return [row[number] for row in (*rows, *((table.total,) if table.total else ()))]


def _given(room: float, wants: list[float]) -> list[float]:
    """``room`` shared out: nobody gets more than he wants, the others the same."""
    given = [0.0] * len(wants)
    for place, number in enumerate(sorted(range(len(wants)), key=wants.__getitem__)):
        given[number] = min(wants[number], room / (len(wants) - place))
        room -= given[number]
    return given


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
