"""The verdict on a period, by two rules against a baseline that stays.

``this``: the period is outside the expected range (one-sided chance below .0015). ``lasting``: the
last eight usable periods together are (below .004, this period on the same side; or below .05 with
all eight on it). Where nothing changes, one to two of a hundred months are called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

import numpy as np

from insights_reports.errors import UsageError
from insights_reports.judgement.chances import Chances, chances
from insights_reports.judgement.levels import Level, taken
from insights_reports.judgement.observed import (
    MeasureKind,
    Observed,
    fitted,
    kind_of,
    observed,
    table,
)
from insights_reports.judgement.ranges import (
    FEWEST,
    STEADY,
    USUAL_THRESHOLDS,
    ExpectedRange,
    Thresholds,
)

TOGETHER = 8  # periods


class Verdict(StrEnum):
    """The word on a figure against its expected range."""

    WORSE = "worse"
    BETTER = "better"
    USUAL = "usual"
    TOO_FEW = "too_few"  # no count of this period would be unusual
    TOO_SHORT = "too_short"  # fewer than eight periods to compare with
    NOTHING_TO_COMPARE = "nothing_to_compare"  # none
    NO_DEPLOYMENTS = "no_deployments"  # or no values, in this period
    SPECIAL = "special"  # less than half of its working days are open


class Rule(StrEnum):
    """Which rule led to a verdict: this period alone, or the last eight together."""

    THIS = "this"
    LASTING = "lasting"


class Side(StrEnum):
    """On which side of the expected range a figure lies."""

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Case:
    """A question: the last of ``recent`` (oldest first) against ``baseline``. The eight together
    are the last usable ones of ``recent``, which may reach into the baseline."""

    kind: MeasureKind
    baseline: tuple[Observed, ...]
    recent: tuple[Observed, ...]
    up_is_good: bool
    thresholds: Thresholds = USUAL_THRESHOLDS


@dataclass(frozen=True, slots=True)
class Window:
    """One period, or eight together: what was counted, what would be usual, and the chances of so
    much or more (``up``) and of so little or less (``down``). ``side`` is that of the level on
    which every period of the window lies, None if they lie on both or on it."""

    count: float
    exposure: float
    usual: float
    up: float
    down: float
    side: Side | None

    def chance(self, side: Side) -> float:
        return self.up if side is Side.HIGH else self.down


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and all that it rests on. ``rules`` are those that called it, ``lasting`` first;
    ``known`` is the number of baseline periods. What was not computed is None."""

    verdict: Verdict
    known: int
    rules: tuple[Rule, ...] = ()
    side: Side | None = None
    range: ExpectedRange | None = None
    this: Window | None = None
    eight: Window | None = None

    @property
    def called(self) -> bool:
        return bool(self.rules)

    @property
    def provisional(self) -> bool:
        """Whether the verdict rests on fewer than twenty periods."""
        return self.this is not None and self.known < STEADY


def judge(
    measure_kind: str,
    baseline: Sequence[Observed | tuple[float, float]],
    recent: Sequence[Observed | tuple[float, float]],
    *,
    up_is_good: bool = False,
    thresholds: Thresholds = USUAL_THRESHOLDS,
) -> Judgement:
    """The verdict on the last of ``recent`` against ``baseline``.

    Args:
        measure_kind: ``share``, ``count`` or ``median``, as for ``expected_range``.
        baseline: pairs of count and exposure, one a period.
        recent: the same, oldest first; the last is judged, the last eight are judged together.
        up_is_good: whether more is better; for failures and durations it is not.

    Raises:
        UsageError: an unknown kind, counts that no period can have, or nothing to judge.
    """
    kind = kind_of(measure_kind)
    known, judged = observed(kind, baseline), observed(kind, recent)
    if not judged:
        raise UsageError(
            "Nothing to judge.", "recent is empty", "Give the period to judge as last."
        )
    return judge_all([Case(kind, known, judged, up_is_good, thresholds)])[0]


def judge_all(cases: Sequence[Case]) -> list[Judgement]:
    """The verdicts on many series at once, in the order of the cases; an edition's worth in a
    fraction of a second."""
    judgements: list[Judgement | None] = [_unjudged(case) for case in cases]
    open_cases = [at for at, judgement in enumerate(judgements) if judgement is None]
    order = sorted(open_cases, key=lambda at: (cases[at].kind, cases[at].thresholds.this))
    for _, group in groupby(order, key=lambda at: (cases[at].kind, cases[at].thresholds.this)):
        places = list(group)
        found = _judged([cases[at] for at in places])
        for at, judgement in zip(places, found, strict=True):
            judgements[at] = judgement
    return [judgement for judgement in judgements if judgement is not None]


def _unjudged(case: Case) -> Judgement | None:
    """The word where no chance is computed."""
    last, known = case.recent[-1], sum(period.usable for period in case.baseline)
    if last.special:
        return Judgement(Verdict.SPECIAL, known)
    if last.exposure == 0:
        return Judgement(Verdict.NO_DEPLOYMENTS, known)
    if known == 0:
        return Judgement(Verdict.NOTHING_TO_COMPARE, known)
    return Judgement(Verdict.TOO_SHORT, known) if known < FEWEST else None


def _judged(cases: Sequence[Case]) -> list[Judgement]:
    """Of one kind, all with a baseline."""
    level = fitted(cases[0].kind, [[p for p in case.baseline if p.usable] for case in cases])
    ones = [case.recent[-1:] for case in cases]
    eights = [tuple(p for p in case.recent if p.usable)[-TOGETHER:] for case in cases]
    full = [at for at, eight in enumerate(eights) if len(eight) == TOGETHER]
    this, ranges = _windows(level, ones, cases[0].thresholds.this)
    together, _ = _windows(taken(level, np.array(full, dtype=np.int64)), [eights[i] for i in full])
    eight_of = dict(zip(full, together, strict=True))
    return [
        _verdict(case, int(level.periods[at]), this[at], ranges[at], eight_of.get(at))
        for at, case in enumerate(cases)
    ]


def _windows(
    level: Level, windows: Sequence[Sequence[Observed]], least: float | None = None
) -> tuple[list[Window], list[ExpectedRange]]:
    if not windows:
        return [], []
    counts, exposures = table(windows)
    count, exposure = counts.sum(axis=1), exposures.sum(axis=1)
    found = chances(level, count, exposure, (exposures**2).sum(axis=1) / exposure**2, least)
    above = counts - level.centre[:, None] * exposures
    sides = (above > 0).all(axis=1).astype(int) - (above < 0).all(axis=1).astype(int)
    columns = (count, exposure, level.centre * exposure, found.up, found.down)
    on_side = [_SIDES[side] for side in sides.tolist()]
    made = list(map(Window, *(column.tolist() for column in columns), on_side))
    return made, _ranges(level, exposure.tolist(), found)


_SIDES = {1: Side.HIGH, -1: Side.LOW, 0: None}


def _ranges(level: Level, exposure: list[float], found: Chances) -> list[ExpectedRange]:
    columns = (found.low.tolist(), found.high.tolist(), exposure, level.centre.tolist())
    return [ExpectedRange(*row) for row in zip(*columns, strict=True)]


def _verdict(
    case: Case, known: int, this: Window, usual: ExpectedRange, eight: Window | None
) -> Judgement:
    for side in Side:
        rules = _rules(case.thresholds, side, this, eight)
        if rules:
            good = (side is Side.HIGH) == case.up_is_good
            verdict = Verdict.BETTER if good else Verdict.WORSE
            return Judgement(verdict, known, rules, side, usual, this, eight)
    speechless = (
        case.kind is not MeasureKind.COUNT and usual.low == 0 and usual.high >= usual.exposure
    )
    verdict = Verdict.TOO_FEW if speechless else Verdict.USUAL
    return Judgement(verdict, known, (), None, usual, this, eight)


def _rules(
    thresholds: Thresholds, side: Side, this: Window, eight: Window | None
) -> tuple[Rule, ...]:
    rules: tuple[Rule, ...] = (Rule.THIS,) if this.chance(side) < thresholds.this else ()
    if eight is None or this.side is not side:
        return rules
    bar = thresholds.all_eight if eight.side is side else thresholds.lasting
    return (Rule.LASTING, *rules) if eight.chance(side) < bar else rules
