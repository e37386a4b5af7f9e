"""Which period was probably meant by a text that names none of a subscription's."""

import re
from datetime import date, timedelta

from insights_reports.config.model import Subscription
from insights_reports.errors import UsageError
from insights_reports.metrics import Period
from insights_reports.metrics.periods import PeriodKind
from insights_reports.spelling.nearest import nearest

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_GERMAN = {"mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12}
_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)} | _GERMAN
_KINDS: dict[str, PeriodKind] = {
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}


def meant(text: str, subscription: Subscription, today: date) -> str | None:
    """The subscription's period, or its periods ``A..B``, that ``text`` most likely stands for:
    ``2026/9``, ``sep 2026`` and ``September`` are 2026-09, and 2026-Q3 is 2026-07..2026-09 where
    editions are monthly. None where nothing is near, or it has not begun ``today``."""
    words = ("last", f"last-{subscription.every}")
    ends = [_read(end, subscription, today) for end in text.split("..")]
    found = [end for end in ends if end is not None]
    if len(found) < len(ends):
        return nearest(text, words)
    return _covering(found, subscription, today)


def _covering(ends: list[Period], subscription: Subscription, today: date) -> str | None:
    """The subscription's periods from the earliest of ``ends`` to the latest."""
    days = (min(end.start for end in ends), max(end.end for end in ends) - timedelta(days=1))
    week_start, starts = subscription.week_start, subscription.fiscal_year_starts
    first, last = (
        Period.containing(subscription.every, day, week_start, starts) for day in days
    )  # fmt: skip
    if last.start > today:
        return None
    return first.name if first == last else f"{first.name}..{last.name}"


def _read(text: str, subscription: Subscription, today: date) -> Period | None:
    """One period of any length, as the house spells it or as people do."""
    week_start, starts = subscription.week_start, subscription.fiscal_year_starts
    last = re.fullmatch(r"last[- _]?(week|month|quarter|year)", text.strip().lower())
    if last:
        return Period.last_complete(_KINDS[last[1]], today, week_start, starts)
    for spelled in (text, *_spellings(text.lower(), today)):
        try:
            return Period.parse(spelled, week_start, starts)
        except UsageError:
            continue
    return None


def _spellings(text: str, today: date) -> list[str]:
    """How the house would spell it; without a year it is the newest that has begun."""
    words = re.findall(r"[^\W\d_]+|\d+", text)
    years = [word for word in words if len(word) == 4 and word.isdecimal()]
    rest = " ".join(word for word in words if word not in years)
    part = _part(rest)
    if part is None or len(years) > 1:
        return []
    wanted = years or [str(year) for year in (today.year, today.year - 1)]
    begun = [f"{year}-{part}" for year in wanted]
    return begun if years else [each for each in begun if _has_begun(each, today)]


def _part(words: str) -> str | None:
    """The month, quarter or week of a year: ``9``, ``september``, ``q 3``, ``w 40``, ``kw 40``."""
    if found := re.fullmatch(r"([1-9]|0[1-9]|1[0-2])", words):
        return f"{int(found[1]):02d}"
    if found := re.fullmatch(r"q(?:uarter)? ?([1-4])", words):
        return f"Q{found[1]}"
    if found := re.fullmatch(r"(?:w|kw|week) ?(\d{1,2})", words):
        return f"W{int(found[1]):02d}"
    number = _NUMBERS.get(words[:3])
    return None if number is None else f"{number:02d}"


def _has_begun(name: str, today: date) -> bool:
    try:
        return Period.parse(name).start <= today
    except UsageError:
        return False
