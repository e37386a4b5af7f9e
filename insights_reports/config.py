"""What a configuration may say: subscriptions, destinations, the mail server, the company's look.

Secrets never stand in it: they come from the environment or from files that it names.
`insights_reports.config_file` reads it.
"""

import re
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from insights_reports.config_runners import ReleaseTrains, TaskRunner, WorkPool
from insights_reports.config_schedule import Every, Schedule, StrictModel
from insights_reports.config_slices import SEPARATOR, short_names
from insights_reports.spelling.terms import DIMENSIONS, Dimension

_PULLED = 14  # months, those that are cut included
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,59}$")


def _one_address(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"not one e-mail address: {error}") from None


def _colour(given: object) -> object:
    if not isinstance(given, str) or not re.fullmatch("#[0-9a-fA-F]{6}", given):
        raise ValueError("must be a colour such as '#0b5c73', in quotes")
    return given


Address = Annotated[str, AfterValidator(_one_address)]


def _each_once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    spelled: dict[str, str] = {}
    for address in addresses:
        spelled.setdefault(address.lower(), address)
    return tuple(spelled.values())


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


class Microsoft(StrictModel):
    """Sign-in as an application of Microsoft's Entra ID, by a secret or a certificate (PEM).
    ``authority`` and ``endpoint`` (of Graph) are for national clouds."""

    tenant: str
    client: str
    authority: str = "login.microsoftonline.com"
    endpoint: Annotated[str, Field(pattern="^https://[^/]+$")] = "https://graph.microsoft.com"
    secret_file: Path | None = None
    key_file: Path | None = None
    certificate_file: Path | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Microsoft":
        if bool(self.secret_file) == bool(self.key_file and self.certificate_file):
            raise ValueError("give `secret_file`, or `key_file` and `certificate_file`")
        return self


class Google(StrictModel):
    """Sign-in as a service account of Google that may act for the mailbox."""

    service_account_file: Path


class Auth(StrictModel):
    """Sign-in by access tokens (XOAUTH2); one of the three."""

    oauth_token_command: tuple[str, ...] = ()
    microsoft: Microsoft | None = None
    google: Google | None = None

    @model_validator(mode="after")
    def _one(self) -> "Auth":
        if sum(map(bool, (self.oauth_token_command, self.microsoft, self.google))) != 1:
            raise ValueError("give one of oauth_token_command, microsoft and google")
        return self


class Mail(StrictModel):
    """The mail server, or ``graph``: the sender's mailbox in Exchange Online by Microsoft Graph.
    The password comes from ``password_file`` or the variable SMTP_PASSWORD."""

    host: str | None = None
    graph: Microsoft | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address
    reply_to: Address | None = None
    username: str | None = None
    password_file: Path | None = None
    auth: Auth | None = None
    owner: Address | None = None
    allowed_domains: tuple[str, ...] = ()
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _signs_in(self) -> "Mail":
        if bool(self.host) == bool(self.graph):
            raise ValueError("give `host:`, a mail server, or `graph:`, Microsoft Graph")
        if self.graph and (self.username or self.password_file or self.auth):
            raise ValueError("`graph:` signs in by itself: no username, password_file or auth")
        if self.auth and not self.username:
            raise ValueError("`auth:` needs `username:`, the mailbox that sends")
        return self

    def may_receive(self, address: str) -> bool:
        """Whether mail may go to ``address``: into an allowed domain, if any is named."""
        domain = address.rpartition("@")[2].lower()
        return not self.allowed_domains or domain in {d.lower() for d in self.allowed_domains}


class Folder(StrictModel):
    """A folder that keeps every edition, with an index page."""

    type: Literal["folder"]
    path: Path
    public_url: str | None = None


class RemoteStorage(StrictModel):
    """Storage elsewhere: s3://, gs://, az://, sftp://, sharepoint:// or onedrive://, with an index
    page (docs/delivery.md)."""

    type: Literal["storage"]
    url: str
    public_url: str | None = None
    endpoint: str | None = None
    region: str | None = None
    ca_bundle: Path | None = None
    key_file: Path | None = None
    password_file: Path | None = None
    known_hosts: Path | None = None
    host_key: Annotated[str, Field(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")] | None = None
    graph: Microsoft | None = None


class Recipients(StrictModel):
    """Recipients of a mail, each of whom gets a message of their own."""

    type: Literal["mail"]
    to: Annotated[tuple[Address, ...], Field(min_length=1)]
    attach: tuple[Literal["pdf", "xlsx", "html"], ...] = ("pdf",)
    documents: Literal["summary", "all"] = "summary"
    on_unknown: Literal["resend", "hold"] = "resend"
    new_recipients: Literal["next", "now"] = "now"

    @field_validator("to")
    @classmethod
    def _once(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        """Addresses that differ only in case are one recipient, as spelled first."""
        return _each_once(addresses)


class Eml(Recipients):
    """Mails as .eml files in a folder, for others to send."""

    type: Literal["eml"]  # type: ignore[assignment]
    path: Path
    sender: Address


Destination = Annotated[Folder | RemoteStorage | Recipients | Eml, Field(discriminator="type")]


class Notify(StrictModel):
    """The operators, who are told what the readers are not: by mail, and by Apprise (a file with
    one ``label = URL`` a line)."""

    mail: tuple[Address, ...] = ()
    apprise_file: Path | None = None
    on: tuple[Literal["failed", "partial", "held", "overdue", "recovered"], ...] = (
        "failed",
        "partial",
        "held",
        "overdue",
        "recovered",
    )


class CrossCheckPolicy(StrictModel):
    """Which stated figures are asked for: those of the months and weeks that an edition shows (two
    requests a split and tag set), or all ranges and granularities (nine). How many of them may
    differ, and what happens beyond: mark the edition or hold it back (rendered and kept, not
    delivered)."""

    scope: Literal["edition", "everything"] = "edition"
    limit: Annotated[int, Field(ge=0)] = 0
    beyond: Literal["mark", "hold"] = "mark"


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


class SlicesPolicy(StrictModel):
    """One edition a slice, which has that slice's part alone, for its recipients.

    ``by`` is Project, ProjectGroup, EnvironmentGroup, Tenant, or the name or id of a tenant tag
    set. ``recipients`` has the addresses by the name or id of the slice; ``recipients_file`` is the
    same as YAML, or as CSV with the columns slice and recipient (docs/slices.md).
    """

    by: Annotated[str, Field(min_length=1)]
    recipients: Annotated[dict[str, tuple[Address, ...]], Field(default_factory=dict)]
    recipients_file: Path | None = None
    attach: tuple[Literal["pdf", "xlsx", "html"], ...] = ("pdf",)
    documents: Literal["summary", "all"] = "summary"
    on_unknown: Literal["resend", "hold"] = "resend"

    @field_validator("recipients")
    @classmethod
    def _told_apart(cls, given: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        short_names(given)
        return {slice: _each_once(addresses) for slice, addresses in given.items()}

    @model_validator(mode="after")
    def _some(self) -> "SlicesPolicy":
        if not self.recipients:
            raise ValueError("there is no slice: give `recipients:` or `recipients_file:`")
        return self


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


MailWhen = Literal["always", "changed", "deployments", "target_missed", "signal"]


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
