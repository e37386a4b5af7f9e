"""Charts over time: stacked columns."""

from collections import Counter
from collections.abc import Sequence

from insights_reports.edition.document import Chart, ChartSeries, Role
from insights_reports.formats.charts.fonts import shorten, text_width
from insights_reports.formats.charts.frame import (
    SMALL,
    STROKES,
    Frame,
    Style,
    label_of,
    left_margin,
    values_of,
)
from insights_reports.formats.charts.scale import value_scale
from insights_reports.formats.charts.svg import Drawing, Point

_STACKED = {Role.MAIN, Role.SECOND, Role.FAILED, Role.GUIDED}
_TINTS = ("main", "tint-1", "tint-2", "tint-3", "before")
_LEGEND_HEIGHT = 22.0


def columns(chart: Chart, style: Style) -> Drawing:
    """Stacked columns with totals; earlier periods and limits as rules across the columns."""
    stacked = [s for s in chart.series if s.role in _STACKED]
    rules = [s for s in chart.series if s.role not in _STACKED]
    totals = _totals(stacked, len(chart.x))
    frame = _frame(chart, style, [*totals, *values_of(rules)], room=8, legend=len(chart.series) > 1)
    frame.grid()
    _stack(frame, stacked)
    for series in rules:
        _rules(frame, series)
    said = _said(frame, totals)
    _column_totals(frame, totals, said)
    if len(chart.series) > 1:
        _legend(frame, [*_fills(stacked), *((s, STROKES[s.role][0]) for s in rules)])
    frame.annotate(chart.annotations, lambda i: frame.scale(totals[i]) - (0 if i in said else 16))
    _finish(frame)
    return frame.drawing


def _frame(
    chart: Chart, style: Style, values: Sequence[float], *, room: float, legend: bool = False
) -> Frame:
    """The plot, with ``room`` for names on its right."""
    height = style.height or 236
    drawing = Drawing(style.width, height, style.colours, hover=style.hover)
    top, bottom = (_LEGEND_HEIGHT if legend else 0) + 20, height - 26
    scale = value_scale(
        values,
        chart.unit,
        bottom,
        top,
        logarithmic=chart.logarithmic,
        ticks=3 if height < 200 else 4,
    )
    left = left_margin([style.words.axis(tick, chart.unit) for tick in scale.ticks])
    return Frame(drawing, style, chart, left, style.width - room, top, bottom, scale)


def _finish(frame: Frame) -> None:
    frame.intervals()
    if not frame.drawing.hover:
        return
    words, chart = frame.style.words, frame.chart
    for index, x in enumerate(chart.x):
        parts = [words.interval(x, chart.granularity)]
        for series in chart.series:
            parts.append(f"{label_of(series, words)}: {words.figure(series.figures[index])}")
        left = frame.left + index * frame.slot
        height = frame.bottom - frame.top
        frame.drawing.tip(left, frame.top, frame.slot, height, "\n".join(parts))


# --- columns -----------------------------------------------------------------------------------


def _totals(series: Sequence[ChartSeries], count: int) -> list[float]:
    return [float(sum(s.figures[i].value or 0 for s in series)) for i in range(count)]


def _fills(series: Sequence[ChartSeries]) -> list[tuple[ChartSeries, str]]:
    """Each stacked series with its colour; several of the main role get tints of it."""
    seen: Counter[Role] = Counter()
    fills = []
    for one in series:
        number = seen[one.role]
        seen[one.role] += 1
        main = one.role is Role.MAIN
        token = _TINTS[min(number, len(_TINTS) - 1)] if main else STROKES[one.role][0]
        fills.append((one, token))
    return fills


def _stack(frame: Frame, series: Sequence[ChartSeries]) -> None:
    width = min(max(frame.slot * 0.72, 1.0), 46.0)
    for index in range(len(frame.chart.x)):
        base, block = 0.0, _part_block if index in frame.chart.cut else _block
        for one, token in _fills(series):
            value = one.figures[index].value
            if value:
                top, bottom = frame.scale(base + value), frame.scale(base)
                place = (frame.centre(index) - width / 2, top, width, bottom)
                block(frame, one.role, token, place)
                base += value
        frame.claim(frame.centre(index), frame.bottom, width, frame.bottom - frame.scale(base))


def _block(frame: Frame, role: Role, token: str, place: tuple[float, float, float, float]) -> None:
    """One part of a column, a hair apart from the one above it; failures are hatched."""
    x, top, width, bottom = place
    height = max(bottom - top - (0.8 if bottom - top > 2.5 else 0), 0.6)
    if role in (Role.FAILED, Role.GUIDED) and width > 5 and height > 3:
        inner = (x + 0.5, top + 0.5, width - 1, height - 1)
        frame.drawing.rect(*inner, fill="paper", stroke=token)
        frame.drawing.hatch(*inner, stroke=token)
    else:
        frame.drawing.rect(x, top, width, height, fill=token)


def _part_block(
    frame: Frame, role: Role, token: str, place: tuple[float, float, float, float]
) -> None:
    """The same of an interval that is not whole: its outline is broken."""
    x, top, width, bottom = place
    height = max(bottom - top - 1, 0.6)
    left, right, low, high = x + 0.5, x + width - 0.5, top + 0.5, top + 0.5 + height
    if role is Role.MAIN:
        frame.drawing.rect(left, low, width - 1, height, fill="soft")
    elif height > 3:
        frame.drawing.hatch(left, low, width - 1, height, stroke=token)
    outline = [(left, high), (left, low), (right, low), (right, high), (left, high)]
    frame.drawing.path(outline, stroke=token, width=1, dash="3 2")


def _rules(frame: Frame, series: ChartSeries) -> None:
    stroke, _, width, dash = STROKES[series.role]
    half = min(frame.slot * 0.46, 29.0)
    points = [point for point in _points(frame, series) if point is not None]
    across = [((x - half, y), (x + half, y)) for x, y in points]
    frame.drawing.strokes(across, stroke=stroke, width=width, dash=dash)


def _said(frame: Frame, totals: Sequence[float]) -> set[int]:
    """The columns above which an annotation says their total."""
    words, unit = frame.style.words, frame.chart.unit
    return {
        annotation.x
        for annotation in frame.chart.annotations
        if words.axis(totals[annotation.x], unit) in words.phrase(annotation.text).split()
    }


def _column_totals(frame: Frame, totals: Sequence[float], said: set[int]) -> None:
    """The total on each column where there is room, else on the last and the highest; not where
    it is ``said`` already."""
    words, unit = frame.style.words, frame.chart.unit
    labels = [words.axis(total, unit) if total else "" for total in totals]
    if not any(labels):
        return
    widest = max(text_width(label, SMALL, 600) for label in labels)
    last = len(labels) - 1
    chosen = {last, totals.index(max(totals))} if widest + 4 > frame.slot else set(range(last + 1))
    for index in sorted(chosen - said, reverse=True):
        y = frame.scale(totals[index]) - 5
        if labels[index] and frame.claim(frame.centre(index), y + 2, widest + 2, 12):
            frame.drawing.text(
                frame.centre(index), y, labels[index], size=SMALL, weight=600, anchor="middle"
            )


def _legend(frame: Frame, entries: Sequence[tuple[ChartSeries, str]]) -> None:
    """Swatches and names above the plot, in the order of the data."""
    x = frame.left
    each = (frame.right - frame.left) / len(entries) - 26
    for series, token in entries:
        label = shorten(label_of(series, frame.style.words), max(each, 30), SMALL)
        if series.role in _STACKED:
            frame.drawing.rect(x, 3, 11, 11, fill=token if series.role is Role.MAIN else "paper")
            if series.role is not Role.MAIN:
                frame.drawing.rect(x + 0.5, 3.5, 10, 10, fill="paper", stroke=token)
                frame.drawing.hatch(x + 0.5, 3.5, 10, 10, stroke=token)
        else:
            stroke, _, width, dash = STROKES[series.role]
            frame.drawing.line((x - 4, 8.5), (x + 12, 8.5), stroke=stroke, width=width, dash=dash)
        frame.drawing.text(x + 17, 12, label, fill="ink", size=SMALL)
        x += 17 + text_width(label, SMALL) + 20


def _points(frame: Frame, series: ChartSeries) -> list[Point | None]:
    """Where a rule goes; None where there is no value, or none that a logarithm has."""
    points: list[Point | None] = []
    for index, figure in enumerate(series.figures):
        value = figure.value
        drawn = value is not None and (value > 0 or not frame.scale.logarithmic)
        points.append((frame.centre(index), frame.scale(value or 0)) if drawn else None)
    return points
