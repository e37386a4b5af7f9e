"""What figures are judged by: targets, bands, working days and freezes."""

from datetime import date
from typing import Annotated, Literal

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from insights_reports.config.strict import StrictModel
from insights_reports.spelling.terms import Dimension


class Aims(StrictModel):
    """Own targets, judged beside the figures. Durations in hours, rates as fractions."""

    deployments_per_week: Annotated[float, Field(gt=0)] | None = None
    lead_time_hours: Annotated[float, Field(gt=0)] | None = None
    recovery_time_hours: Annotated[float, Field(gt=0)] | None = None
    failure_rate: Annotated[float, Field(gt=0, lt=1)] | None = None


_SPLIT_OF: dict[str, Dimension] = {
    "project": "Project",
    "project_group": "ProjectGroup",
    "environment_group": "EnvironmentGroup",
    "tenant_tag": "TenantTagSet",
}
_Wanted = Annotated[str, Field(min_length=1)]


class SliceAims(Aims):
    """The targets of one slice: a project or project group by its exact name or id, an environment
    group by its name, or a tenant tag such as ``Region/Europe``."""

    project: _Wanted | None = None
    project_group: _Wanted | None = None
    environment_group: _Wanted | None = None
    tenant_tag: Annotated[str, Field(pattern="^[^/]+/.+$")] | None = None

    @property
    def slice(self) -> tuple[Dimension, str]:
        """Of which split it is, and how it is called there."""
        return next(
            (split, name) for key, split in _SPLIT_OF.items() if (name := getattr(self, key))
        )

    @model_validator(mode="after")
    def _one_slice(self) -> "SliceAims":
        if sum(getattr(self, key) is not None for key in _SPLIT_OF) != 1:
            raise ValueError(f"name one of {', '.join(_SPLIT_OF)}")
        if all(getattr(self, key) is None for key in Aims.model_fields):
            raise ValueError(f"has no target; give one of {', '.join(Aims.model_fields)}")
        return self


class Targets(Aims):
    """The targets of the whole, and of single slices."""

    slices: tuple[SliceAims, ...] = ()

    @field_validator("slices")
    @classmethod
    def _once(cls, slices: tuple[SliceAims, ...]) -> tuple[SliceAims, ...]:
        named = [aims.slice for aims in slices]
        for twice in (each for each in named if named.count(each) > 1):
            raise ValueError(f"{twice[1]!r} stands there twice; give all its targets in one entry")
        return slices


Limits = Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1, max_length=4)]


class CustomBands(StrictModel):
    """A company's own bands, for ``bands: custom``: one to four limits between them, best first.

    Durations in hours, rates as fractions; a limit belongs to the worse band, of the deployments
    per week to the better one. ``date`` and ``source`` say since when they hold and where from.
    """

    name: Annotated[str, Field(min_length=1, max_length=60)]
    date: date
    source: Annotated[str, Field(min_length=1, max_length=300)]
    deployments_per_week: Limits | None = None
    lead_time_hours: Limits | None = None
    recovery_time_hours: Limits | None = None
    failure_rate: Limits | None = None

    @field_validator("lead_time_hours", "recovery_time_hours", "failure_rate")
    @classmethod
    def _rising(cls, limits: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if limits and list(limits) != sorted(set(limits)):
            raise ValueError("the limits must rise: the best band comes first")
        return limits

    @field_validator("deployments_per_week")
    @classmethod
    def _falling(cls, limits: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if limits and list(limits) != sorted(set(limits), reverse=True):
            raise ValueError("the limits must fall: the best band comes first")
        return limits

    @field_validator("failure_rate")
    @classmethod
    def _fractions(cls, limits: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if limits and max(limits) >= 1:
            raise ValueError("rates are fractions below 1: 0.05 is 5 %")
        return limits

    @model_validator(mode="after")
    def _some(self) -> "CustomBands":
        metrics = ("deployments_per_week", "lead_time_hours", "recovery_time_hours", "failure_rate")
        if not any(getattr(self, metric) for metric in metrics):
            raise ValueError(f"has no limits; give at least one of {', '.join(metrics)}")
        return self


class Freeze(StrictModel):
    """Days on which nothing is to be deployed, the first and the last included."""

    start: Annotated[date, Field(alias="from")]
    end: Annotated[date, Field(alias="to")]
    name: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> "Freeze":
        if self.end < self.start:
            raise ValueError("the last day of a freeze is before its first")
        return self


class DatedNote(StrictModel):
    """What a reader should know of a day, or of the days up to ``to``, which is included."""

    start: Annotated[date, Field(alias="from")]
    end: Annotated[date | None, Field(alias="to")] = None
    text: Annotated[str, Field(min_length=1, max_length=80)]

    @model_validator(mode="after")
    def _ordered(self) -> "DatedNote":
        if self.end is not None and self.end < self.start:
            raise ValueError("the last day of a note is before its first")
        return self


Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class WorkingDays(StrictModel):
    """Working days and freezes, by which deployments are counted and judged: the public holidays of
    a country (ISO 3166-1) and region (ISO 3166-2), own holidays, own freezes and those that Octopus
    knows. ``notes`` stand on charts and pages and change no verdict."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    region: str | None = None
    weekend: tuple[Weekday, ...] = ("Saturday", "Sunday")
    holidays: tuple[date, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    notes: tuple[DatedNote, ...] = ()

    @model_validator(mode="after")
    def _region(self) -> "WorkingDays":
        if self.region is not None and self.country is None:
            raise ValueError("a region needs a country")
        return self
