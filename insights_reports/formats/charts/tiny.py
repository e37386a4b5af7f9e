"""Pictures for a tile and for a cell of the matrix: a sparkline in its usual range, a bullet with
its target, a strip.

They are drawn in points. Colour is never alone: what lies outside its range is a triangle or a
square instead of a dot, and the ends of the range are written beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeVar

from markupsafe import Markup

from insights_reports.edition.values import ChangeVerdict
from insights_reports.formats.charts.fonts import shorten
from insights_reports.formats.charts.svg import Colours, Drawing, segments

Side = Literal["low", "high"] | None
Range = tuple[float, float] | None

LEAST = 6.6  # the smallest text of a page
_TONES = {ChangeVerdict.WORSE: "worse", ChangeVerdict.BETTER: "better"}
_TRIANGLES = {"high": "up", "low": "down"}
_AWAY = 6.0  # halves of the usual range: what lies further is drawn at the edge


def tone(verdict: ChangeVerdict) -> str:
    """The colour of a verdict: worse and better have one, more and fewer have the ink's."""
    return _TONES.get(verdict, "ink")


Some = TypeVar("Some")


def runs(values: Sequence[Some]) -> list[tuple[int, int, Some]]:
    """The first and the last index of each run of equal values: one shape for each, as shapes that
    touch show a seam."""
    found: list[tuple[int, int, Some]] = []
    for value, group in groupby(enumerate(values), key=lambda pair: pair[1]):
        indices = [index for index, _ in group]
        found.append((indices[0], indices[-1], value))
    return found


@dataclass(frozen=True, slots=True)
class Spark:
    """The last periods of a figure, oldest first.

    Attributes:
        values: one a period, None where there is none.
        usual: the usual range of each period, None where it is not known.
        ends: the low and the high end of the last range as texts, "" for an open end.
        labels: what the first and the last period are called.
        side: on which the last value lies outside.
    """

    values: Sequence[float | None]
    usual: Sequence[Range]
    ends: tuple[str, str]
    labels: tuple[str, str]
    verdict: ChangeVerdict
    side: Side = None


def spark(of: Spark, colours: Colours, title: str, *, width: float = 94) -> Markup:
    """The line, stepped bands of the usual ranges behind it, their last ends at the right."""
    height, plot = 38.0, 63 / 94 * width
    drawing = Drawing(width, height, colours, hover=False)
    ranges = [each for each in of.usual if each is not None]
    known = [v for v in of.values if v is not None] + [end for each in ranges for end in each]
    low, high = min(known, default=0.0), max(known, default=1.0)
    span = (high - low) or abs(high) or 1.0
    step = (plot - 6) / max(1, len(of.values) - 1)

    def y(value: float) -> float:
        return 5 + 20 * (high - value) / span if high > low else 15.0

    edges = [3 + (i - 0.5) * step for i in range(len(of.values) + 1)]
    edges[0], edges[-1] = 0.0, plot
    for first, end, each in runs(of.usual[: len(of.values)]):
        if each is not None:
            left, right = edges[first], edges[end + 1]
            drawing.rect(
                left, y(each[1]), right - left, max(y(each[0]) - y(each[1]), 0.8), fill="soft"
            )
    points = [None if v is None else (3 + i * step, y(v)) for i, v in enumerate(of.values)]
    for run in segments(points):
        if len(run) > 1:
            drawing.path(run, stroke="ink", width=1.1)
        else:
            drawing.dot(run[0], 1.1, fill="ink")
    if points and points[-1] is not None:
        if of.side is None:
            drawing.dot(points[-1], 1.9, fill="ink")
        else:
            drawing.triangle(points[-1], 6.4, _TRIANGLES[of.side], fill=tone(of.verdict))
    last = of.usual[-1] if of.usual else None
    if last is not None:
        _ends(drawing, of.ends, (y(last[0]), y(last[1])), plot + 3)
    drawing.text(0.0, 37.0, of.labels[0], fill="muted", size=LEAST)
    drawing.text(plot, 37.0, of.labels[1], fill="muted", size=LEAST, anchor="end")
    return drawing.markup(title)


def _ends(drawing: Drawing, ends: tuple[str, str], at: tuple[float, float], x: float) -> None:
    """The ends of a range, written where they are, but never closer than a line of text."""
    (low, high), room = ends, drawing.width - x
    top, bottom = at[1] + 2.2, at[0] + 2.2
    if low and high and bottom - top < 7:
        middle = (top + bottom) / 2
        top, bottom = middle - 3.5, middle + 3.5
    for text, y in ((high, max(top, 6.0)), (low, min(max(bottom, 13.0), 29.0))):
        drawing.text(x, y, shorten(text, room, LEAST), fill="muted", size=LEAST)


def bullet(
    value: float, target: float, colours: Colours, title: str, *, width: float = 94
) -> Markup:
    """A value as a bar, its target as an upright, on a line from zero."""
    drawing = Drawing(width, 11.0, colours, hover=False)
    most = max(1.6 * target, value, 1e-9) * 1.02
    drawing.rect(0.0, 3.0, width, 5.0, fill="panel")
    drawing.line((0.0, 8.4), (width, 8.4), stroke="rule", width=0.5)
    drawing.rect(0.0, 3.6, max(0.0, value) / most * width, 3.8, fill="ink")
    x = target / most * width
    drawing.line((x, 0.0), (x, 11.0), stroke="second", width=1.8)
    return drawing.markup(title)


def strip(
    at: float,
    verdict: ChangeVerdict,
    side: Side,
    colours: Colours,
    title: str,
    *,
    width: float = 50,
) -> Markup:
    """A value on its own usual range, which is [-1, 1]: the shaded middle of the line, its centre
    ticked. Inside it a hollow dot, outside a square, beyond 6 a triangle at the edge."""
    drawing = Drawing(width, 10.0, colours, hover=False)
    middle, half = width / 2, 0.22 * width
    drawing.line((0.0, 5.0), (width, 5.0), stroke="rule", width=0.6)
    drawing.rect(middle - half, 2.4, 2 * half, 5.2, fill="soft")
    drawing.line((middle, 2.4), (middle, 7.6), stroke="axis", width=0.6)
    if side is None:
        x = middle + max(-1.0, min(1.0, at)) * (half - 2)
        drawing.dot((x, 5.0), 1.8, fill="paper", stroke="ink", width=1.0)
    elif abs(at) > _AWAY:
        x = 3.3 if side == "low" else width - 3.3
        drawing.triangle((x, 5.0), 6.4, "left" if side == "low" else "right", fill=tone(verdict))
    else:
        beyond = (max(1.0, abs(at)) - 1) / (_AWAY - 1) * (middle - half - 6)
        x = middle + (half + 3 + beyond) * (-1 if side == "low" else 1)
        drawing.rect(x - 2.7, 2.3, 5.4, 5.4, fill=tone(verdict))
    return drawing.markup(title)


def part_bar(
    size: float, extent: tuple[float, float], colours: Colours, title: str, *, bad: bool
) -> Markup:
    """A signed part of a change as a bar from a zero line: solid where it makes the figure worse,
    outlined and hatched where it makes it better. ``extent`` are the least and the most of the
    column."""
    width = 84.0
    drawing = Drawing(width, 8.0, colours, hover=False)
    low, high = min(0.0, extent[0]), max(0.0, extent[1])
    unit = (width - 4) / ((high - low) or 1.0)
    zero = 2 - low * unit
    start, length = zero + min(0.0, size) * unit, abs(size) * unit
    if size and bad:
        drawing.rect(start, 1.0, max(length, 0.8), 6.0, fill="worse")
    elif size:
        _outlined(drawing, start, 1.0, max(length, 1.6), 6.0)
    drawing.line((zero, 0.0), (zero, 8.0), stroke="axis", width=0.6)
    return drawing.markup(title)


def _outlined(drawing: Drawing, x: float, y: float, width: float, height: float) -> None:
    inner = (x + 0.4, y + 0.4, max(width - 0.8, 0.4), max(height - 0.8, 0.4))
    drawing.rect(*inner, fill="paper", stroke="better")
    drawing.hatch(*inner, stroke="better")
