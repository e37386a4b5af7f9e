"""Native charts beside the data that they draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart._chart import ChartBase
from openpyxl.chart.marker import Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
)
from openpyxl.utils import get_column_letter

from insights_reports.edition.document import Chart, ChartForm, Role
from insights_reports.edition.values import Figure, Unit
from insights_reports.formats.excel import cells
from insights_reports.formats.excel.book import Sheet
from insights_reports.formats.excel.styles import GREY, INK, LINE
from insights_reports.formats.excel.text import clean
from insights_reports.formats.words.words import Words

# Each has a contrast of 3 to 1 with white; order and dash tell them apart as well.
_PALE, _WORSE, _BETTER = "8FA3AD", "9C1F3D", "146B48"
_PALETTE = ("12436D", "28A197", "801650", "F46A25", "3D3D3D", "A285D1")
_COLOURS = {
    Role.SECOND: "28A197",
    Role.FAILED: "801650",
    Role.GUIDED: "F46A25",
    Role.BEFORE: _PALE,
    Role.LIMIT: GREY,
    Role.CENTRE: LINE,
    Role.TARGET: "A8480A",
    Role.LOW: _PALE,
    Role.HIGH: _PALE,
}
_FORMATS = {Unit.RATE: "0%", Unit.NUMBER: "#,##0.0"}
_DASHES = {
    Role.BEFORE: "sysDash",
    Role.LIMIT: "sysDash",
    Role.SECOND: "sysDash",
    Role.TARGET: "sysDot",
}
_RULES = {Role.LIMIT, Role.CENTRE, Role.TARGET}  # straight across the chart, no data of their own
_A_ROW, _MOST_PANELS = 3, 12
_NARROW = 75  # characters: beside a table up to this width a chart is still seen
_CM = 0.19  # a character of a column's width
_DEFAULT_WIDTH = 9  # characters
_SMALL, _LARGE = (8.6, 6.2), (25.0, 11.0)  # cm
_SMALL_ROWS = 13  # of the sheet, as high as a small one with the space below it


@dataclass(frozen=True)
class Area:
    """Where the data stands: the row of its heads, its rows, the columns of the whole table."""

    head_row: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Picture:
    """One chart: ``first`` is the sheet's column of its first series, and each of ``series`` is
    what a column is for and its figures. ``top`` is the end of its scale, None for its own."""

    title: str
    alt: str
    first: int
    series: Sequence[tuple[Role, Sequence[Figure]]]
    unit: Unit
    unit_name: str = ""
    stacked: bool = False
    dates: str = ""  # the format of the dates below it; "" where they are texts
    logarithmic: bool = False
    top: float | None = None
    small: bool = False

    @property
    def values(self) -> list[float]:
        return [value for _, figures in self.series for value in _values(figures)]

    @property
    def on_logarithms(self) -> bool:
        """Whether the scale is logarithmic: a limit of zero does not spoil it, and is not drawn."""
        figures = (figures for role, figures in self.series if role not in _RULES)
        return self.logarithmic and all(v > 0 for some in figures for v in _values(some))

    def draws(self, role: Role, figures: Sequence[Figure]) -> bool:
        hidden = self.on_logarithms and role in _RULES
        return not hidden or all(value > 0 for value in _values(figures))


def _values(figures: Sequence[Figure]) -> list[float]:
    return [figure.value for figure in figures if figure.value is not None]


def pictures(chart: Chart, words: Words) -> list[Picture]:
    """A chart of the document: one picture, or one for each panel."""
    dates = "mmm yy" if chart.granularity == "Monthly" else "d mmm"
    title, alt = words.phrase(chart.title), words.phrase(chart.alt)
    series = [(series.role, series.figures) for series in chart.series]
    whole = Picture(
        title,
        alt,
        2,
        series,
        chart.unit,
        cells.unit_name(chart.unit, words),
        stacked=chart.form is ChartForm.COLUMNS,
        dates=dates,
        logarithmic=chart.logarithmic,
    )
    return _panels(chart, whole, words) if chart.form is ChartForm.PANELS else [whole]


def _panels(chart: Chart, whole: Picture, words: Words) -> list[Picture]:
    top = max(whole.values, default=0) or 1
    top = top / cells.TICKS_PER_HOUR if chart.unit is Unit.DURATION else top
    common = None if chart.own_scales else top
    result = []
    for index, series in enumerate(chart.series[:_MOST_PANELS]):
        name = words.value(series.label)
        alt = f"{name}: {words.phrase(series.summary)}" if series.summary else name
        title = name if len(name) <= 40 else name[:39] + "…"
        figures = [(Role.MAIN, series.figures)]
        panel = Picture(
            title, alt, index + 2, figures, chart.unit, dates=whole.dates, top=common, small=True
        )
        result.append(panel)
    return result


def draw(sheet: Sheet, drawn: Sequence[Picture], area: Area) -> None:
    """The pictures to the right of the data, small ones three in a row."""
    if not area.rows:
        return
    for number, picture in enumerate(picture for picture in drawn if picture.series):
        chart: Any = BarChart() if picture.stacked else LineChart()
        _frame(chart, picture)
        _add_series(chart, sheet, picture, area)
        _axes(chart, picture)
        sheet.chart(chart, _anchor(sheet, area, number), clean(picture.alt))


def draw_waterfall(sheet: Sheet, title: str, alt: str, first: int, area: Area) -> None:
    """Four series of stacked columns from the column ``first`` on: whole figures, the invisible
    foot of a step, steps up, steps down."""
    bottom = area.head_row + area.rows
    chart: Any = BarChart()
    picture = Picture(title, alt, first, [], Unit.RATE, stacked=True, small=True)
    _frame(chart, picture)
    chart.width, chart.height, chart.gapWidth = *_LARGE, 40
    chart.add_data(
        Reference(sheet.paper, first, area.head_row, first + 3, bottom), titles_from_data=True
    )
    chart.set_categories(Reference(sheet.paper, 1, area.head_row + 1, 1, bottom))
    whole, below, up, down = (series.graphicalProperties for series in chart.series)
    below.noFill = below.line.noFill = True
    for shape, colour in ((whole, sheet.book.accent), (up, _WORSE), (down, _BETTER)):
        shape.solidFill = colour.upper()
    _axes(chart, picture)
    chart.y_axis.scaling.max = None
    sheet.chart(chart, _anchor(sheet, area, 0), clean(alt))


def _anchor(sheet: Sheet, area: Area, number: int) -> str:
    """The cell where a picture begins: beside a narrow table, else below it; small ones lie three
    in a row."""
    widths = sheet.layout.widths
    beside = sum(widths) <= _NARROW
    row, place = divmod(number, _A_ROW)
    column, edge = _column_at(widths, sum(widths) * _CM + 0.5 if beside else 0.0)
    for _ in range(place):
        column, edge = _column_at(widths, edge + _SMALL[0] + 0.3)
    top = area.head_row if beside else area.head_row + area.rows + 2
    return f"{get_column_letter(column)}{top + _SMALL_ROWS * row}"


def _column_at(widths: Sequence[int], cm: float) -> tuple[int, float]:
    """The number of the first column that begins this far from the left or further, and where."""
    column, edge = 1, 0.0
    while edge < cm:
        edge += _CM * (widths[column - 1] if column <= len(widths) else _DEFAULT_WIDTH)
        column += 1
    return column, edge


def _frame(chart: ChartBase, picture: Picture) -> None:
    chart.title = _title(clean(picture.title), 1000 if picture.small else 1200)
    chart.width, chart.height = _SMALL if picture.small else _LARGE  # type: ignore[assignment]
    chart.display_blanks = "gap"  # no value is not zero
    chart.roundedCorners = False
    if len(picture.series) == 1 or picture.small:
        chart.legend = None
    elif chart.legend is not None:
        chart.legend.position = "b"
    if isinstance(chart, BarChart):
        chart.grouping, chart.overlap, chart.gapWidth = "stacked", 100, 40


def _title(text: str, size: int) -> Title:
    font = CharacterProperties(sz=size, b=True, solidFill=INK)
    runs = [RegularTextRun(rPr=font, t=text)]
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=font), r=runs)
    return Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)


def _small_text() -> RichText:
    """The text of an axis: ten points."""
    font = CharacterProperties(sz=1000, solidFill=GREY)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=font), endParaRPr=font)])


def _add_series(chart: Any, sheet: Sheet, picture: Picture, area: Area) -> None:
    last, bottom = picture.first + len(picture.series) - 1, area.head_row + area.rows
    data = Reference(sheet.paper, picture.first, area.head_row, last, bottom)
    chart.add_data(data, titles_from_data=True)
    chart.set_categories(Reference(sheet.paper, 1, area.head_row + 1, 1, bottom))
    roles = [role for role, _ in picture.series]
    for index, role in enumerate(roles):
        _dress(chart.series[index], role, _colour(roles, index, sheet.book.accent))
    drawn = [picture.draws(role, figures) for role, figures in picture.series]
    chart.series = list(compress(chart.series, drawn))


def _axes(chart: Any, picture: Picture) -> None:
    chart.x_axis.delete = chart.y_axis.delete = False  # Excel hides axes that do not say
    chart.x_axis.tickLblPos = "low"
    if picture.dates:
        chart.x_axis.number_format = picture.dates
    tenths = picture.on_logarithms  # 0.1 must not be shown as 0
    chart.y_axis.number_format = "General" if tenths else _FORMATS.get(picture.unit, "#,##0")
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="D9E0E3"))
    chart.x_axis.txPr, chart.y_axis.txPr = _small_text(), _small_text()
    chart.y_axis.title = _title(picture.unit_name, 1000) if picture.unit_name else None
    scale = chart.y_axis.scaling
    if picture.on_logarithms:
        scale.logBase = 10
    elif all(value >= 0 for value in picture.values):
        scale.min, scale.max = 0, picture.top


def _dress(series: Any, role: Role, colour: str) -> None:
    """Colour by what the series is for, and a dash or width besides."""
    series.graphicalProperties.solidFill = colour
    line = series.graphicalProperties.line
    line.solidFill = colour
    line.width = 28_000 if role is Role.MAIN else 15_000  # EMU; 12,700 are a point
    line.dashStyle = _DASHES.get(role)
    if role not in _RULES:
        # Without one, a point between two that are missing would not be seen.
        series.marker = Marker("circle", size=5, spPr=GraphicalProperties(solidFill=colour))
        series.marker.spPr.line.solidFill = colour
    series.smooth = False


def _colour(roles: Sequence[Role], index: int, accent: str) -> str:
    if roles[index] is not Role.MAIN:
        return _COLOURS[roles[index]]
    return accent.upper() if roles.count(Role.MAIN) == 1 else _PALETTE[index % len(_PALETTE)]
