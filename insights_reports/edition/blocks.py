"""The blocks of a document: tables, charts, waterfalls, the path to production, prose.

Units: durations are whole ticks of 100 ns; rates are fractions (0.031, not 3.1).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from insights_reports.edition.values import (
    ChangeVerdict,
    Figure,
    Name,
    Part,
    Phrase,
    Span,
    Unit,
    Value,
)
from insights_reports.spelling.terms import Granularity


class ColumnKind(StrEnum):
    """What a column holds: it decides unit, alignment and the type of the cell in a workbook."""

    NAME = "name"
    COUNT = "count"
    PER_WEEK = "per_week"
    RATE = "rate"
    DURATION = "duration"
    NUMBER = "number"
    CHANGE = "change"
    VERDICT = "verdict"
    MARK_DURATION = "mark_duration"  # `Mark` cells, ticks, drawn on a log scale
    MARK_RATE = "mark_rate"  # `Mark` cells, fractions, drawn from zero
    STRIP = "strip"  # `Strip` cells: the value of the column before on its own usual range
    PART = "part"  # `Part` cells
    TEXT = "text"
    ID = "id"
    DAY = "day"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head and what its cells hold."""

    title: Phrase
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` hold at most what the page shows; ``total_rows`` says how many there are in all (the
    workbook has them all in ``all_rows`` when that is longer). The first column names the row.

    Where they are given, ``row_ids`` (of all the rows, in their order) are what links lead to, and
    ``row_verdicts`` the word on each row."""

    id: str
    title: Phrase
    subtitle: Phrase | None
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total_rows: int
    all_rows: tuple[tuple[Value, ...], ...] = ()
    total: tuple[Value, ...] | None = None  # a marked last row: All
    notes: tuple[Phrase, ...] = ()
    row_ids: tuple[str, ...] = ()
    row_verdicts: tuple[ChangeVerdict, ...] = ()
    kind: Literal["table"] = "table"

    @property
    def complete_rows(self) -> tuple[tuple[Value, ...], ...]:
        return self.all_rows or self.rows


class ChartForm(StrEnum):
    """How a chart is drawn."""

    COLUMNS = "columns"  # stacked columns over time; series from bottom to top
    LINES = "lines"  # lines over time, with an optional band and limits
    PANELS = "panels"  # small multiples on one scale: one line a series
    HEAT = "heat"  # weekday (rows, Monday first) x hour; series = 7 weekdays, x = 24 hours


class Role(StrEnum):
    """What a series of a chart is for; formats choose colour, dash and marker by it."""

    MAIN = "main"
    SECOND = "second"
    FAILED = "failed"
    GUIDED = "guided"
    BEFORE = "before"  # the earlier period
    LOW = "low"  # lower edge of a band
    HIGH = "high"  # upper edge of a band
    LIMIT = "limit"  # process-behaviour limit
    TARGET = "target"
    CENTRE = "centre"  # process average


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """A series of a chart: its figures, one for each ``x``, and the role they are drawn in."""

    label: Phrase | Name
    role: Role
    figures: tuple[Figure, ...]  # one per x
    summary: Phrase | None = None  # panels: the line below the label


@dataclass(frozen=True, slots=True)
class Annotation:
    """At most 50 characters next to the point ``x`` (an index into the chart's x)."""

    x: int
    text: Phrase


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and its data: ``x`` are the starts of the intervals (heat: hours 0-23).
    ``alternatives`` can be shown in its place where a reader can choose. ``level`` is the interval
    with which a new level begins that somebody accepted: limits are broken off before it. ``cut``
    are the intervals that are not whole. ``own_scales``: each panel has one of its own."""

    id: str
    form: ChartForm
    title: Phrase
    subtitle: Phrase | None
    alt: Phrase  # says what the chart says
    x: tuple[date | int, ...]
    granularity: Granularity | Literal["Hourly"]
    unit: Unit
    series: tuple[ChartSeries, ...]
    annotations: tuple[Annotation, ...] = ()
    logarithmic: bool = False
    alternatives: tuple["Chart", ...] = ()
    level: int | None = None
    cut: tuple[int, ...] = ()
    own_scales: bool = False
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class Prose:
    """A few sentences, or a list of short items (``items`` of key phrase and explanation)."""

    sentences: tuple[Phrase, ...] = ()
    items: tuple[tuple[Phrase, Phrase], ...] = ()
    title: Phrase | None = None
    kind: Literal["prose"] = "prose"


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """What one slice, or several together (``others``), adds to the change: exactly, and as it is
    printed, so that the printed parts add up to the printed change."""

    label: Phrase | Name
    size: float
    printed: Part
    others: int = 0


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From ``before`` to ``after`` by ``steps``, whose sizes add up to the difference."""

    id: str
    title: Phrase
    subtitle: Phrase | None
    alt: Phrase
    before: Figure
    after: Figure
    steps: tuple[WaterfallStep, ...]
    periods: tuple[Span, Span]
    target: Figure | None = None
    kind: Literal["waterfall"] = "waterfall"

    @property
    def table(self) -> Table:
        """Its numbers as rows."""
        rows: tuple[tuple[Value, ...], ...] = (
            (self.periods[0], self.before),
            *((step.label, step.printed) for step in self.steps),
            (self.periods[1], self.after),
        )
        heads = (
            Column(Phrase("column.part"), ColumnKind.NAME),
            Column(Phrase("column.points"), ColumnKind.TEXT),
        )
        return Table(self.id, self.title, self.subtitle, heads, rows, len(rows))


@dataclass(frozen=True, slots=True)
class PathStep:
    """One group of environments on the way to production, and the period before."""

    name: Name
    lead: Figure
    lead_before: Figure | None
    lead_verdict: ChangeVerdict
    failed: Figure
    failed_before: Figure | None
    failed_verdict: ChangeVerdict


@dataclass(frozen=True, slots=True)
class Path:
    """The groups of environments in the order in which releases pass them."""

    id: str
    title: Phrase
    subtitle: Phrase | None
    steps: tuple[PathStep, ...]
    kind: Literal["path"] = "path"

    @property
    def table(self) -> Table:
        """Its numbers as rows."""
        rows: tuple[tuple[Value, ...], ...] = tuple(
            (step.name, step.lead, step.lead_before, step.failed, step.failed_before)
            for step in self.steps
        )
        kinds = (ColumnKind.DURATION, ColumnKind.DURATION, ColumnKind.RATE, ColumnKind.RATE)
        names = ("lead_median", "lead_before", "rate", "rate_before")
        heads = (
            Column(Phrase("column.slice.environment-group"), ColumnKind.NAME),
            *(Column(Phrase(f"column.{name}"), k) for name, k in zip(names, kinds, strict=True)),
        )
        return Table(self.id, self.title, self.subtitle, heads, rows, len(rows))


@dataclass(frozen=True, slots=True)
class Dot:
    """One value: how many days after the period began, its ticks, the number of its label."""

    day: float
    size: int
    label: int


@dataclass(frozen=True, slots=True)
class Dots:
    """Single durations over the days of a period, on a logarithmic scale. ``ticks`` are the days to
    be named, ``low`` and ``high`` the ends of the usual range of their median. ``others``: the last
    label is of all that have none of their own."""

    id: str
    title: Phrase
    subtitle: Phrase | None
    alt: Phrase
    period: Span
    ticks: tuple[date, ...]
    labels: tuple[Phrase | Name, ...]
    dots: tuple[Dot, ...]
    others: bool
    low: Figure | None = None
    high: Figure | None = None
    kind: Literal["dots"] = "dots"


Block = Annotated[Table | Chart | Prose | Waterfall | Path | Dots, Field(discriminator="kind")]
