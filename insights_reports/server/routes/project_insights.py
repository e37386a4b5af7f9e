"""Insights of one project, which every licence has (https://octopus.com/docs/api, Insights).

Octopus requires a channel and an environment. Without strictness this server also takes all of
them where none is named, and reads a tenant as the filter for it.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse

from insights_reports.server import ids, wire
from insights_reports.server.access import InSpace, SpaceVisit
from insights_reports.server.aggregates import print_metrics
from insights_reports.server.database import connect
from insights_reports.server.population import Population
from insights_reports.server.problems import MEDIA_TYPE, Missing, Problem
from insights_reports.server.ranges import GRANULARITIES, TIME_RANGES, range_segments
from insights_reports.server.resources import PROJECTS, Document
from insights_reports.server.routes import REFUSALS, choice, csv_of, ok, printed, required
from insights_reports.server.splits import ALL, Series
from insights_reports.server.streams import print_streams, window_start
from insights_reports.server.zones import zone

router = APIRouter(prefix="/api/{spaceId}/projects/{id}/insights", tags=["Project insights"])
_EVERYTHING = "all"
_FILTERS = ("UntenantedAndAllTenants", "Untenanted", "SingleTenant")


def _project(visit: InSpace, id: str) -> Document:
    return PROJECTS.get(visit, id)


Project = Annotated[Document, Depends(_project)]


def _population(
    visit: InSpace,
    project: Project,
    channel: Annotated[str | None, Query(alias="channelId")] = None,
    environment: Annotated[str | None, Query(alias="environmentId")] = None,
    tenant_filter: Annotated[
        str | None, Query(alias="tenantFilter", json_schema_extra={"enum": list(_FILTERS)})
    ] = None,
    tenant: Annotated[str, Query(alias="tenantId")] = _EVERYTHING,
) -> Population:
    number = ids.number("Projects", project["Id"])
    channels = _numbers(visit, "SELECT id FROM channels WHERE project_id = ?", number)
    environments = _numbers(visit, "SELECT id FROM environments WHERE space_id = ?")
    return Population(
        _chosen(visit, channels, "Channels", required(visit, "channelId", channel, _EVERYTHING)),
        _chosen(
            visit,
            environments,
            "Environments",
            required(visit, "environmentId", environment, _EVERYTHING),
        ),
        _tenants(visit, tenant_filter, tenant),
    )


Chosen = Annotated[Population, Depends(_population)]


def _numbers(visit: SpaceVisit, sql: str, value: int | None = None) -> tuple[int, ...]:
    parameter = visit.space_id if value is None else value
    return tuple(row["id"] for row in visit.connection.execute(sql, (parameter,)))


def _chosen(visit: SpaceVisit, every: tuple[int, ...], prefix: str, given: str) -> tuple[int, ...]:
    """The one of these that is meant. The strict server does not know what is none of them."""
    if given.casefold() == _EVERYTHING and not visit.site.strict:
        return every
    found = tuple(each for each in every if each == ids.number(prefix, given))
    if visit.site.strict and not found:
        raise Missing(given)
    return found


def _tenants(visit: SpaceVisit, given: str | None, tenant: str) -> tuple[int, ...]:
    """The tenants of a filter, 0 for none."""
    is_single = tenant.casefold() != _EVERYTHING
    otherwise = "SingleTenant" if is_single and not visit.site.strict else _FILTERS[0]
    filter_ = choice("tenantFilter", given or otherwise, _FILTERS)
    if filter_ == "Untenanted":
        return (0,)
    every = _numbers(visit, "SELECT id FROM tenants WHERE space_id = ?")
    if filter_ == "UntenantedAndAllTenants":
        return (0, *every)
    if not is_single:
        raise Problem("The tenantId is required when the tenantFilter is SingleTenant.")
    return _chosen(visit, every, "Tenants", tenant)


@router.get("/deployments", responses=ok(wire.ProjectStreams))
def project_deployments(visit: InSpace, project: Project, population: Chosen) -> Response:
    """The streams of a project over the last twelve whole months (of UTC) and this month."""
    start = window_start(visit.now, ZoneInfo("UTC"))

    def pieces() -> Iterator[bytes]:
        with closing(connect(visit.site.data)) as connection:
            named = {"ProjectName": project["Name"]}
            yield from print_streams(connection, visit.user, named, population, start, visit.now)

    return StreamingResponse(pieces(), media_type=MEDIA_TYPE)


@router.get(
    "/deployments/csv",
    responses={200: {"content": {"text/csv": {}}}, **REFUSALS},
    response_class=StreamingResponse,
)
def project_deployments_csv(visit: InSpace, population: Chosen) -> Response:
    """The same deployments as a CSV file."""
    return csv_of(visit, population, window_start(visit.now, ZoneInfo("UTC")))


@router.get("/metrics/v1", responses=ok(wire.Metrics))
@router.get("/metrics", responses=ok(wire.Metrics))
def project_metrics(
    visit: InSpace,
    population: Chosen,
    time_range: Annotated[
        str, Query(alias="timeRange", json_schema_extra={"enum": list(TIME_RANGES)})
    ] = "LastQuarter",
    granularity: Annotated[str, Query(json_schema_extra={"enum": list(GRANULARITIES)})] = "Weekly",
    time_zone: Annotated[str, Query(alias="timeZone", description="IANA id")] = "UTC",
) -> Response:
    """The aggregated figures of a project, as the one series All."""
    segments = range_segments(
        choice("timeRange", time_range, TIME_RANGES),
        choice("granularity", granularity, GRANULARITIES),
        visit.now,
        _zone(visit, time_zone),
    )
    series = Series("channel_id", (ALL,), tuple((each, 0) for each in population.channels))
    with visit.site.columns.lent(visit.connection) as columns:
        return printed(print_metrics(visit.connection, columns, population, series, segments))


def _zone(visit: SpaceVisit, time_zone: str) -> ZoneInfo:
    where = zone(time_zone)
    if where is None or (visit.site.strict and time_zone not in available_timezones()):
        raise Problem(f"The timeZone '{time_zone}' is not a known IANA time zone.")
    return where
