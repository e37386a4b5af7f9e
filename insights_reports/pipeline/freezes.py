"""The freezes that Octopus knows, as days on which nothing is to be deployed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from insights_reports.edition.scope import scope_of, within
from insights_reports.edition.settings import Dated, Inputs, Settings
from insights_reports.edition.values import Name, Phrase, Span
from insights_reports.octopus.resources import DeploymentFreeze

_MOST = 0.9  # of the deployments that page one speaks of; a freeze of less closes no day
_SAID = 5  # freezes that the method note names
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def with_freezes(
    settings: Settings, inputs: Inputs, freezes: Sequence[DeploymentFreeze] | None
) -> Settings:
    """The settings with the freezes of nearly all that page one speaks of closed in the calendar,
    and what was done with them for the method note. ``freezes`` is None where this account may not
    read them. Without a calendar every day counts."""
    if settings.calendar is None:
        return settings
    if freezes is None:
        return replace(settings, freezes_said=(Phrase("method.freezes.denied"),))
    taken = [freeze for freeze in freezes if _covers(freeze, settings, inputs)]
    closed = [
        Dated(*span, Name(freeze.Name, freeze.Id), freeze=True)
        for freeze in taken
        for span in _spans(freeze, inputs)
    ]
    known = sorted((one for one in closed if one.end > inputs.first_day), key=lambda one: one.start)
    days = (*settings.calendar.freezes, *((one.start, one.end) for one in known))
    return replace(
        settings,
        calendar=replace(settings.calendar, freezes=days),
        dated=(*settings.dated, *known),
        freezes_said=tuple(_said(known, len(freezes) - len(taken))),
    )


def _said(known: Sequence[Dated], others: int) -> Iterator[Phrase]:
    for freeze in known[-_SAID:]:
        dates = Span("", freeze.start, freeze.end)
        yield Phrase("method.freezes.taken", {"text": freeze.text, "dates": dates})
    if others:
        yield Phrase("method.freezes.others", {"n": others})
    if not known and not others:
        yield Phrase("method.freezes.none")


def _covers(freeze: DeploymentFreeze, settings: Settings, inputs: Inputs) -> bool:
    """Whether it is of nearly all deployments that page one speaks of, and its days are known."""
    if freeze.RecurringSchedule is not None and freeze.RecurringSchedule.Type != "Annually":
        return False
    table = within(inputs, scope_of(inputs, settings)).deployments
    frozen = 0
    for project, environments in freeze.ProjectEnvironmentScope.items():
        own = table["environment_id"][table["project_id"] == project]
        frozen += int(own.isin(environments).sum())
    return frozen > 0 and frozen >= _MOST * len(table)


def _spans(freeze: DeploymentFreeze, inputs: Inputs) -> Iterator[tuple[date, date]]:
    """Its whole days in the report's time zone, each year anew where it recurs, up to the end of
    the period."""
    start, end = (moment.astimezone(inputs.tz) for moment in (freeze.Start, freeze.End))
    first = (start - _MINUTE).date() + _DAY
    days = (end + _MINUTE).date() - first
    schedule = freeze.RecurringSchedule
    for number in count() if days > timedelta(0) else ():
        begin = first if schedule is None else _years_later(first, number * (schedule.Unit or 1))
        if begin >= inputs.period.end or (schedule is not None and schedule.ended(number, begin)):
            return
        yield begin, begin + days
        if schedule is None:
            return


def _years_later(day: date, years: int) -> date:
    """The same day of a later year; of 29 February the first of March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
