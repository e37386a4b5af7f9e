"""Which deployments a report is about.

It is chosen by channel: project groups and projects contribute their default channels, the field
`ChannelIds` adds others (https://octopus.com/docs/insights/space-level-insights). A report takes
every tenant when it says `AllTenants`; else one that names neither tenants nor tags takes none.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from insights_reports.server import ids
from insights_reports.server.access import SpaceVisit


@dataclass(frozen=True)
class Population:
    """Streams belong to it by channel, environment and tenant (0: untenanted)."""

    channels: tuple[int, ...]
    environments: tuple[int, ...]
    tenants: tuple[int, ...]

    WHERE = (
        "t.channel_id IN (SELECT value FROM json_each(:channels)) "
        "AND t.environment_id IN (SELECT value FROM json_each(:environments)) "
        "AND t.tenant_id IN (SELECT value FROM json_each(:tenants))"
    )

    @property
    def parameters(self) -> dict[str, str]:
        """For the named places of `WHERE`."""
        return {
            "channels": json.dumps(self.channels),
            "environments": json.dumps(self.environments),
            "tenants": json.dumps(self.tenants),
        }


def of_report(visit: SpaceVisit, report: dict[str, Any]) -> Population:
    """The population of a report's definition, as the space stands now."""
    groups = report["EnvironmentGroups"]
    environments = {each for group in groups for each in group["Environments"]}
    return Population(
        tuple(_channels(visit, report)),
        tuple(sorted(ids.numbers("Environments", environments))),
        tuple(_tenants(visit, report)),
    )


def _channels(visit: SpaceVisit, report: dict[str, Any]) -> list[int]:
    sql = """
        SELECT c.id FROM channels c JOIN projects p ON p.id = c.project_id
        WHERE c.space_id = ? AND (
          c.is_default AND (p.id IN (SELECT value FROM json_each(?))
                            OR p.project_group_id IN (SELECT value FROM json_each(?)))
          OR c.id IN (SELECT value FROM json_each(?)))
        ORDER BY c.id
    """
    chosen = (
        ids.numbers("Projects", report["ProjectIds"]),
        ids.numbers("ProjectGroups", report["ProjectGroupIds"]),
        ids.numbers("Channels", report["ChannelIds"]),
    )
    parameters = (visit.space_id, *(json.dumps(each) for each in chosen))
    return [row["id"] for row in visit.connection.execute(sql, parameters)]


def _tenants(visit: SpaceVisit, report: dict[str, Any]) -> list[int]:
    mode = report["TenantMode"]
    untenanted = [] if mode == "Tenanted" else [0]
    if mode == "Untenanted":
        return untenanted
    if report["AllTenants"]:
        sql = "SELECT id FROM tenants WHERE space_id = ? ORDER BY id"
        every = visit.connection.execute(sql, (visit.space_id,))
        return untenanted + [row["id"] for row in every]
    named = ids.numbers("Tenants", report["TenantIds"])
    matching = tagged(visit.connection, visit.space_id, report["TenantTags"])
    return untenanted + sorted({*named, *matching})


def tagged(connection: sqlite3.Connection, space_id: int, tags: list[str]) -> list[int]:
    """The tenants that match the tags: any tag within a set, every set that is mentioned.

    (https://octopus.com/docs/tenants/tenant-tags)
    """
    wanted: dict[str, set[str]] = {}
    for tag in tags:
        tag_set, _, name = tag.partition("/")
        wanted.setdefault(tag_set.strip().casefold(), set()).add(name.strip().casefold())
    rows = connection.execute(
        "SELECT x.tenant_id, s.name AS tag_set, t.name AS tag FROM tenant_tags x "
        "JOIN tags t ON t.id = x.tag_id JOIN tag_sets s ON s.id = t.tag_set_id "
        "WHERE s.space_id = ?",
        (space_id,),
    )
    matched: dict[int, set[str]] = {}
    for row in rows:
        tag_set = row["tag_set"].casefold()
        if row["tag"].casefold() in wanted.get(tag_set, ()):
            matched.setdefault(row["tenant_id"], set()).add(tag_set)
    return [tenant for tenant, sets in matched.items() if sets == wanted.keys()] if wanted else []
