"""Open days: on how many days of a period deployments could be expected."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
_HALF = 0.5  # of the working days; a period less open than that is shown, not judged


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days and freezes.

    Attributes:
        weekend: days of the week without work, Monday is 0.
        holidays: dates without work.
        freezes: half-open spans of dates on which nothing is to be deployed.
    """

    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = frozenset()
    freezes: tuple[tuple[date, date], ...] = ()

    def working(self, days: Days) -> NDArray[np.bool_]:
        """Which of the days are neither weekend nor holiday."""
        if len(self.weekend) == 7:
            return np.zeros(days.shape, dtype=np.bool_)
        week = "".join("0" if day in self.weekend else "1" for day in range(7))
        holidays = np.array(sorted(self.holidays), dtype="datetime64[D]")
        return np.asarray(np.is_busday(days, weekmask=week, holidays=holidays), dtype=np.bool_)

    def open(self, days: Days) -> NDArray[np.bool_]:
        """Which of the days are working days outside every freeze: only deployments of these are
        counted where open days are the exposure."""
        found = self.working(days)
        for start, end in self.freezes:
            found &= ~((days >= np.datetime64(start)) & (days < np.datetime64(end)))
        return found


@dataclass(frozen=True, slots=True)
class OpenDays:
    """The days of a period that are open, of its working days."""

    open: int
    working: int

    @property
    def share(self) -> float | None:
        """None of a period without working days."""
        return self.open / self.working if self.working else None

    @property
    def special(self) -> bool:
        """Whether the period is less than half open, and so shown but not judged."""
        return self.share is None or self.share < _HALF


def open_days(start: date, end: date, calendar: Calendar) -> OpenDays:
    """Of the period from ``start`` to before ``end``."""
    days = np.arange(np.datetime64(start, "D"), np.datetime64(end, "D"))
    return OpenDays(int(calendar.open(days).sum()), int(calendar.working(days).sum()))
