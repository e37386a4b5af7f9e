"""Instants and durations keep every tick of 100 ns."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.server import ticks

_YEAR = 366 * 86_400 * ticks.TICKS_PER_SECOND


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0:00:00.0"),
        (1, "0:00:00.0000001"),
        (600_000_000, "0:01:00.0"),
        (43_594_151_700, "1:12:39.41517"),
        (-91_510_000_000, "-2:32:31.0"),
        (-15_368_240_000_000, "-426:53:44.0"),
        (-1, "-0:00:00.0000001"),
    ],
)
def test_durations_are_printed_as_octopus_prints_them(number: int, text: str) -> None:
    assert ticks.print_duration(number) == text
    assert ticks.parse_duration(text) == number


@given(st.integers(-50 * _YEAR, 50 * _YEAR))
def test_a_printed_duration_reads_back(number: int) -> None:
    assert ticks.parse_duration(ticks.print_duration(number)) == number


@given(st.integers(-10 * _YEAR, 100 * _YEAR))
def test_a_printed_instant_reads_back(number: int) -> None:
    assert ticks.parse_instant(ticks.print_instant(number)) == number


def test_both_spellings_of_an_instant() -> None:
    moment = ticks.parse_instant("2024-09-23T16:45:10.123+02:00")
    assert ticks.print_instant(moment) == "2024-09-23T14:45:10.1230000Z"
    assert ticks.print_ordinary_instant(moment) == "2024-09-23T14:45:10.123+00:00"
    assert moment == ticks.from_datetime(datetime(2024, 9, 23, 14, 45, 10, 123_000, tzinfo=UTC))


@pytest.mark.parametrize(
    "text", ["", "today", "2024-13-01T00:00:00Z", "2024-01-01", "٢٠٢٤-٠١-٠١T٠٠:٠٠:٠٠Z"]
)
def test_other_texts_are_no_instants(text: str) -> None:
    with pytest.raises(ValueError):
        ticks.parse_instant(text)


@pytest.mark.parametrize("text", ["", "1:2:3", "1:60:00", "PT1H", "1.02:03:04"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError):
        ticks.parse_duration(text)
