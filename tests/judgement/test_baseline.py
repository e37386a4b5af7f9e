"""Baselines: formed, grown, held, locked, restarted, written down and read again."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.errors import UsageError
from insights_reports.judgement import (
    Baseline,
    Judgement,
    MeasureKind,
    Observed,
    Rule,
    Side,
    Thresholds,
    Verdict,
    above,
    best_split,
    form,
    form_median,
    grown,
    judge,
    later_part,
    moved,
    proposal,
    proposal_within,
    restarted,
    usable,
)
from insights_reports.judgement.baseline import first_periods

DAY = date(2026, 10, 1)


def months(count: int, failed: float = 3, size: float = 60) -> list[Observed]:
    return [Observed(failed, size, f"month {at}") for at in range(count)]


@pytest.mark.parametrize(
    ("known", "first", "last"),
    [
        (1, 0, 1),
        (7, 0, 7),
        (11, 0, 11),  # all, without a gap
        (12, 0, 11),
        (19, 0, 11),  # the last eight kept out
        (20, 0, 12),
        (32, 0, 24),
        (40, 8, 32),
        (51, 19, 43),  # of 51 weeks 24, and the last eight kept out
    ],
)
def test_what_a_new_baseline_takes(known: Any, first: Any, last: Any) -> None:
    assert first_periods(known) == slice(first, last)
    assert form(MeasureKind.SHARE, months(known), DAY).periods == tuple(months(known)[first:last])


@pytest.mark.parametrize(
    ("after", "length"), [(0, 11), (8, 11), (9, 12), (13, 16), (21, 24), (40, 24)]
)
def test_a_baseline_of_eleven_grows_to_24_eight_behind_the_judged_one(
    after: Any, length: Any
) -> None:
    every = months(11 + after)
    found = grown(form(MeasureKind.SHARE, every[:11], DAY), every[11:], held=False)
    assert found.periods == tuple(every[:length])
    assert (found.locked, found.provisional) == (length == 24, length < 20)


def test_a_baseline_is_held_while_a_lasting_change_stands() -> None:
    every = months(40)
    baseline = form(MeasureKind.SHARE, every[:11], DAY)
    assert grown(baseline, every[11:], held=True) == baseline


@given(st.integers(8, 60), st.integers(0, 40))
def test_growing_month_by_month_equals_growing_at_once(known: Any, more: Any) -> None:
    every = months(known + more)
    start = form(MeasureKind.SHARE, every[:known], DAY)
    skipped = known - min(8, known - len(start.periods)) - len(start.periods)
    step, since = start, every[skipped:]
    for now in range(known, known + more + 1):
        step = grown(step, since[len(step.periods) : now - skipped], held=False)
    assert step == grown(start, since[len(start.periods) :], held=False)


def test_special_and_empty_periods_are_no_part_and_counts_begin_with_the_first() -> None:
    periods = [
        Observed(0, 20, "a"),
        Observed(3, 20, "b"),
        Observed(0, 21, "c"),
        Observed(0, 0, "d"),
    ]
    periods.append(Observed(4, 7, "e", special=True))
    assert [period.name for period in usable(MeasureKind.COUNT, periods)] == ["b", "c"]
    assert [period.name for period in usable(MeasureKind.SHARE, periods)] == ["a", "b", "c"]
    assert usable(MeasureKind.COUNT, periods[:1]) == []


def test_a_median_is_taken_of_the_values_of_all_periods() -> None:
    values = [(f"month {at}", [at, 10.0, 20.0]) for at in range(11)]
    found = form_median(values, DAY)
    assert found.median == 10
    assert [period.count for period in found.periods] == [1.5] * 10 + [2]  # the last has 10 twice
    assert form_median([], DAY).periods == ()


def test_the_last_months_two_tens_count_one_half_each() -> None:
    assert above(10, [10, 10, 20], "x") == Observed(2, 3, "x")
    assert above(10, np.array([]), "x") == Observed(0, 0, "x")


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(30, 90)), min_size=8, max_size=24),
    st.floats(-1e6, 1e6),
    st.sampled_from([None, "J. Doe"]),
)
def test_a_baseline_read_again_gives_the_same_verdicts(pairs: Any, median: Any, who: Any) -> None:
    periods = tuple(Observed(pair[0], pair[1], f"m{at}") for at, pair in enumerate(pairs))
    thresholds = Thresholds(this=0.002)
    written = Baseline(MeasureKind.SHARE, periods, DAY, median, "range", thresholds, who, who)
    found = Baseline.from_dict(json.loads(json.dumps(written.to_dict())))
    assert found == written
    judged = [
        judge(one.kind, one.periods, [(9, 62)], thresholds=one.thresholds)
        for one in (written, found)
    ]
    assert judged[0] == judged[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "rate"),
        ("formedOn", "yesterday"),
        ("periods", [["a", 7, 6]]),
        ("periods", [["a", 7]]),
        ("thresholds", {"this": 0.1, "other": 1}),
    ],
)
def test_a_damaged_baseline_is_refused(field: str, value: Any) -> None:
    plain = form(MeasureKind.SHARE, months(11), DAY).to_dict()
    with pytest.raises(UsageError):
        Baseline.from_dict({**plain, field: value})
    with pytest.raises(UsageError, match=field):
        Baseline.from_dict({name: value for name, value in plain.items() if name != field})


def test_a_restart_needs_eight_periods_and_a_name() -> None:
    found = restarted(form(MeasureKind.SHARE, months(8), DAY), "J. Doe", "new test stage")
    assert (found.accepted_by, found.reason, len(found.periods)) == ("J. Doe", "new test stage", 8)
    with pytest.raises(UsageError, match="7 complete periods"):
        restarted(form(MeasureKind.SHARE, months(7), DAY), "J. Doe", "new test stage")


def test_a_step_inside_a_baseline_is_found() -> None:
    moved = Baseline(MeasureKind.SHARE, tuple(months(12, 3) + months(12, 12)), DAY)
    found = best_split(moved)
    assert (found.at, found.moved) == (12, True)
    assert later_part(moved) == "month 0"  # the first of the second half, by its name
    assert later_part(Baseline(MeasureKind.SHARE, tuple(months(7, 3) + months(5, 12)), DAY)) is None


def test_a_baseline_that_never_varies_has_not_moved() -> None:
    found = best_split(Baseline(MeasureKind.SHARE, tuple(months(11)), DAY))
    assert (found.ratio, found.limit, found.moved) == (0, pytest.approx(3.23), False)
    assert best_split(Baseline(MeasureKind.SHARE, tuple(months(24)), DAY)).limit == pytest.approx(
        3.10
    )
    assert best_split(Baseline(MeasureKind.SHARE, tuple(months(7)), DAY)) is None


def test_the_split_is_a_two_sample_t_test_of_the_deviations() -> None:
    rng = np.random.default_rng(4)
    periods = tuple(Observed(float(rng.binomial(60, 0.1)), 60.0) for _ in range(14))
    from scipy import stats

    from insights_reports.judgement.observed import fitted, table

    counts, exposures = table([periods])
    values = fitted(MeasureKind.SHARE, [periods]).deviations(counts, exposures)[0]
    best = max(abs(stats.ttest_ind(values[:at], values[at:]).statistic) for at in range(3, 12))
    assert best_split(Baseline(MeasureKind.SHARE, periods, DAY)).ratio == pytest.approx(best)


def judged(*rules: Any) -> Any:
    return Judgement(Verdict.WORSE, 11, rules, Side.HIGH)


def test_a_new_level_is_proposed_from_the_first_whole_period_on() -> None:
    baseline = form(MeasureKind.SHARE, months(11), DAY)
    starts = [(date(2026, month, 1), f"2026-{month:02}", 9.0, 60.0) for month in range(5, 11)]
    found = proposal(baseline, judged(Rule.LASTING), starts, date(2026, 7, 5))
    assert (found.start, found.side) == ("2026-08", "high")
    assert found.old_level == pytest.approx(33.5 / 661)
    assert found.new_level == pytest.approx(0.15)
    assert proposal(baseline, judged(Rule.THIS), starts, date(2026, 7, 5)) is None
    assert proposal(baseline, judged(Rule.LASTING), starts, date(2026, 11, 1)) is None


def test_the_later_part_of_a_baseline_that_moved_is_proposed_where_it_is_long_enough() -> None:
    """Five months of 3 of 60 and ten of 14 of 60: 15.5 / 301 before, 140.5 / 601 since."""
    long = Baseline(MeasureKind.SHARE, tuple(
        Observed(3 if n < 5 else 14, 60, f"m{n}") for n in range(15)
    ), DAY)  # fmt: skip
    found = proposal_within(long)
    assert found is not None
    assert (found.start, found.side) == ("m5", Side.HIGH)
    assert (found.old_level, found.new_level) == pytest.approx((15.5 / 301, 140.5 / 601))
    assert moved(long) == "m5"
    short = replace(long, periods=long.periods[:12])
    assert (moved(short), proposal_within(short)) == ("m5", None)
    still = replace(long, periods=tuple(Observed(3 + n % 2, 60, f"m{n}") for n in range(15)))
    assert (moved(still), proposal_within(still)) == (None, None)
