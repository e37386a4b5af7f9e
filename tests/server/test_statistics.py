"""The statistics of all cells at once, against fractions; and the text columns, against `str`."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.server.columns import Measure
from insights_reports.server.statistics import Unit, rounded, summarise
from insights_reports.server.texts import (
    beside,
    constant,
    digits,
    durations,
    either,
    lines,
    numbers,
)
from insights_reports.server.ticks import TICKS_PER_SECOND

SECONDS = Unit(1, TICKS_PER_SECOND)
HUNDRED_THOUSANDTHS = Unit(100_000, 1)
LONGEST = 300 * 366 * 86_400 * TICKS_PER_SECOND  # no two instants of the server lie further apart
CELLS = st.lists(st.tuples(st.integers(0, 5), st.integers(-LONGEST, LONGEST)), max_size=40)
COUNTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**31 - 1)), max_size=40)


def _measure(values: list[int | None]) -> Measure:
    """As the columns hold it: ranks, and the values in order."""
    order = sorted((value, n) for n, value in enumerate(values) if value is not None)
    ranks = np.full(len(values), -1, np.int32)
    ranks[[n for _, n in order]] = range(len(order))
    return Measure(ranks, np.array([value for value, _ in order], np.int64))


def _expected(values: list[int], unit: Unit) -> dict[str, int]:
    values.sort()

    def at(share: Fraction) -> Fraction:
        position = share * (len(values) - 1)
        below = int(position)
        above = min(below + 1, len(values) - 1)
        return values[below] + (position - below) * (values[above] - values[below])

    exact = {
        "Mean": Fraction(sum(values), len(values)),
        "Median": at(Fraction(1, 2)),
        "Min": Fraction(values[0]),
        "Max": Fraction(values[-1]),
        "NinetyFifth": at(Fraction(19, 20)),
    }
    return {name: round(value * unit.times / unit.divisor) for name, value in exact.items()}


def _hold(pairs: list[tuple[int, int]], unit: Unit) -> None:
    # Every row twice, once without a value, which changes nothing.
    cells = np.array([cell for cell, _ in pairs] * 2, np.int64)
    measure = _measure([*(value for _, value in pairs), *(None for _ in pairs)])
    found = summarise(measure, np.arange(len(cells), dtype=np.int32), cells, unit)
    by_cell: dict[int, list[int]] = {}
    for cell, value in pairs:
        by_cell.setdefault(cell, []).append(value)
    assert found.cells.tolist() == sorted(by_cell)
    for place, cell in enumerate(found.cells.tolist()):
        assert found.counts[place] == len(by_cell[cell])
        stated = {name: int(values[place]) for name, values in found.figures.items()}
        assert stated == _expected(by_cell[cell], unit)


@given(CELLS)
def test_durations_are_summarised_exactly(pairs: list[tuple[int, int]]) -> None:
    _hold(pairs, SECONDS)


@given(COUNTS)
def test_counts_are_summarised_exactly(pairs: list[tuple[int, int]]) -> None:
    _hold(pairs, HUNDRED_THOUSANDTHS)


def test_a_sum_beyond_64_bits() -> None:
    _hold([(0, LONGEST - n) for n in range(1000)], SECONDS)


@given(st.integers(-(2**40), 2**40), st.integers(1, 2**20), st.integers(-(2**20), 2**20))
def test_rounding_is_half_to_even(numerator: int, denominator: int, whole: int) -> None:
    found = rounded(np.array([numerator]), np.array([denominator]), np.array([whole]))
    assert found.tolist() == [round(whole + Fraction(numerator, denominator))]


def _lines(text: Any) -> list[str]:
    return lines([text, constant("\n")], len(text)).decode().splitlines()


@given(st.lists(st.integers(0, 2**62)))
def test_whole_numbers(values: list[int]) -> None:
    assert _lines(digits(np.array(values, np.int64))) == [str(each) for each in values]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, '"0:00:00.0"'),
        (59, '"0:00:59.0"'),
        (-61, '"-0:01:01.0"'),
        (36_000 + 7, '"10:00:07.0"'),
        (99_999 * 3600, '"99999:00:00.0"'),
    ],
)
def test_durations(seconds: int, text: str) -> None:
    # Beside a longer and a shorter one, so that what is left unused is left out.
    beside_it = np.array([-(10**10), seconds, 1])
    assert _lines(durations(beside_it))[1] == text


@given(st.lists(st.integers(0, 2**40)))
def test_numbers_with_five_decimals(parts: list[int]) -> None:
    printed = _lines(numbers(np.array(parts, np.int64)))
    assert printed == [repr(each / 100_000) for each in parts]


def test_lines_of_two_kinds() -> None:
    where = np.array([True, False, True])
    text = beside([constant("<"), digits(np.array([5, 123]))], 2)
    assert _lines(either(where, text, "nothing at all")) == ["<5", "nothing at all", "<123"]
    assert _lines(either(where, text, "-")) == ["<5", "-", "<123"]
