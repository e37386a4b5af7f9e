"""Which periods a person asks for: spelled as a subscription has them, and begun."""

from datetime import date, datetime, timedelta

from insights_reports.config.model import Subscription
from insights_reports.errors import UsageError
from insights_reports.metrics import Period, parse_periods
from insights_reports.owed.meant import meant

LAST = "last"
_ENDS_OF = {
    "week": ("2026-W44", "2026-W40..2026-W44"),
    "month": ("2026-10", "2026-08..2026-10"),
    "quarter": ("2026-Q3", "2026-Q1..2026-Q3"),
    "year": ("2026", "2024..2026"),
}
_FISCAL = {"quarter": ("FY2027-Q1", "FY2026-Q4..FY2027-Q2"), "year": ("FY2027", "FY2025..FY2027")}


def periods_wanted(text: str, subscription: Subscription, now: datetime) -> tuple[str, ...]:
    """The names of all periods that ``text`` asks for, oldest first; ``last`` stays what it is.

    Raises:
        UsageError: for what is no period, is none of this subscription, or has not begun ``now``.
    """
    if text in (LAST, f"last-{subscription.every}"):
        return (LAST,)
    try:
        if text.startswith("last-"):
            raise UsageError
        found = parse_periods(text, subscription.week_start, subscription.fiscal_year_starts)
    except UsageError:
        raise _misfit(
            "This is not a period of the subscription.", text, subscription, now
        ) from None
    if not all(fits(period, subscription) for period in found):
        raise _misfit("The subscription has no such period.", text, subscription, now)
    _refuse_future(found[-1], now)
    return tuple(period.name for period in found)


def fits(period: Period, subscription: Subscription) -> bool:
    """Whether it is one of the periods of which ``subscription`` makes one edition each."""
    has = (subscription.every, subscription.fiscal_year_starts)
    return (period.kind, period.year_starts) == has


def range_wanted(text: str, subscription: Subscription, now: datetime) -> str:
    """The name of the one period from the first to the last day that ``text`` names.

    Raises:
        UsageError: when it names none, or one that has not begun ``now``.
    """
    first, dots, last = text.partition("..")
    try:
        if not dots:
            raise UsageError
        one, other = (
            Period.parse(end, subscription.week_start, subscription.fiscal_year_starts)
            for end in (first, last)
        )
        period = Period("range", one.start, other.end)
    except (UsageError, ValueError):
        raise UsageError(
            "This is not a range of days.",
            f"--range: {text!r}",
            "Write the first and the last day: 2026-09-14..2026-09-27.",
        ) from None
    _refuse_future(period, now)
    return period.name


def _refuse_future(period: Period, now: datetime) -> None:
    if not has_begun(period.start, now):
        raise UsageError(
            "This period has not begun.", f"period: {period.name}", "Choose an earlier one."
        )


def has_begun(day: date, now: datetime) -> bool:
    """Somewhere on Earth: no zone is more than 14 hours ahead of UTC."""
    return day <= (now + timedelta(hours=14)).date()


def _misfit(what: str, text: str, subscription: Subscription, now: datetime) -> UsageError:
    found = meant(text, subscription, now.date())
    every = subscription.every
    fiscal = subscription.fiscal_year_starts > 1
    one, several = (_FISCAL if fiscal else _ENDS_OF)[every]
    return UsageError(
        what,
        f"period: {text!r}, and it is made every {'fiscal ' if fiscal else ''}{every}",
        f"{f'Did you mean {found}? ' if found else ''}Write last, last-{every}, {one} or "
        f"{several}; other days are those of `run --range 2026-09-14..2026-09-27`.",
    )
