"""Insights of one project, which every licence has.

Octopus documents the page (https://octopus.com/docs/insights/project-insights) but not the
endpoints: the reply has the shape of the report endpoints, the filters are those of the page, and
the time zone, the viewer's there, is a parameter here.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse

from insights_reports.server import ids, wire
from insights_reports.server.access import InSpace, SpaceVisit
from insights_reports.server.aggregates import print_metrics
from insights_reports.server.database import connect
from insights_reports.server.population import Population
from insights_reports.server.problems import MEDIA_TYPE, Problem
from insights_reports.server.ranges import GRANULARITIES, TIME_RANGES, range_segments
from insights_reports.server.resources import PROJECTS
from insights_reports.server.routes import choice, ok, printed
from insights_reports.server.splits import ALL, Series
from insights_reports.server.streams import print_streams, window_start
from insights_reports.server.zones import zone

router = APIRouter(prefix="/api/{spaceId}/projects/{id}/insights", tags=["Project insights"])
_EVERYTHING = "all"


def _population(
    visit: InSpace,
    id: str,
    channel: Annotated[str, Query(alias="channelId")] = _EVERYTHING,
    environment: Annotated[str, Query(alias="environmentId")] = _EVERYTHING,
    tenant: Annotated[str, Query(alias="tenantId")] = _EVERYTHING,
) -> Population:
    project = ids.number("Projects", PROJECTS.get(visit, id)["Id"])
    every_channel = _numbers(visit, "SELECT id FROM channels WHERE project_id = ?", project)
    every_environment = _numbers(visit, "SELECT id FROM environments WHERE space_id = ?")
    every_tenant = (0, *_numbers(visit, "SELECT id FROM tenants WHERE space_id = ?"))
    return Population(
        _narrowed(every_channel, "Channels", channel),
        _narrowed(every_environment, "Environments", environment),
        _narrowed(every_tenant, "Tenants", tenant),
    )


Chosen = Annotated[Population, Depends(_population)]
Zone = Annotated[str, Query(alias="timeZone", description="Windows or IANA id")]


def _numbers(visit: SpaceVisit, sql: str, value: int | None = None) -> tuple[int, ...]:
    parameter = visit.space_id if value is None else value
    return tuple(row["id"] for row in visit.connection.execute(sql, (parameter,)))


def _narrowed(every: tuple[int, ...], prefix: str, given: str) -> tuple[int, ...]:
    if given.casefold() == _EVERYTHING:
        return every
    return tuple(each for each in every if each and each == ids.number(prefix, given))


@router.get("/deployments", responses=ok(wire.Streams))
def project_deployments(visit: InSpace, population: Chosen, time_zone: Zone = "UTC") -> Response:
    """The streams of a project over the last twelve whole months and this month."""
    start = window_start(visit.now, _zone(time_zone))

    def pieces() -> Iterator[bytes]:
        with closing(connect(visit.site.data)) as connection:
            yield from print_streams(connection, visit.user, None, population, start, visit.now)

    return StreamingResponse(pieces(), media_type=MEDIA_TYPE)


@router.get("/metrics", responses=ok(wire.Metrics))
def project_metrics(
    visit: InSpace,
    population: Chosen,
    time_range: Annotated[
        str, Query(alias="timeRange", json_schema_extra={"enum": list(TIME_RANGES)})
    ],
    granularity: Annotated[str, Query(json_schema_extra={"enum": list(GRANULARITIES)})] = "Weekly",
    time_zone: Zone = "UTC",
) -> Response:
    """The aggregated figures of a project, as the one series All."""
    segments = range_segments(
        choice("timeRange", time_range, TIME_RANGES),
        choice("granularity", granularity, GRANULARITIES),
        visit.now,
        _zone(time_zone),
    )
    series = Series("channel_id", (ALL,), tuple((each, 0) for each in population.channels))
    with visit.site.columns.lent(visit.connection) as columns:
        return printed(print_metrics(visit.connection, columns, population, series, segments))


def _zone(time_zone: str) -> ZoneInfo:
    where = zone(time_zone)
    if where is None:
        raise Problem(f"The timeZone '{time_zone}' is not a known Windows or IANA time zone.")
    return where
