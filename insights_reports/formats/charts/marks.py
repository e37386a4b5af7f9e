"""Pictures the size of a word: sparklines for tiles, range and rate marks for table cells."""

from collections.abc import Sequence

from markupsafe import Markup

from insights_reports.edition.document import ColumnKind
from insights_reports.edition.values import Figure, Mark, Unit, Usual, Value
from insights_reports.formats.charts.fonts import text_width
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.scale import Scale, value_scale
from insights_reports.formats.charts.svg import Colours, Drawing, segments

_HEIGHT = 16.0  # of a mark
_PAD = 5.0
_TINY = 9.0
_UNITS = {ColumnKind.MARK_DURATION: Unit.DURATION, ColumnKind.MARK_RATE: Unit.RATE}


def _value(end: Figure | None, otherwise: float) -> float:
    return otherwise if end is None or end.value is None else end.value


def sparkline(
    figures: Sequence[Figure],
    usual: Usual | None,
    colours: Colours,
    title: str,
    *,
    width: float = 140,
    height: float = 38,
) -> Markup:
    """The last periods as a line, oldest first: the band of the usual range of the
    last, a dot on the last; a gap where there is no value."""
    drawing = Drawing(width, height, colours, hover=False)
    values = [f.value for f in figures if f.value is not None]
    ends = [end.value for end in (usual.low, usual.high) if end and end.value] if usual else []
    low, high = (
        min([*values, *ends], default=0),
        max([*values, *ends], default=1),
    )
    margin = (high - low) * 0.08 or abs(high) * 0.5 or 1
    scale = Scale(low - margin, high + margin, height - 3, 3, ())
    step = (width - 8) / max(1, len(figures) - 1)
    if usual is not None:
        lower = scale(_value(usual.low, low))
        upper = scale(_value(usual.high, high))
        drawing.rect(0, upper, width, max(lower - upper, 1), fill="soft")
    points = [
        None if f.value is None else (4 + i * step, scale(f.value)) for i, f in enumerate(figures)
    ]
    for run in segments(points):
        if len(run) > 1:
            drawing.path(run, stroke="main", width=1.6)
        else:
            drawing.dot(run[0], 1.4, fill="main")
    if points and points[-1]:
        drawing.dot(points[-1], 3, fill="main", stroke="paper", width=1.2)
    return drawing.markup(title)


def mark_scale(cells: Sequence[Value], kind: ColumnKind, width: float) -> Scale:
    """One scale, ``width`` wide, for all marks of a column: rates from zero; durations
    logarithmic, with those that
    are not above zero at its left edge."""
    marks = [cell for cell in cells if isinstance(cell, Mark)]
    values = [
        value
        for mark in marks
        for value in (mark.at, mark.low, mark.high, mark.before, mark.limit)
        if value is not None
    ]
    logarithmic = kind is ColumnKind.MARK_DURATION
    if logarithmic:
        values = [value for value in values if value > 0]
    return value_scale(values, _UNITS[kind], _PAD, width - _PAD, logarithmic=logarithmic)


def mark(mark: Mark, scale: Scale, kind: ColumnKind, colours: Colours, title: str) -> Markup:
    """A duration: a line over its range, a dot at the value, an open dot where it was before.
    A rate: a bar from zero, its confidence interval as a thin line. ``limit`` is a dashed rule."""
    drawing = Drawing(scale.end + _PAD, _HEIGHT, colours, hover=False)
    middle = _HEIGHT / 2
    ticks = [((scale(tick), 0.0), (scale(tick), _HEIGHT)) for tick in scale.ticks]
    drawing.strokes(ticks, stroke="grid", width=0.8)
    if kind is ColumnKind.MARK_RATE:
        _bar(drawing, mark, scale, middle)
    else:
        _range(drawing, mark, scale, middle)
    if mark.limit is not None:
        x = scale(mark.limit)
        drawing.line((x, 0), (x, _HEIGHT), stroke="second", width=1.2, dash="2.5 2")
    return drawing.markup(title)


def _bar(drawing: Drawing, mark: Mark, scale: Scale, middle: float) -> None:
    zero = scale(0)
    if mark.at is not None:
        drawing.rect(
            zero, middle - 3.5, max(scale(mark.at) - zero, 0.8), 7, fill="tint-1", radius=1
        )
    if mark.low is not None and mark.high is not None:
        drawing.line((scale(mark.low), middle), (scale(mark.high), middle), stroke="ink", width=1.1)
    if mark.before is not None:
        drawing.dot((scale(mark.before), middle), 2.6, fill="paper", stroke="before", width=1.2)


def _range(drawing: Drawing, mark: Mark, scale: Scale, middle: float) -> None:
    if mark.low is not None and mark.high is not None:
        start, end = (scale(mark.low), middle), (scale(mark.high), middle)
        drawing.line(start, end, stroke="tint-2", width=3)
    if mark.before is not None:
        drawing.dot((scale(mark.before), middle), 2.8, fill="paper", stroke="before", width=1.3)
    if mark.at is not None and scale.logarithmic and mark.at < scale.low:
        drawing.path([(1, middle), (7, middle - 4), (7, middle + 4)], fill="main")  # further left
    elif mark.at is not None:
        drawing.dot((scale(mark.at), middle), 3.6, fill="main", stroke="paper", width=1)


def mark_axis(scale: Scale, kind: ColumnKind, style: Style) -> Markup:
    """The ticks of a column of marks, for its head: as many as fit."""
    drawing = Drawing(scale.end + _PAD, 12, style.colours, hover=False)
    texts = [style.words.axis(tick, _UNITS[kind]) for tick in scale.ticks]
    edge = -10.0
    for tick, text in zip(scale.ticks, texts, strict=True):
        width = text_width(text, _TINY)
        x = min(max(scale(tick), width / 2), scale.end + _PAD - width / 2)
        if x - width / 2 >= edge + 6:
            drawing.text(x, 9, text, fill="muted", size=_TINY, anchor="middle")
            edge = x + width / 2
    return drawing.markup(" ".join(texts))
