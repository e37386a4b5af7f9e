"""The typed document: one subscription for one period, as values, before any of it is text.

Every format renders a `Document` in its own way, so nothing here is formatted and nothing is in
any language: a sentence is a `Phrase` (a key of the language catalogue and its values), a number
is a `Figure`. The document is plain data; `dump` and `load` turn it into JSON and back.

Units: durations are whole ticks of 100 ns; rates are fractions (0.031, not 3.1).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.values import (
    Change,
    Figure,
    Instant,
    Name,
    Phrase,
    Span,
    Status,
    Unit,
    Value,
    Verdict,
)
from insights_reports.spelling.terms import Granularity


class ColumnKind(StrEnum):
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
    TEXT = "text"
    ID = "id"
    DAY = "day"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    title: Phrase
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` hold at most what the page shows; ``total_rows`` says how many there are in all (the
    workbook has them all in ``all_rows`` when that is longer). The first column names the row."""

    id: str
    title: Phrase
    subtitle: Phrase | None
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total_rows: int
    all_rows: tuple[tuple[Value, ...], ...] = ()
    total: tuple[Value, ...] | None = None  # a marked last row: All
    notes: tuple[Phrase, ...] = ()
    kind: Literal["table"] = "table"

    @property
    def complete_rows(self) -> tuple[tuple[Value, ...], ...]:
        return self.all_rows or self.rows


class ChartForm(StrEnum):
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
    LIMIT = "limit"  # process-behaviour limit, target
    CENTRE = "centre"  # process average


@dataclass(frozen=True, slots=True)
class Series:
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
    """A picture and its data: ``x`` are the starts of the intervals (heat: hours 0-23)."""

    id: str
    form: ChartForm
    title: Phrase
    subtitle: Phrase | None
    alt: Phrase  # says what the chart says
    x: tuple[date | int, ...]
    granularity: Granularity | Literal["Hourly"]
    unit: Unit
    series: tuple[Series, ...]
    annotations: tuple[Annotation, ...] = ()
    logarithmic: bool = False
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class Prose:
    """A few sentences, or a list of short items (``items`` of key phrase and explanation)."""

    sentences: tuple[Phrase, ...] = ()
    items: tuple[tuple[Phrase, Phrase], ...] = ()
    title: Phrase | None = None
    kind: Literal["prose"] = "prose"


Block = Annotated[Table | Chart | Prose, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Section:
    """``id`` is a stable anchor: ``project``, ``environment``, ``tenant-tag-set-tagsets-1``,
    ``trends``, ``method``, ``discrepancies``, ``exclusions``."""

    id: str
    title: Phrase
    lead: Phrase | None
    blocks: tuple[Block, ...]
    additive: bool = True  # False: "does not add up" is said on the page


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the four or five KPI tiles of page one, in DORA's order."""

    figure: Figure
    extra: tuple[Figure, ...]  # p90 beside the median, the counts behind a rate
    change: Change  # against the previous period of the same length
    last_year: Change | None  # against the same period last year, where the history reaches
    spark: tuple[Figure, ...]  # the last 12 periods, this one last
    spark_periods: tuple[Span, ...]
    limits: tuple[float, float, float] | None  # XmR: lower limit, centre, upper limit
    reason: Phrase  # why the verdict
    target: Figure | None = None
    band: Phrase | None = None

    @property
    def verdict(self) -> Verdict:
        return self.change.verdict


@dataclass(frozen=True, slots=True)
class Notable:
    """A notable change: one sentence, and the anchor and the document of the rows behind it."""

    text: Phrase
    verdict: Verdict
    anchor: str
    document: str = "summary"


@dataclass(frozen=True, slots=True)
class Exclusion:
    reason: Phrase
    deployments: int
    ids: tuple[str, ...] = ()  # the first hundred; the workbook has them all


@dataclass(frozen=True, slots=True)
class Ledger:
    """The exclusion ledger: ``read`` = ``used`` + the sum of ``excluded``, to the last one."""

    read: int
    used: int
    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True)
class CheckStrip:
    """The cross-check on page one."""

    verdict: CheckVerdict
    figures: int
    agrees: int
    explained: int
    differs: int
    not_comparable: int
    sentence: Phrase
    ledger: Ledger
    gaps: tuple[Phrase, ...] = ()  # restricted names, moved input, what a source cannot know


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity line: whose numbers these are, of what, for when, made when and by what."""

    report_id: str
    report: Name
    subscription: str
    scope: Phrase
    period: Span
    zone: str  # IANA id
    stated_zone: str  # as Octopus spells it
    status: Status
    revision: int
    generated: Instant
    as_of: Instant
    trigger: Literal["schedule", "manual", "backfill", "retry", "demo"]
    account: Name  # the data as seen by this account
    server: str  # https://host, and the version it states
    space: Name
    granularity: Granularity


@dataclass(frozen=True, slots=True)
class Brand:
    """The company's look. ``logo`` is a PNG, re-encoded, in base64; ``accent`` is #rrggbb."""

    company: str = ""
    logo: str = ""
    accent: str = "#0b5c73"
    footer: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """All that one set of files (PDF, Excel, HTML) says.

    ``name`` tells the documents of an edition apart: ``summary``, ``project``, ``tenant-tag-set``…
    ``edition`` has the names of them all, in their order.
    """

    name: str
    title: Phrase
    identity: Identity
    headline: Phrase
    tiles: tuple[Tile, ...]
    notable: tuple[Notable, ...]
    overview: tuple[Block, ...]  # the rest of page one: a chart, a small table
    check: CheckStrip
    sections: tuple[Section, ...]
    language: str = "en"
    paper: Literal["A4", "Letter"] = "A4"
    brand: Brand = Brand()
    formula_version: str = ""
    edition: tuple[str, ...] = ()
    changes: tuple[Phrase, ...] = ()  # what differs from the revision that this one replaces


@cache
def _adapter() -> TypeAdapter[Document]:
    return TypeAdapter(Document)


def dump(document: Document) -> bytes:
    """The document as UTF-8 JSON."""
    return _adapter().dump_json(document, indent=1)


def load(json: bytes) -> Document:
    """The document that `dump` wrote.

    Raises:
        pydantic.ValidationError: when the JSON is not such a document.
    """
    return _adapter().validate_json(json)
