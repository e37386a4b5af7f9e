"""What the cross-check found, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.metrics import Conventions
from insights_reports.spelling.figures import FIGURES, POSITION, Kind
from insights_reports.spelling.text import print_duration


class CheckVerdict(StrEnum):
    """The cross-check's word on one stated figure, and on all of them."""

    AGREES = "agrees"
    DIFFERS = "differs"
    EXPLAINED = "explained"
    NOT_COMPARABLE = "not comparable"
    NONE_STATED = "none stated"
    """Octopus states no figures: on all of them only."""

    @classmethod
    def _missing_(cls, value: object) -> CheckVerdict | None:
        """As version 0.1 wrote it: ``check.not_comparable``."""
        word = str(value).removeprefix("check.").replace("_", " ")
        return None if word == value else cls(word)


Value = int | float | None


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A stated figure that does not agree with ours.

    Durations are ticks of 100 ns, counts int, rates and numbers float; None is null.

    Attributes:
        tag_set: the id of the tenant tag set of the split TenantTagSet.
        series: the name of the series; None for one that this account may not see.
        start_of_interval: None for something that Octopus states of a series as a whole.
        statistic: None for NumberOfSuccessfulDeployments, which has no statistics.
        tolerance: how far the two may lie apart, by the digits stated.
        deployment_ids: the deployments behind ours, by completion, at most 50 of them.
        deployments: how many they are.
    """

    split: str
    tag_set: str | None
    time_range: str
    granularity: str
    series: str | None
    start_of_interval: date | None
    metric: str
    statistic: str | None
    stated: Value
    recomputed: Value
    difference: Value
    tolerance: float
    verdict: CheckVerdict
    cause: Cause
    deployment_ids: tuple[str, ...] = ()
    deployments: int = 0

    @property
    def kind(self) -> Kind:
        position = POSITION.get((self.metric, self.statistic))
        return "number" if position is None else FIGURES[position].kind

    def to_json(self) -> dict[str, Any]:
        """With durations as Octopus spells them, for example ``-0:00:01.0``."""
        spell = spell_duration if self.kind == "duration" else _plain
        return {
            "split": self.split,
            "tenantTagSet": self.tag_set,
            "timeRange": self.time_range,
            "granularity": self.granularity,
            "series": self.series,
            "startOfInterval": self.start_of_interval and self.start_of_interval.isoformat(),
            "metric": self.metric,
            "statistic": self.statistic,
            "stated": spell(self.stated),
            "recomputed": spell(self.recomputed),
            "difference": spell(self.difference),
            "tolerance": spell(self.tolerance),
            "verdict": self.verdict.value,
            "cause": self.cause.code,
            "reason": str(self.cause),
            "deploymentIds": list(self.deployment_ids),
            "deployments": self.deployments,
        }


@dataclass(frozen=True, slots=True)
class StreamDiscrepancy:
    """A stream value of one deployment that does not agree with the one recomputed.

    ``field`` is the name in the API, for example TimeToRecovery; durations are ticks.
    """

    deployment_id: str
    field: str
    stated: int | float | str | None
    recomputed: int | float | str | None
    verdict: CheckVerdict
    cause: Cause

    def to_json(self) -> dict[str, Any]:
        spell = spell_duration if self.field.startswith("Time") else _plain
        return {
            "deploymentId": self.deployment_id,
            "field": self.field,
            "stated": spell(self.stated),
            "recomputed": spell(self.recomputed),
            "verdict": self.verdict.value,
            "cause": self.cause.code,
            "reason": str(self.cause),
        }


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """The stated stream values of every deployment against the recomputed ones."""

    figures: int = 0
    agrees: int = 0
    differs: int = 0
    explained: int = 0
    not_comparable: int = 0
    discrepancies: tuple[StreamDiscrepancy, ...] = ()

    @property
    def verdict(self) -> CheckVerdict:
        return overall(self)

    def to_json(self) -> dict[str, Any]:
        return {
            **_counts(self),
            "discrepancies": [found.to_json() for found in self.discrepancies],
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way a server may do it, and how many of its figures that way explains."""

    name: str
    explained: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """How an undocumented convention was chosen: over how many stated figures, among which.

    ``chosen`` explains most of them; of several that do, the one for which the server's other
    figures speak, else the first.
    """

    convention: str
    chosen: str
    figures: int
    candidates: tuple[Candidate, ...]

    @property
    def explained(self) -> int:
        return next(one.explained for one in self.candidates if one.name == self.chosen)

    def to_json(self) -> dict[str, Any]:
        return {
            "convention": self.convention,
            "chosen": self.chosen,
            "figures": self.figures,
            "candidates": {one.name: one.explained for one in self.candidates},
        }


FindingKind = Literal[
    "constant factor",
    "constant offset",
    "shifted interval",
    "other statistic",
    "other population",
    "irregular",
    "alone",
]


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """Differences of one kind: how many figures differ in the same way, and in which way.

    Attributes:
        metric, statistic: of which figures; None where several differ alike.
        questions: which questions' replies state them, for example "None, LastYear, Monthly".
        count: how many figures differ so; ``compared`` is how many such figures these replies have,
            zeros and nulls on both sides left out.
        amount: the factor; the offset (ticks of 100 ns for durations); how many intervals later
            ours of the same value stands; 1 for a population with more deployments, -1 with fewer.
        other: the statistic of ours that is stated in its place.
        unit: the kind of the figures.
    """

    kind: FindingKind
    metric: str | None
    statistic: str | None
    questions: tuple[str, ...]
    count: int
    compared: int
    amount: float | None = None
    other: str | None = None
    unit: Kind = "number"

    def joined(self, others: Sequence[CheckFinding]) -> CheckFinding:
        """This finding and others of its kind as one."""
        every = (self, *others)
        one_metric = all(one.metric == self.metric for one in every)
        one_statistic = one_metric and all(one.statistic == self.statistic for one in every)
        return replace(
            self,
            metric=self.metric if one_metric else None,
            statistic=self.statistic if one_statistic else None,
            questions=tuple(dict.fromkeys(text for one in every for text in one.questions)),
            count=sum(one.count for one in every),
            compared=sum(one.compared for one in every),
        )

    @property
    def facts(self) -> dict[str, int | float | str | None]:
        """What its sentence speaks of: plain values, by name."""
        size = None if self.amount is None else abs(self.amount)
        percent = None if self.amount is None else abs(self.amount - 1) * 100
        return {
            "count": self.count,
            "compared": self.compared,
            "amount": size,
            "percent": percent if self.kind == "constant factor" else None,
            "direction": _direction(self),
            "other": self.other,
        }

    def to_json(self) -> dict[str, Any]:
        spell = spell_duration if self._is_duration else _plain
        return {
            "kind": self.kind,
            "metric": self.metric,
            "statistic": self.statistic,
            "questions": list(self.questions),
            "count": self.count,
            "compared": self.compared,
            "factor": self.amount if self.kind == "constant factor" else None,
            "offset": spell(self.amount) if self.kind == "constant offset" else None,
            "intervals": self.amount if self.kind == "shifted interval" else None,
            "otherStatistic": self.other,
            "direction": _direction(self),
        }

    @property
    def _is_duration(self) -> bool:
        return self.unit == "duration"


def _direction(found: CheckFinding) -> str | None:
    """Whether more is stated than ours, or less; of a shift, whether ours lies later or earlier."""
    if found.amount is None:
        return None
    if found.kind == "shifted interval":
        return "later" if found.amount > 0 else "earlier"
    return "above" if found.amount > (found.kind == "constant factor") else "below"


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Every stated figure with its verdict, in numbers; those that do not agree one by one.

    Attributes:
        figures: how many figures were compared; the four counts add up to it.
        conventions: the conventions our figures follow, as inferred.
        evidence: how each convention was chosen.
        discrepancies: every figure that does not agree; those that differ come first.
        findings: those that differ, gathered by what they have in common; the largest first.
        streams: the same for the stream values of each deployment, counted apart.
    """

    figures: int
    agrees: int
    differs: int
    explained: int
    not_comparable: int
    conventions: Conventions = field(default_factory=Conventions)
    evidence: tuple[Evidence, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    streams: StreamCheck = field(default_factory=StreamCheck)
    findings: tuple[CheckFinding, ...] = ()

    @property
    def verdict(self) -> CheckVerdict:
        return overall(self)

    def to_json(self) -> dict[str, Any]:
        """The document that ``insights-reports cross-check --json`` prints."""
        return {
            **_counts(self),
            "conventions": {one.convention: one.chosen for one in self.evidence},
            "evidence": [one.to_json() for one in self.evidence],
            "findings": [one.to_json() for one in self.findings],
            "discrepancies": [found.to_json() for found in self.discrepancies],
            "streams": self.streams.to_json(),
        }


def overall(counts: CrossCheck | StreamCheck) -> CheckVerdict:
    """The verdict on all figures together: ``differs`` if any figure does, ``explained`` if none
    does but some have a reason, ``agrees`` only where some figure agrees."""
    if not counts.figures:
        return CheckVerdict.NONE_STATED
    if counts.differs:
        return CheckVerdict.DIFFERS
    if counts.explained:
        return CheckVerdict.EXPLAINED
    return CheckVerdict.AGREES if counts.agrees else CheckVerdict.NOT_COMPARABLE


def spell_duration(ticks: object) -> str | None:
    """Ticks as Octopus spells durations; None is null."""
    return print_duration(int(ticks)) if isinstance(ticks, int | float) else None


def _plain(value: object) -> object:
    return value


def _counts(check: CrossCheck | StreamCheck) -> dict[str, Any]:
    return {
        "verdict": check.verdict.value,
        "figures": check.figures,
        "agrees": check.agrees,
        "differs": check.differs,
        "explained": check.explained,
        "notComparable": check.not_comparable,
    }
