"""The shapes of requests and replies, for the OpenAPI document.

Replies are printed directly; these models describe them (and the tests hold replies against them).
The fields of the Insights resources are those of Octopus's page "Insights Reports API".
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Duration = Annotated[
    str,
    Field(
        pattern=r"^-?\d+:[0-5]\d:[0-5]\d\.\d{1,7}$",
        description="[-]H:mm:ss.f, hours without bound",
        examples=["3:17:51.0"],
    ),
]


class Error(BaseModel):
    """Octopus's error body."""

    ErrorMessage: str
    Errors: list[str]


class EnvironmentGroup(BaseModel):
    """A named group of environments of a report."""

    Name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    Environments: list[str]


class ReportFields(BaseModel):
    """What a report says; without a space it is that of the path.

    Fields that are not documented are kept as they are.
    """

    model_config = ConfigDict(extra="allow")

    SpaceId: str | None = None
    Name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    Description: str | None = None
    ProjectGroupIds: list[str] = []
    ProjectIds: list[str] = []
    ChannelIds: list[str] = []
    AllTenants: bool = False
    TenantIds: list[str] = []
    TenantTags: list[str] = []
    TenantMode: Annotated[str, Field(pattern="^(TenantedAndUntenanted|Tenanted|Untenanted)$")] = (
        "TenantedAndUntenanted"
    )
    EnvironmentGroups: list[EnvironmentGroup] = []
    TimeZone: Annotated[str, Field(description="Windows or IANA id")] = "UTC"
    IconId: str | None = None
    IconColor: str | None = None


class Report(ReportFields):
    """A report as it is read; its time zone is a Windows id."""

    Id: str
    SpaceId: str
    LastModifiedBy: str | None
    LastModifiedOn: str | None
    Links: dict[str, str]


class WrappedReport(BaseModel):
    """A report as the `/v1` forms answer with it."""

    Report: Report


class Icon(BaseModel):
    """The icon to give to a report."""

    IconId: Annotated[str, Field(min_length=1, pattern=r"\S")]
    IconColor: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]
    ReportId: str | None = None
    SpaceId: str | None = None


class ReportPage(BaseModel):
    """One page of reports."""

    ItemType: str
    TotalResults: int
    ItemsPerPage: int
    NumberOfPages: int
    LastPageNumber: int
    Items: list[Report]
    Links: dict[str, str]


class Resource(BaseModel):
    """A document of another kind."""

    model_config = ConfigDict(extra="allow")

    Id: str
    Name: str
    Links: dict[str, str]


class ResourcePage(BaseModel):
    """One page of documents of another kind."""

    ItemType: str
    TotalResults: int
    ItemsPerPage: int
    NumberOfPages: int
    LastPageNumber: int
    Items: list[Resource]
    Links: dict[str, str]


class StreamDeployment(BaseModel):
    """One deployment of a stream."""

    Id: str
    ReleaseVersion: str
    TaskState: str
    CompletedTime: str
    HadGuidedFailure: bool
    LeadTime: Duration | None
    LeadTimeCalculatedFromVersion: str | None
    TimeSincePreviouslySuccessfulDeployment: Duration | None
    PreviousSuccessfulDeploymentId: str | None
    TimeToRecovery: Duration | None
    DeploymentsUntilRecovery: int | None
    RecoveredFromFailedDeploymentId: str | None
    RecoveredFromFailedReleaseVersion: str | None


class Stream(BaseModel):
    """The deployments of one project, channel, environment and tenant, by completion."""

    ProjectId: str
    ProjectName: str | None
    ChannelId: str
    ChannelName: str | None
    EnvironmentId: str
    EnvironmentName: str | None
    TenantId: str | None
    TenantName: str | None
    Deployments: list[StreamDeployment]


class Streams(BaseModel):
    """The reply of /deployments of a report."""

    ReportName: str
    Streams: list[Stream]


class ProjectStreams(BaseModel):
    """The reply of /deployments of a project."""

    ProjectName: str
    Streams: list[Stream]


class Durations(BaseModel):
    """Statistics of a duration; null where Count is 0."""

    Count: int
    Mean: Duration | None
    Median: Duration | None
    Min: Duration | None
    Max: Duration | None
    NinetyFifth: Duration | None


class Numbers(BaseModel):
    """Statistics of a number; null where Count is 0."""

    Count: int
    Mean: float | None
    Median: float | None
    Min: float | None
    Max: float | None
    NinetyFifth: float | None


class FailureRate(BaseModel):
    """Counts, and Rate = Failed / Total as a fraction with five decimals."""

    Successful: int
    DeploymentFailure: int
    SuccessfulButHadGuidedFailure: int
    Total: int
    Failed: int
    Rate: float | None


class Interval(BaseModel):
    """The figures of one interval."""

    StartOfInterval: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    NumberOfSuccessfulDeployments: int
    LeadTime: Durations
    DeploymentFailureRate: FailureRate
    TimeSincePreviousDeployment: Durations
    MeanTimeToRecovery: Durations
    DeploymentsUntilRecovery: Numbers


class Series(BaseModel):
    """One series; its name is null where the user may not see it."""

    Name: str | None
    Intervals: list[Interval]


class Metrics(BaseModel):
    """The reply of /metrics."""

    Series: list[Series]
