"""Contributions: the worked examples of their design, and that they always add up."""

from fractions import Fraction
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.errors import UsageError
from insights_reports.judgement import (
    OTHERS,
    Contribution,
    Slice,
    frequency_contributions,
    median_contributions,
    rate_contributions,
    rounded,
    shown,
    with_and_without,
)

# Deployments and failures: 16 of 200 before, 33 of 200 after.
SLICES = [
    Slice("Web", (120, 6), (100, 7)),
    Slice("API", (60, 9), (90, 22)),
    Slice("Batch", (20, 1), (0, 0)),
    Slice("Mobile", (0, 0), (10, 4)),
]


def points(value: Any) -> Any:
    return pytest.approx(value, abs=5e-5)


def test_a_rate_of_8_becomes_16_and_a_half_per_cent() -> None:
    found = {part.name: part for part in rate_contributions(SLICES)}
    effects = {name: (100 * part.rate, 100 * part.mix) for name, part in found.items()}
    assert effects == {
        "API": (points(3.5417), points(1.1208)),
        "Web": (points(1.1000), points(0.6250)),
        "Batch": (0, points(0.7250)),  # gone; it was better than the rest
        "Mobile": (0, points(1.3875)),  # new
    }
    assert sum(part.part for part in found.values()) == Fraction(33, 200) - Fraction(16, 200)
    assert 100 * sum(part.rate for part in found.values()) == points(4.6417)
    assert 100 * sum(part.mix for part in found.values()) == points(3.8583)


def test_printed_parts_of_a_rate_add_up_to_the_printed_change() -> None:
    parts = sorted(rate_contributions(SLICES), key=lambda part: -part.part)
    exact = [part.part for part in parts]
    total, units = rounded(exact, Fraction(1, 1000), [part.name for part in parts])
    assert (total, units) == (85, [47, 17, 14, 7])


def test_deployments_a_week() -> None:
    months = (Fraction(30, 7), Fraction(31, 7))
    changed: Any = {"Web": (95, 120), "API": (50, 41), "Batch": (18, 0), "Mobile": (0, 9)}
    found = frequency_contributions(changed, months)
    assert [round(float(part.part), 3) for part in found] == [4.930, -2.409, -4.200, 2.032]
    assert float(sum(part.part for part in found)) == pytest.approx(0.354, abs=5e-4)
    names = [part.name for part in found]
    total, units = rounded([part.part for part in found], Fraction(1, 10), names)
    assert (total, units) == (4, [49, -24, -42, 21])


def test_the_share_above_the_old_median() -> None:
    found = median_contributions(
        {
            "Web": ([2, 3, 4, 6, 7, 8], [2, 3, 5, 8, 9]),
            "API": ([15, 18], [20, 26, 31]),
            "Batch": ([], [70]),
        }
    )
    parts: list[Any] = [(100 * part.rate, 100 * part.mix) for part in found]
    assert parts == [
        (pytest.approx(4.352, abs=5e-4), pytest.approx(4.213, abs=5e-4)),
        (0, pytest.approx(3.472, abs=5e-4)),
        (0, pytest.approx(4.630, abs=5e-4)),
    ]
    assert sum(part.part for part in found) == Fraction(6, 9) - Fraction(4, 8)
    assert 100 * float(sum(part.part for part in found)) == pytest.approx(16.667, abs=5e-4)


def test_leaving_one_out_does_not_add_up_which_is_why_it_is_not_done() -> None:
    """The median rose by 2.5; what each slice left out would change of that is -9.5, 1.0, 0.5."""
    before = {"Web": [2, 3, 4, 6, 7, 8], "API": [15, 18], "Batch": []}
    after = {"Web": [2, 3, 5, 8, 9], "API": [20, 26, 31], "Batch": [70]}

    def middle(side: dict[str, list[int]], without: str = "") -> float:
        return median(value for name, some in side.items() if name != without for value in some)

    change = middle(after) - middle(before)
    assert (middle(before), change) == (6.5, 2.5)
    left_out = [change - (middle(after, each) - middle(before, each)) for each in before]
    assert left_out == [-9.5, 1.0, 0.5]
    assert (middle(before, "Web"), middle(after, "Web")) == (16.5, 28.5)


def test_values_equal_to_the_old_median_count_one_half() -> None:
    (part,) = median_contributions({"Web": ([1, 5, 5, 5, 9], [5, 9])})
    assert (part.before, part.after, part.part) == (5, 2, Fraction(3, 4) - Fraction(1, 2))


def test_one_side_without_deployments_has_no_change() -> None:
    with pytest.raises(UsageError, match="0 and 100"):
        rate_contributions([Slice("Web", (0, 0), (100, 7))])
    with pytest.raises(UsageError):
        median_contributions({"Web": ([], [1.0])})


COUNTS = st.integers(0, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=12))
def test_parts_always_add_up_exactly(sides: Any) -> None:
    slices = [Slice(str(at), *both) for at, both in enumerate(sides)]
    totals = [sum(side[at][0] for side in sides) for at in (0, 1)]
    failed = [sum(side[at][1] for side in sides) for at in (0, 1)]
    if not all(totals):
        return
    found = rate_contributions(slices)
    change = Fraction(failed[1], totals[1]) - Fraction(failed[0], totals[0])
    assert sum(part.part for part in found) == change
    assert sum(part.part for part in shown(found)) == change
    assert sum(part.before for part in shown(found)) == totals[0]


@given(st.lists(st.fractions(-3, 3, max_denominator=997), min_size=1, max_size=15))
def test_rounded_parts_add_up_and_are_less_than_a_unit_off(parts: Any) -> None:
    unit = Fraction(1, 10)
    total, units = rounded(parts, unit, [str(at) for at in range(len(parts))])
    assert sum(units) == total == round(sum(parts) / unit)
    assert all(abs(printed - part / unit) < 1 for printed, part in zip(units, parts, strict=True))


def test_of_equal_remainders_the_larger_part_is_rounded_up() -> None:
    assert rounded([Fraction(1, 4), Fraction(5, 4)], Fraction(1), ["a", "b"]) == (2, [0, 2])


@given(st.permutations(range(6)))
def test_rounding_does_not_hang_on_the_order_of_the_slices(order: Any) -> None:
    parts, names = [Fraction(1, 6)] * 6, [f"slice {at}" for at in range(6)]
    _, units = rounded(parts, Fraction(1, 10), [names[at] for at in order])
    assert {names[at]: unit for at, unit in zip(order, units, strict=True)} == dict(
        zip(names, [2, 2, 2, 2, 1, 1], strict=True)
    )


def part(name: str, before: Any, after: Any, size: Any) -> Any:
    return Contribution(name, before, after, Fraction(size), Fraction(0))


def test_at_most_eight_are_shown_and_small_ones_never_alone() -> None:
    found = shown(
        [
            part("tiny", 4, 90, 50),  # four deployments before
            part("new", 0, 9, 40),
            part("newest", 0, 3, 30),
            *(part(f"slice {at}", 20, 20, at + 1) for at in range(9)),
        ]
    )
    assert [one.name for one in found] == [
        "new",
        *(f"slice {at}" for at in range(8, 1, -1)),
        OTHERS,
    ]
    assert (found[-1].before, found[-1].after) == (44, 133)
    assert found[-1].part == 50 + 30 + 1 + 2


def test_one_tag_against_all_without_it() -> None:
    by_set = {
        ("eu", "fast"): ((10, 1), (20, 4)),
        ("eu",): ((30, 3), (20, 2)),
        ("fast",): ((5, 0), (5, 1)),
        (): ((1, 1), (2, 0)),
    }
    has, has_not = with_and_without("eu", by_set)
    assert (has.before, has.after) == ((40, 4), (40, 6))
    assert (has_not.before, has_not.after) == ((6, 1), (7, 1))
    sets = rate_contributions([Slice(name, *sides) for name, sides in by_set.items()])
    assert sum(one.part for one in sets) == Fraction(7, 47) - Fraction(5, 46)
