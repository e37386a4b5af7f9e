"""Since when: the week, the window, and what is no date."""

from datetime import date, timedelta
from math import log
from typing import Any

import numpy as np
import pytest

from insights_reports.judgement import MeasureKind, Observed, Side, since

MONTHS = [Observed(60.0 + at % 3, 20.0) for at in range(11)]  # 61 on 20 days, chance alone
FIRST = date(2026, 2, 2)
WEEKS = [FIRST + timedelta(weeks=at) for at in range(40)]


def weekly(*counts: Any, days: Any = 5.0) -> Any:
    return list(zip(WEEKS, map(float, counts), [days] * len(counts), strict=False))


def test_a_step_is_dated_to_its_week() -> None:
    counts = [15, 16, 14, 15, 17] * 6 + [30, 31, 29, 33, 30, 28, 31, 30]
    found = since(
        MeasureKind.COUNT, MONTHS, weekly(*counts), side=Side.HIGH, first_of_eight=WEEKS[17]
    )
    assert (found.week, found.exact) == (WEEKS[30], True)
    assert found.earliest <= WEEKS[30] <= found.latest
    assert found.weeks == (found.latest - found.earliest).days // 7 + 1


def test_a_slow_change_has_a_window_and_no_week() -> None:
    counts = [15, 15, 15, 15, 15, 15, 15, 15, 16, 16, 17, 17, 18, 18, 18, 19, 19, 19, 19, 19]
    found = since(MeasureKind.COUNT, MONTHS, weekly(*counts), side=Side.HIGH, first_of_eight=FIRST)
    assert found.weeks > 3
    assert not found.exact
    wider = since(
        MeasureKind.COUNT, MONTHS, weekly(*counts), side=Side.HIGH, first_of_eight=FIRST, cut=4
    )
    assert wider.weeks >= found.weeks


def test_a_change_to_the_other_side_is_no_date() -> None:
    counts = [15] * 20 + [5] * 8
    assert (
        since(MeasureKind.COUNT, MONTHS, weekly(*counts), side=Side.HIGH, first_of_eight=FIRST)
        is None
    )
    found = since(MeasureKind.COUNT, MONTHS, weekly(*counts), side=Side.LOW, first_of_eight=FIRST)
    assert found.week == WEEKS[20]


def test_the_very_last_week_is_no_date_and_old_weeks_are_not_looked_at() -> None:
    last = [15] * 20 + [60]
    found = since(MeasureKind.COUNT, MONTHS, weekly(*last), side=Side.HIGH, first_of_eight=FIRST)
    assert found.week == WEEKS[19]
    old = [60] * 5 + [15] * 20 + [30] * 8
    found = since(MeasureKind.COUNT, MONTHS, weekly(*old), side=Side.HIGH, first_of_eight=WEEKS[22])
    assert (found.week, found.earliest >= WEEKS[5]) == (WEEKS[25], True)


def test_weeks_without_any_deployment_have_no_share() -> None:
    months = [Observed(3.0, 60.0)] * 11
    weeks = [(WEEKS[at], 0.0, 0.0) for at in range(10)]
    assert since(MeasureKind.SHARE, months, weeks, side=Side.HIGH, first_of_eight=FIRST) is None
    assert since(MeasureKind.SHARE, months, [], side=Side.HIGH, first_of_eight=FIRST) is None


def test_the_best_week_has_the_greatest_gain_in_likelihood() -> None:
    rng = np.random.default_rng(5)
    months = [Observed(3.0, 60.0)] * 11
    share = (33 + 0.5) / (660 + 1)
    for _ in range(50):
        sizes = rng.integers(1, 30, 30)
        failed = rng.binomial(sizes, np.where(np.arange(30) < 22, 0.05, 0.2))
        gains = {}
        for at in range(29):
            y, v = int(failed[at:].sum()), int(sizes[at:].sum())
            if y / v > share:
                lost = (v - y) * log((1 - y / v) / (1 - share)) if y < v else 0
                gains[at] = y * log(y / v / share) + lost
        weeks = list(zip(WEEKS, failed.tolist(), sizes.tolist(), strict=False))
        found = since(MeasureKind.SHARE, months, weeks, side=Side.HIGH, first_of_eight=FIRST)
        best = max(gains, key=gains.__getitem__)
        near = [at for at, gain in gains.items() if gain >= gains[best] - 2.5]
        assert (found.week, found.earliest) == (WEEKS[best], WEEKS[near[0]])
        assert found.latest == WEEKS[near[-1]]
        assert gains[best] == pytest.approx(max(gains.values()))
