"""Charts that set many small pictures side by side: panels on one scale, and the heat of a week."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from insights_reports.edition.document import Chart, ChartSeries, Role
from insights_reports.edition.values import Figure, Name, Phrase
from insights_reports.formats.charts.fonts import shorten, text_width
from insights_reports.formats.charts.frame import SMALL, Style, label_of, value_text, values_of
from insights_reports.formats.charts.scale import Scale, value_scale
from insights_reports.formats.charts.svg import Drawing, Point, segments
from insights_reports.formats.words.brief import briefly

_GAP = 18.0
_PLOT_TOP, _PLOT_BOTTOM, _PANEL_HEIGHT = 44.0, 84.0, 108.0
_TINY = 9.0


@dataclass(frozen=True)
class _Panel:
    series: ChartSeries
    before: ChartSeries | None
    left: float
    top: float
    width: float


def panels(chart: Chart, style: Style) -> Drawing:
    """One panel a series, up to four in a row; a series of role BEFORE goes behind its namesake."""
    shown = [s for s in chart.series if s.role is not Role.BEFORE]
    before = {_key(s.label): s for s in chart.series if s.role is Role.BEFORE}
    across = min(4, max(2, len(shown)), max(1, int(style.width // 150)))
    width = (style.width - _GAP * (across - 1)) / across
    rows = max(1, math.ceil(len(shown) / across))
    drawing = Drawing(style.width, rows * _PANEL_HEIGHT, style.colours, hover=style.hover)
    common = _scale(chart, chart.series)
    for number, series in enumerate(shown):
        left = (number % across) * (width + _GAP)
        top = number // across * _PANEL_HEIGHT
        panel = _Panel(series, before.get(_key(series.label)), left, top, width)
        _panel(
            drawing, chart, style, panel, _scale(chart, [series]) if chart.own_scales else common
        )
    return drawing


def _scale(chart: Chart, series: Sequence[ChartSeries]) -> Scale:
    """From zero, so high that these fit; a scale of its own ends at the highest, which is named."""
    values = values_of(series)
    if chart.own_scales and values and min(values) >= 0 < max(values):
        return Scale(0, max(values), _PLOT_BOTTOM, _PLOT_TOP, (0,))
    return value_scale(values, chart.unit, _PLOT_BOTTOM, _PLOT_TOP, ticks=3)


def _key(label: Phrase | Name) -> str:
    return repr(label)


def _panel(drawing: Drawing, chart: Chart, style: Style, panel: _Panel, scale: Scale) -> None:
    words, left, right = style.words, panel.left, panel.left + panel.width
    name = shorten(label_of(panel.series, words), panel.width, 11, 600)
    drawing.text(left, panel.top + 12, name, weight=600)
    if panel.series.summary is not None:
        summary = shorten(briefly(words, panel.series.summary), panel.width, SMALL)
        drawing.text(left, panel.top + 26, summary, fill="muted", size=SMALL)
    _panel_grid(drawing, chart, style, panel, scale)
    if panel.before is not None:
        for run in segments(_points(panel, panel.before.figures, scale)):
            drawing.path(run, stroke="before", width=1.1)
    points = _points(panel, panel.series.figures, scale)
    _runs(drawing, panel, points, scale)
    named = _is_named(chart, panel, scale)
    _peak(drawing, chart, style, panel, points, named=named)
    y = panel.top + _PLOT_BOTTOM + 12
    if chart.x:
        first, last = (_end(chart, x, style) for x in (chart.x[0], chart.x[-1]))
        drawing.text(left, y, first, fill="muted", size=_TINY)
        if len(chart.x) > 1:
            drawing.text(right, y, last, fill="muted", size=_TINY, anchor="end")
    _tips(drawing, chart, style, panel)


def _runs(drawing: Drawing, panel: _Panel, points: Sequence[Point | None], scale: Scale) -> None:
    """A line between gaps, filled below, and a dot for a point between two."""
    base = panel.top + scale(max(scale.low, 0))
    for run in segments(points):
        if len(run) == 1:
            drawing.dot(run[0], 1.6, fill="main")
            continue
        drawing.path([(run[0][0], base), *run, (run[-1][0], base)], fill="soft")
        drawing.path(run, stroke="main", width=1.7)


def _end(chart: Chart, x: date | int, style: Style) -> str:
    """An end of the time axis; a month with its year, as both ends are often the same month."""
    if chart.granularity == "Monthly":
        return style.words.interval(x, chart.granularity)
    return style.words.tick(x, chart.granularity)


def _panel_grid(drawing: Drawing, chart: Chart, style: Style, panel: _Panel, scale: Scale) -> None:
    """The rules of the scale; the value of the highest stands in the first panel of a row."""
    right, base = panel.left + panel.width, max(scale.low, 0)
    heights = [panel.top + scale(tick) for tick in scale.ticks if tick != base]
    drawing.strokes([((panel.left, y), (right, y)) for y in heights], stroke="grid", width=0.9)
    y = panel.top + scale(base)
    drawing.line((panel.left, y), (right, y), stroke="axis", width=0.9)
    if _is_named(chart, panel, scale):
        label = style.words.axis(scale.ticks[-1], chart.unit)
        y = panel.top + scale(scale.ticks[-1]) - 3
        drawing.text(panel.left, y, label, fill="muted", size=_TINY)


def _is_named(chart: Chart, panel: _Panel, scale: Scale) -> bool:
    """Whether the value of the highest rule stands in a panel."""
    return len(scale.ticks) > 1 and (chart.own_scales or panel.left == 0)


def _points(panel: _Panel, figures: Sequence[Figure], scale: Scale) -> list[Point | None]:
    step = (panel.width - 6) / max(1, len(figures) - 1)
    return [
        None if f.value is None else (panel.left + 3 + i * step, panel.top + scale(f.value))
        for i, f in enumerate(figures)
    ]


def _peak(
    drawing: Drawing,
    chart: Chart,
    style: Style,
    panel: _Panel,
    points: Sequence[Point | None],
    *,
    named: bool,
) -> None:
    """The highest value with its number, and a dot at the last, open where that is not whole."""
    known = [
        (point, figure) for point, figure in zip(points, panel.series.figures, strict=True) if point
    ]
    if not known:
        empty = style.words.figure(panel.series.figures[-1])
        drawing.text(panel.left, panel.top + _PLOT_BOTTOM - 16, empty, fill="muted", size=_TINY)
        return
    inner, outer = ("paper", "main") if chart.cut else ("main", "paper")
    drawing.dot(known[-1][0], 2.4, fill=inner, stroke=outer, width=1.1)
    (x, y), figure = max(known, key=lambda pair: pair[1].value or 0)
    text = value_text(figure, style.words)
    half = text_width(text, _TINY, 600) / 2
    x = min(max(x, panel.left + half), panel.left + panel.width - half)
    crowded = named and x < panel.left + 40  # there stands the value of the rule
    if not crowded or y > panel.top + _PLOT_TOP + 12:
        drawing.text(x, y - 4.5, text, fill="main", size=_TINY, weight=600, anchor="middle")


def _tips(drawing: Drawing, chart: Chart, style: Style, panel: _Panel) -> None:
    if not drawing.hover:
        return
    slot = panel.width / max(1, len(chart.x))
    for index, (x, figure) in enumerate(zip(chart.x, panel.series.figures, strict=True)):
        lines = [label_of(panel.series, style.words), style.words.interval(x, chart.granularity)]
        text = "\n".join([*lines, style.words.figure(figure)])
        height = _PLOT_BOTTOM - _PLOT_TOP
        drawing.tip(panel.left + index * slot, panel.top + _PLOT_TOP, slot, height, text)


# --- heat --------------------------------------------------------------------------------------


def heat(chart: Chart, style: Style) -> Drawing:
    """Weekdays down, hours across; the darker, the more. The highest cell carries its number."""
    labels = [label_of(series, style.words) for series in chart.series]
    left = max((text_width(label, SMALL) for label in labels), default=0) + 10
    cell, row, top = (style.width - left) / max(1, len(chart.x)), 22.0, 18.0
    drawing = Drawing(style.width, top + row * len(labels) + 2, style.colours, hover=style.hover)
    highest = max(values_of(chart.series), default=0)
    every = 3 if cell > 15 else 6
    for number, x in enumerate(chart.x):
        if number % every == 0:
            tick = style.words.tick(x, chart.granularity)
            drawing.text(left + number * cell, 11, tick, fill="muted", size=SMALL)
    across, down = range(len(chart.x)), range(len(labels))
    corners = [(left + number * cell, top + index * row) for index in down for number in across]
    drawing.boxes(corners, cell - 2, row - 2, fill="panel")
    for index, (series, label) in enumerate(zip(chart.series, labels, strict=True)):
        y = top + index * row
        drawing.text(left - 8, y + row / 2 + 3.5, label, fill="muted", size=SMALL, anchor="end")
        for number, figure in enumerate(series.figures):
            _cell(drawing, style, (left + number * cell, y, cell, row), figure, highest)
            words = (label, style.words.interval(chart.x[number], chart.granularity))
            tip = f"{', '.join(words)}: {style.words.figure(figure)}"
            drawing.tip(left + number * cell, y, cell, row, tip)
    return drawing


def _cell(
    drawing: Drawing,
    style: Style,
    box: tuple[float, float, float, float],
    figure: Figure,
    highest: float,
) -> None:
    x, y, width, height = box
    if not figure.value:
        return
    share = figure.value / highest
    opacity = 0.15 + 0.85 * share
    drawing.rect(x, y, width - 2, height - 2, fill="main", opacity=opacity)
    if figure.value == highest:
        text = value_text(figure, style.words)
        middle = x + width / 2 - 1
        drawing.text(
            middle,
            y + height / 2 + 2.5,
            text,
            fill="on-main",
            size=_TINY,
            weight=600,
            anchor="middle",
        )
