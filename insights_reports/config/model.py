"""What a configuration may say: subscriptions, destinations, the mail server, the company's look.

Secrets never stand in it: they come from the environment or from files that it names.
`insights_reports.config.file` reads it.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from insights_reports.config.delivery import (
    Destination,
    Mail,
    MailWhen,
    Notify,
    SlicesPolicy,
)
from insights_reports.config.judging import (
    CustomBands,
    Targets,
    WorkingDays,
)
from insights_reports.config.runners import ReleaseTrains, TaskRunner, WorkPool
from insights_reports.config.schedule import Every, Schedule
from insights_reports.config.slices import SEPARATOR, short_names
from insights_reports.config.strict import StrictModel
from insights_reports.spelling.terms import DIMENSIONS, Dimension

_PULLED = 14  # months, those that are cut included
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,59}$")


def _colour(given: object) -> object:
    if not isinstance(given, str) or not re.fullmatch("#[0-9a-fA-F]{6}", given):
        raise ValueError("must be a colour such as '#0b5c73', in quotes")
    return given


class Octopus(StrictModel):
    """Where Octopus is; each is overruled by its environment variable (OCTOPUS_URL…). ``at_once``
    is how many stated figures are asked for at a time, never faster than the polite rate."""

    url: str | None = None
    space: str | None = None
    api_key_file: Path | None = None
    ca_bundle: Path | None = None
    proxy: str | None = None
    at_once: Annotated[int, Field(ge=1, le=8)] = 4


class Company(StrictModel):
    """How editions look: the logo is a PNG or JPEG file, the accent a colour #rrggbb."""

    name: str = ""
    logo: Path | None = None
    accent: Annotated[str, BeforeValidator(_colour)] = "#0b5c73"
    footer: str = ""
    contact: str = ""


class CrossCheckPolicy(StrictModel):
    """Which stated figures are asked for: those of the months and weeks that an edition shows (two
    requests a split and tag set), or all ranges and granularities (nine). How many of them may
    differ, and what happens beyond: mark the edition or hold it back (rendered and kept, not
    delivered)."""

    scope: Literal["edition", "everything"] = "edition"
    limit: Annotated[int, Field(ge=0)] = 0
    beyond: Literal["mark", "hold"] = "mark"


class Workbook(StrictModel):
    """Which deployments are rows of the workbook: all that were read, up to 200,000, or only those
    of the period."""

    deployments: Literal["all", "period"] = "all"


class OwnGroup(StrictModel):
    """An environment group: its name and the ids of its environments."""

    Name: Annotated[str, Field(min_length=1)]
    Environments: Annotated[tuple[str, ...], Field(min_length=1)]


class Headline(StrictModel):
    """Of which environments page one speaks: the report's group of that name."""

    EnvironmentGroup: Annotated[str, Field(min_length=1)]


class Definition(StrictModel):
    """What a report is about, as the Insights reports API spells it, for a server without it.

    Without ``AllTenants`` all tenants are meant where neither tenants nor tags are named.
    """

    ProjectGroupIds: tuple[str, ...] = ()
    ProjectIds: tuple[str, ...] = ()
    ChannelIds: tuple[str, ...] = ()
    TenantIds: tuple[str, ...] = ()
    TenantTags: tuple[str, ...] = ()
    TenantMode: Literal["TenantedAndUntenanted", "Tenanted", "Untenanted"] = "TenantedAndUntenanted"
    AllTenants: bool | None = None
    EnvironmentGroups: tuple[OwnGroup, ...] = ()
    TimeZone: str = "UTC"

    @model_validator(mode="after")
    def _all_tenants(self) -> "Definition":
        if self.AllTenants is None:
            every = not self.TenantIds and not self.TenantTags
            object.__setattr__(self, "AllTenants", every)
        return self


class Subscription(StrictModel):
    """Which Insights report, for which periods and splits, in which formats, to whom and when.

    ``source``, ``file`` and ``definition`` are for servers without Insights reports
    (docs/sources.md). ``since`` is the first day for whose periods editions are owed, and
    ``catch_up`` what becomes of those that were not made in time (docs/operations.md).
    """

    report: Annotated[str, Field(min_length=1)]
    source: Literal["insights", "project", "core", "file"] = "insights"
    file: Path | None = None
    definition: Definition | None = None
    every: Every = "month"
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    splits: tuple[Dimension, ...] = DIMENSIONS
    tag_sets: tuple[str, ...] = ()
    layout: Literal["per_split", "one"] = "per_split"
    formats: Annotated[tuple[Literal["pdf", "xlsx", "html"], ...], Field(min_length=1)] = (
        "pdf",
        "xlsx",
        "html",
    )
    language: Literal["en", "de"] = "en"
    paper: Literal["A4", "Letter"] = "A4"
    week_start: Literal["Sunday", "Monday"] = "Sunday"
    count_as_failed: tuple[Literal["Canceled", "TimedOut"], ...] = ()
    bands: Literal["none", "dora-2021", "dora-2023", "dora-2024", "custom"] = "none"
    targets: Targets = Targets()
    headline: Headline | Literal["all"] | None = None
    calendar: WorkingDays | None = None
    rules: Literal["range", "western", "mdc"] = "range"
    hotfix_patterns: tuple[str, ...] = ()
    top: Annotated[int, Field(ge=1, le=200)] = 20
    workbook: Workbook = Workbook()
    cross_check: CrossCheckPolicy = CrossCheckPolicy()
    release: Literal["automatic", "by_hand"] = "automatic"
    mail_when: MailWhen = "always"
    deliver_to: tuple[str, ...] = ()
    slices: SlicesPolicy | None = None
    schedule: Schedule | None = None
    enabled: bool = True
    since: date | None = None
    catch_up: Literal["run", "latest", "skip"] = "run"

    @model_validator(mode="after")
    def _calendar(self) -> "Subscription":
        if self.fiscal_year_starts > 1 and self.every not in ("quarter", "year"):
            raise ValueError("`fiscal_year_starts:` is for `every: quarter` and `every: year`")
        if self.schedule and (problem := self.schedule.problem(self.every)):
            raise ValueError(f"schedule.on: {problem}")
        return self

    @model_validator(mode="after")
    def _split_by_targets(self) -> "Subscription":
        for split, name in (aims.slice for aims in self.targets.slices):
            if split not in self.splits:
                raise ValueError(f"targets.slices: {name!r} needs {split} among `splits:`")
        return self

    @model_validator(mode="after")
    def _slices(self) -> "Subscription":
        by = self.slices.by if self.slices else ""
        if by == "EnvironmentGroup" and isinstance(self.headline, Headline):
            raise ValueError("`headline:` names a group, and `slices:` are by EnvironmentGroup")
        return self

    @model_validator(mode="after")
    def _source(self) -> "Subscription":
        if (self.source == "file") != (self.file is not None):
            raise ValueError("`source: file` and `file:` go together")
        if self.source == "insights" and self.definition is not None:
            raise ValueError("`definition:` is for the sources project, core and file")
        if self.source in ("project", "core") and self.definition is not None:
            chosen = self.definition
            if not (chosen.ProjectIds or chosen.ProjectGroupIds or chosen.ChannelIds):
                raise ValueError("`definition:` names no project, project group or channel")
            if not chosen.EnvironmentGroups:
                raise ValueError("`definition:` names no environment group")
        return self

    @field_validator("hotfix_patterns")
    @classmethod
    def _patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return patterns


class KeptHistory(StrictModel):
    """Where the history of deployments lies: in the state, or in a bucket (s3://, gs://, az://;
    docs/history.md). ``keep: 36m`` forgets what is older; a pull covers thirteen months."""

    url: Annotated[str, Field(pattern="^(s3|gs|az)://[^?#@]+$")] | None = None
    endpoint: str | None = None
    region: str | None = None
    ca_bundle: Path | None = None
    keep: Annotated[str, Field(pattern="^[1-9][0-9]{0,3}m$")] | None = None

    @model_validator(mode="after")
    def _usable(self) -> "KeptHistory":
        if self.keep and self.months < _PULLED:
            raise ValueError(f"`keep:` must be at least {_PULLED}m: what Octopus gives by itself")
        if self.url is None and (self.endpoint or self.region or self.ca_bundle):
            raise ValueError("endpoint, region and ca_bundle are for `url:`")
        return self

    @property
    def months(self) -> int:
        """How many months before the newest stay; 0: all."""
        return int(self.keep[:-1]) if self.keep else 0


class Config(StrictModel):
    """The whole file. ``path`` is where it was read; relative paths in it start from there.
    ``name`` tells its deployments from those of other configurations on one Prefect server."""

    path: Path
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$")] | None = None
    octopus: Octopus = Octopus()
    company: Company = Company()
    mail: Mail | None = None
    notify: Notify | None = None
    templates: Path | None = None
    custom_bands: CustomBands | None = None
    heartbeat: Annotated[str, Field(pattern="^https?://")] | None = None
    work_pool: WorkPool | None = None
    task_runner: TaskRunner = TaskRunner()
    webhook: ReleaseTrains | None = None
    state: Path = Path("state")
    history: KeptHistory = KeptHistory()
    ledger: str | None = None
    ledger_password_file: Path | None = None
    destinations: Annotated[dict[str, Destination], Field(default_factory=dict)]
    subscriptions: Annotated[dict[str, Subscription], Field(min_length=1)]

    _unusable: dict[str, tuple[str, ...]] = PrivateAttr(default_factory=dict)

    @property
    def unusable(self) -> Mapping[str, tuple[str, ...]]:
        """What is wrong with the subscriptions that `load_usable` left out, by their names."""
        return self._unusable

    def is_unusable(self, name: str) -> bool:
        """Whether the subscription ``name``, or the one of a slice, was left out."""
        return name.partition(SEPARATOR)[0] in self._unusable

    def leave_out(self, unusable: Mapping[str, tuple[str, ...]]) -> None:
        """Say that subscriptions were left out, and why."""
        self._unusable.update(unusable)

    @field_validator("destinations", "subscriptions")
    @classmethod
    def _names(cls, entries: dict[str, Any]) -> dict[str, Any]:
        for name in entries:
            if not _NAME.match(name):
                raise ValueError(
                    f"the name {name!r} must be lower-case letters, digits and dashes, at most 60"
                )
        return entries

    def resolve(self, path: Path) -> Path:
        """``path`` as an absolute path, taken from the folder of the configuration."""
        return (self.path.parent / path.expanduser()).resolve()

    def find(self, name: str) -> Subscription | None:
        """The subscription ``name``, or the one of a slice: ``teams@web-shop``."""
        subscription, separator, _ = name.partition(SEPARATOR)
        found = self.subscriptions.get(subscription)
        known = found is not None and (not separator or self.slice_of(name) is not None)
        return found if known else None

    def slice_of(self, name: str) -> str | None:
        """The slice that ``teams@web-shop`` is of, as it is configured; None where it is none."""
        return self.slices_of(name.partition(SEPARATOR)[0]).get(name)

    def slices_of(self, subscription: str) -> dict[str, str]:
        """The slices of a subscription by the names of their editions: ``teams@web-shop``."""
        return self.slices.get(subscription, {})

    @cached_property
    def slices(self) -> dict[str, dict[str, str]]:
        """The slices of every subscription that has some, as `slices_of` gives them."""
        return {
            name: {
                f"{name}{SEPARATOR}{short}": slice
                for short, slice in short_names(one.slices.recipients).items()
            }
            for name, one in self.subscriptions.items()
            if one.slices
        }
