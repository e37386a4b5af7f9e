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

from pydantic import Field, TypeAdapter, ValidationError

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.earlier import read
from insights_reports.edition.values import (
    Change,
    Figure,
    Instant,
    Judged,
    Metric,
    Name,
    Part,
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
    STRIP = "strip"  # `Strip` cells: the value of the column before on its own usual range
    PART = "part"  # `Part` cells
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
    row_verdicts: tuple[Verdict, ...] = ()
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
    lead_verdict: Verdict
    failed: Figure
    failed_before: Figure | None
    failed_verdict: Verdict


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


Block = Annotated[Table | Chart | Prose | Waterfall | Path, Field(discriminator="kind")]


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
class TargetWord:
    """What is said of a figure and its target.

    Attributes:
        met: None where the period is too few to tell.
        missed_by: the difference, without a sign; None where it is met.
        met_of: in how many of the periods of the sparkline it was met, and of how many.
        assurance: whether the process will meet it as it is.
    """

    target: Figure
    met: bool | None
    missed_by: Figure | None
    met_of: tuple[int, int]
    assurance: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the four or five KPI tiles of page one, in DORA's order.

    Attributes:
        extra: the 90th percentile beside the median, the counts behind a rate.
        change: against the previous period of the same length.
        last_year: against the same period last year, where the history reaches.
        spark: the last twelve periods that are known, this one last.
        spark_usual: the usual range of each of them, None where it is not known.
        reason: what the verdict rests on, in a sentence.
        stated: what Octopus states, where that is another figure.
    """

    figure: Figure
    extra: tuple[Figure, ...]
    change: Change
    last_year: Change | None
    spark: tuple[Figure, ...]
    spark_periods: tuple[Span, ...]
    judged: Judged
    reason: Phrase
    spark_usual: tuple[tuple[float, float] | None, ...] = ()
    target: TargetWord | None = None
    band: Phrase | None = None
    stated: Figure | None = None
    note: Phrase | None = None

    @property
    def verdict(self) -> Verdict:
        return self.judged.verdict

    @property
    def before(self) -> Figure:
        return self.change.before


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One measure of a slice that lies outside its usual range; ``text`` says it in a phrase."""

    metric: Metric
    figure: Figure
    before: Figure
    judged: Judged
    text: Phrase


@dataclass(frozen=True, slots=True)
class Finding:
    """A slice that changed, as one cause.

    Attributes:
        split: what the slice is: ``project``, ``environment``, ``tenant-tag-set``.
        anchor, document, row: the section, the document and the row (`Table.row_ids`) behind it.
        part: what the slice adds to the change of the failure rate.
        same_cause: other slices that are as usual without this one.
    """

    subject: Phrase | Name
    split: str
    anchor: str
    document: str
    row: str
    measures: tuple[FindingLine, ...]
    part: Part | None = None
    same_cause: tuple[Phrase, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The word on its first measure, which is its gravest."""
        return self.measures[0].judged.verdict

    @property
    def text(self) -> Phrase:
        return Phrase("finding.text", {"slice": self.subject, "what": self.measures[0].text})


@dataclass(frozen=True, slots=True)
class Note:
    """What an editor says of the edition: sentences for each section (``page-one`` too)."""

    author: Name
    texts: tuple[tuple[str, Name], ...]


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
    findings: tuple[Phrase, ...] = ()  # differences, one of a kind each
    line: Phrase | None = None  # the one line of a check that agrees


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
    subject: Phrase  # the headline in the subject of a mail
    headline: Phrase
    tiles: tuple[Tile, ...]
    findings: tuple[Finding, ...]
    overview: tuple[Block, ...]  # the rest of page one: a chart, a small table
    check: CheckStrip
    sections: tuple[Section, ...]
    language: str = "en"
    paper: Literal["A4", "Letter"] = "A4"
    brand: Brand = Brand()
    formula_version: str = ""
    edition: tuple[str, ...] = ()
    changes: tuple[Phrase, ...] = ()  # what differs from the revision that this one replaces
    questions: tuple[Phrase, ...] = ()
    last_edition: tuple[Phrase, ...] = ()  # what the one before found, and whether it ended
    note: Note | None = None


@cache
def _adapter() -> TypeAdapter[Document]:
    return TypeAdapter(Document)


def dump(document: Document) -> bytes:
    """The document as UTF-8 JSON."""
    return _adapter().dump_json(document, indent=1)


def load(json: bytes) -> Document:
    """The document that `dump` wrote, by this version or by an earlier one.

    Raises:
        pydantic.ValidationError: when the JSON is not such a document.
    """
    try:
        return _adapter().validate_json(json)
    except ValidationError:
        plain = read(json)
        if plain is None:
            raise
        return _adapter().validate_python(plain)
