"""What is not in a space: the root document, spaces, the current user, the state of the server."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from insights_reports.server import ids, wire, zones
from insights_reports.server.access import AnyVisit, InSpace, Site, Visit, find_space
from insights_reports.server.database import connect, setting
from insights_reports.server.paging import Paged, envelope
from insights_reports.server.problems import Missing
from insights_reports.server.resources import KINDS, space
from insights_reports.server.routes import answer, ok

router = APIRouter(prefix="/api", tags=["Server"])
VERSION = "2026.3.4172"  # the version of Octopus whose behaviour is imitated
API_VERSION = "3.0.0"
_TASKS = (
    "{/id}{?skip,take,ids,name,project,environment,tenant,states,active,running,fromQueueDate,"
    "toQueueDate,fromStartDate,toStartDate,fromCompletedDate,toCompletedDate}"
)
_LISTS = {
    "Deployments": "/deployments{/id}{?skip,take,ids,projects,environments,tenants,channels,"
    "taskState}",
    "Releases": "/releases{/id}{?skip,take,ids}",
    "Interruptions": "/interruptions{/id}{?skip,take,ids,regarding,pendingOnly}",
    "Events": "/events{/id}{?skip,take,ids,from,to,eventCategories,projects,environments,tenants,"
    "regarding}",
    "Subscriptions": "/subscriptions{/id}{?skip,take,ids,partialName}",
    "Lifecycles": "/lifecycles{/id}{?skip,take}",
    "Dashboard": "/dashboard{?projectId}",
}


@router.get("", responses=ok(dict[str, Any]))
def root_document(request: Request) -> Response:
    """Who this is and where everything lies; needs no key."""
    site: Site = request.app.state.site
    with closing(connect(site.data)) as connection:
        installation = setting(connection, "InstallationId")
    return answer(
        {
            "Application": "Octopus Deploy",
            "Version": VERSION,
            "ApiVersion": API_VERSION,
            "InstallationId": installation,
            "HasLongTermSupport": False,
            "IsEarlyAccessProgram": False,
            "Links": _links("/api/Spaces-1"),
        }
    )


def _links(default_space: str) -> dict[str, str]:
    names = {
        "projects": "Projects",
        "projectgroups": "ProjectGroups",
        "environments": "Environments",
        "tenants": "Tenants",
        "tagsets": "TagSets",
        "channels": "Channels",
    }
    template = "{/id}{?skip,take,ids,partialName}"
    lists = {names[kind.segment]: f"{default_space}/{kind.segment}{template}" for kind in KINDS}
    return {
        "Self": "/api",
        "SpaceHome": "/api/{spaceId}",
        "Spaces": "/api/spaces{/id}{?skip,take,ids,partialName}",
        "CurrentUser": "/api/users/me",
        "ServerStatus": "/api/serverstatus",
        "Timezones": "/api/serverstatus/timezones",
        "InsightsReports": f"{default_space}/insights/reports{{/id}}{{?skip,take}}",
        "DeploymentFreezes": "/api/deploymentfreezes{/id}{?skip,take,ids,partialName}",
        "ServerHealthStatus": "/api/serverstatus/health",
        "Tasks": f"/api/tasks{_TASKS}",
        **{name: default_space + template for name, template in _LISTS.items()},
        **lists,
    }


@router.get("/spaces", responses=ok(wire.ResourcePage))
def list_spaces(
    visit: AnyVisit,
    page: Paged,
    ids_: Annotated[list[str] | None, Query(alias="ids")] = None,
    partial_name: Annotated[str, Query(alias="partialName")] = "",
) -> Response:
    """A page of the spaces, by name."""
    chosen = None if ids_ is None else ids.split_list(ids_)
    filters = {"partialName": partial_name} if partial_name else {}
    if chosen is not None:
        filters["ids"] = ",".join(chosen)
    return answer(
        envelope(
            "Space",
            _spaces(visit, chosen, partial_name),
            page,
            path="/api/spaces",
            template="{?skip,take,ids,partialName}",
            filters=filters,
            document=space,
        )
    )


def _spaces(visit: Visit, chosen: list[str] | None, partial_name: str) -> list[sqlite3.Row]:
    rows = visit.connection.execute("SELECT * FROM spaces ORDER BY name COLLATE NOCASE, id")
    wanted = None if chosen is None else set(ids.numbers("Spaces", chosen))
    return [
        row
        for row in rows
        if (wanted is None or row["id"] in wanted)
        and partial_name.casefold() in row["name"].casefold()
    ]


@router.get("/spaces/all", responses=ok(list[wire.Resource]))
def all_spaces(visit: AnyVisit) -> Response:
    """Every space."""
    return answer([space(row) for row in _spaces(visit, None, "")])


@router.get("/spaces/{id}", responses=ok(wire.Resource))
def get_space(visit: AnyVisit, id: str) -> Response:
    """One space, by id or slug."""
    number = find_space(visit.connection, id)
    row = visit.connection.execute("SELECT * FROM spaces WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise Missing(id)
    return answer(space(row))


@router.get("/users/me", responses=ok(dict[str, Any]))
def current_user(visit: AnyVisit) -> Response:
    """The user whose key was given."""
    return answer(_user(visit, f"Users-{visit.user.id}"))


@router.get("/users/{id}", responses=ok(dict[str, Any]))
def get_user(visit: AnyVisit, id: str) -> Response:
    """One user."""
    return answer(_user(visit, id))


def _user(visit: Visit, id_: str) -> dict[str, Any]:
    row = visit.connection.execute(
        "SELECT * FROM users WHERE id = ?", (ids.number("Users", id_),)
    ).fetchone()
    if row is None:
        raise Missing(id_)
    link = f"/api/users/Users-{row['id']}"
    return {
        "Id": f"Users-{row['id']}",
        "Username": row["username"],
        "DisplayName": row["display_name"],
        "EmailAddress": row["email"],
        "IsActive": True,
        "IsService": bool(row["is_service"]),
        "Identities": [],
        "Links": {"Self": link, "Spaces": f"{link}/spaces"},
    }


@router.get("/users/{id}/spaces", responses=ok(list[wire.Resource]))
def spaces_of_user(visit: AnyVisit, id: str) -> Response:
    """The spaces a user may enter; one may only ask for oneself."""
    if ids.number("Users", id) != visit.user.id:
        raise Missing(id)
    return answer([space(row) for row in _spaces(visit, None, "")])


@router.get("/serverstatus", responses=ok(dict[str, Any]))
def server_status(visit: AnyVisit) -> Response:
    """The state of the server."""
    return answer(
        {
            "IsDatabaseEncrypted": False,
            "IsUpgradeAvailable": False,
            "IsInMaintenanceMode": False,
            "MaintenanceExpires": None,
            "MaximumAvailableVersion": VERSION,
            "MaximumAvailableVersionCoveredByLicense": VERSION,
            "IsMajorMinorUpgrade": False,
            "IsPotentialClone": False,
            "Links": {"Self": "/api/serverstatus", "Timezones": "/api/serverstatus/timezones"},
        }
    )


@router.get("/serverstatus/timezones", responses=ok(list[dict[str, Any]]))
def time_zones(visit: AnyVisit) -> Response:
    """Every time zone id that a report may name, by its Windows id."""
    now = datetime.now(UTC)
    return answer(
        [
            {"Id": id_, "Name": _zone_title(id_, now), "IsLocal": id_ == "UTC", "Links": {}}
            for id_ in zones.windows_ids()
        ]
    )


def _zone_title(id_: str, now: datetime) -> str:
    where = zones.zone(id_)
    return f"(UTC{now.astimezone(where):%z}) {id_}"


@router.get("/{spaceId}", responses=ok(dict[str, Any]))
def space_home(visit: InSpace) -> Response:
    """Where everything of one space lies."""
    return answer({"Links": _links(visit.base)})
