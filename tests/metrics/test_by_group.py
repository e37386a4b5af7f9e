"""Statistics of values by group, against one group at a time."""

from fractions import Fraction
from statistics import mean

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.metrics import Conventions, statistics_by_group
from insights_reports.spelling.terms import NULL


def test_the_statistics_of_two_groups_worked_out_by_hand() -> None:
    """1 2 4 10: mean 4.25, median 3, p90 at place 2.7: 4 + 0.7 x 6 = 8.2, p95 at 2.85: 9.1."""
    values, group = np.array([10, 1, 4, 7, 2]), np.array([2, 2, 2, 0, 2])
    found = {
        name: column.tolist() for name, column in statistics_by_group(values, group, 3).items()
    }
    assert found == {
        "count": [1, 0, 4],
        "mean": [7, NULL, 4],
        "median": [7, NULL, 3],
        "min": [7, NULL, 1],
        "max": [7, NULL, 10],
        "p90": [7, NULL, 8],
        "p95": [7, NULL, 9],
    }


def test_percentiles_are_by_the_convention() -> None:
    found = statistics_by_group(
        np.array([1, 2, 4, 10]), np.zeros(4, int), 1, Conventions(percentile="nearest_rank")
    )
    assert (found["p90"].tolist(), found["p95"].tolist()) == ([10], [10])


def test_no_values_are_no_statistics() -> None:
    found = statistics_by_group(np.zeros(0, int), np.zeros(0, int), 2)
    assert found["count"].tolist() == [0, 0]
    assert found["mean"].tolist() == [NULL, NULL]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-(2**56), 2**56)), max_size=60))
def test_each_group_is_what_it_is_alone(pairs: list[tuple[int, int]]) -> None:
    group, value = (np.array([pair[at] for pair in pairs], dtype=np.int64) for at in (0, 1))
    found = statistics_by_group(value, group, 5)
    for number in range(5):
        own = sorted(value[group == number].tolist())
        assert found["count"][number] == len(own)
        if own:
            assert (found["min"][number], found["max"][number]) == (own[0], own[-1])
            assert found["mean"][number] == round(mean(map(Fraction, own)))
            middle = Fraction(own[(len(own) - 1) // 2] + own[len(own) // 2], 2)
            assert found["median"][number] == round(middle)
