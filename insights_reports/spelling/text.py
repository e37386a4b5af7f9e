"""Octopus's words to values and back: durations, instants, time zones, and names made harmless.

Durations and instants are whole ticks of 100 ns, the unit Octopus counts in, so that nothing is
rounded on the way in. The spellings are those of the samples on
https://octopus.com/docs/octopus-rest-api (Insights reports).
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from tzlocal import windows_tz

from insights_reports.errors import BadReply
from insights_reports.spelling.terms import TICKS_PER_SECOND

_TICKS_PER_HOUR = 3600 * TICKS_PER_SECOND
_TICKS_PER_DAY = 24 * _TICKS_PER_HOUR
MOST_TICKS = (2**63 - 1) // 100
"""The longest duration that is still a timedelta64[ns]: about 292 years."""

_DURATION = re.compile(
    r"(?P<sign>-?)(?:(?P<days>[0-9]{1,9})\.(?=[0-9]{2}:)|(?=[0-9]+:))(?P<hours>[0-9]{1,9})"
    r":(?P<minutes>[0-5][0-9]):(?P<seconds>[0-5][0-9])(?:\.(?P<fraction>[0-9]{1,7}))?"
)
_INSTANT = re.compile(
    r"(?P<second>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,7}))?(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-5][0-9]))"
)
UNSET = re.compile(r"0001-01-01T00:00:00(?:\.0{1,7})?(?:Z|[+-]00:00)?")
"""A time that was never set, as .NET prints it: null."""

_UNDER_ANOTHER_NAME = {
    "GMT": "UTC",
    "CST6CDT": "America/Chicago",
    "EST5EDT": "America/New_York",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
    "Europe/Uzhgorod": "Europe/Kyiv",
    "Europe/Zaporozhye": "Europe/Kyiv",
    "US/East-Indiana": "America/Indiana/Indianapolis",
}
"""IANA zones for which Windows has a name, but CLDR lists it at another one with the same rules."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# What no sink behind this door can bear: line breaks other than a space (mail headers, logs), and
# characters that are no text: controls, lone surrogates (no UTF-8), noncharacters (no XML),
# and the overrides that turn the reading direction of what follows.
_BREAKS = re.compile("\r\n|[\t\n\x0b\x0c\r\x85\u2028\u2029]")
_NO_TEXT = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(2**16, 2**20 + 1, 2**16)
    )
    + "]"
)


def clean_text(text: str) -> str:
    """``text`` with every line break a space, and U+FFFD for each character that is no text.

    For names as they come from Octopus; a clean text stays as it is. What only one format cannot
    hold is cleaned by that format.
    """
    if text.isascii() and text.isprintable():
        return text
    return _NO_TEXT.sub("\ufffd", _BREAKS.sub(" ", text))


def parse_duration(text: str) -> int:
    """Ticks of a duration as Octopus prints it: ``[-]H+:mm:ss[.f]``, also ``[-]d.hh:mm:ss[.f]``.

    Raises:
        BadReply: when the text is no such duration, or longer than 292 years.
    """
    match = _DURATION.fullmatch(text)
    if match is None or (match["days"] and int(match["hours"]) > 23):
        raise BadReply("Octopus stated a duration that cannot be read.", f"Duration: {text[:80]!a}")
    ticks = (
        int(match["days"] or 0) * _TICKS_PER_DAY
        + int(match["hours"]) * _TICKS_PER_HOUR
        + (int(match["minutes"]) * 60 + int(match["seconds"])) * TICKS_PER_SECOND
        + int((match["fraction"] or "0").ljust(7, "0"))
    )
    if ticks > MOST_TICKS:
        raise BadReply("Octopus stated a duration of over 292 years.", f"Duration: {text[:80]!a}")
    return -ticks if match["sign"] else ticks


def print_duration(ticks: int) -> str:
    """The duration as Octopus prints it: ``1:12:39.41517``, ``0:01:00.0``, ``-426:53:44.0``."""
    seconds, fraction = divmod(abs(ticks), TICKS_PER_SECOND)
    digits = f"{fraction:07}".rstrip("0") or "0"
    sign = "-" if ticks < 0 else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{digits}"


def parse_instant(text: str) -> int:
    """Ticks since 1970-01-01T00:00Z of ``2022-08-18T14:28:15.9395818Z`` (or ``…+10:00``).

    Raises:
        BadReply: when the text is no such instant. An instant without a zone is none.
    """
    match = _INSTANT.fullmatch(text)
    at = match and _date_and_time(match["second"])
    if match is None or at is None:
        raise BadReply(
            "Octopus stated a date and time that cannot be read.", f"Instant: {text[:80]!a}"
        )
    offset = int(match["hours"] or 0) * 3600 + int(match["minutes"] or 0) * 60
    seconds = (at - _EPOCH) // timedelta(seconds=1) - (-offset if match["sign"] == "-" else offset)
    return seconds * TICKS_PER_SECOND + int((match["fraction"] or "0").ljust(7, "0"))


def _date_and_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # the 31st of April
        return None


def print_instant(ticks: int) -> str:
    """The instant as Octopus prints it, with seven digits and ``Z``; ``ticks`` since 1970."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    at = _EPOCH + timedelta(seconds=seconds)
    return f"{at.replace(tzinfo=None).isoformat()}.{fraction:07}Z"


@cache
def _iana_names() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _names_of_today() -> dict[str, str]:
    """Zones by the names that their cities had: Asia/Calcutta -> Asia/Kolkata."""
    files = resources.files("tzdata") / "zoneinfo"
    table = (files / "zone.tab").read_text("utf-8").splitlines()
    cities = {line.split("\t")[2] for line in table if not line.startswith("#")}
    lines = (files / "tzdata.zi").read_text("utf-8").splitlines()
    links = (line.split()[1:3] for line in lines if line.startswith("L "))
    return {
        old: today
        for today, old in links
        if "/" in old and old not in cities and today in cities & _iana_names()
    }


@cache
def _windows_names() -> dict[str, str]:
    return {windows.casefold(): iana for windows, iana in windows_tz.win_tz.items()}


def iana_zone(stated: str) -> ZoneInfo:
    """The zone that Octopus states, by a Windows id (which it answers) or an IANA one; it goes by
    the name that its city has today.

    Raises:
        BadReply: when neither knows the name. It is never taken for UTC in silence.
    """
    name = stated if stated in _iana_names() else _windows_names().get(stated.casefold(), "")
    if name not in _iana_names():
        raise BadReply(
            "The time zone of the report is not known.",
            f"TimeZone: {stated[:80]!a}",
            "Give the report a Windows or IANA time zone in Octopus, or update tzdata and tzlocal.",
        )
    return ZoneInfo(_names_of_today().get(name, name))


def windows_zone(iana: str) -> str:
    """The Windows id of an IANA zone, as Octopus answers it.

    Raises:
        BadReply: when Windows has no name for the zone.
    """
    windows = windows_tz.tz_win.get(_UNDER_ANOTHER_NAME.get(iana, iana))
    if windows is None:
        raise BadReply("The time zone has no Windows name.", f"TimeZone: {iana[:80]!a}")
    return str(windows)
