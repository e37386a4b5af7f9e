"""The figures of an edition on the index page, each with its verdict and a line over the editions
before it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from insights_reports.edition.values import ChangeVerdict, Figure, Metric, Name
from insights_reports.formats.words.brief import brief_text
from insights_reports.formats.words.words import Words

_WIDTH, _HEIGHT, _EDGE = 72, 20, 3
_MOST = 12  # editions in a line
_TONES = {ChangeVerdict.WORSE: "bad", ChangeVerdict.BETTER: "good"}


@dataclass(frozen=True, slots=True)
class IndexFigure:
    """A figure of page one; ``verdict`` is a value of `ChangeVerdict`."""

    figure: Figure
    verdict: str

    @property
    def word(self) -> ChangeVerdict | None:
        """None for a verdict of another version."""
        try:
            return ChangeVerdict(self.verdict)
        except ValueError:
            return None


Histories = Mapping[Metric, Sequence[float | None]]
"""Of each metric its value in the editions of one subscription, oldest first."""


@dataclass(frozen=True)
class ShownFigure:
    """As the template shows it: ``line`` has the points of the parts of its sparkline, ``last``
    the place of this edition's own; they are empty where there is nothing to compare with."""

    label: str
    value: str
    verdict: str
    tone: str
    line: tuple[str, ...]
    last: tuple[float, float] | None

    @property
    def text(self) -> str:
        return f"{self.label} {self.value} {self.verdict}"


def shown_figure(figure: IndexFigure, histories: Histories, words: Words) -> ShownFigure:
    """The figure; its line ends with it."""
    word = figure.word
    points = _points(histories.get(figure.figure.metric, ()))
    drawn = [point for point in points if point is not None]
    several = len(drawn) > 1 and points[-1] is not None
    return ShownFigure(
        words.metric(figure.figure.metric),
        brief_text(words, figure.figure),
        words.value(word) if word else words.name(Name(figure.verdict)),
        _TONES.get(word, "plain") if word else "plain",
        tuple(_parts(points)) if several else (),
        drawn[-1] if several else None,
    )


def _points(values: Sequence[float | None]) -> list[tuple[float, float] | None]:
    """The values from left to right in the sparkline's box, its lower end zero or less."""
    last = values[-_MOST:]
    known = [value for value in last if value is not None]
    low, high = min([*known, 0]), max([*known, 0])
    step = (_WIDTH - 2 * _EDGE) / max(len(last) - 1, 1)
    rise = (_HEIGHT - 2 * _EDGE) / ((high - low) or 1)
    return [
        None
        if value is None
        else (round(_EDGE + at * step, 1), round(_HEIGHT - _EDGE - (value - low) * rise, 1))
        for at, value in enumerate(last)
    ]


def _parts(points: Sequence[tuple[float, float] | None]) -> Iterator[str]:
    """What is known without a gap, each part as the points of a polyline."""
    part: list[str] = []
    for point in (*points, None):
        if point is not None:
            part.append(f"{point[0]},{point[1]}")
        elif part:
            yield " ".join(part)
            part = []
