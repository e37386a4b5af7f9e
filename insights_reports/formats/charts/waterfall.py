"""What drove a change: from the figure before to the figure now, a step for each part.

What makes the figure worse is solid, what makes it better is outlined and hatched, and every
label has its sign, so that it is read without colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from insights_reports.formats.charts.fonts import shorten, text_width
from insights_reports.formats.charts.svg import Colours, Drawing

_TEXT, _FIGURE = 7.2, 7.8


@dataclass(frozen=True, slots=True)
class WaterfallBar:
    """A part of the change: ``size`` in the unit of the figure, ``printed`` with its sign."""

    label: str
    size: float
    printed: str


@dataclass(frozen=True, slots=True)
class End:
    """The figure before or now."""

    label: str
    value: float
    printed: str


@dataclass(frozen=True, slots=True)
class WaterfallTotal:
    """``target`` is its value and what is written in the margin; ``up_is_bad`` says which steps
    are solid."""

    before: End
    after: End
    steps: Sequence[WaterfallBar]
    target: tuple[float, Sequence[str]] | None = None
    up_is_bad: bool = True


def waterfall(
    change: WaterfallTotal,
    colours: Colours,
    title: str,
    alt: str,
    *,
    width: float = 324,
    height: float = 112,
) -> Markup:
    """The columns from left to right, joined at their heights."""
    drawing = Drawing(width, height, colours, hover=False)
    right = width - (28 if change.target else 0)
    slot = right / (len(change.steps) + 2)
    plot = _WaterfallPlot(drawing, slot, 14.0, height - 21, *_extremes(change))
    if change.target is not None:
        _target(plot, change.target, right)
    _column(plot, 0, (0.0, change.before.value), change.before.printed, "before")
    _name(plot, 0, change.before.label)
    level = change.before.value
    for number, step in enumerate(change.steps, 1):
        plot.join(number, level)
        _step(
            plot, number, (level, level + step.size), step, bad=(step.size > 0) is change.up_is_bad
        )
        _name(plot, number, step.label)
        level += step.size
    last = len(change.steps) + 1
    plot.join(last, change.after.value)
    _column(plot, last, (0.0, change.after.value), change.after.printed, "main")
    _name(plot, last, change.after.label)
    base = plot.y(0.0)
    drawing.line((0.0, base), (right, base), stroke="axis", width=0.8)
    return drawing.markup(title, alt)


@dataclass(frozen=True, slots=True)
class _WaterfallPlot:
    drawing: Drawing
    slot: float
    top: float
    bottom: float
    low: float
    high: float

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def left(self, number: int) -> float:
        return (number + 0.17) * self.slot

    @property
    def width(self) -> float:
        return 0.66 * self.slot

    def centre(self, number: int) -> float:
        return (number + 0.5) * self.slot

    def join(self, number: int, level: float) -> None:
        start, end = self.left(number - 1) + self.width, self.left(number)
        self.drawing.line((start, self.y(level)), (end, self.y(level)), stroke="axis", width=0.6)


def _extremes(change: WaterfallTotal) -> tuple[float, float]:
    levels = [0.0, change.before.value, change.after.value]
    level = change.before.value
    for step in change.steps:
        level += step.size
        levels.append(level)
    levels += [change.target[0]] if change.target else []
    low, high = min(levels), max(levels)
    return (low, high) if high > low else (low, low + 1)


def _column(
    plot: _WaterfallPlot, number: int, ends: tuple[float, float], text: str, fill: str
) -> None:
    top, bottom = plot.y(max(ends)), plot.y(min(ends))
    plot.drawing.rect(plot.left(number), top, plot.width, max(bottom - top, 0.8), fill=fill)
    _figure(plot, number, top, text)


def _step(
    plot: _WaterfallPlot, number: int, ends: tuple[float, float], step: WaterfallBar, *, bad: bool
) -> None:
    top, bottom = plot.y(max(ends)), plot.y(min(ends))
    height, x = max(bottom - top, 1.0), plot.left(number)
    if bad or not step.size:
        plot.drawing.rect(x, top, plot.width, height, fill="worse" if step.size else "axis")
    else:
        inner = (x + 0.4, top + 0.4, plot.width - 0.8, max(height - 0.8, 0.4))
        plot.drawing.rect(*inner, fill="paper", stroke="better")
        plot.drawing.hatch(*inner, stroke="better")
    _figure(plot, number, top, step.printed)


def _figure(plot: _WaterfallPlot, number: int, top: float, text: str) -> None:
    x, y = plot.centre(number), top - 3.5
    plot.drawing.text(x, y, text, size=_FIGURE, weight=600, anchor="middle")


def _name(plot: _WaterfallPlot, number: int, label: str) -> None:
    """The label below a column, in at most two lines."""
    y = plot.drawing.height - 12
    for line, text in enumerate(two_lines(label, plot.slot - 2, _TEXT)):
        plot.drawing.text(plot.centre(number), y + 8 * line, text, size=_TEXT, anchor="middle")


def two_lines(label: str, room: float, size: float) -> list[str]:
    """A label broken between words where that is best, each line shortened to its room."""
    if text_width(label, size) <= room:
        return [label]
    words = label.split(" ")
    breaks = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
    if not breaks:
        return [shorten(label, room, size)]
    first, second = min(breaks, key=lambda pair: max(text_width(part, size) for part in pair))
    return [shorten(first, room, size), shorten(second, room, size)]


def _target(plot: _WaterfallPlot, target: tuple[float, Sequence[str]], right: float) -> None:
    value, texts = target
    y = plot.y(value)
    plot.drawing.line((0.0, y), (right, y), stroke="second", width=1.1, dash="1.2 2.2")
    for number, text in enumerate(texts):
        at = y - 0.5 + 8 * number
        plot.drawing.text(right + 2, at, text, fill="second", size=_TEXT)


def bars(
    change: WaterfallTotal, colours: Colours, title: str, alt: str, *, width: float = 224
) -> Markup:
    """The same parts as horizontal bars, for a narrow page."""
    row, name = (
        15.0,
        min(0.36 * width, max((text_width(s.label, _FIGURE) for s in change.steps), default=0) + 4),
    )
    figure = max((text_width(s.printed, _FIGURE, 600) for s in change.steps), default=0) + 6
    drawing = Drawing(width, row * len(change.steps), colours, hover=False)
    most = max((abs(step.size) for step in change.steps), default=0) or 1.0
    start = name + figure + 4
    for number, step in enumerate(change.steps):
        y, length = row * number + 10, abs(step.size) / most * (width - start)
        drawing.text(0.0, y, shorten(step.label, name, _FIGURE), size=_FIGURE)
        drawing.text(name + figure, y, step.printed, size=_FIGURE, weight=600, anchor="end")
        bad = (step.size > 0) is change.up_is_bad
        box = (start, y - 6.5, max(length, 1.0), 7.0)
        if bad:
            drawing.rect(*box, fill="worse")
        else:
            inner = (start + 0.4, y - 6.1, max(length - 0.8, 0.4), 6.2)
            drawing.rect(*inner, fill="paper", stroke="better")
            drawing.hatch(*inner, stroke="better")
    return drawing.markup(title, alt)
