"""The resources other than reports: rows of the database in the shapes that Octopus gives them.

The fields are those of https://octopus.com/docs/octopus-rest-api and of Octopus's public client
libraries; what this server has no data for carries Octopus's own default.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from insights_reports.server import ids
from insights_reports.server.access import SpaceVisit
from insights_reports.server.population import tagged
from insights_reports.server.problems import Forbidden, Missing

Document = dict[str, Any]
Maker = Callable[[SpaceVisit, list[sqlite3.Row]], list[Document]]


@dataclass(frozen=True)
class Kind:
    """A kind of document: where it is stored, how it is called, and how it is shown."""

    table: str
    segment: str  # of the path
    prefix: str  # of the id
    item_type: str
    permission: str
    order: str
    make: Maker

    def find(self, visit: SpaceVisit, filters: "Filters") -> list[Document]:
        """Every document that the filters let through and the user may see, in Octopus's order."""
        rows = self._rows(visit, filters)
        gone = visit.user.hidden | visit.site.deleted
        visible = [row for row in rows if self.id(row["id"]) not in gone]
        return self.make(visit, visible)

    def get(self, visit: SpaceVisit, id_or_slug: str) -> Document:
        """One document. Raises Missing, or Forbidden when the user may not see it."""
        number = ids.number(self.prefix, id_or_slug)
        by_slug = number is None and self.has_slug
        condition = "slug = ? COLLATE NOCASE" if by_slug else "id = ?"
        row = visit.connection.execute(
            f"SELECT * FROM {self.table} WHERE space_id = ? AND {condition}",
            (visit.space_id, id_or_slug if by_slug else number),
        ).fetchone()
        if row is None or self.id(row["id"]) in visit.site.deleted:
            raise Missing(id_or_slug)
        if self.id(row["id"]) in visit.user.hidden:
            raise Forbidden(self.permission)
        return self.make(visit, [row])[0]

    def id(self, number: int) -> str:
        """The document id of a row."""
        return f"{self.prefix}-{number}"

    @property
    def has_slug(self) -> bool:
        """Whether documents of this kind can be asked for by slug."""
        return self.table != "tag_sets"

    def _rows(self, visit: SpaceVisit, filters: "Filters") -> list[sqlite3.Row]:
        conditions: list[str] = ["space_id = ?"]
        values: list[int | str] = [visit.space_id]
        if filters.ids is not None:
            conditions.append("id IN (SELECT value FROM json_each(?))")
            values.append(filters.json_numbers(self.prefix))
        if filters.partial_name:
            # Not LIKE, whose wildcards may be part of the name.
            conditions.append("instr(casefold(name), casefold(?)) > 0")
            values.append(filters.partial_name)
        if filters.name:
            conditions.append("casefold(name) = casefold(?)")
            values.append(filters.name)
        if filters.project is not None:
            conditions.append("project_id = ?")
            values.append(filters.project)
        if filters.nothing:
            conditions.append("0")
        if filters.tags is not None:
            conditions.append("id IN (SELECT value FROM json_each(?))")
            values.append(str(tagged(visit.connection, visit.space_id, filters.tags)))
        if filters.connected_to is not None:
            conditions.append("id IN (SELECT tenant_id FROM tenant_projects WHERE project_id = ?)")
            values.append(filters.connected_to)
        if filters.project_group is not None:
            conditions.append("project_group_id = ?")
            values.append(filters.project_group)
        where = " AND ".join(conditions)
        sql = f"SELECT * FROM {self.table} WHERE {where} ORDER BY {self.order}, id"
        return visit.connection.execute(sql, values).fetchall()


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to. `ids` None: no such filter; empty: nothing matches."""

    ids: list[str] | None = None
    partial_name: str = ""
    name: str = ""
    project: int | None = None
    project_group: int | None = None
    tags: list[str] | None = None
    connected_to: int | None = None  # the project of a tenant
    nothing: bool = False  # something was asked for that this server has none of

    def json_numbers(self, prefix: str) -> str:
        """The numbers of the ids as a JSON array, for SQLite's json_each."""
        return str(ids.numbers(prefix, self.ids or ()))


def _each(make: Callable[[SpaceVisit, sqlite3.Row], Document]) -> Maker:
    return lambda visit, rows: [make(visit, row) for row in rows]


def _common(visit: SpaceVisit, prefix: str, row: sqlite3.Row) -> Document:
    return {
        "Id": f"{prefix}-{row['id']}",
        "SpaceId": f"Spaces-{visit.space_id}",
        "Name": row["name"],
        "Description": row["description"],
    }


def space(row: sqlite3.Row) -> Document:
    """A space; it is the one kind that does not itself lie in a space."""
    id_ = f"Spaces-{row['id']}"
    return {
        "Id": id_,
        "Name": row["name"],
        "Slug": row["slug"],
        "Description": row["description"],
        "IsDefault": bool(row["is_default"]),
        "IsPrivate": False,
        "TaskQueueStopped": False,
        "SpaceManagersTeams": [],
        "SpaceManagersTeamMembers": [],
        "ExtensionSettings": [],
        "Links": {
            "Self": f"/api/spaces/{id_}",
            "SpaceHome": f"/api/{id_}",
            "Web": f"/app#/{id_}",
            "Logo": f"/api/spaces/{id_}/logo",
            "Search": f"/api/spaces/{id_}/search",
        },
    }


def _project_group(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    link = f"{visit.base}/projectgroups/ProjectGroups-{row['id']}"
    return _common(visit, "ProjectGroups", row) | {
        "Slug": row["slug"],
        "EnvironmentIds": [],
        "RetentionPolicyId": None,
        "Links": {"Self": link, "Projects": f"{link}/projects"},
    }


def _project(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    link = f"{visit.base}/projects/Projects-{row['id']}"
    return _common(visit, "Projects", row) | {
        "Slug": row["slug"],
        "IsDisabled": False,
        "ProjectGroupId": f"ProjectGroups-{row['project_group_id']}",
        "LifecycleId": "Lifecycles-1",
        "IsVersionControlled": False,
        "TenantedDeploymentMode": row["tenanted_deployment_mode"],
        "ProjectTags": [],
        "Links": {
            "Self": link,
            "Channels": f"{link}/channels{{?skip,take,partialName}}",
            "Releases": f"{link}/releases{{?skip,take,searchByVersion}}",
            "InsightsMetrics": f"{link}/insights/metrics{{?channelId,environmentId,tenantFilter,"
            "tenantId,timeRange,granularity,timeZone}",
        },
    }


def _environment(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    return _common(visit, "Environments", row) | {
        "Slug": row["slug"],
        "SortOrder": row["sort_order"],
        "UseGuidedFailure": False,
        "AllowDynamicInfrastructure": False,
        "ExtensionSettings": [],
        "EnvironmentTags": [],
        "Links": {"Self": f"{visit.base}/environments/Environments-{row['id']}"},
    }


def _channel(visit: SpaceVisit, row: sqlite3.Row) -> Document:
    project = f"Projects-{row['project_id']}"
    return _common(visit, "Channels", row) | {
        "ProjectId": project,
        "Slug": row["slug"],
        "LifecycleId": None,
        "IsDefault": bool(row["is_default"]),
        "Type": "Lifecycle",
        "Rules": [],
        "TenantTags": [],
        "GitReferenceRules": [],
        "Links": {
            "Self": f"{visit.base}/channels/Channels-{row['id']}",
            "Project": f"{visit.base}/projects/{project}",
        },
    }


def _tenants(visit: SpaceVisit, rows: list[sqlite3.Row]) -> list[Document]:
    tags = _grouped(
        visit.connection,
        "SELECT x.tenant_id, s.name || '/' || t.name FROM tenant_tags x "
        "JOIN tags t ON t.id = x.tag_id "
        "JOIN tag_sets s ON s.id = t.tag_set_id ORDER BY s.sort_order, t.sort_order",
    )
    connections = _grouped(
        visit.connection,
        "SELECT tenant_id, project_id, environment_id FROM tenant_projects ORDER BY 1, 2, 3",
    )
    documents = []
    for row in rows:
        environments: dict[str, list[str]] = {}
        for project_id, environment_id in connections.get(row["id"], ()):
            linked = environments.setdefault(f"Projects-{project_id}", [])
            linked.append(f"Environments-{environment_id}")
        documents.append(
            _common(visit, "Tenants", row)
            | {
                "Slug": row["slug"],
                "TenantTags": [tag for (tag,) in tags.get(row["id"], ())],
                "ProjectEnvironments": environments,
                "ClonedFromTenantId": None,
                "IsDisabled": False,
                "Links": {"Self": f"{visit.base}/tenants/Tenants-{row['id']}"},
            }
        )
    return documents


def _tag_sets(visit: SpaceVisit, rows: list[sqlite3.Row]) -> list[Document]:
    tags = _grouped(
        visit.connection, "SELECT tag_set_id, id, name, color, sort_order FROM tags ORDER BY 5, 2"
    )
    return [
        _common(visit, "TagSets", row)
        | {
            "SortOrder": row["sort_order"],
            "Type": "MultiSelect",
            "Scopes": ["Tenant"],
            "Tags": [_tag(row, *tag) for tag in tags.get(row["id"], ())],
            "Links": {"Self": f"{visit.base}/tagsets/TagSets-{row['id']}"},
        }
        for row in rows
    ]


def _tag(tag_set: sqlite3.Row, number: int, name: str, color: str, order: int) -> Document:
    return {
        "Id": f"TagSets-{tag_set['id']}/Tags-{number}",
        "Name": name,
        "CanonicalTagName": f"{tag_set['name']}/{name}",
        "Description": "",
        "Color": color,
        "SortOrder": order,
    }


def _grouped(connection: sqlite3.Connection, sql: str) -> dict[int, list[tuple[Any, ...]]]:
    """The rows of a query without their first column, by that column."""
    groups: dict[int, list[tuple[Any, ...]]] = {}
    for row in connection.execute(sql):
        key, *rest = tuple(row)
        groups.setdefault(key, []).append(tuple(rest))
    return groups


PROJECTS = Kind(
    "projects",
    "projects",
    "Projects",
    "Project",
    "ProjectView",
    "name COLLATE NOCASE",
    _each(_project),
)
PROJECT_GROUPS = Kind(
    "project_groups",
    "projectgroups",
    "ProjectGroups",
    "ProjectGroup",
    "ProjectGroupView",
    "name COLLATE NOCASE",
    _each(_project_group),
)
ENVIRONMENTS = Kind(
    "environments",
    "environments",
    "Environments",
    "Environment",
    "EnvironmentView",
    "sort_order",
    _each(_environment),
)
TENANTS = Kind(
    "tenants", "tenants", "Tenants", "Tenant", "TenantView", "name COLLATE NOCASE", _tenants
)
TAG_SETS = Kind("tag_sets", "tagsets", "TagSets", "TagSet", "TagSetView", "sort_order", _tag_sets)
CHANNELS = Kind(
    "channels",
    "channels",
    "Channels",
    "Channel",
    "ProcessView",
    "name COLLATE NOCASE",
    _each(_channel),
)
KINDS = (PROJECTS, PROJECT_GROUPS, ENVIRONMENTS, TENANTS, TAG_SETS, CHANNELS)
