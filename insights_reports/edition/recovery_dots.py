"""Every single recovery of the period: how long it took, and when it ended."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from insights_reports.edition.document import Dot, Dots
from insights_reports.edition.facts import LEAST_MEDIAN, Facts
from insights_reports.edition.listing import text_of
from insights_reports.edition.values import (
    Figure,
    Metric,
    Name,
    Phrase,
    Span,
    Statistic,
    Usual,
    Value,
)
from insights_reports.metrics import interval_starts
from insights_reports.spelling.terms import TICKS_PER_SECOND

MOST = 400
"""How many are drawn: the longest."""

_DAY = 24 * 3600 * TICKS_PER_SECOND
_LEADING = 2  # projects with a mark of their own
_BY_WEEK = 62  # days of a period whose weeks are named, not its months


def recovery_dots(
    facts: Facts, rows: NDArray[np.intp], ticks: NDArray[np.int64], usual: Usual | None
) -> Dots | None:
    """The recoveries of these ``rows``, the longest first; None of fewer than a median is of."""
    if len(rows) < LEAST_MEDIAN:
        return None
    usual = None if usual is None or usual.high is None else usual  # else all would be shaded
    projects = facts.inputs.deployments["project_id"].iloc[rows].astype("object").tolist()
    leading = _leading(projects, ticks)
    title = _title(facts, projects, ticks, leading)
    others = [Phrase("dots.others")] if set(projects) - set(leading) else []
    now = facts.windows.now
    return Dots(
        id="each-recovery",
        title=title,
        subtitle=_subtitle(len(rows), usual),
        alt=_alt(title, ticks),
        period=now,
        ticks=_named_days(facts, now),
        labels=(*(_name(facts, each) for each in leading), *others),
        dots=_dots(facts, rows[:MOST], ticks, projects, leading),
        others=bool(others),
        low=None if usual is None else usual.low,
        high=None if usual is None else usual.high,
    )


def _leading(projects: Sequence[str], ticks: NDArray[np.int64]) -> list[str]:
    """The projects with the most recoveries of more than a day, or with the most of any length; of
    equal ones that with the longest first."""
    long = [project for project, took in zip(projects, ticks.tolist(), strict=True) if took > _DAY]
    counted = Counter(long or projects)
    return sorted(counted, key=lambda project: -counted[project])[:_LEADING]


def _title(
    facts: Facts, projects: Sequence[str], ticks: NDArray[np.int64], leading: Sequence[str]
) -> Phrase:
    """How many took longer than a day, and whether all of these are of the leading projects."""
    long = int((ticks > _DAY).sum())
    values: dict[str, Value] = {"n": len(ticks), "long": long}
    if not long:
        return Phrase("dots.title.none", values)
    own = dict.fromkeys(projects[:long])  # the longest stand first
    if set(own) - set(leading):
        return Phrase("dots.title.some", values)
    named = [_name(facts, each) for each in leading]
    values |= dict(zip(("first", "second"), named, strict=False))
    return Phrase("dots.title.two" if len(named) > 1 else "dots.title.one", values)


def _name(facts: Facts, project: str) -> Name:
    table = facts.inputs.deployments
    names = table["project_name"][(table["project_id"] == project).to_numpy()]
    return Name(text_of(names.iloc[-1]), project)


def _subtitle(n: int, usual: Usual | None) -> Phrase:
    subtitle = Phrase(f"dots.subtitle.{'plain' if usual is None else 'ranged'}")
    if n <= MOST:
        return subtitle
    return Phrase("dots.subtitle.longest", {"subtitle": subtitle, "shown": MOST, "n": n})


def _alt(title: Phrase, ticks: NDArray[np.int64]) -> Phrase:
    longest, shortest = (
        Figure(Metric.TIME_TO_RECOVERY, Statistic.MAX, int(each)) for each in (ticks[0], ticks[-1])
    )
    return Phrase("dots.alt", {"title": title, "low": shortest, "high": longest})


def _named_days(facts: Facts, now: Span) -> tuple[date, ...]:
    weekly = (now.end - now.start).days <= _BY_WEEK
    start = facts.settings.conventions.week_start
    days = interval_starts(now.start, now.end, "Weekly" if weekly else "Monthly", start)
    return tuple(day for day in days if day >= now.start)


def _dots(
    facts: Facts,
    rows: NDArray[np.intp],
    ticks: NDArray[np.int64],
    projects: Sequence[str],
    leading: Sequence[str],
) -> tuple[Dot, ...]:
    ended = facts.inputs.deployments["completed"].iloc[rows].dt.tz_convert(facts.inputs.tz)
    hours = ended.dt.hour + ended.dt.minute / 60
    first = np.datetime64(facts.windows.now.start)
    days = (facts.days[rows] - first).astype("timedelta64[D]").astype(int) + hours.to_numpy() / 24
    numbers = {project: at for at, project in enumerate(leading)}
    labels = [numbers.get(project, len(leading)) for project in projects]
    cells = zip(days.round(2).tolist(), ticks.tolist(), labels, strict=False)
    return tuple(Dot(day, size, label) for day, size, label in cells)
