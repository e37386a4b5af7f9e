"""What a server says of itself: licence, health, sign-in, and when nothing may be deployed."""

import json
import sqlite3
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from insights_reports.server import ids
from insights_reports.server.access import AnyVisit, Visit
from insights_reports.server.paging import Paged
from insights_reports.server.problems import Missing
from insights_reports.server.routes import answer, ok
from insights_reports.server.routes.conditions import Ids, Many
from insights_reports.server.ticks import print_ordinary_instant

router = APIRouter(tags=["Server"])
_ANY = dict[str, Any]


@router.get("/api/licenses/licenses-current-features", responses=ok(_ANY))
def licence_features(visit: AnyVisit) -> Response:
    """What the licence includes: Insights reports, which is what this server is for."""
    return answer({"EnabledFeatures": ["Insights"]})


@router.get("/api/licenses/licenses-current-status", responses=ok(_ANY))
def licence_status(visit: AnyVisit) -> Response:
    """The state of the licence; there is nothing to say about it."""
    return answer(
        {
            "Id": "licenses-current-status",
            "ComplianceSummary": "This server needs no license.",
            "IsCompliant": True,
            "IsTrial": False,
            "IsPtm": False,
            "DoesExpiryBlockKeyActivities": False,
            "EffectiveExpiryDate": None,
            "HostingEnvironment": "SelfHosted",
            "Limits": [],
            "Messages": [],
            "PermissionsMode": "Full",
            "Links": {"Self": "/api/licenses/licenses-current-status"},
        }
    )


@router.get("/api/serverstatus/health", responses=ok(_ANY))
def health() -> Response:
    """Whether the server is in order; needs no key."""
    return answer(
        {
            "Description": "Octopus is operating normally.",
            "IsOperatingNormally": True,
            "IsEntireClusterReadOnly": False,
            "IsEntireClusterDrainingTasks": False,
            "IsCompliantWithLicense": True,
            "Links": {"Self": "/api/serverstatus/health"},
        }
    )


@router.get("/.well-known/openid-configuration", responses=ok(_ANY))
def openid_configuration(request: Request) -> Response:
    """How to sign in with tokens of others: there is no exchange here, so it has no endpoint."""
    return answer({"issuer": str(request.base_url).rstrip("/"), "grant_types_supported": []})


@router.get("/api/deploymentfreezes", responses=ok(_ANY))
def deployment_freezes(
    visit: AnyVisit,
    page: Paged,
    ids_: Ids = None,
    partial_name: Annotated[str, Query(alias="partialName")] = "",
    include_complete: Annotated[bool, Query(alias="includeComplete")] = True,
    projects: Annotated[Many, Query(alias="projectIds")] = None,
    environments: Annotated[Many, Query(alias="environmentIds")] = None,
    tenants: Annotated[Many, Query(alias="tenantIds")] = None,
) -> Response:
    """When nothing may be deployed, the oldest first. No freeze is about single tenants."""
    found = [
        freeze
        for freeze in _freezes(visit)
        if (ids_ is None or freeze["Id"] in ids.split_list(ids_))
        and partial_name.casefold() in freeze["Name"].casefold()
        and (include_complete or freeze["End"] > print_ordinary_instant(visit.now))
        and _is_about(freeze["ProjectEnvironmentScope"], projects, environments)
        and tenants is None
    ]
    shown = found[page.skip : page.skip + page.take]
    return answer({"Count": len(found), "DeploymentFreezes": shown})


@router.get("/api/deploymentfreezes/{id}", responses=ok(_ANY))
def deployment_freeze(visit: AnyVisit, id: str) -> Response:
    """One of them."""
    for freeze in _freezes(visit):
        if freeze["Id"].casefold() == id.casefold():
            return answer(freeze)
    raise Missing(id)


def _is_about(
    scope: dict[str, list[str]], projects: list[str] | None, environments: list[str] | None
) -> bool:
    chosen = scope.keys() if projects is None else scope.keys() & ids.split_list(projects)
    of_chosen = {each for project in chosen for each in scope[project]}
    return bool(of_chosen if environments is None else of_chosen & {*ids.split_list(environments)})


def _freezes(visit: Visit) -> list[_ANY]:
    rows = visit.connection.execute("SELECT * FROM freezes ORDER BY start, id")
    return [_freeze(visit, row) for row in rows]


def _freeze(visit: Visit, row: sqlite3.Row) -> _ANY:
    scope = json.loads(row["scope"])
    return {
        "Id": f"DeploymentFreezes-{row['id']}",
        "Name": row["name"],
        "Description": row["description"],
        "Start": print_ordinary_instant(row["start"]),
        "End": print_ordinary_instant(row["stop"]),
        "RecurringSchedule": None,
        "ProjectEnvironmentScope": {k: v for k, v in scope.items() if k not in visit.user.hidden},
        "TenantProjectEnvironmentScope": [],
    }
