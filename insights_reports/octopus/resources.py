"""What Octopus answers, spelled as it spells it. Unknown fields are kept, names are cleaned.

https://octopus.com/docs/octopus-rest-api (Insights reports, projects, environments, tenants, ...)
"""

from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
)

from insights_reports.errors import BadReply
from insights_reports.spelling.text import clean_text


def _clean(value: Any) -> Any:
    return clean_text(value) if isinstance(value, str) else value


def _nothing(value: Any) -> Any:
    return [] if value is None else value


Text = Annotated[str, BeforeValidator(_clean)]
Texts = Annotated[list[Text], BeforeValidator(_nothing)]


class Resource(BaseModel):
    """Anything with an id. ``raw`` is the JSON object as it came, unknown fields and all."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, frozen=True)

    Id: Text
    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def raw(self) -> dict[str, Any]:
        return self._raw


class Named(Resource):
    """A resource with a name, which may stand twice: its id tells it apart."""

    Name: Text


class EnvironmentGroup(BaseModel):
    """A group of an Insights report: its name and the ids of its environments."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, frozen=True)

    Name: Text
    Environments: Texts = []


class InsightsReport(Named):
    """The definition of an Insights report. ``TimeZone`` is a Windows id when Octopus answers."""

    SpaceId: Text = ""
    Description: Text | None = None
    ProjectGroupIds: Texts = []
    ProjectIds: Texts = []
    TenantIds: Texts = []
    TenantTags: Texts = []
    TenantMode: Text = "TenantedAndUntenanted"
    ChannelIds: Texts = []
    AllTenants: Annotated[bool, BeforeValidator(bool)] = False
    EnvironmentGroups: Annotated[list[EnvironmentGroup], BeforeValidator(_nothing)] = []
    TimeZone: Text = "UTC"
    IconId: Text | None = None
    IconColor: Text | None = None


class Space(Named):
    """A space; ``Slug`` is null where the server states none."""

    Slug: Text | None = None
    IsDefault: bool = False


class ProjectGroup(Named):
    """A group that each project belongs to one of."""


class Project(Named):
    """A project, which may be disabled and still have deployments."""

    ProjectGroupId: Text
    Slug: Text | None = None
    IsDisabled: bool = False


class Environment(Named):
    """An environment; ``SortOrder`` is its place among the environments of the space."""

    SortOrder: int = 0


class Tenant(Named):
    """``TenantTags`` are canonical: ``Tag Set Name/Tag Name``."""

    TenantTags: Texts = []


class Tag(BaseModel):
    """A tag of a tag set; ``CanonicalTagName`` is what tenants refer to."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, frozen=True)

    Name: Text
    CanonicalTagName: Text = ""
    SortOrder: int = 0


class TagSet(Named):
    """``Tags`` may lack values: a free-text set lists none, its values stand at the tenants."""

    SortOrder: int = 0
    Type: Text = "MultiSelect"
    Tags: Annotated[list[Tag], BeforeValidator(_nothing)] = []


class Channel(Named):
    """A channel of a project."""

    ProjectId: Text
    IsDefault: bool = False


class Recurrence(BaseModel):
    """How a freeze recurs: every ``Unit`` days, weeks, months or years.

    ``DaysOfWeek`` belongs to weeks; to months a ``DateOfMonth`` ("15", or "L" for the last), or the
    ``DayOfWeek`` of a ``DayNumberOfMonth`` ("1" to "4", or "L"), as ``MonthlyScheduleType`` says.
    """

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, frozen=True)

    Type: Text
    Unit: int | None = 1
    EndType: Text | None = None
    EndOnDate: datetime | None = None
    EndAfterOccurrences: int | None = None
    DaysOfWeek: Any = None
    MonthlyScheduleType: Any = None
    DateOfMonth: Any = None
    DayNumberOfMonth: Any = None
    DayOfWeek: Any = None

    @property
    def weekdays(self) -> set[str] | None:
        """The names of ``DaysOfWeek``, a list or a text with commas; None where it is neither."""
        given = self.DaysOfWeek or []
        names = given.split(",") if isinstance(given, str) else given
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return None
        return {name.strip() for name in names}

    def ended(self, number: int, begin: date) -> bool:
        """Whether the occurrence of that number (from 0), on that day, is none any more."""
        most, last = self.EndAfterOccurrences, self.EndOnDate
        if most is not None and self.EndType in (None, "AfterOccurrences") and number >= most:
            return True
        return last is not None and self.EndType in (None, "OnDate") and begin > last.date()


class FrozenTenant(BaseModel):
    """A tenant's deployments of a project to an environment."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, frozen=True)

    TenantId: Text
    ProjectId: Text
    EnvironmentId: Text


class DeploymentFreeze(Named):
    """When nothing may be deployed: of the environments of each project, or those of some tenants,
    by ids."""

    Start: AwareDatetime
    End: AwareDatetime
    RecurringSchedule: Recurrence | None = None
    ProjectEnvironmentScope: Annotated[
        dict[Text, Texts], BeforeValidator(lambda given: given or {})
    ] = {}
    TenantProjectEnvironmentScope: Annotated[list[FrozenTenant], BeforeValidator(_nothing)] = []


class User(Resource):
    """The account whose key is used."""

    Username: Text = ""
    DisplayName: Text = ""
    IsService: bool = False


class TimeZoneName(Named):
    """A time zone as the server names it, by its IANA or its Windows name."""

    IsLocal: bool = False


class Server(BaseModel):
    """The root document of the API; it is answered without credentials too."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, frozen=True)

    Application: Text = ""
    Version: Text = ""
    ApiVersion: Text = ""
    InstallationId: Text = ""


class Page(BaseModel):
    """The envelope of a list. Only ``Items`` is relied on: servers have answered without
    Page.Next where there was a next page, and with an ItemsPerPage that was not so."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    TotalResults: int | None = None
    Items: list[dict[str, Any]]


class Interval(BaseModel):
    """One interval of a series; its figures are read by the cross-check."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    StartOfInterval: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}")


class Series(BaseModel):
    """One series of ``/metrics``; ``Name`` is null where the account may not see it."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    Name: str | None
    Intervals: list[Interval]


class Metrics(BaseModel):
    """The reply of ``/metrics``."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    Series: list[Series]


M = TypeVar("M", bound=BaseModel)


def read(model: type[M], value: Any) -> M:
    """A model of a JSON value.

    Raises:
        BadReply: when the value has not the model's form; names the field, not its content.
    """
    try:
        made = model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "(all of it)"
        raise BadReply(
            f"Octopus's reply is no {model.__name__} as its documentation describes it.",
            f"{clean_text(where)[:120]}: {first['msg'][:200]}",
            "Check that the server is an Octopus of 2025.2 or newer.",
        ) from None
    if isinstance(made, Resource):
        made._raw = value
    return made
