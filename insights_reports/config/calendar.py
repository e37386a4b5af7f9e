"""Public holidays of a country or one of its regions, by the ``holidays`` library."""

from collections.abc import Iterable
from datetime import date

from insights_reports.errors import ConfigError


def holiday_dates(country: str, region: str | None, years: Iterable[int]) -> frozenset[date]:
    """The public holidays of those years, with the days off in place of those on a weekend.

    Args:
        country: ISO 3166-1 code of two letters, such as ``DE``.
        region: ISO 3166-2 code without the country, such as ``BY``; None for those of all regions.

    Raises:
        ConfigError: a country or region that the library does not know.
    """
    import holidays  # takes a second, and is needed with a calendar alone

    known = holidays.list_supported_countries()
    if country not in known:
        raise _unknown("country", country, known)
    if region is not None and region not in known[country]:
        raise _unknown(f"region of {country}", region, known[country])
    return frozenset(holidays.country_holidays(country, subdiv=region, years=sorted(set(years))))


def _unknown(kind: str, value: str, known: Iterable[str]) -> ConfigError:
    codes = sorted(known)
    remedy = f"Use one of: {', '.join(codes)}." if codes else "It has none: leave it out."
    return ConfigError("The calendar has no holidays.", (f"{kind}: {value!r} is unknown",), remedy)
