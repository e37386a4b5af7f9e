"""Each convention that Octopus leaves open is found from its figures and named with evidence."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from insights_reports.crosscheck import CrossCheck, Evidence
from insights_reports.crosscheck.conventions.choose import choose
from insights_reports.crosscheck.conventions.rounding import DecimalRounding, DurationRounding, Rule

from .conftest import check, chosen
from .server import Options, all_replies, decimals, rounded
from .world import TICKS, World, build, instant, months_before

FEW = (("None", None), ("Project", None))


@pytest.fixture(scope="module")
def whole() -> World:
    """Whole seconds, so that halves of a second occur in means and medians."""
    return build(seed=11, per_day=1.5, whole_seconds=True)


SERVERS = {
    "percentile nearest rank": (Options(percentile="nearest_rank"), "percentile", "nearest_rank"),
    "percentile lower": (Options(percentile="lower"), "percentile", "lower"),
    "weeks from Monday": (Options(week_start=0), "week start", "Monday"),
    "halves away from zero": (
        Options(rounding="half away from zero"),
        "rounding of durations",
        "second, half away from zero",
    ),
    "cut off": (
        Options(rounding="towards zero"),
        "rounding of durations",
        "second, towards zero",
    ),
    "milliseconds": (
        Options(unit=TICKS // 1000),
        "rounding of durations",
        "millisecond, half to even",
    ),
    "all digits of the rate": (Options(rate_digits=None), "rounding of rates", "all digits"),
    "three decimals of the rate": (
        Options(rate_digits=3),
        "rounding of rates",
        "3 decimals, half to even",
    ),
    "failed to successful": (Options(rate_of="Successful"), "rate", "failed / successful"),
    "canceled is failed": (
        Options(failing=frozenset({"Canceled"})),
        "counted as failed",
        "Canceled",
    ),
    "both are failed": (
        Options(failing=frozenset({"Canceled", "TimedOut"})),
        "counted as failed",
        "Canceled, TimedOut",
    ),
    "whole edges": (Options(clipped=False), "LastYear", "12 months back, edges whole"),
    "from the first of the month": (
        Options(start=lambda today, name: months_before(today, 12).replace(day=1)),
        "LastYear",
        "from the first of the month, 12 months back, edges clipped",
    ),
    "365 days": (
        Options(start=lambda today, name: today - timedelta(365)),
        "LastYear",
        "12 months back, edges clipped",  # the same day, but for a leap year
    ),
    "90 days": (
        Options(start=lambda today, name: today - timedelta(90)),
        "LastQuarter",
        "90 days back, edges clipped",
    ),
    "zeros": (Options(zero_when_empty=True), "statistics of no values", "zero"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_with_another_convention_agrees_under_it(whole: World, name: str) -> None:
    options, convention, expected = SERVERS[name]
    time_range = convention if convention.startswith("Last") else "LastYear"
    replies = all_replies(whole, options, FEW, (time_range,))
    result = check(whole, replies)
    assert (result.figures, result.differs) == (result.agrees, 0)
    evidence = chosen(result, convention)
    assert evidence.chosen == expected
    assert evidence.explained == evidence.figures > 0


def test_a_range_that_begins_at_the_instant_a_month_before() -> None:
    world = build(seed=8, per_day=20, days=40)
    start = world.as_of.replace(month=9)  # summer time then and now
    options = Options(first_instant=instant(start))
    result = check(world, all_replies(world, options, FEW, ("LastMonth",)))
    assert result.figures == result.agrees
    assert chosen(result, "LastMonth").chosen == "1 months back to the instant, edges clipped"


def test_untenanted_deployments_under_another_name(small: World) -> None:
    options = Options(untenanted="(none)", untagged="(no tag)")
    questions = (("Tenant", None), ("TenantTagSet", "TagSets-1"))
    result = check(small, all_replies(small, options, questions))
    assert result.figures == result.agrees


def test_the_evidence_counts_what_each_candidate_explains(clean: CrossCheck) -> None:
    evidence = chosen(clean, "percentile")
    scores = {one.name: one.explained for one in evidence.candidates}
    assert sorted(scores.values())[-2] < evidence.explained
    assert evidence.figures == scores["linear"] > scores["nearest_rank"] > 0


def test_what_explains_most_is_chosen_by_however_little() -> None:
    evidence: list[Evidence] = []
    assert choose("any", [([("default", 9), ("other", 10)], 10)], evidence) == "other"
    assert choose("any", [([("default", 8), ("one", 10), ("two", 10)], 10)], evidence) == "one"
    assert [one.chosen for one in evidence] == ["other", "one"]
    assert evidence[0].explained == 10


def test_the_level_are_told_apart_by_more_figures_then_by_the_rest_then_by_their_order() -> None:
    evidence: list[Evidence] = []
    first = [("default", 3), ("one", 3), ("two", 2)], 3
    more = [("default", 0), ("one", 1), ("two", 2)], 2
    assert choose("any", [first, more], evidence) == "one"
    assert (evidence[0].figures, evidence[0].explained) == (5, 4)
    level = [("default", 3), ("one", 3), ("two", 1)], 3
    assert choose("any", [level], evidence, rest=lambda some: some[-1]) == "one"
    assert choose("any", [level], evidence) == "default"


def test_more_figures_are_looked_at_only_while_candidates_are_level() -> None:
    def rounds() -> Any:
        yield [("default", 3), ("other", 2)], 3
        raise AssertionError("the first round has told")

    assert choose("any", rounds(), [], rest=lambda level: level[-1]) == "default"


@pytest.mark.parametrize("rule", ["half to even", "half away from zero", "towards zero"])
@pytest.mark.parametrize("ours", [25, 15, -25, -15, 24, 26, -24, -26, 20, 0])
def test_durations_round_as_fractions_do(rule: Rule, ours: int) -> None:
    printed = rounded(Fraction(ours, 10), rule) * 10_000
    how = DurationRounding(10_000, rule)
    column = np.array([ours * 1000])
    for stated in (printed - 10_000, printed, printed + 10_000):
        agrees = how.agrees(np.array([stated]), column, computed=False)
        assert agrees.tolist() == [stated == printed]


@pytest.mark.parametrize("rule", ["half to even", "half away from zero", "towards zero"])
@pytest.mark.parametrize("over", [1, 3, 5, 8, 32, 64, 96, 255, 100_000])
def test_rates_round_as_fractions_do(rule: Rule, over: int) -> None:
    how = DecimalRounding(5, rule)
    for failed in range(0, over + 1, max(over // 40, 1)):
        printed = float(decimals(Fraction(failed, over), 5, rule))
        ours = np.array([failed / over])
        assert how.agrees(np.array([printed]), ours).all()
        assert not how.agrees(np.array([round(printed + 1e-5, 5)]), ours).any()
        assert not how.agrees(np.array([round(printed - 1e-5, 5)]), ours).any()
        assert not how.agrees(np.array([printed + 1e-7]), ours).any()


def test_a_mean_one_tick_off_a_half_may_fall_on_either_side_and_a_half_may_not() -> None:
    how = DurationRounding()
    stated = np.array([20 * TICKS, 21 * TICKS])
    near = np.full(2, 205 * TICKS // 10 + 1)
    assert how.agrees(stated, near, computed=True).all()
    assert how.agrees(stated, near, computed=False).tolist() == [False, True]
    assert how.agrees(stated, np.full(2, 205 * TICKS // 10), True).tolist() == [True, False]
