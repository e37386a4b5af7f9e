"""Which days are open to each series: those of the calendar without the freezes that are of nearly
all of its deployments."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from insights_reports.judgement import Calendar

if TYPE_CHECKING:
    from insights_reports.edition.facts import Facts, Slices

MOST = 0.9
"""The share of a series' deployments that a freeze is at least of, so that it closes its days."""


@dataclass(frozen=True, slots=True)
class OwnCalendars:
    """The different calendars of a split, and the number of that of each series."""

    calendars: tuple[Calendar, ...]
    number: NDArray[np.intp]

    def of(self, series: int) -> Calendar:
        return self.calendars[int(self.number[series])]


def own_calendars(facts: "Facts", slices: "Slices") -> OwnCalendars | None:
    """The calendars of the series; None without one, where every day counts."""
    calendar, freezes = facts.settings.calendar, facts.settings.freezes
    if calendar is None:
        return None
    if not freezes or not len(slices):
        return OwnCalendars((calendar,), np.zeros(len(slices), dtype=np.intp))
    patterns, number = np.unique(_closing(facts, slices), axis=0, return_inverse=True)
    calendars = tuple(
        replace(calendar, freezes=(*calendar.freezes, *spans))
        for spans in (
            [span for at in np.flatnonzero(pattern) for span in freezes[at].spans]
            for pattern in patterns
        )
    )
    return OwnCalendars(calendars, number.reshape(-1))


def _closing(facts: "Facts", slices: "Slices") -> NDArray[np.bool_]:
    """Which freezes (columns) close their days for which series (rows)."""
    members = facts.members(slices)
    sizes = np.bincount(members.series, minlength=len(slices))
    frozen = [
        np.bincount(members.series, covered[members.rows], minlength=len(slices))
        for covered in facts.frozen
    ]
    share = np.array(frozen).T
    closing: NDArray[np.bool_] = (share > 0) & (share >= MOST * sizes[:, None])
    return closing
