"""The audit events of deployments (https://octopus.com/docs/api, Events)."""

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from insights_reports.server import ids
from insights_reports.server.access import InSpace
from insights_reports.server.events import EVENTS, RELATED
from insights_reports.server.paging import Paged
from insights_reports.server.routes import answer, ok
from insights_reports.server.routes.conditions import Ids, Many, among, instant, shown, spelled

router = APIRouter(prefix="/api/{spaceId}/events", tags=["Events"])


@router.get("", responses=ok(dict[str, Any]))
def list_events(
    visit: InSpace,
    page: Paged,
    ids_: Ids = None,
    after: Annotated[str, Query(alias="from")] = "",
    before: Annotated[str, Query(alias="to")] = "",
    categories: Annotated[Many, Query(alias="eventCategories")] = None,
    projects: Many = None,
    environments: Many = None,
    tenants: Many = None,
    regarding: Many = None,
) -> Response:
    """Events, the newest first."""
    conditions = {
        "occurred <= ?": visit.now,
        **among("id", "Events", ids_),
        **instant("occurred >= ?", "from", after),
        **instant("occurred < ?", "to", before),
        **spelled("instr(?, ',' || lower(category) || ',') > 0", categories),
        **among("project_id", "Projects", projects),
        **among("environment_id", "Environments", environments),
        **among("tenant_id", "Tenants", tenants),
        **_regarding(regarding),
    }
    query = {name: given for name, given in (("from", after), ("to", before)) if given}
    lists = {"projects": projects, "environments": environments, "tenants": tenants}
    lists |= {"ids": ids_, "eventCategories": categories, "regarding": regarding}
    return answer(EVENTS.page(visit, page, conditions, query | shown(**lists)))


@router.get("/{id}", responses=ok(dict[str, Any]))
def get_event(visit: InSpace, id: str) -> Response:
    """One event."""
    return answer(EVENTS.get(visit, id))


def _regarding(given: list[str] | None) -> dict[str, Any]:
    """The documents that events are about; of a kind that no event is about there are none."""
    by_prefix: dict[str, list[str]] = defaultdict(list)
    for each in ids.split_list(given):
        by_prefix[each.partition("-")[0].casefold()].append(each)
    conditions: dict[str, Any] = {}
    for prefix, documents in by_prefix.items():
        column, name = RELATED.get(prefix, ("id", "Nothing"))
        # A space keeps this condition apart from that of a filter of its own.
        conditions |= among(f" {column}", name, documents)
    return conditions
