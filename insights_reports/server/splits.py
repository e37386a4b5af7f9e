"""The seven ways to split metrics into series, as members of a column of `streams`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from insights_reports.server import ids
from insights_reports.server.access import SpaceVisit
from insights_reports.server.population import Population

Split = Literal[
    "None", "Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant", "TenantTagSet"
]
SPLITS: tuple[Split, ...] = get_args(Split)
ALL, UNTENANTED, UNTAGGED = "All", "Untenanted", "Untagged"


@dataclass(frozen=True)
class Series:
    """The series of a split, in the order of the reply.

    `column` of `streams` decides; `members` are pairs of a value of that column and the position in
    `names` of a series it belongs to. A value may belong to several series.
    """

    column: str
    names: tuple[str | None, ...]
    members: tuple[tuple[int, int], ...]


def series_of(
    visit: SpaceVisit, split: Split, report: dict[str, Any], population: Population, tag_set: int
) -> Series:
    """The series of a split of a report; `tag_set` is the number of the set for TenantTagSet."""
    makers: dict[Split, Callable[[], Series]] = {
        "None": lambda: Series("channel_id", (ALL,), tuple((c, 0) for c in population.channels)),
        "Project": lambda: _objects(visit, "projects", "Projects", "project_id"),
        "ProjectGroup": lambda: _project_groups(visit),
        "Environment": lambda: _objects(visit, "environments", "Environments", "environment_id"),
        "EnvironmentGroup": lambda: _environment_groups(report),
        "Tenant": lambda: _objects(visit, "tenants", "Tenants", "tenant_id", ((0, UNTENANTED),)),
        "TenantTagSet": lambda: _tags(visit, tag_set),
    }
    return makers[split]()


def _objects(
    visit: SpaceVisit,
    table: str,
    prefix: str,
    column: str,
    last: tuple[tuple[int, str], ...] = (),
) -> Series:
    sql = f"SELECT id, name FROM {table} WHERE space_id = ? ORDER BY name COLLATE NOCASE, id"
    rows = [
        (row["id"], _shown(visit, f"{prefix}-{row['id']}", row["name"]))
        for row in visit.connection.execute(sql, (visit.space_id,))
    ]
    every = [*rows, *last]
    names = tuple(name for _, name in every)
    return Series(column, names, tuple((id_, place) for place, (id_, _) in enumerate(every)))


def _project_groups(visit: SpaceVisit) -> Series:
    sql = (
        "SELECT g.id, g.name, p.id AS project_id FROM project_groups g "
        "JOIN projects p ON p.project_group_id = g.id WHERE g.space_id = ? "
        "ORDER BY g.name COLLATE NOCASE, g.id, p.id"
    )
    rows = visit.connection.execute(sql, (visit.space_id,)).fetchall()
    places = _places(row["id"] for row in rows)
    names = {row["id"]: _shown(visit, f"ProjectGroups-{row['id']}", row["name"]) for row in rows}
    members = tuple((row["project_id"], places[row["id"]]) for row in rows)
    return Series("project_id", tuple(names[id_] for id_ in places), members)


def _environment_groups(report: dict[str, Any]) -> Series:
    groups = report["EnvironmentGroups"]
    members = {
        (number, place)
        for place, group in enumerate(groups)
        for number in ids.numbers("Environments", group["Environments"])
    }
    return Series(
        "environment_id", tuple(group["Name"] for group in groups), tuple(sorted(members))
    )


def _tags(visit: SpaceVisit, tag_set: int) -> Series:
    """Each tag of the tenant in the set; a tenant with several tags belongs to each.

    (https://octopus.com/docs/insights/space-level-insights)
    """
    sql = (
        "SELECT t.id, t.name, x.tenant_id FROM tags t JOIN tenant_tags x ON x.tag_id = t.id "
        "WHERE t.tag_set_id = ? ORDER BY t.sort_order, t.id, x.tenant_id"
    )
    rows = visit.connection.execute(sql, (tag_set,)).fetchall()
    places = _places(row["id"] for row in rows)
    names = {row["id"]: row["name"] for row in rows}
    tagged = {row["tenant_id"] for row in rows}
    members = [(row["tenant_id"], places[row["id"]]) for row in rows]
    untagged, untenanted = len(places), len(places) + 1
    members += [(id_, untagged) for id_ in _tenant_ids(visit) if id_ not in tagged]
    members.append((0, untenanted))
    return Series(
        "tenant_id", (*(names[id_] for id_ in places), UNTAGGED, UNTENANTED), tuple(members)
    )


def _tenant_ids(visit: SpaceVisit) -> list[int]:
    sql = "SELECT id FROM tenants WHERE space_id = ?"
    return [row["id"] for row in visit.connection.execute(sql, (visit.space_id,))]


def _places(keys: Iterable[int]) -> dict[int, int]:
    """Each key once, in order of appearance, with its position."""
    return {key: place for place, key in enumerate(dict.fromkeys(keys))}


def _shown(visit: SpaceVisit, document_id: str, name: str) -> str | None:
    return None if document_id in visit.user.hidden else name
