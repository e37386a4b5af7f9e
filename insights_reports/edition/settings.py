"""What an edition is made from: the settings of its subscription and the inputs of one run."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd

from insights_reports.crosscheck import CrossCheck
from insights_reports.edition.baselines import Remembered
from insights_reports.edition.document import Brand, Document, EditorsNote, Exclusion
from insights_reports.edition.freezes import ScopedFreeze
from insights_reports.edition.values import Metric, Name, Phrase, Status
from insights_reports.judgement import Calendar
from insights_reports.metrics import Conventions, Granularity, Lookups, Period, Split
from insights_reports.metrics.periods import add_months
from insights_reports.spelling.terms import DIMENSIONS

BandSet = Literal["none", "dora-2021", "dora-2023", "dora-2024", "custom"]
Trigger = Literal["schedule", "manual", "webhook", "backfill", "retry", "demo"]


@dataclass(frozen=True)
class OwnBands:
    """A company's own bands: their name, since when they hold and where they are written down.

    Attributes:
        limits: for each metric one to four limits between the bands, best first, in ticks or
            fractions (the worse band begins with its limit); of the frequency the lower ends, in
            deployments a week (the better band does).
    """

    name: str
    day: date
    source: str
    limits: dict[Metric, tuple[float, ...]]


@dataclass(frozen=True)
class Dated:
    """A note of the calendar on the days from ``start`` to before ``end``: of a freeze its name."""

    start: date
    end: date
    text: Name
    freeze: bool = False


@dataclass(frozen=True)
class SliceTargets:
    """The targets of one slice of a split, in the units of `Settings.targets`; ``slice`` is its
    name or id, of a tenant tag ``Tag set/Tag``."""

    split: Split
    slice: str
    targets: dict[Metric, float]


@dataclass(frozen=True)
class Settings:
    """How one subscription wants its editions.

    Attributes:
        tag_sets: the ids of the tag sets to split by; empty: every one that the look-ups name.
        granularity: of the chart on page one; None: days of a week or month, weeks of a quarter,
            months of a year.
        targets: own targets, in the unit of the tile: deployments a week, ticks, fractions.
        slice_targets: those of single slices, which are judged alone by them.
        bands: which set of bands page one names, if any; ``custom_bands`` are those of "custom".
        top: how many rows a table of slices shows; the workbook has them all.
        hotfix_patterns: regular expressions; a release whose version contains a match is rework.
        limit: how many differing figures the subscription tolerates; page one says which it is.
        next_edition: the day on which the next one is due, where a schedule tells.
        headline: the environment group that page one speaks of, or ``all``; None: the only one
            whose name is production-like.
        calendar: working days and freezes, by which counts are judged; None: every day counts.
        dated: notes of the calendar.
        freezes: those that Octopus knows, each closed for the series that it is nearly all of.
        freezes_said: what was done with them.
        rules: how is judged: ``range``, or ``western`` or ``mdc`` on process-behaviour limits.
    """

    subscription: str
    splits: tuple[Split, ...] = DIMENSIONS
    tag_sets: tuple[str, ...] = ()
    layout: Literal["per_split", "one"] = "per_split"
    granularity: Granularity | None = None
    language: str = "en"
    paper: Literal["A4", "Letter"] = "A4"
    brand: Brand = field(default_factory=Brand)
    targets: dict[Metric, float] = field(default_factory=dict)
    slice_targets: tuple[SliceTargets, ...] = ()
    bands: BandSet = "none"
    custom_bands: OwnBands | None = None
    top: int = 20
    conventions: Conventions = field(default_factory=Conventions)
    hotfix_patterns: tuple[str, ...] = ()
    limit: int = 0
    next_edition: date | None = None
    headline: str | None = None
    calendar: Calendar | None = None
    dated: tuple[Dated, ...] = ()
    freezes: tuple[ScopedFreeze, ...] = ()
    freezes_said: tuple[Phrase, ...] = ()
    rules: Literal["range", "western", "mdc"] = "range"


@dataclass(frozen=True)
class Inputs:
    """What one run found, and for which period it speaks.

    Attributes:
        zone: the IANA id of the report's time zone; ``stated_zone``: as Octopus spells it.
        deployments: the deployments table of docs/architecture.md.
        as_of, generated: aware instants.
        known_from: the first local day from which on all deployments are known; None: the first
            day of the month twelve months before ``as_of``, as Octopus's ``/deployments`` has it.
        gaps: what else the reader must know about the data.
        dropped: deployments that were read but are not in the table, with the reason and all ids.
        remembered: the baselines of earlier editions, and what was decided on them.
        before: the summary of the edition before this one, where there was one.
        note: what an editor says of this edition.
    """

    report_id: str
    report_name: str
    zone: str
    stated_zone: str
    deployments: pd.DataFrame
    lookups: Lookups
    check: CrossCheck
    account: Name
    server: str
    space: Name
    as_of: datetime
    generated: datetime
    period: Period
    trigger: Trigger
    status: Status
    revision: int = 1
    known_from: date | None = None
    gaps: tuple[Phrase, ...] = ()
    dropped: tuple[Exclusion, ...] = ()
    remembered: Remembered = field(default_factory=Remembered)
    before: Document | None = None
    note: EditorsNote | None = None

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def today(self) -> date:
        """The local day of ``as_of``, which is not complete."""
        return self.as_of.astimezone(self.tz).date()

    @cached_property
    def first_day(self) -> date:
        """The first local day whose deployments are all known."""
        return self.known_from or add_months(self.today.replace(day=1), -12)

    @property
    def partial(self) -> bool:
        """Whether ``as_of`` lies inside the period."""
        return self.today < self.period.end

    @property
    def complete_days(self) -> int:
        """How many whole days of the period have passed; 0 when it has only begun."""
        return max(0, min(self.period.days, (self.today - self.period.start) // timedelta(days=1)))
