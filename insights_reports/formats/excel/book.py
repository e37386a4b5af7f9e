"""The workbook as paper: named cell styles, and sheets that are set up before their first row.

One write-only openpyxl workbook, so that memory does not grow with the rows. All text is written as
text: openpyxl would make a formula of a name that begins with "=", and an error of "#N/A".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.chart._chart import ChartBase
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo

from insights_reports.edition.document import Document
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.excel.styles import FONT, INK, named_styles
from insights_reports.formats.excel.text import SheetNames, clean
from insights_reports.formats.words.headline import headline_text
from insights_reports.formats.words.words import Words, words

_WIDEST_PAGE = 190  # characters; what is wider is printed on several pages side by side
_LINE_HEIGHTS = {"Sheet title": 24.0, "Subtitle": 15.0, "Headline": 16.0}  # points
_LINE_HEIGHT = 13.0
_HIGHEST = 409.0  # points; Excel refuses a higher row
_WRAPPED = {"Headline", "Wrapped", "Wrapped cell", "Long text", "Column head", "Number head"}
_PRINT_TITLES = "_xlnm.Print_Titles"
_LONGEST_HEAD = 100  # characters; a table's column may have 255, escapes included
_LARGEST_EXACT = 2**53  # a greater whole number loses digits in a spreadsheet


@dataclass(frozen=True, slots=True)
class Cell:
    """``style`` is one of `NUMBER_FORMATS`, or of the styles of text in `excel.styles`. ``link`` is
    the name of a sheet of this workbook, or an https or mailto address; ``at`` is the cell of that
    sheet. ``span``: how many columns it takes; only a cover has any that takes several."""

    value: str | int | float | date | None
    style: str = "Text"
    link: str | None = None
    at: str = "A1"
    span: int = 1


Row = Sequence[Cell]


def quoted(sheet: str) -> str:
    """The sheet's name as a reference writes it."""
    return "'" + sheet.replace("'", "''") + "'"


class Book:
    """A workbook in the making: its words, styles, sheets and the alternative texts."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.words: Words = words(document.language)
        self.names = SheetNames()
        self.workbook = Workbook(write_only=True)
        self.alts: dict[int, str] = {}  # id of a chart or picture -> what it says
        self.accent = palette(document.brand.accent)["main"][0].lstrip("#")
        self._set_font()
        for style in named_styles(self.accent, self.words.text("excel.unit.points")):
            self.workbook.add_named_style(style)
        named = self.workbook._named_styles  # type: ignore[attr-defined]
        self.styles = {style.name: style.as_tuple() for style in named}
        self._tables = 0
        self._set_properties()

    def _set_properties(self) -> None:
        """What a file manager shows."""
        properties = self.workbook.properties
        properties.title = clean(self.words.phrase(self.document.title))
        properties.subject = clean(headline_text(self.words, self.document))
        properties.creator = clean(self.document.brand.company or "Insights Reports")
        properties.language = self.document.language

    def _set_font(self) -> None:
        """Cells without a style are in the workbook's first font."""
        fonts = self.workbook._fonts  # type: ignore[attr-defined]
        fonts.clear()
        fonts.add(Font(name=FONT, size=10, color=INK))

    def next_table(self) -> str:
        self._tables += 1
        return f"Table{self._tables}"

    def style_id(self, style: str) -> int:
        """The number of a style in the workbook's file."""
        cell = WriteOnlyCell(self.workbook.worksheets[0], 0)
        cell.style = style
        return int(cell.style_id)

    def sheet(self, name: str, layout: "Layout") -> "Sheet":
        """A new sheet, after the others; ``name`` must come from `names`."""
        return Sheet(self, name, layout)


@dataclass(frozen=True)
class Layout:
    """What must be known before a sheet's first row: the widths of its columns (in characters), the
    row of the column heads (0: none), how the page lies, the space between rows (points), whether
    all rows are printed on one page, how many columns are printed (None: all)."""

    widths: Sequence[int]
    head_row: int = 0
    orientation: Literal["landscape", "portrait"] = "landscape"
    space: float = 2.0
    one_high: bool = False
    printed: int | None = None


def fitting(widths: Sequence[int]) -> int:
    """How many of the first columns stand on a page beside each other."""
    return sum(total <= _WIDEST_PAGE for total in accumulate(widths))


@dataclass
class Sheet:
    """A sheet in the making; its rows are written one after the other and cannot be changed."""

    book: Book
    name: str
    layout: Layout
    rows: int = field(default=0, init=False)  # rows written

    def __post_init__(self) -> None:
        self.paper = self.book.workbook.create_sheet(self.name)
        for index, width in enumerate(self.layout.widths, 1):
            self.paper.column_dimensions[get_column_letter(index)].width = width
        self._set_view()
        self._set_print()

    def _set_view(self) -> None:
        view = self.paper.sheet_view
        view.showGridLines = False
        view.zoomScale = 100
        if self.layout.head_row:
            self.paper.freeze_panes = f"B{self.layout.head_row + 1}"

    def _set_print(self) -> None:
        paper, document = self.paper, self.book.document
        paper.page_setup.orientation = self.layout.orientation
        paper.page_setup.paperSize = 9 if document.paper == "A4" else 1
        pages = -(-sum(self.layout.widths[: self.layout.printed]) // _WIDEST_PAGE)
        paper.page_setup.fitToWidth = pages
        paper.page_setup.fitToHeight = 1 if self.layout.one_high else 0
        paper.sheet_properties.pageSetUpPr.fitToPage = True
        paper.page_margins.left = paper.page_margins.right = 0.5
        if self.layout.head_row:
            self._repeat_heads(self.layout.head_row)
        brand = document.brand
        footer = paper.HeaderFooter.oddFooter
        footer.left.text = _footer(brand.footer or brand.company)
        footer.center.text = _footer(self.name)
        footer.right.text = "&P / &N"

    def _repeat_heads(self, row: int) -> None:
        """Print the row of heads and the first column on every page. openpyxl would name the rows
        first, but Excel itself writes the columns first."""
        sheet = quoted(self.name)
        area = f"{sheet}!$A:$A,{sheet}!${row}:${row}"
        self.paper.defined_names[_PRINT_TITLES] = DefinedName(_PRINT_TITLES, attr_text=area)

    def print_to(self, row: int) -> None:
        """Print the columns that the layout prints, down to this row."""
        last = get_column_letter(self.layout.printed or len(self.layout.widths))
        self.paper.print_area = f"A1:{last}{row}"

    def append(self, row: Row) -> None:
        """One row of cells, as high as its text; cells without a value are not written."""
        self.paper.row_dimensions[self.rows + 1].height = self._height(row)
        self.paper.append([self._cell(cell) for cell in row])
        self.rows += 1
        for column, cell in enumerate(row, 1):
            if cell.span > 1:
                last = get_column_letter(column + cell.span - 1)
                area = f"{get_column_letter(column)}{self.rows}:{last}{self.rows}"
                self.paper.merged_cells.add(area)

    def _height(self, row: Row) -> float:
        heights = [_LINE_HEIGHT]
        for column, cell in enumerate(row):
            width = sum(self.layout.widths[column : column + cell.span])
            lines = _lines(str(cell.value), width) if cell.style in _WRAPPED else 1
            heights.append(lines * _LINE_HEIGHTS.get(cell.style, _LINE_HEIGHT))
        return min(max(heights) + self.layout.space, _HIGHEST)

    def _cell(self, cell: Cell) -> SheetCell | None:
        value: Any = cell.value
        if value is None:
            return None
        if isinstance(value, int) and abs(value) > _LARGEST_EXACT:
            value = str(value)
        sheet_cell = WriteOnlyCell(self.paper, clean(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            sheet_cell.data_type = "s"
        # By its name openpyxl would seek the style among all, and copy it, for each cell.
        sheet_cell._style = self.book.styles[cell.style]  # type: ignore[attr-defined]
        if cell.link is not None:
            sheet_cell.hyperlink = _hyperlink(cell.link, cell.at)
        return sheet_cell

    def head(self, titles: Sequence[str], numbers: Sequence[bool]) -> list[str]:
        """The row of column heads, over ``numbers`` to the right; no two are alike, as a table
        needs. Returns the heads as they are written."""
        heads = _distinct(titles)
        styles = ("Column head", "Number head")
        self.append([Cell(t, styles[number]) for t, number in zip(heads, numbers, strict=True)])
        return [clean(head) for head in heads]

    def table(self, heads: Sequence[str], head_row: int, last_row: int, name: str = "") -> None:
        """A table object from the row of heads to the last row."""
        area = f"A{head_row}:{get_column_letter(len(heads))}{last_row}"
        style = TableStyleInfo("TableStyleLight1", showRowStripes=True)
        table = Table(
            displayName=name or self.book.next_table(),
            ref=area,
            tableStyleInfo=style,
            autoFilter=AutoFilter(ref=area),
        )
        table.tableColumns = [TableColumn(id=i, name=head) for i, head in enumerate(heads, 1)]
        self.paper._tables.add(table)

    def condition(self, area: str, rule: Rule) -> None:
        self.paper.conditional_formatting.add(area, rule)

    def chart(self, chart: ChartBase, anchor: str, alt: str) -> None:
        self.paper.add_chart(chart, anchor)
        self.book.alts[id(chart)] = alt

    def picture(self, picture: Image, alt: str) -> None:
        """A picture in a row of its own, where it covers no text."""
        self.paper.row_dimensions[self.rows + 1].height = picture.height * 0.75 + self.layout.space
        self.paper.append([])
        self.rows += 1
        self.paper.add_image(picture, f"A{self.rows}")
        self.book.alts[id(picture)] = alt


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column of this width, a little generously."""
    lines = 0
    for paragraph in text.split("\n"):
        room = 0.0
        for word in paragraph.split(" "):
            if room < len(word) + 1:
                lines += 1 + int(len(word) // width)
                room = width * 0.95
            room -= len(word) + 1
    return lines


def _hyperlink(link: str, at: str) -> Hyperlink:
    if link.startswith(("https://", "mailto:")):
        return Hyperlink(ref="", target=clean(link))
    return Hyperlink(ref="", location=f"{quoted(link)}!{at}")


def _footer(text: str) -> str:
    """Text of a page's foot, in which ``&`` begins a code."""
    return clean(text).replace("\n", " ").replace("&", "&&")[:120]


def _distinct(titles: Sequence[str]) -> list[str]:
    """The titles on one line each, those that Excel would take for the same with a number."""
    taken: set[str] = set()
    result = []
    for title in titles:
        plain = " ".join(title.split())[:_LONGEST_HEAD] or "–"
        name, number = plain, 1
        while clean(name).casefold() in taken:
            number += 1
            name = f"{plain} {number}"
        taken.add(clean(name).casefold())
        result.append(name)
    return result
