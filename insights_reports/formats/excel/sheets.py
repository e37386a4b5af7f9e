"""How every sheet with a table is laid out, after the pattern of accessible spreadsheets: the title
in A1, what the sheet shows, where the figures are from, how long its table is and what an empty
cell means, a way back to the contents, then one marked-up table.

https://analysisfunction.civilservice.gov.uk/policy-store/releasing-statistics-in-spreadsheets/
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from openpyxl.formatting.rule import (
    ColorScaleRule,
    DataBar,
    FormatObject,
    IconSet,
    Rule,
)
from openpyxl.styles.colors import Color
from openpyxl.utils import get_column_letter

from insights_reports.edition.values import Name
from insights_reports.formats.charts.palette import contrast
from insights_reports.formats.excel.book import (
    Book,
    Cell,
    Layout,
    Row,
    Sheet,
)
from insights_reports.formats.excel.styles import INK, NUMBER_FORMATS, TOTAL

_NARROWEST, _WIDEST, _WIDEST_HEAD = 9, 44, 26
_MARGIN = 2  # characters
_MOST_ROWS_OF_A_PAGE = 60
_LEGIBLE = 4.5  # contrast of text, by WCAG 2.2
_STYLE_WIDTHS = {"Instant": 19, "Hours": 12, "Hours change": 12, "Points change": 14, "Date": 12}


@dataclass(frozen=True)
class Head:
    """What stands above the table: ``name`` is the sheet's, ``back`` that of the sheet it links
    back to, ``way`` the key of the link's words."""

    name: str
    title: str
    subtitle: str
    notes: Sequence[str]
    back: str
    way: str = "excel.to_contents"


@dataclass(frozen=True)
class SheetTable:
    """Heads and rows of a table; ``total`` stands below it, so that it is not sorted along."""

    heads: Sequence[str]
    rows: Sequence[Row]
    total: Row | None = None
    name: str = ""  # of the table object
    widths: Sequence[int] = ()  # of the columns; by their content when left out
    charts: bool = False  # that lie beside or below it: one page high, so that none is cut


def write_sheet(book: Book, head: Head, table: SheetTable) -> tuple[Sheet, int]:
    """The sheet with its table, and the number of the row of heads."""
    lines = head_lines(book, head, len(table.rows))
    head_row = len(lines) + 1
    sheet = book.sheet(head.name, _layout(table, head_row))
    for line in lines:
        sheet.append([line])
    heads = sheet.head(table.heads, [_is_number(table.rows, i) for i in range(len(table.heads))])
    for row in table.rows:
        sheet.append(_wrapped(row, sheet.layout.widths))
    if table.rows:
        sheet.table(heads, head_row, sheet.rows, table.name)
    if table.total:
        sheet.append([_as_total(cell) for cell in table.total])
    return sheet, head_row


def _layout(table: SheetTable, head_row: int) -> Layout:
    one_high = table.charts and len(table.rows) <= _MOST_ROWS_OF_A_PAGE
    return Layout(table.widths or _widths(table), head_row, one_high=one_high)


def _wrapped(row: Row, widths: Sequence[int]) -> Row:
    """A text for which its column is too narrow takes several lines; beside a filled cell it would
    be cut."""
    return [
        replace(cell, style="Long text")
        if cell.style == "Text" and len(str(cell.value)) > width - _MARGIN
        else cell
        for cell, width in zip(row, widths, strict=True)
    ]


def _is_number(rows: Sequence[Row], column: int) -> bool:
    """Whether the first cell that is no word is a number."""
    values = (row[column].value for row in rows if row[column].style != "Missing")
    return isinstance(next((value for value in values if value is not None), None), int | float)


def _as_total(cell: Cell) -> Cell:
    style = cell.style + TOTAL if cell.style in NUMBER_FORMATS else cell.style
    return replace(cell, style=style)


def head_lines(book: Book, head: Head, rows: int) -> list[Cell]:
    """What stands above a table of so many rows, a line each."""
    words, identity = book.words, book.document.identity
    source = words.text("label.source", report=identity.report, server=Name(identity.server))
    lines = [Cell(head.title, "Sheet title")]
    if head.subtitle:
        lines.append(Cell(head.subtitle, "Subtitle"))
    lines += (Cell(note, "Note") for note in head.notes if note)
    lines.append(Cell(source, "Note"))
    lines.append(Cell(words.text("excel.rows", n=rows) + " " + words.text("excel.blank"), "Note"))
    lines.append(Cell(words.text(head.way), "Link", head.back))
    return lines


def _widths(table: SheetTable) -> list[int]:
    every_row = (*table.rows, *([table.total] if table.total else []))
    return [
        max(_head_width(head), *(_width(row[index]) for row in every_row), _NARROWEST)
        for index, head in enumerate(table.heads)
    ]


def _head_width(head: str) -> int:
    """Heads wrap, on about three lines, between words. One has its filter button beside it."""
    longest = max(map(len, head.split()), default=0)
    return min(max(longest, len(head) // 3) + 4, _WIDEST_HEAD)


def _width(cell: Cell) -> int:
    if isinstance(cell.value, str):
        return min(len(cell.value) + _MARGIN, _WIDEST)
    return _STYLE_WIDTHS.get(cell.style, _NARROWEST)


# --- conditional formats: each beside its number, none by colour alone ---------------------------


def bars(accent: str) -> Rule:
    """A bar from zero to the largest of the cells, behind each number."""
    ends = [FormatObject(type="num", val=0), FormatObject(type="max")]
    bar = DataBar(cfvo=ends, color=Color(rgb=f"FF{_paler(accent, 0.33)}"), showValue=True)
    return Rule(type="dataBar", dataBar=bar)


def arrows() -> Rule:
    """Up, down or level, in grey: the direction, not whether it is good."""
    steps = [
        FormatObject(type="num", val=-1e12),
        FormatObject(type="num", val=0),
        FormatObject(type="num", val=0, gte=False),
    ]
    return Rule(type="iconSet", iconSet=IconSet(iconSet="3ArrowsGray", cfvo=steps))


def heat(accent: str) -> Rule:
    """From white at zero to a colour on which the figures can still be read."""
    fills = (_paler(accent, percent / 100) for percent in range(55, 0, -5))
    legible = next(fill for fill in fills if contrast(f"#{INK}", f"#{fill}") >= _LEGIBLE)
    rule: Rule = ColorScaleRule(  # type: ignore[no-untyped-call]
        start_type="num",
        start_value=0,
        start_color="FFFFFF",
        end_type="max",
        end_color=legible,
    )
    return rule


def _paler(colour: str, share: float) -> str:
    """So much of the colour on white."""
    parts = (int(colour[i : i + 2], 16) for i in (0, 2, 4))
    return "".join(f"{round(part * share + 255 * (1 - share)):02X}" for part in parts)


def column_area(column: int, first_row: int, last_row: int) -> str:
    """The reference of a part of a column, such as ``B2:B9``; columns count from 1."""
    letter = get_column_letter(column)
    return f"{letter}{first_row}:{letter}{last_row}"
