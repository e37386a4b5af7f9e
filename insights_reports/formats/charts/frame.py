"""What the charts over time share: the plot's place, its grid, its labels and their collisions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from insights_reports.edition.document import Annotation, Chart, ChartSeries, Role
from insights_reports.edition.values import Figure, Unit
from insights_reports.formats.charts.fonts import text_width
from insights_reports.formats.charts.scale import Scale, label_indices
from insights_reports.formats.charts.svg import Colours, Drawing, Point
from insights_reports.formats.words.words import Words

SMALL = 10.0  # the size of the labels of axes, in user units
LABEL = 11.0
_LINE_HEIGHT = 13.0

# How each role is drawn: colour token, colour of its words, width, dash.
STROKES: dict[Role, tuple[str, str, float, str]] = {
    Role.MAIN: ("main", "main", 2.2, ""),
    Role.SECOND: ("second", "second", 1.8, "6 3"),
    Role.FAILED: ("failed", "failed", 2, "2 2.5"),
    Role.GUIDED: ("guided", "guided", 1.8, "8 2 2 2"),
    Role.BEFORE: ("before", "muted", 1.4, ""),
    Role.LIMIT: ("limit", "muted", 1.1, "4 3"),
    Role.TARGET: ("second", "second", 1.6, "1.6 2.8"),
    Role.CENTRE: ("axis", "muted", 1, ""),
}


@dataclass(frozen=True)
class Style:
    """How to draw: in which language and colours, how large, whether values show on hover."""

    words: Words
    colours: Colours
    width: float = 680
    height: float | None = None
    hover: bool = False


@dataclass(frozen=True)
class Frame:
    """The plot inside a drawing: its edges, and the scale of its values (top to bottom)."""

    drawing: Drawing
    style: Style
    chart: Chart
    left: float
    right: float
    top: float
    bottom: float
    scale: Scale
    _taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    @property
    def slot(self) -> float:
        """The width of one interval."""
        return (self.right - self.left) / max(1, len(self.chart.x))

    def centre(self, index: int) -> float:
        """Where interval ``index`` has its middle."""
        return self.left + (index + 0.5) * self.slot

    def grid(self) -> None:
        """Quiet rules at the ticks with their values; the base line a little stronger."""
        base = self.scale.ticks[0] if self.scale.low >= 0 else 0
        across = {
            tick: ((self.left, self.scale(tick)), (self.right, self.scale(tick)))
            for tick in self.scale.ticks
        }
        self.drawing.strokes([across[t] for t in across if t != base], stroke="grid")
        self.drawing.strokes([across[base]] if base in across else [], stroke="axis")
        for tick in self.scale.ticks:
            y = self.scale(tick)
            label = self.style.words.axis(tick, self.chart.unit)
            self.drawing.text(self.left - 8, y + 3.5, label, fill="muted", size=SMALL, anchor="end")

    def intervals(self) -> None:
        """The labels of the intervals below the plot, as many as fit, the last one always: it
        moves inwards where it would leave the picture. The first has the year."""
        tick, starts = self.style.words.tick, self.chart.x
        dated = [tick(x, self.chart.granularity, first=True) for x in starts]
        widest = max((text_width(label, SMALL) for label in dated), default=0)
        beyond = max(0.0, self.centre(len(starts) - 1) + widest / 2 - self.drawing.width)
        shown = label_indices(len(starts), self.right - self.left, widest + beyond)
        for index in shown:
            first = index == shown[0]
            label = dated[index] if first else tick(starts[index], self.chart.granularity)
            self.drawing.text(
                min(self.centre(index), self.drawing.width - text_width(label, SMALL) / 2),
                self.bottom + 16,
                label,
                fill="muted",
                size=SMALL,
                anchor="middle",
            )

    def claim(self, x: float, y: float, width: float, height: float) -> bool:
        """Whether this box (centred on ``x``, standing on ``y``) is free; takes it if so."""
        box = (x - width / 2, y - height, x + width / 2, y)
        if any(_overlap(box, other) for other in self._taken):
            return False
        self._taken.append(box)
        return True

    def annotate(self, annotations: Sequence[Annotation], top_of: Callable[[int], float]) -> None:
        """Each annotation above its point, joined to it by a thin line where it had to move."""
        for annotation in annotations:
            text = self.style.words.phrase(annotation.text)
            width = text_width(text, SMALL, 500)
            point = (self.centre(annotation.x), top_of(annotation.x))
            x, y = self._place(point, width + 6)
            if point[1] - y > 14:
                self.drawing.line((x, y + 3), (x, point[1] - 3), stroke="axis", width=0.8)
            self.drawing.text(
                x, y - 1, text, fill="second", size=SMALL, weight=500, anchor="middle"
            )

    def _place(self, point: Point, width: float) -> Point:
        """The nearest free place for a text above the point, or else beside that."""
        for shift in (0, width / 2 + 4, -width / 2 - 4):
            x = min(max(point[0] + shift, self.left + width / 2), self.drawing.width - width / 2)
            y = point[1] - 4
            while y > self.top - 6:
                if self.claim(x, y, width, _LINE_HEIGHT):
                    return x, y
                y -= 3
        return x, self.top - 6


def left_margin(labels: Sequence[str]) -> float:
    """Room for the labels of the value axis."""
    return max((text_width(label, SMALL) for label in labels), default=0) + 10


def values_of(series: Sequence[ChartSeries]) -> list[float]:
    """All values that are there."""
    return [f.value for s in series for f in s.figures if f.value is not None]


def label_of(series: ChartSeries, words: Words) -> str:
    """The label of a series in this language."""
    return words.value(series.label)


def value_text(figure: Figure, words: Words) -> str:
    """A value short enough to stand at a point."""
    if figure.value is not None and figure.unit in (Unit.PER_WEEK, Unit.DAYS):
        return words.figure(figure, unit=False)
    return words.figure(figure)


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
