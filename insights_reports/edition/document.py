"""The typed document: one subscription for one period, as values, before any of it is text.

Every format renders a `Document` in its own way, so nothing here is formatted and nothing is in
any language: a sentence is a `Phrase` (a key of the language catalogue and its values), a number
is a `Figure`. The document is plain data; `dump` and `load` turn it into JSON and back.

Units: durations are whole ticks of 100 ns; rates are fractions (0.031, not 3.1).
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from pydantic.alias_generators import to_camel

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.blocks import (
    Annotation,
    Block,
    Chart,
    ChartForm,
    ChartSeries,
    Column,
    ColumnKind,
    Dot,
    Dots,
    Path,
    PathStep,
    Prose,
    Role,
    Table,
    Waterfall,
    WaterfallStep,
)
from insights_reports.edition.earlier import read
from insights_reports.edition.values import (
    Change,
    ChangeVerdict,
    Figure,
    Instant,
    Judged,
    Metric,
    Name,
    Part,
    Phrase,
    Span,
    Status,
)
from insights_reports.spelling.terms import Granularity

__all__ = [
    "Annotation",
    "Block",
    "Brand",
    "Chart",
    "ChartForm",
    "ChartSeries",
    "CheckStrip",
    "Column",
    "ColumnKind",
    "Document",
    "Dot",
    "Dots",
    "EditorsNote",
    "Exclusion",
    "Exclusions",
    "Finding",
    "FindingLine",
    "Identity",
    "Path",
    "PathStep",
    "Prose",
    "Role",
    "Section",
    "Table",
    "TargetWord",
    "Tile",
    "Waterfall",
    "WaterfallStep",
    "dump",
    "load",
]


@dataclass(frozen=True, slots=True)
class Section:
    """``id`` is a stable anchor: ``project``, ``environment``, ``tenant-tag-set-tagsets-1``,
    ``trends``, ``method``, ``discrepancies``, ``exclusions``. ``message`` is what its figures say,
    for its heading; ``title`` names it."""

    id: str
    title: Phrase
    lead: Phrase | None
    blocks: tuple[Block, ...]
    message: Phrase | None = None

    @property
    def heading(self) -> Phrase:
        """What stands above it."""
        return self.message or self.title


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
        level: the period with which a new level begins that somebody accepted.
        compared: the days that ``change`` and ``last_year`` are against.
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
    level: Span | None = None
    compared: tuple[Span, ...] = ()

    @property
    def verdict(self) -> ChangeVerdict:
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
    def verdict(self) -> ChangeVerdict:
        """The word on its first measure, which is its gravest."""
        return self.measures[0].judged.verdict

    @property
    def text(self) -> Phrase:
        return Phrase("finding.text", {"slice": self.subject, "what": self.measures[0].text})


@dataclass(frozen=True, slots=True)
class EditorsNote:
    """What an editor says of the edition: sentences for each section (``page-one`` too)."""

    author: Name
    texts: tuple[tuple[str, Name], ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The deployments that were not used for one reason; each has one reason only."""

    reason: Phrase
    deployments: int
    ids: tuple[str, ...] = ()  # the first hundred; the workbook has them all


@dataclass(frozen=True, slots=True)
class Exclusions:
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
    ledger: Exclusions
    gaps: tuple[Phrase, ...] = ()  # restricted names, moved input, what a source cannot know
    findings: tuple[Phrase, ...] = ()  # differences, one of a kind each
    line: Phrase | None = None  # the one line of a check that agrees

    @property
    def disputed(self) -> bool:
        """Whether Octopus states other figures."""
        return self.verdict is CheckVerdict.DIFFERS


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
    trigger: Literal["schedule", "manual", "webhook", "backfill", "retry", "demo"]
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


@with_config(ConfigDict(alias_generator=to_camel, populate_by_name=True))  # of all in it, too
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
    note: EditorsNote | None = None
    dated: tuple[Phrase, ...] = ()  # notes of the calendar on this period and the one before
    missed: Phrase | None = None  # which slices missed a target of their own


@cache
def _adapter() -> TypeAdapter[Document]:
    return TypeAdapter(Document)


def dump(document: Document) -> bytes:
    """The document as UTF-8 JSON."""
    return _adapter().dump_json(document, indent=1, by_alias=True)


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
