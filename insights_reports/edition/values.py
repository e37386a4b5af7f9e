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
        return _of_version_0_1(cls, value)


class Verdict(StrEnum):
    """The word on a change."""

    BETTER = "better"
    WORSE = "worse"
    NO_CLEAR_CHANGE = "no clear change"
    TOO_FEW = "too few"

    @classmethod
    def _missing_(cls, value: object) -> "Verdict | None":
        return _of_version_0_1(cls, value)


Word = TypeVar("Word", bound=StrEnum)


def _of_version_0_1(words: type[Word], value: object) -> Word | None:
    """The word that version 0.1 wrote as ``verdict.no_clear_change``."""
    section, _, name = str(value).partition(".")
    return words.__members__.get(name.upper()) if section == words.__name__.lower() else None


class Status(StrEnum):
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
    verdict: Verdict
    kind: Literal["change"] = "change"


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


_Object = Annotated[
    Figure | Change | Day | Instant | Span | Name | Phrase | Mark, Field(discriminator="kind")
]
_Plain = Annotated[Verdict | CheckVerdict | Missing | int | float | None, Field(union_mode="smart")]
# Told apart by their kind, objects load twenty times as fast as when each class is tried.
Value = Annotated[_Object | _Plain, Field(union_mode="left_to_right")]
"""What may stand in a cell or a phrase. Ids and versions come from outside: each is a `Name`."""
