"""The freezes that Octopus knows, as days on which nothing is to be deployed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from insights_reports.edition.closed import MOST
from insights_reports.edition.freezes import ScopedFreeze, covered
from insights_reports.edition.scope import scope_of, within
from insights_reports.edition.settings import Dated, Inputs, Settings
from insights_reports.edition.values import Name, Phrase, Span
from insights_reports.octopus.resources import DeploymentFreeze
from insights_reports.pipeline.recurrences import spans_of, whole_days

_SAID = 5  # of a kind that the method note names
_RHYTHMS = ("Daily", "Weekly", "Monthly")


@dataclass(frozen=True)
class _Read:
    """A freeze as it was understood.

    Attributes:
        scoped: its days and deployments.
        some, most: whether it is of any deployment, and of nearly all that page one speaks of.
        known: whether its days are known; ``hours``: whether it lasts no whole day.
    """

    freeze: DeploymentFreeze
    scoped: ScopedFreeze
    some: bool
    most: bool
    known: bool
    hours: bool

    @property
    def rhythm(self) -> bool:
        schedule = self.freeze.RecurringSchedule
        return schedule is not None and schedule.Type in _RHYTHMS

    @property
    def name(self) -> Name:
        return Name(self.freeze.Name, self.freeze.Id)


def with_freezes(
    settings: Settings, inputs: Inputs, freezes: Sequence[DeploymentFreeze] | None
) -> Settings:
    """The settings with the freezes, each of which closes its days for the series that it is nearly
    all of, and what was done with them for the method note. ``freezes`` is None where this account
    may not read them. Without a calendar every day counts."""
    if settings.calendar is None:
        return settings
    if freezes is None:
        return replace(settings, freezes_said=(Phrase("method.freezes.denied"),))
    every = _read(freezes, settings, inputs)
    closing = [each for each in every if each.some and each.scoped.spans]
    dated = [
        Dated(*span, each.name, freeze=True)
        for each in closing
        if each.most and not each.rhythm
        for span in each.scoped.spans
    ]
    dated.sort(key=lambda one: one.start)
    return replace(
        settings,
        freezes=tuple(each.scoped for each in closing),
        dated=(*settings.dated, *dated),
        freezes_said=tuple(_said(every, dated)),
    )


def _read(freezes: Sequence[DeploymentFreeze], settings: Settings, inputs: Inputs) -> list[_Read]:
    spans = [spans_of(freeze, inputs.tz, inputs.first_day, inputs.period.end) for freeze in freezes]
    scoped = [_scoped(*pair) for pair in zip(freezes, spans, strict=True)]
    ours = within(inputs, scope_of(inputs, settings)).deployments
    masks = zip(covered(scoped, inputs.deployments), covered(scoped, ours), strict=True)
    return [
        _Read(
            freeze=freezes[at],
            scoped=scoped[at],
            some=bool(anywhere.any()),
            most=bool(here.any()) and float(here.mean()) >= MOST,
            known=spans[at] is not None,
            hours=not whole_days(freezes[at], inputs.tz)[1],
        )
        for at, (anywhere, here) in enumerate(masks)
    ]


def _scoped(freeze: DeploymentFreeze, spans: Sequence[tuple[date, date]] | None) -> ScopedFreeze:
    return ScopedFreeze(
        spans=tuple(spans or ()),
        projects=frozenset(
            (project, environment)
            for project, environments in freeze.ProjectEnvironmentScope.items()
            for environment in environments
        ),
        tenants=frozenset(
            (each.ProjectId, each.EnvironmentId, each.TenantId)
            for each in freeze.TenantProjectEnvironmentScope
        ),
    )


def _said(every: Sequence[_Read], dated: Sequence[Dated]) -> Iterator[Phrase]:
    """What closes days, the latest last; what closes none, and why."""
    for one in dated[-_SAID:]:
        dates = Span("", one.start, one.end)
        yield Phrase("method.freezes.taken", {"text": one.text, "dates": dates})
    own = [each for each in every if each.some]
    closing = [each for each in own if each.scoped.spans]
    yield from _named("rhythm", [each for each in closing if each.most and each.rhythm])
    yield from _named("part", [each for each in closing if not each.most])
    yield from _named("unclear", [each for each in own if not each.known])
    yield from _named("hours", [each for each in own if each.known and each.hours])
    others = len(every) - len(own)
    if others:
        yield Phrase("method.freezes.others", {"n": others})
    if not every:
        yield Phrase("method.freezes.none")


def _named(key: str, some: Sequence[_Read]) -> Iterator[Phrase]:
    for each in some[-_SAID:]:
        yield Phrase(f"method.freezes.{key}", {"text": each.name})
    if len(some) > _SAID:
        yield Phrase("method.freezes.more", {"n": len(some) - _SAID})
