"""The XML feed of the deployment history (https://octopus.com/docs/administration/reporting)."""

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from insights_reports.server import ids
from insights_reports.server.access import InSpace
from insights_reports.server.database import connect
from insights_reports.server.history_feed import print_feed
from insights_reports.server.routes import REFUSALS
from insights_reports.server.routes.conditions import instant

router = APIRouter(prefix="/api/{spaceId}/reporting", tags=["Reporting"])
_EVER = 1 << 62
_NOTHING = -1  # a number that no document has
_XML = "application/xml"


@router.get(
    "/deployments/xml",
    responses={200: {"content": {_XML: {}}}, **REFUSALS},
    response_class=StreamingResponse,
)
def deployments_xml(
    visit: InSpace,
    completed_from: Annotated[str, Query(alias="fromCompletedTime")] = "",
    completed_to: Annotated[str, Query(alias="toCompletedTime")] = "",
    project_id: Annotated[str, Query(alias="projectId")] = "",
    environment_id: Annotated[str, Query(alias="environmentId")] = "",
) -> StreamingResponse:
    """Every deployment that completed between two instants, both included."""
    first = instant("from", "fromCompletedTime", completed_from).get("from", -_EVER)
    last = instant("to", "toCompletedTime", completed_to).get("to", _EVER)
    project = _number("Projects", project_id)
    environment = _number("Environments", environment_id)

    def pieces() -> Iterator[bytes]:
        with closing(connect(visit.site.data)) as connection:
            between = (first, min(last, visit.now))
            yield from print_feed(
                connection, visit.user, visit.space_id, between, project, environment
            )

    return StreamingResponse(pieces(), media_type=_XML)


def _number(prefix: str, given: str) -> int | None:
    return (ids.number(prefix, given) or _NOTHING) if given else None
