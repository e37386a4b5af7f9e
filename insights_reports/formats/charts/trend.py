"""A line over time at half the width of a page, for a grid of such charts with one time axis.

The usual range is a band whose limits are dashed and written at their right ends; the target is
dotted, in a colour of its own; what lies outside the limits is a triangle with its date and value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from insights_reports.edition.document import Chart, ChartSeries, Role
from insights_reports.edition.values import Figure, Metric
from insights_reports.formats.charts.fonts import shorten, text_width
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.scale import Scale, value_scale
from insights_reports.formats.charts.svg import Drawing, Point, segments
from insights_reports.formats.charts.tiny import runs
from insights_reports.formats.words.brief import brief_text, goal

_TEXT, _SAID = 6.8, 7.2
_TOP, _BELOW = 8.0, 14.0
_LIMITS, _TARGET = "4 2", "1.2 2.2"
_BREAK = 2.0  # points that a limit stops short of a new level, on either side
_MOST_DOTS = 16
_NOTE = 110.0  # points of width that a note of the calendar may take
_STRAIGHT = {Role.CENTRE: ("axis", 0.5, ""), Role.TARGET: ("second", 1.2, _TARGET)}
_LINES = {Role.SECOND: ("muted", 0.8, "6 2 1 2"), Role.BEFORE: ("before", 0.8, "")}


@dataclass(frozen=True, slots=True)
class _Plot:
    drawing: Drawing
    chart: Chart
    style: Style
    left: float
    right: float
    scale: Scale

    @property
    def step(self) -> float:
        return (self.right - self.left - 8) / max(1, len(self.chart.x) - 1)

    def x(self, index: int) -> float:
        return self.left + 4 + index * self.step

    def points(self, figures: Sequence[Figure]) -> list[Point | None]:
        known = [
            None if f.value is None or (self.scale.logarithmic and f.value <= 0) else f.value
            for f in figures
        ]
        return [None if v is None else (self.x(i), self.scale(v)) for i, v in enumerate(known)]


def trend(chart: Chart, style: Style) -> Drawing:
    """The chart, ``style.width`` x ``style.height`` points."""
    height = style.height or 112.0
    drawing = Drawing(style.width, height, style.colours, hover=style.hover)
    values = [f.value for s in chart.series for f in s.figures if f.value is not None]
    positive = [v for v in values if v > 0] if chart.logarithmic else values
    scale = value_scale(
        positive, chart.unit, height - _BELOW, _TOP, logarithmic=chart.logarithmic, ticks=2
    )
    ticks = [style.words.axis(tick, chart.unit) for tick in scale.ticks]
    left = max([24.0, *(text_width(text, _TEXT) + 4 for text in ticks)])
    ends = _ends(chart, style)
    room = max([34.0, *(text_width(text, _TEXT) + 5 for _, text, _ in ends)])
    plot = _Plot(drawing, chart, style, left, style.width - room, scale)
    _grid(plot, ticks)
    _band(plot)
    _notes(plot)
    for series in chart.series:
        _line(plot, series)
    _end_labels(plot, ends)
    _main(plot)
    _months(plot)
    _tips(plot)
    return drawing


def _of(chart: Chart, role: Role) -> list[ChartSeries]:
    return [series for series in chart.series if series.role is role]


def _grid(plot: _Plot, ticks: Sequence[str]) -> None:
    for tick, text in zip(plot.scale.ticks, ticks, strict=True):
        y = plot.scale(tick)
        base = tick == plot.scale.ticks[0]
        stroke, width = ("axis", 0.7) if base else ("grid", 0.5)
        plot.drawing.line((plot.left, y), (plot.right, y), stroke=stroke, width=width)
        plot.drawing.text(plot.left - 3, y + 2.4, text, fill="muted", size=_TEXT, anchor="end")


def _band(plot: _Plot) -> None:
    """The usual range as a band, a step for each interval where it is known."""
    found = _range(plot.chart)
    if found is None:
        return
    floor = plot.scale(plot.scale.low)
    pairs = [
        None if above is None else (above[1], below[1] if below else floor)
        for below, above in zip(*map(plot.points, found), strict=True)
    ]
    for first, last, pair in runs(pairs):
        if pair is not None:
            start = max(plot.left, plot.x(first) - plot.step / 2)
            width = min(plot.right, plot.x(last) + plot.step / 2) - start
            plot.drawing.rect(start, pair[0], width, max(pair[1] - pair[0], 0.6), fill="soft")


def _notes(plot: _Plot) -> None:
    """A dotted line at each interval with a note of the calendar, and what it says on top, unless
    another one before is in the way."""
    edge = plot.left
    for at in sorted(plot.chart.annotations, key=lambda each: each.x):
        x, floor = plot.x(at.x), plot.drawing.height - _BELOW
        plot.drawing.line((x, _TOP), (x, floor), stroke="muted", width=0.6, dash=_TARGET)
        text = shorten(plot.style.words.phrase(at.text), _NOTE, _TEXT)
        width = text_width(text, _TEXT)
        start = min(x + 2, plot.right - width)
        if start >= edge:
            plot.drawing.text(start, _TOP - 1.5, text, fill="muted", size=_TEXT)
            edge = start + width + 4


def _line(plot: _Plot, series: ChartSeries) -> None:
    points = [point for point in plot.points(series.figures) if point is not None]
    if not points:
        return
    if series.role in _LINES:
        stroke, width, dash = _LINES[series.role]
        for run in segments(plot.points(series.figures)):
            if len(run) > 1:
                plot.drawing.path(run, stroke=stroke, width=width, dash=dash)
    elif series.role is Role.LIMIT:
        for run in segments(_steps(plot, series)):
            plot.drawing.path(run, stroke="muted", width=0.7, dash=_LIMITS)
    elif series.role in _STRAIGHT:
        stroke, width, dash = _STRAIGHT[series.role]
        y = points[-1][1]
        plot.drawing.line((plot.left, y), (plot.right, y), stroke=stroke, width=width, dash=dash)


def _steps(plot: _Plot, series: ChartSeries) -> list[Point | None]:
    """A limit as the two ends of a step for each interval: each has its own, by its size. Before a
    new level it is broken off."""
    heights = [None if point is None else point[1] for point in plot.points(series.figures)]
    level = plot.chart.level or 0
    before, after = _steps_of(plot, heights[:level], 0), _steps_of(plot, heights[level:], level)
    if before and before[-1] is not None:
        before[-1] = (before[-1][0] - _BREAK, before[-1][1])
    if before and after and after[0] is not None:
        after[0] = (after[0][0] + _BREAK, after[0][1])
    return [*before, None, *after]


def _steps_of(plot: _Plot, heights: Sequence[float | None], at: int) -> list[Point | None]:
    steps: list[Point | None] = []
    for first, last, y in runs(heights):
        if y is None:
            steps.append(None)
            continue
        left, right = plot.x(at + first) - plot.step / 2, plot.x(at + last) + plot.step / 2
        steps += [(max(plot.left, left), y), (min(plot.right, right), y)]
    return steps


def _ends(chart: Chart, style: Style) -> list[tuple[float, str, str]]:
    """The value, text and colour of what is written at the right: limits, and the target."""
    found = []
    for series in chart.series:
        last = series.figures[-1] if series.figures else None
        if last is None or last.value is None:
            continue
        if series.role in (Role.LIMIT, Role.LOW, Role.HIGH):
            found.append((last.value, brief_text(style.words, last), "muted"))
        elif series.role is Role.TARGET:
            found.append((last.value, goal(style.words, last), "second"))
    return found


def _end_labels(plot: _Plot, ends: Sequence[tuple[float, str, str]]) -> None:
    """The ends at their heights, moved apart to be read."""
    bottom = plot.drawing.height - _BELOW + 2.4
    above = -100.0
    for value, text, fill in sorted(ends, key=lambda end: -end[0]):
        y = max(plot.scale(value) + 2.4, above + 7.2, 7.0)
        if y <= bottom + 6:
            plot.drawing.text(plot.right + 3, y, text, fill=fill, size=_TEXT)
            above = y


def _range(chart: Chart) -> tuple[Sequence[Figure], Sequence[Figure]] | None:
    """The two limits of each interval: the band, else the lowest and the highest limit."""
    low, high = _of(chart, Role.LOW), _of(chart, Role.HIGH)
    limits = _of(chart, Role.LIMIT)
    if len(limits) == 2:
        lower, upper = sorted(limits, key=lambda series: series.figures[-1].value or 0)
        return lower.figures, upper.figures
    return (low[0].figures, high[0].figures) if low and high else None


def outside(chart: Chart) -> dict[int, str]:
    """Which intervals of the main line lie outside their limits, and on which side."""
    main, limits = _of(chart, Role.MAIN), _range(chart)
    if not main or limits is None:
        return {}
    found = {}
    for index, (figure, low, high) in enumerate(zip(main[0].figures, *limits, strict=True)):
        if figure.value is None:
            continue
        if high.value is not None and figure.value > high.value:
            found[index] = "up"
        elif low.value is not None and figure.value < low.value:
            found[index] = "down"
    return found


def _main(plot: _Plot) -> None:
    main = _of(plot.chart, Role.MAIN)
    if not main:
        return
    points, away = plot.points(main[0].figures), outside(plot.chart)
    for run in segments(points):
        if len(run) > 1:
            plot.drawing.path(run, stroke="ink", width=1.2)
    for index, point in enumerate(points):
        if point is None:
            continue
        if index in away:
            tone = _tone(main[0].figures[index], away[index])
            plot.drawing.triangle(point, 6.4, away[index], fill=tone)
        elif index in plot.chart.cut:
            plot.drawing.dot(point, 2, fill="paper", stroke="ink", width=1.1)
        elif len(points) <= _MOST_DOTS or len(points) - 1 == index:
            plot.drawing.dot(point, 1.5, fill="ink")

    edge = plot.drawing.width
    for index in sorted(away, reverse=True):
        point = points[index]
        follows = len(points) > _MOST_DOTS and index - 1 in away  # of many, the first of a run
        if point is not None and not follows:
            edge = _said(plot, index, point, main[0].figures[index], edge)


def _tone(figure: Figure, towards: str) -> str:
    """More deployments are better, more of anything else is worse."""
    good = (figure.metric is Metric.DEPLOYMENT_FREQUENCY) is (towards == "up")
    return "better" if good else "worse"


def _said(plot: _Plot, index: int, point: Point, figure: Figure, edge: float) -> float:
    """Month and value beside a point that lies outside, where the fewest lines strike them through,
    unless a later one that begins at ``edge`` is in the way. Where this one begins."""
    month = plot.style.words.tick(plot.chart.x[index], plot.chart.granularity)
    text = f"{month} {brief_text(plot.style.words, figure)}"
    width = text_width(text, _SAID, 600)
    x, y = min(_places(plot, point, width), key=lambda place: _struck(plot, place, width))
    if x + width > edge - 4 and edge < plot.drawing.width:
        return edge
    plot.drawing.text(x, y, text, size=_SAID, weight=600)
    return x


def _places(plot: _Plot, point: Point, width: float) -> list[Point]:
    """Where a text of that width may begin: before its point, behind it, above and below."""
    x, y = point
    middle = min(max(x - width / 2, plot.left), plot.right - width)
    places = [
        (x - 6 - width, y + 2.6),
        (x + 6, y + 2.6),
        (middle, y - 6),
        (middle, y + 6 + _SAID),
    ]
    floor = plot.drawing.height - _BELOW
    inside = [(a, b) for a, b in places if a >= plot.left and a + width <= plot.right]
    return [(a, b) for a, b in inside if _SAID <= b < floor] or places[:1]


def _struck(plot: _Plot, place: Point, width: float) -> int:
    """How many lines cross the box of a text that begins, and stands, at a place."""
    (x, y), crossed = place, 0
    for series in plot.chart.series:
        steps = series.role in (Role.LIMIT, Role.LOW, Role.HIGH)
        points = _steps(plot, series) if steps else plot.points(series.figures)
        crossed += any(
            _crosses(run, (x, y - _SAID), (x + width, y + 1)) for run in segments(points)
        )
    return crossed


def _crosses(run: Sequence[Point], upper: Point, lower: Point) -> bool:
    """Whether a line of straight pieces enters a box."""
    (left, top), (right, bottom) = upper, lower
    for (x0, y0), (x1, y1) in pairwise(run):
        first, last = max(x0, left), min(x1, right)
        if first > last:
            continue
        slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
        heights = (y0 + slope * (first - x0), y0 + slope * (last - x0))
        if min(heights) < bottom and max(heights) > top:
            return True
    return False


def _months(plot: _Plot) -> None:
    """Every third interval below the axis, and the last."""
    last, y = len(plot.chart.x) - 1, plot.drawing.height - 3
    every = max(1, round(len(plot.chart.x) / 4))
    shown = [i for i in range(0, last + 1, every) if last - i >= every / 2 or i == last]
    for index in dict.fromkeys([*shown, last]):
        text = plot.style.words.tick(plot.chart.x[index], plot.chart.granularity)
        half = text_width(text, _TEXT) / 2
        x = min(max(plot.x(index), half), plot.drawing.width - half)
        plot.drawing.text(x, y, text, fill="muted", size=_TEXT, anchor="middle")


def _tips(plot: _Plot) -> None:
    words, chart = plot.style.words, plot.chart
    for index, x in enumerate(chart.x):
        lines = [words.interval(x, chart.granularity)]
        lines += [
            f"{words.value(series.label)}: {words.figure(series.figures[index])}"
            for series in chart.series
        ]
        left, height = plot.x(index) - plot.step / 2, plot.drawing.height - _BELOW - _TOP
        plot.drawing.tip(left, _TOP, plot.step, height, "\n".join(lines))
