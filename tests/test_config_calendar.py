"""Holidays by country and region."""

from datetime import date
from typing import Any

import pytest

from insights_reports.config.calendar import holiday_dates
from insights_reports.errors import ConfigError


def test_holidays_of_a_region_are_those_of_the_country_and_its_own() -> None:
    germany, bavaria = (holiday_dates("DE", region, [2026]) for region in (None, "BY"))
    assert {date(2026, 1, 1), date(2026, 5, 1), date(2026, 10, 3), date(2026, 12, 25)} <= germany
    assert germany < bavaria
    assert date(2026, 1, 6) in bavaria - germany  # Epiphany


def test_several_years_are_put_together() -> None:
    both = holiday_dates("US", "CA", [2026, 2025, 2026])
    assert {day.year for day in both} == {2025, 2026}
    assert both == holiday_dates("US", "CA", [2025]) | holiday_dates("US", "CA", [2026])


@pytest.mark.parametrize(
    ("country", "region", "words"),
    [("XX", None, "country: 'XX'"), ("de", None, "'de'"), ("DE", "XX", "region of DE: 'XX'.*BY")],
)
def test_unknown_places_are_refused_with_those_there_are(
    country: str, region: Any, words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        holiday_dates(country, region, [2026])
    assert all(word in str(refused.value) for word in words.split(".*"))
    assert str(refused.value).count("\n") == 2
