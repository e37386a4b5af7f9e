"""Process-behaviour (XmR) charts: limits of all values, and named rule sets on limits that stay.

``western`` is what many tools draw: a point outside three sigma, eight on one side, three of four
near a limit. ``mdc`` are the rules of NHS England's Making Data Count. Both call far more months
in which nothing changed than the expected range does; ``false_alarms`` says how many.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Literal

from insights_reports.errors import UsageError
from insights_reports.judgement.ranges import FEWEST
from insights_reports.judgement.verdicts import Side, Verdict

Rule = Literal[
    "outside",
    "eight_on_one_side",
    "three_of_four_near_limit",
    "six_on_one_side",
    "six_in_one_direction",
    "two_of_three_near_limit",
]

FEWEST_POINTS = 12  # for limits of all values
_TO_LIMITS = 2.66  # 3 / 1.128: from the mean moving range of two points to three sigma


@dataclass(frozen=True, slots=True)
class RuleSet:
    """``run`` on one side, ``trend`` in one direction (0: no such rule), and ``near`` of ``of``
    successive points farther from the centre than ``from_centre`` of the way to the limit.

    ``false_alarms`` is the share of periods called although nothing changed, with 11 and with 24
    periods in the baseline (normal noise; benchmarks/judgement.py)."""

    run: tuple[int, Rule]
    trend: tuple[int, Rule] | None
    near: tuple[int, int, float, Rule]
    false_alarms: tuple[float, float]


RULE_SETS = {
    "western": RuleSet(
        (8, "eight_on_one_side"), None, (3, 4, 1 / 2, "three_of_four_near_limit"), (0.043, 0.022)
    ),
    "mdc": RuleSet(
        (6, "six_on_one_side"),
        (6, "six_in_one_direction"),
        (2, 3, 2 / 3, "two_of_three_near_limit"),
        (0.081, 0.059),
    ),
}


@dataclass(frozen=True, slots=True)
class Signal:
    """A point, or the points up to it, that the process's noise does not account for.

    ``at`` is the position of the last point that makes the signal, in the values as given.
    """

    rule: Rule
    side: Side
    at: int


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """Process-behaviour (XmR) limits: natural process limits around the mean, and the signals."""

    lower: float
    centre: float
    upper: float
    signals: tuple[Signal, ...]


def xmr(values: Sequence[float | None], least: float | None = None) -> ControlLimits | None:
    """The limits of an XmR chart: mean plus and minus 2.66 mean moving ranges.

    Signals: a point outside the limits; eight successive points on one side of the mean; three of
    four successive points on one side, nearer to that limit than to the mean.

    Args:
        values: one per period, oldest first; None is a period without a value and is passed over.
        least: the smallest value there can be; the lower limit is not drawn below it.

    Returns:
        None with fewer than twelve values.
    """
    return _limits(values, values, FEWEST_POINTS, RULE_SETS["western"], least)


def locked_xmr(
    values: Sequence[float | None],
    baseline: slice,
    rules: str = "western",
    least: float | None = None,
) -> ControlLimits | None:
    """The limits of a baseline among the values, and the signals of all of them against it.

    Returns:
        None with fewer than eight values in the baseline.

    Raises:
        UsageError: an unknown rule set.
    """
    return _limits(values, values[baseline], FEWEST, rule_set(rules), least)


def rule_set(name: str) -> RuleSet:
    """The rules of this name; `UsageError` where there are none."""
    if name not in RULE_SETS:
        raise UsageError("Unknown rule set.", repr(name), "Use range, western or mdc.")
    return RULE_SETS[name]


def judge_on_chart(
    values: Sequence[float | None],
    baseline: slice,
    rules: str = "western",
    *,
    up_is_good: bool,
    least: float | None = None,
) -> tuple[Verdict, Signal | None]:
    """The verdict on the last value by a named rule set on limits that stay: a signal that ends at
    it, the first of them in the order outside, run, trend, near."""
    if values[-1] is None:
        return Verdict.NO_DEPLOYMENTS, None
    limits = locked_xmr(values, baseline, rules, least)
    if limits is None:
        known = [value for value in values[baseline] if value is not None]
        return (Verdict.TOO_SHORT if known else Verdict.NOTHING_TO_COMPARE), None
    signal = next((found for found in limits.signals if found.at == len(values) - 1), None)
    if signal is None:
        return Verdict.USUAL, None
    good = (signal.side is Side.HIGH) == up_is_good
    return (Verdict.BETTER if good else Verdict.WORSE), signal


def _limits(
    values: Sequence[float | None],
    baseline: Sequence[float | None],
    fewest: int,
    rules: RuleSet,
    least: float | None,
) -> ControlLimits | None:
    points = [value for value in baseline if value is not None]
    if len(points) < fewest:
        return None
    centre = sum(points) / len(points)
    ranges = [abs(after - before) for before, after in pairwise(points)]
    reach = _TO_LIMITS * sum(ranges) / len(ranges)
    lower = centre - reach if least is None else max(least, centre - reach)
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    signals = _signals([value - centre for _, value in known], reach, rules)
    places = [Signal(rule, side, known[at][0]) for rule, side, at in signals]
    return ControlLimits(lower, centre, centre + reach, tuple(places))


def _signals(
    offsets: Sequence[float], reach: float, rules: RuleSet
) -> list[tuple[Rule, Side, int]]:
    """In the order of their points."""
    high = _signals_above(offsets, reach, rules)
    low = _signals_above([-offset for offset in offsets], reach, rules)
    found = [(rule, Side.HIGH, at) for rule, at in high] + [
        (rule, Side.LOW, at) for rule, at in low
    ]
    return sorted(found, key=itemgetter(2))


def _signals_above(
    offsets: Sequence[float], reach: float, rules: RuleSet
) -> list[tuple[Rule, int]]:
    found: list[tuple[Rule, int]] = []
    run = rising = 0
    some, of, way, near_rule = rules.near
    near: deque[bool] = deque(maxlen=of)
    for at, offset in enumerate(offsets):
        run = run + 1 if offset > 0 else 0
        rising = rising + 1 if at and offset > offsets[at - 1] else 1
        near.append(offset > reach * way)
        if offset > reach:
            found.append(("outside", at))
        if run >= rules.run[0]:
            found.append((rules.run[1], at))
        if rules.trend is not None and rising >= rules.trend[0]:
            found.append((rules.trend[1], at))
        if reach > 0 and near[-1] and sum(near) >= some:
            found.append((near_rule, at))
    return found
