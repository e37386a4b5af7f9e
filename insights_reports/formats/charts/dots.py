"""Single values over the days of a period, on a logarithmic scale: two names have marks of their
own, a filled dot and a square; all others are open."""

from collections.abc import Sequence
from dataclasses import dataclass

from insights_reports.edition.document import Dot, Dots
from insights_reports.edition.values import Figure, Metric, Statistic, Unit
from insights_reports.formats.charts.fonts import shorten, text_width
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.scale import Scale, label_indices, value_scale
from insights_reports.formats.charts.svg import Drawing, Point
from insights_reports.formats.words.brief import brief_text

_TEXT, _SAID = 6.8, 7.2
_LEGEND, _BELOW = 18.0, 14.0  # points above and below the plot
_RADIUS = 2.3
_TIP = 5.0  # points around a mark that tell its value


@dataclass(frozen=True, slots=True)
class _Plane:
    drawing: Drawing
    block: Dots
    style: Style
    left: float
    scale: Scale

    @property
    def right(self) -> float:
        return self.drawing.width - 4

    def x(self, day: float) -> float:
        days = max(1, (self.block.period.end - self.block.period.start).days)
        return self.left + day / days * (self.right - self.left)

    def is_open(self, label: int) -> bool:
        """Whether a label is of all that have none of their own."""
        return self.block.others and label == len(self.block.labels) - 1

    def point(self, dot: Dot) -> Point:
        return self.x(dot.day), self.scale(dot.size)


def dots(block: Dots, style: Style) -> Drawing:
    """The picture, ``style.width`` x ``style.height`` points."""
    height = style.height or 128.0
    drawing = Drawing(style.width, height, style.colours, hover=style.hover)
    ends = [end.value for end in (block.low, block.high) if end is not None]
    values = [value for value in (*(dot.size for dot in block.dots), *ends) if value and value > 0]
    scale = value_scale(values, Unit.DURATION, height - _BELOW, _LEGEND, logarithmic=True)
    ticks = [style.words.axis(tick, Unit.DURATION) for tick in scale.ticks]
    left = max([24.0, *(text_width(text, _TEXT) + 4 for text in ticks)])
    plane = _Plane(drawing, block, style, left, scale)
    _band(plane)
    _grid(plane, ticks)
    _days(plane)
    _longest(plane)  # over the grid, and under the marks
    for label in reversed(range(len(block.labels))):
        _marks(plane, label, [plane.point(dot) for dot in block.dots if dot.label == label])
    _legend(plane)
    _tips(plane)
    return drawing


def _band(plane: _Plane) -> None:
    """The usual range, from the floor where it has no lower end."""
    low, high = plane.block.low, plane.block.high
    if high is None or high.value is None:
        return
    upper, floor = plane.scale(high.value), plane.scale(plane.scale.low)
    lower = floor if low is None or not low.value else plane.scale(low.value)
    width = plane.right - plane.left
    plane.drawing.rect(plane.left, upper, width, max(lower - upper, 0.6), fill="soft")


def _grid(plane: _Plane, ticks: Sequence[str]) -> None:
    heights = [plane.scale(tick) for tick in plane.scale.ticks]
    across = [((plane.left, y), (plane.right, y)) for y in heights]
    plane.drawing.strokes(across, stroke="grid", width=0.5)
    for y, text in zip(heights, ticks, strict=True):
        plane.drawing.text(plane.left - 3, y + 2.4, text, fill="muted", size=_TEXT, anchor="end")


def _days(plane: _Plane) -> None:
    """The named days, as many as fit."""
    drawing, days = plane.drawing, plane.block.ticks
    texts = [plane.style.words.day_as(day, "date.tick_day") for day in days]
    widest = max((text_width(text, _TEXT) for text in texts), default=0)
    for at in label_indices(len(days), plane.right - plane.left, widest):
        x = plane.x((days[at] - plane.block.period.start).days)
        floor = plane.scale(plane.scale.low)
        drawing.line((x, _LEGEND), (x, floor), stroke="grid", width=0.5)
        half = text_width(texts[at], _TEXT) / 2
        place, y = min(max(x, half), drawing.width - half), drawing.height - 3
        drawing.text(place, y, texts[at], fill="muted", size=_TEXT, anchor="middle")


def _marks(plane: _Plane, label: int, points: Sequence[Point]) -> None:
    """All marks of a label as one shape."""
    drawing = plane.drawing
    if plane.is_open(label):
        drawing.dots(points, _RADIUS, fill="paper", stroke="muted", width=0.8)
    elif label == 0:
        drawing.dots(points, _RADIUS, fill="worse")
    else:
        side = 2 * _RADIUS
        corners = [(x - _RADIUS, y - _RADIUS) for x, y in points]
        drawing.boxes(corners, side, side, fill="ink")


def _longest(plane: _Plane) -> None:
    """Name and length of the longest of each name with a mark of its own."""
    block, edge = plane.block, -1.0
    for label, name in enumerate(block.labels):
        own = [dot for dot in block.dots if dot.label == label]
        if plane.is_open(label) or not own:
            continue
        x, y = plane.point(max(own, key=lambda dot: dot.size))
        room = (plane.right - plane.left) / 2
        said = f"{plane.style.words.value(name)} {_took(plane, max(d.size for d in own))}"
        text = shorten(said, room, _SAID, 600)
        width = text_width(text, _SAID, 600)
        start = x - 5 - width if x - 5 - width >= plane.left else x + 5
        if abs(y - edge) >= _SAID or edge < 0:
            plane.drawing.rect(start - 1, y - 3.6, width + 2, _SAID, fill="paper")
            plane.drawing.text(start, y + 2.6, text, size=_SAID, weight=600)
            edge = y


def _took(plane: _Plane, size: int) -> str:
    return brief_text(plane.style.words, Figure(Metric.TIME_TO_RECOVERY, Statistic.MAX, size))


def _legend(plane: _Plane) -> None:
    """Each mark with its name, above the plot."""
    x = plane.left
    for label, name in enumerate(plane.block.labels):
        _marks(plane, label, [(x + _RADIUS, 6.0)])
        text = shorten(plane.style.words.value(name), plane.drawing.width / 3.6, _SAID)
        plane.drawing.text(x + 8, 8.6, text, fill="muted", size=_SAID)
        x += 8 + text_width(text, _SAID) + 12


def _tips(plane: _Plane) -> None:
    if not plane.drawing.hover:
        return
    words, block = plane.style.words, plane.block
    for dot in block.dots:
        x, y = plane.point(dot)
        text = f"{words.value(block.labels[dot.label])}: {_took(plane, dot.size)}"
        plane.drawing.tip(x - _TIP, y - _TIP, 2 * _TIP, 2 * _TIP, text)
