"""The seven operations of the Insights Reports API."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from insights_reports.server import definitions, ids, wire
from insights_reports.server.access import InSpace, SpaceVisit
from insights_reports.server.aggregates import print_metrics
from insights_reports.server.database import connect
from insights_reports.server.paging import Paged, envelope
from insights_reports.server.population import of_report
from insights_reports.server.problems import MEDIA_TYPE, Missing, Problem
from insights_reports.server.ranges import GRANULARITIES, TIME_RANGES, range_segments
from insights_reports.server.routes import REFUSALS, answer, choice, csv_of, ok, printed, required
from insights_reports.server.routes.bodies import Found, Sent
from insights_reports.server.splits import SPLITS, series_of
from insights_reports.server.streams import print_streams, window_start
from insights_reports.server.zones import zone

router = APIRouter(prefix="/api/{spaceId}/insights/reports", tags=["Insights reports"])


def _body_schema(*more: str) -> dict[str, Any]:
    schema = wire.ReportFields.model_json_schema()
    group = schema.pop("$defs")["EnvironmentGroup"]
    schema["properties"]["EnvironmentGroups"]["items"] = group
    schema["properties"] |= {name: {"type": "string"} for name in more}
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


@router.get("", responses=ok(wire.ReportPage))
def list_reports(visit: InSpace, page: Paged) -> Response:
    """A page of the reports of a space, by name."""
    path = f"{visit.base}/insights/reports"
    return answer(
        envelope(
            "InsightsReport",
            definitions.find_all(visit),
            page,
            path=path,
            template="{?skip,take}",
            filters={},
            document=lambda row: definitions.resource(visit, row),
        )
    )


_CREATED = {**ok(wire.Report), **ok(wire.Report, 201)}


@router.post("", status_code=201, responses=_CREATED, openapi_extra=_body_schema())
def create_report(visit: InSpace, document: Sent) -> Response:
    """Create a report."""
    visit.user.require("InsightsReportCreate")
    made = definitions.resource(visit, definitions.create(visit, document))
    return answer(made, 200 if visit.site.strict else 201)


@router.post("/v1", responses=ok(wire.WrappedReport), openapi_extra=_body_schema())
def create_report_v1(visit: InSpace, document: Sent) -> Response:
    """Create a report; it comes back wrapped."""
    visit.user.require("InsightsReportCreate")
    return _wrapped(visit, definitions.create(visit, _unwrapped(document)))


@router.get("/{reportId}", responses=ok(wire.Report))
def get_report(visit: InSpace, row: Found) -> Response:
    """One report."""
    return answer(definitions.resource(visit, row))


@router.get("/{reportId}/v1", responses=ok(wire.WrappedReport))
def get_report_v1(visit: InSpace, row: Found) -> Response:
    """One report, wrapped."""
    return _wrapped(visit, row)


@router.put("/{reportId}", responses=ok(wire.Report), openapi_extra=_body_schema("Id"))
def update_report(visit: InSpace, row: Found, document: Sent) -> Response:
    """Replace a report."""
    visit.user.require("InsightsReportEdit")
    return answer(definitions.resource(visit, definitions.update(visit, row, document)))


@router.put("/{reportId}/v1", responses=ok(wire.WrappedReport), openapi_extra=_body_schema("Id"))
def update_report_v1(visit: InSpace, row: Found, document: Sent) -> Response:
    """Replace a report; it comes back wrapped."""
    visit.user.require("InsightsReportEdit")
    return _wrapped(visit, definitions.update(visit, row, _unwrapped(document)))


@router.delete("/{reportId}/v1", responses=ok(dict[str, Any]))
@router.delete("/{reportId}", responses=ok(dict[str, Any]))
def delete_report(visit: InSpace, row: Found) -> Response:
    """Delete a report."""
    visit.user.require("InsightsReportDelete")
    definitions.delete(visit, row)
    return answer({})


@router.get("/{reportId}/deployments", responses=ok(wire.Streams))
def report_deployments(visit: InSpace, row: Found) -> Response:
    """The streams of the last twelve whole months and this month, with their measures."""
    report = definitions.content(row)
    population = of_report(visit, report)
    start = window_start(visit.now, _zone(report))

    def pieces() -> Iterator[bytes]:
        # The connection of the request may be closed before the last piece is read.
        with closing(connect(visit.site.data)) as connection:
            named = {"ReportName": report["Name"]}
            yield from print_streams(connection, visit.user, named, population, start, visit.now)

    return StreamingResponse(pieces(), media_type=MEDIA_TYPE)


@router.get(
    "/{reportId}/deployments/csv",
    responses={200: {"content": {"text/csv": {}}}, **REFUSALS},
    response_class=StreamingResponse,
)
def report_deployments_csv(visit: InSpace, row: Found) -> Response:
    """The same deployments as a CSV file."""
    report = definitions.content(row)
    population = of_report(visit, report)
    return csv_of(visit, population, window_start(visit.now, _zone(report)))


@router.get("/{reportId}/metrics/v1", responses=ok(wire.Metrics))
@router.get("/{reportId}/metrics", responses=ok(wire.Metrics))
def report_metrics(
    visit: InSpace,
    row: Found,
    time_range: Annotated[
        str, Query(alias="timeRange", json_schema_extra={"enum": list(TIME_RANGES)})
    ] = "LastQuarter",
    split: Annotated[str | None, Query(json_schema_extra={"enum": list(SPLITS)})] = None,
    granularity: Annotated[str, Query(json_schema_extra={"enum": list(GRANULARITIES)})] = "Weekly",
    tag_set_id: Annotated[
        str, Query(alias="tenantTagSetId", description="Required for the split TenantTagSet")
    ] = "",
) -> Response:
    """The aggregated figures of a report, split into series and cut into intervals."""
    chosen_split = choice("split", required(visit, "split", split, "None"), SPLITS)
    report = definitions.content(row)
    parts = range_segments(
        choice("timeRange", time_range, TIME_RANGES),
        choice("granularity", granularity, GRANULARITIES),
        visit.now,
        _zone(report),
    )
    tag_set = _tag_set(visit, tag_set_id) if chosen_split == "TenantTagSet" else 0
    population = of_report(visit, report)
    series = series_of(visit, chosen_split, report, population, tag_set)
    with visit.site.columns.lent(visit.connection) as columns:
        return printed(print_metrics(visit.connection, columns, population, series, parts))


def _wrapped(visit: SpaceVisit, row: sqlite3.Row) -> Response:
    return answer({"Report": definitions.resource(visit, row)})


def _unwrapped(document: dict[str, Any]) -> dict[str, Any]:
    inner = document.get("Report")
    return inner if isinstance(inner, dict) else document


def _zone(report: dict[str, Any]) -> ZoneInfo:
    where = zone(report["TimeZone"])
    assert where is not None  # noqa: S101 - only known zones are stored
    return where


def _tag_set(visit: SpaceVisit, tag_set_id: str) -> int:
    if not tag_set_id:
        raise Problem("The tenantTagSetId is required when the split is TenantTagSet.")
    number = ids.number("TagSets", tag_set_id)
    row = visit.connection.execute(
        "SELECT id FROM tag_sets WHERE space_id = ? AND id = ?", (visit.space_id, number)
    ).fetchone()
    if row is None:
        raise Missing(tag_set_id)
    return int(row["id"])
