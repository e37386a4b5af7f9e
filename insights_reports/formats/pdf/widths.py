"""How wide the columns of a printed table are: a fixed layout takes a third less time to set, so
the widths are measured here instead.

A name that would take many lines in its column stands above the figures of its row, across the
page. The cells there keep to one line, below it, so a table has such rows only where every
other column is wide enough for that.
"""

from itertools import zip_longest
from typing import NamedTuple

from insights_reports.edition.document import Column, ColumnKind, Section, Table
from insights_reports.edition.values import Value
from insights_reports.formats.charts.fonts import text_width
from insights_reports.formats.html.parts import Parts

_SIZE, _HEAD_SIZE = 8.0, 7.6
_PADDING = 7.2
MARK = 66.0  # the width of a mark
_APART = 4.0  # more between a count and what follows, where cells are close
_STRIP, _BAR = 38.0, 89.0  # a bar with the space after it
_LONGEST_NUMBER = 130.0  # of an id, a number or a date: a longer one is broken
_LONGEST_HEAD = 40.0  # a longer one is hyphenated, if it has enough letters for that
_SHORT = 10  # letters


class _Line(NamedTuple):
    """A line of a table: its length in points, the longest word of a name or a sentence that is
    not broken, and what a column asks for at most."""

    length: float
    word: float
    wish: float


_UPRIGHT = _Line(504.0, 64.0, 230.0)  # between the margins of A4; Letter has a little more
_ACROSS = _Line(690.0, _LONGEST_NUMBER, 460.0)  # of Letter on its side; A4 has a little more
_NAME_BESIDE_STRIPS = 84.0
_MANY = 10  # columns that need a page on its side
_NAMES = (ColumnKind.NAME, ColumnKind.TEXT)
_WRAPPING = (*_NAMES, ColumnKind.INSTANT)  # may well take two lines
_MARKS = (ColumnKind.MARK_DURATION, ColumnKind.MARK_RATE)


def lies_across(section: Section) -> bool:
    """Whether a section needs pages on their side, for a table of many columns."""
    tables = (block for block in section.blocks if isinstance(block, Table) and block.rows)
    return any(_line(table) is _ACROSS for table in tables)


def _line(table: Table) -> _Line:
    told = [column for column in table.columns if column.kind is not ColumnKind.STRIP]
    return _ACROSS if len(told) >= _MANY else _UPRIGHT


def shares(table: Table, parts: Parts, length: float = _UPRIGHT.length) -> list[float]:
    """The width of each column in per cent of the line: at least the longest word of each, and of
    the rest what each would like, those with small wishes first."""
    across = rows_across(table, parts)
    line = _line(table)
    line = line if line is _ACROSS else line._replace(length=length)
    needs = [
        _needs(
            column,
            _cells(table, number, across if number == 0 else []),
            parts,
            line,
            brief=table.row_verdicts != (),
            drawn=_is_drawn(table, number),
        )
        for number, column in enumerate(table.columns)
    ]
    if table.row_verdicts:  # strips leave little room: names take two lines rather than five
        needs[0] = (max(needs[0][0], min(needs[0][1], _NAME_BESIDE_STRIPS)), needs[0][1])
        needs = [
            (low + _APART, wish + _APART) if column.kind is ColumnKind.COUNT else (low, wish)
            for column, (low, wish) in zip(table.columns, needs, strict=True)
        ]
    if table.columns[-1].kind is ColumnKind.PART:
        needs[-1] = (needs[-1][0] + _BAR, needs[-1][1] + _BAR)
    if any(across):
        needs[1:] = [(wish, wish) for _, wish in needs[1:]]
    widths = _fitting([low for low, _ in needs], table.columns, line.length)
    long = (
        needs[0][1] > line.wish
    )  # names of many lines: what is left is theirs before the numbers'
    for wrapping in (long, not long):
        growing = [n for n, c in enumerate(table.columns) if (c.kind in _WRAPPING) is wrapping]
        room = max(0.0, line.length - sum(widths))
        wants = [needs[n][1] - needs[n][0] for n in growing]
        given = (_balanced if line is _ACROSS else _given)(room, wants)
        for n, more in zip(growing, given, strict=True):
            widths[n] += more
    return [100 * width / sum(widths) for width in widths]


def rows_across(table: Table, parts: Parts) -> list[bool]:
    """For each row, whether its name stands above its cells, across the page."""
    kind, wish = table.columns[0].kind, _line(table).wish
    long = [kind is ColumnKind.NAME and _width(parts.cell(r[0], kind)) > wish for r in table.rows]
    return long if any(long) and _keeps_lines(table, long, parts) else [False] * len(long)


def _keeps_lines(table: Table, across: list[bool], parts: Parts) -> bool:
    """Whether the line has room for every cell in one line, beside the names left in theirs."""
    line = _line(table)
    (least, _), *others = (
        _needs(column, _cells(table, number, across if number == 0 else []), parts, line)
        for number, column in enumerate(table.columns)
    )
    wishes = [wish for _, wish in others]
    return least + sum(wishes) <= line.length and max(wishes) < line.wish


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


def _balanced(room: float, wants: list[float]) -> list[float]:
    """``room`` shared out by what each wants, and no more than that, which makes rows low."""
    share = min(1.0, room / sum(wants)) if any(wants) else 1.0
    return [want * share for want in wants]


def _fitting(widths: list[float], columns: tuple[Column, ...], line: float) -> list[float]:
    """Names and sentences give way first, down to half of what they need, where all is too wide;
    beside strips names alone, for the only text is a date there."""
    strips = any(column.kind is ColumnKind.STRIP for column in columns)
    kinds = (ColumnKind.NAME,) if strips else _NAMES
    flexible = [n for n, column in enumerate(columns) if column.kind in kinds]
    given = sum(widths[n] for n in flexible)
    excess = min(max(0.0, sum(widths) - line), given / 2)
    return [
        width * (1 - excess / given) if n in flexible and given else width
        for n, width in enumerate(widths)
    ]


def _is_drawn(table: Table, number: int) -> bool:
    """Whether a strip draws the values of a column, and stands under the same head."""
    return [c.kind for c in table.columns[number + 1 : number + 2]] == [ColumnKind.STRIP]


def _needs(
    column: Column,
    cells: list[Value],
    parts: Parts,
    line: _Line,
    *,
    brief: bool = False,
    drawn: bool = False,
) -> tuple[float, float]:
    """The least that a column can do with, and what it would like, in points."""
    title = parts.words.column(column)
    head = max(_head_width(word) for word in title.split(" "))
    if drawn:
        head = max(0.0, text_width(title, _HEAD_SIZE, 600) - _STRIP)
    if column.kind is ColumnKind.STRIP:
        return _STRIP + _PADDING, _STRIP + _PADDING
    if column.kind in _MARKS:
        return MARK + _PADDING, MARK + _PADDING
    texts = [parts.cell(cell, column.kind, brief=brief) for cell in cells]
    word = max((_width(part) for text in texts for part in text.split(" ")), default=0)
    whole = max((_width(text) for text in texts), default=0)
    longest = line.word if column.kind in _NAMES else _LONGEST_NUMBER
    least = max(head, min(word, longest))
    return least + _PADDING, max(least, min(whole, line.wish)) + _PADDING


def _head_width(word: str) -> float:
    width = text_width(word, _HEAD_SIZE, 600)
    return width if len(word) <= _SHORT else min(width, _LONGEST_HEAD)


def _width(text: str) -> float:
    return text_width(text[:200], _SIZE, 500)
