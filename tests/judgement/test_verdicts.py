"""Verdicts: which rule calls, which word is said, what a verdict rests on."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports import judge
from insights_reports.errors import UsageError
from insights_reports.judgement import (
    Case,
    MeasureKind,
    Observed,
    Rule,
    Side,
    Thresholds,
    Verdict,
    judge_all,
)
from tests.judgement.test_expected_range import DEPLOYMENTS, FAILURES


def test_twelve_of_62_are_worse_and_nine_are_usual() -> None:
    worse = judge("share", FAILURES, [*FAILURES[-7:], (12, 62)])
    assert (worse.verdict, worse.rules, worse.side) == ("worse", (Rule.THIS,), Side.HIGH)
    assert (worse.range.low, worse.range.high) == (0, 10)
    assert (worse.known, worse.provisional, worse.called) == (11, True, True)
    usual = judge("share", FAILURES, [*FAILURES[-7:], (9, 62)])
    assert (usual.verdict, usual.rules, usual.side) == ("usual", (), None)
    assert usual.this.up == pytest.approx(0.006340559, rel=1e-6)


EIGHT = list(zip([5, 6, 7, 5, 6, 8, 5, 7], [60, 62, 58, 61, 60, 63, 59, 60], strict=True))


def test_eight_months_together_are_worse_though_none_is_alone() -> None:
    found = judge("share", FAILURES, EIGHT)
    assert (found.verdict, found.rules) == ("worse", (Rule.LASTING,))
    assert (found.eight.count, found.eight.exposure) == (49, 483)
    assert found.eight.usual == pytest.approx(24.8, abs=0.05)
    assert found.eight.up == pytest.approx(0.000623521, rel=1e-6)
    assert judge("share", FAILURES, EIGHT[1:]).eight is None
    assert judge("share", FAILURES, [(50, 50), *EIGHT]).eight == found.eight  # no ninth


def test_eight_together_call_only_on_the_side_of_the_last() -> None:
    back = [*EIGHT[:-1], (3, 60)]  # below the level of 5.1 %
    found = judge("share", FAILURES, back)
    assert found.eight.up < 0.004
    assert (found.verdict, found.this.side, found.eight.side) == ("usual", Side.LOW, None)


def test_eight_on_one_side_need_less() -> None:
    slightly = [*[(4, 60)] * 3, *[(5, 60)] * 5]  # 6.7 to 8.3 %
    found = judge("share", FAILURES, slightly)
    assert 0.004 < found.eight.up < 0.05
    assert (found.verdict, found.eight.side) == ("worse", Side.HIGH)
    mixed = [(3, 60), (4, 60), *[(5, 60)] * 6]  # the same sum, the first below the level
    assert judge("share", FAILURES, mixed).verdict == "usual"


def test_both_rules_may_call() -> None:
    found = judge("share", FAILURES, [*EIGHT[:-1], (14, 60)])
    assert found.rules == (Rule.LASTING, Rule.THIS)


@pytest.mark.parametrize(
    ("last", "up_is_good", "verdict"),
    [((95, 21), True, "better"), ((95, 21), False, "worse"), ((20, 20), True, "worse")],
)
def test_the_direction_of_good_is_the_measures(
    last: Any, up_is_good: bool, verdict: Verdict
) -> None:
    assert judge("count", DEPLOYMENTS, [last], up_is_good=up_is_good).verdict == verdict


def test_a_month_too_small_to_speak_says_so_and_the_eight_speak() -> None:
    alone = judge("share", FAILURES, [(2, 2)])
    assert (alone.range.low, alone.range.high) == (0, 2)
    assert (alone.verdict, alone.called) == (Verdict.TOO_FEW, False)
    usual = judge("share", FAILURES, [*[(0, 5)] * 7, (1, 2)])
    assert (usual.verdict, usual.eight.exposure) == (Verdict.TOO_FEW, 37)
    together = judge("share", FAILURES, [*[(1, 5)] * 7, (1, 2)])
    assert (together.verdict, together.rules) == ("worse", (Rule.LASTING,))


@pytest.mark.parametrize(
    ("baseline", "last", "verdict"),
    [
        ([], Observed(600, 11_959), Verdict.NOTHING_TO_COMPARE),
        ([(0, 0)] * 9, Observed(600, 11_959), Verdict.NOTHING_TO_COMPARE),
        (FAILURES[:7], Observed(60, 60), Verdict.TOO_SHORT),
        (FAILURES, Observed(0, 0), Verdict.NO_DEPLOYMENTS),
        (FAILURES, Observed(7, 7, special=True), Verdict.SPECIAL),
    ],
)
def test_what_is_not_judged_says_why(baseline: Any, last: Any, verdict: Verdict) -> None:
    found = judge("share", baseline, [last])
    assert (found.verdict, found.range, found.this, found.provisional) == (
        verdict,
        None,
        None,
        False,
    )


def test_a_month_without_deployments_is_judged_by_its_frequency() -> None:
    assert judge("count", DEPLOYMENTS, [(0, 20)], up_is_good=True).verdict == "worse"


def test_special_months_are_no_part_of_the_eight() -> None:
    freeze = Observed(0, 3, special=True)
    spread = [item for pair in EIGHT for item in (Observed(*pair), freeze)][:-1]
    found = judge("share", FAILURES, spread)
    assert (found.eight.count, found.eight.exposure) == (49, 483)


def test_other_thresholds_are_those_of_the_record() -> None:
    strict = Thresholds(this=1e-9, lasting=1e-9, all_eight=1e-9)
    assert judge("share", FAILURES, [(12, 62)], thresholds=strict).verdict == "usual"


def test_nothing_to_judge_is_refused() -> None:
    with pytest.raises(UsageError, match="recent is empty"):
        judge("share", FAILURES, [])


def test_a_median_with_many_equal_values_is_not_called_for_them() -> None:
    # 60 % of the values equal the median, the rest lies below: each period counts 3 of 10.
    found = judge("median", [(3, 10)] * 11, [(3, 10)] * 8)
    assert (found.verdict, found.called) == ("usual", False)
    assert found.eight.down > 0.4


PAIRS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.lists(PAIRS, max_size=12), PAIRS, st.booleans()), max_size=12))
def test_many_at_once_are_judged_as_each_alone(questions: Any) -> None:
    kinds = [MeasureKind.SHARE, MeasureKind.COUNT, MeasureKind.MEDIAN]
    cases = [
        Case(
            kinds[at % 3],
            tuple(Observed(*pair) for pair in baseline),
            tuple(Observed(*pair) for pair in [*baseline[-7:], last]),
            good,
        )
        for at, (baseline, last, good) in enumerate(questions)
    ]
    together = judge_all(cases)
    assert len(together) == len(cases)
    for case, found in zip(cases, together, strict=True):
        alone = judge_all([case])[0]
        assert (found.verdict, found.rules, found.range) == (
            alone.verdict,
            alone.rules,
            alone.range,
        )
        if found.this:
            assert found.this.up == pytest.approx(alone.this.up, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.lists(PAIRS, min_size=8, max_size=24), PAIRS)
def test_a_period_is_called_alone_exactly_when_it_is_outside_the_range(
    baseline: Any, last: Any
) -> None:
    found = judge("share", baseline, [last])
    assert (Rule.THIS in found.rules) == (last[0] not in found.range)


@settings(max_examples=15, deadline=None)
@given(st.lists(PAIRS, min_size=11, max_size=11))
def test_better_and_worse_change_places_with_the_direction_of_good(periods: Any) -> None:
    words = {"better": "worse", "worse": "better"}
    one = judge("share", periods, periods[-8:]).verdict
    other = judge("share", periods, periods[-8:], up_is_good=True).verdict
    assert other == words.get(one, one)
