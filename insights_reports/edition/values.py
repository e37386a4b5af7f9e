"""What an edition says, as values: figures, changes, names, phrases, days, and what is missing.

Nothing here is formatted and nothing is in any language. Units: durations are whole ticks of
100 ns; rates are fractions (0.031, not 3.1).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from insights_reports.crosscheck.result import CheckVerdict


class Metric(StrEnum):
    """What is measured; the names are DORA's and Octopus's."""

    DEPLOYMENT_FREQUENCY = "deployment_frequency"
    LEAD_TIME = "lead_time"
    TIME_TO_RECOVERY = "time_to_recovery"
    FAILURE_RATE = "failure_rate"
    REWORK_RATE = "rework_rate"
    TIME_SINCE_PREVIOUS = "time_since_previous"
    DEPLOYMENTS_UNTIL_RECOVERY = "deployments_until_recovery"


class Statistic(StrEnum):
    """How the deployments of a period became one number."""

    COUNT = "count"  # successful deployments
    TOTAL = "total"  # successful and failed deployments
    FAILED = "failed"  # failed deployments, guided failures included
    GUIDED = "guided"  # successful but had a guided failure
    PER_WEEK = "per_week"  # successful deployments / exact length of the period in weeks
    ACTIVE_DAYS = "active_days"  # days with at least one successful deployment
    RATE = "rate"
    MEAN = "mean"
    MEDIAN = "median"
    P90 = "p90"
    P95 = "p95"
    MIN = "min"
    MAX = "max"


class Unit(StrEnum):
    """Durations are in ticks of 100 ns, rates are fractions."""

    COUNT = "count"
    PER_WEEK = "per_week"
    DAYS = "days"
    RATE = "rate"
    DURATION = "duration"
    NUMBER = "number"  # a plain number that is no count: mean deployments until recovery


class Missing(StrEnum):
    """Why a value is absent. None of these is zero."""

    NO_DEPLOYMENTS = "no deployments"
    NO_VALUES = "no values"  # deployments, but none has this measure (no failure to recover from)
    TOO_FEW = "too few values"
    NO_ACCESS = "no access"
    NOT_LOADED = "not loaded"
    NO_HISTORY = "no history"  # the period lies before the data

    @classmethod
    def _missing_(cls, value: object) -> "Missing | None":
        return _of_version_0_1(cls, "missing", value)


class ChangeVerdict(StrEnum):
    """The word on a change."""

    BETTER = "better"
    WORSE = "worse"
    MORE = "more"  # deployments of one slice: neither good nor bad
    FEWER = "fewer"
    LOOK = "worth a look"  # outside alone, but among so many slices some are by chance
    USUAL = "usual"
    TOO_FEW = "too few"  # no value of this period would be unusual
    TOO_SHORT = "too short"  # fewer than eight periods to compare with
    NOTHING_TO_COMPARE = "nothing to compare with"
    SPECIAL = "not judged"  # less than half of the period is open, or it is not over

    @classmethod
    def _missing_(cls, value: object) -> "ChangeVerdict | None":
        if value in ("no clear change", "verdict.no_clear_change"):  # until version 0.1
            return cls.USUAL
        return _of_version_0_1(cls, "verdict", value)

    @property
    def outside(self) -> bool:
        """Whether the figure lies outside its usual range."""
        return self in (
            ChangeVerdict.BETTER,
            ChangeVerdict.WORSE,
            ChangeVerdict.MORE,
            ChangeVerdict.FEWER,
        )


Word = TypeVar("Word", bound=StrEnum)


def _of_version_0_1(words: type[Word], section: str, value: object) -> Word | None:
    """The word that version 0.1 wrote as ``verdict.no_clear_change``."""
    found, _, name = str(value).partition(".")
    return words.__members__.get(name.upper()) if found == section else None


class Status(StrEnum):
    """Provisional: the period is not over. Revised: it replaces an edition that was sent."""

    PROVISIONAL = "provisional"
    FINAL = "final"
    REVISED = "revised"


_COUNTS = {Statistic.COUNT, Statistic.TOTAL, Statistic.FAILED, Statistic.GUIDED}
_PLAIN = {Statistic.PER_WEEK: Unit.PER_WEEK, Statistic.ACTIVE_DAYS: Unit.DAYS}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: what it measures, its statistic, its value and how many values (n) made it.

    ``value`` is None exactly when ``missing`` says why.
    """

    metric: Metric
    statistic: Statistic
    value: int | float | None
    n: int | None = None
    missing: Missing | None = None
    kind: Literal["figure"] = "figure"

    def __post_init__(self) -> None:
        if (self.value is None) != (self.missing is not None):
            raise ValueError(f"{self.metric} {self.statistic}: a value, or why there is none")

    @property
    def unit(self) -> Unit:
        if self.statistic in _COUNTS:
            return Unit.COUNT
        if self.statistic in _PLAIN:
            return _PLAIN[self.statistic]
        if self.statistic is Statistic.RATE:
            return Unit.RATE
        if self.metric is Metric.DEPLOYMENTS_UNTIL_RECOVERY:
            return Unit.NUMBER
        return Unit.DURATION


@dataclass(frozen=True, slots=True)
class Change:
    """From ``before`` to ``after``: the difference in the figure's own unit (rates: in points, as
    a fraction) and, where the base allows one (not zero, n >= 10, no rate), the ratio - 1."""

    before: Figure
    after: Figure
    difference: int | float | None
    ratio: float | None
    verdict: ChangeVerdict
    kind: Literal["change"] = "change"


@dataclass(frozen=True, slots=True)
class Part:
    """A signed part of a change, in the unit of the figure: of a rate 0.069 is 6.9 points."""

    size: float
    unit: Unit
    kind: Literal["part"] = "part"


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar date in the report's zone."""

    date: date
    kind: Literal["day"] = "day"


@dataclass(frozen=True, slots=True)
class Instant:
    """An aware instant, shown in ``zone`` (IANA id)."""

    at: datetime
    zone: str
    kind: Literal["instant"] = "instant"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of dates with the name it goes by (2026-09, 2026-Q3, 2026-W40, 2026)."""

    name: str
    start: date
    end: date
    kind: Literal["span"] = "span"


@dataclass(frozen=True, slots=True)
class Name:
    """Text from Octopus or the configuration (a name, an id, a version): hostile, never translated.

    ``text`` is None for a thing this account may not see; formats print "Restricted (id)".
    """

    text: str | None
    id: str = ""
    kind: Literal["name"] = "name"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence or label: a key of the language catalogue and the values it speaks of."""

    key: str
    values: dict[str, "Value"] = field(default_factory=dict)
    kind: Literal["phrase"] = "phrase"


@dataclass(frozen=True, slots=True)
class Mark:
    """An inline picture in a table cell: a dot at ``at`` on a line from ``low`` to ``high``, with
    the earlier value as an open dot. All in the unit of the column; ``limit`` draws a rule."""

    at: float | None
    low: float | None
    high: float | None
    before: float | None = None
    limit: float | None = None
    kind: Literal["mark"] = "mark"


@dataclass(frozen=True, slots=True)
class Strip:
    """A picture in a table cell: the value on the line of its own usual range, which is [-1, 1]
    with its middle at 0. ``at`` is clipped where it is drawn, beyond 6."""

    at: float
    verdict: ChangeVerdict
    side: Literal["low", "high"] | None = None  # on which it lies outside
    kind: Literal["strip"] = "strip"

    @property
    def usual(self) -> bool:
        return self.side is None


@dataclass(frozen=True, slots=True)
class Usual:
    """The expected range of this period as figures of the kind it is the range of; an end is None
    where any value so low, or so high, would be usual. ``known`` is the number of periods that it
    rests on: of few it is ``provisional``."""

    low: Figure | None
    high: Figure | None
    known: int
    provisional: bool


@dataclass(frozen=True, slots=True)
class Since:
    """The first day of the week in which a change most likely began, and of the first and last in
    which it may have. Where that is more than three weeks (not ``exact``) only the window is said.
    """

    week: date
    earliest: date
    latest: date
    exact: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one figure.

    Attributes:
        side: on which it lies outside its usual range.
        lasting: whether the last eight periods together say so.
        counted: what was counted, where the figure itself does not show the verdict: in the last
            eight periods where this one cannot speak or is called for them alone, and of the values
            of a median that is as usual and beyond what its range can say.
        distance: how far it lies from the middle of its range, in halves of the range.
    """

    verdict: ChangeVerdict
    side: Literal["low", "high"] | None = None
    usual: Usual | None = None
    since: Since | None = None
    lasting: bool = False
    counted: Phrase | None = None
    distance: float | None = None


_Object = Annotated[
    Figure | Change | Part | Day | Instant | Span | Name | Phrase | Mark | Strip,
    Field(discriminator="kind"),
]
_Plain = Annotated[
    ChangeVerdict | CheckVerdict | Missing | int | float | None, Field(union_mode="smart")
]
# Told apart by their kind, objects load twenty times as fast as when each class is tried.
Value = Annotated[_Object | _Plain, Field(union_mode="left_to_right")]
"""What may stand in a cell or a phrase. Ids and versions come from outside: each is a `Name`."""
