"""Which deployments a report is about, worked out from its definition.

It is chosen by channel: project groups and projects contribute their default channels, the field
``ChannelIds`` adds others. ``AllTenants`` takes every tenant; else a report that names neither
tenants nor tags takes none, so only what is untenanted. Several tags mean any of them within a tag
set, and one of every tag set that is mentioned.

https://octopus.com/docs/insights/space-level-insights, https://octopus.com/docs/tenants/tenant-tags
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.errors import NotFound
from insights_reports.octopus.resources import Channel, InsightsReport, Named, Project, Tenant

T = TypeVar("T", bound=Named)


class Directory(Protocol):
    """Where projects, channels and tenants are found: a client, or lists that were read whole."""

    def projects(self, ids: Iterable[str]) -> list[Project]: ...
    def projects_of_group(self, group_id: str) -> list[Project]: ...
    def channels(self, ids: Iterable[str]) -> list[Channel]: ...
    def channels_of(self, project_id: str) -> list[Channel]: ...
    def all_tenants(self) -> list[Tenant]: ...


@dataclass(frozen=True)
class Population:
    """``projects`` own the ``channels`` (both by id); ``tenants`` is None for every tenant,
    ``missing`` what the definition names and is not there, or may not be seen."""

    projects: dict[str, Project]
    channels: dict[str, Channel]
    environments: frozenset[str]
    tenants: frozenset[str] | None
    untenanted: bool
    missing: tuple[str, ...] = ()

    def includes(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows belong to it, by channel, environment and tenant."""
        tenant = table["tenant_id"]
        allowed = tenant.notna() if self.tenants is None else tenant.isin(self.tenants)
        chosen = table["channel_id"].isin(self.channels) & table["environment_id"].isin(
            self.environments
        )
        rows: NDArray[np.bool_] = (chosen & (allowed | (tenant.isna() & self.untenanted))).to_numpy(
            dtype=bool
        )
        return rows


def population(client: Directory, definition: InsightsReport) -> Population:
    """The population of a definition, as the space stands now.

    Raises:
        NotFound: when it selects nothing at all, which would make an edition of zeros.
    """
    groups = _groups(client, definition)
    chosen = _projects(client, definition, groups)
    channels = {
        channel.Id: channel
        for project in chosen
        for channel in client.channels_of(project.Id)
        if channel.IsDefault
    }
    channels |= {channel.Id: channel for channel in client.channels(definition.ChannelIds)}
    owners = sorted({channel.ProjectId for channel in channels.values()})
    known = {project.Id: project for project in chosen}
    others = client.projects([owner for owner in owners if owner not in known])
    projects = known | {project.Id: project for project in others}
    environments = frozenset(e for g in definition.EnvironmentGroups for e in g.Environments)
    missing = (
        *(group for group, projects in groups.items() if projects is None),
        *_missing(definition.ProjectIds, chosen),
        *_missing(definition.ChannelIds, channels.values()),
    )
    tenants = _tenants(client, definition)
    untenanted = definition.TenantMode != "Tenanted"
    if not (channels and environments and (untenanted or tenants != frozenset())):
        raise _nothing(definition, len(chosen), channels, environments, missing)
    return Population(
        {owner: projects[owner] for owner in owners if owner in projects},
        channels,
        environments,
        tenants,
        untenanted,
        missing,
    )


def projects_of(client: Directory, definition: InsightsReport) -> list[Project]:
    """The projects that a definition names: by themselves, by their group or by a channel."""
    chosen = _projects(client, definition, _groups(client, definition))
    known = {project.Id for project in chosen}
    owners = {channel.ProjectId for channel in client.channels(definition.ChannelIds)}
    return [*chosen, *client.projects(sorted(owners - known))]


def _nothing(
    definition: InsightsReport,
    projects: int,
    channels: dict[str, Channel],
    environments: frozenset[str],
    missing: tuple[str, ...],
) -> NotFound:
    counts = (
        f"{projects} projects, {len(channels)} channels (the projects' default ones and "
        f"ChannelIds), {len(environments)} environments"
    )
    if definition.TenantMode == "Tenanted" and not definition.AllTenants:
        counts += f", {len(definition.TenantIds)} tenants, {len(definition.TenantTags)} tenant tags"
    if missing:
        counts += f"; not there: {', '.join(missing)[:200]}"
    return NotFound(
        "The report's definition selects nothing that this account may see.",
        f"{definition.Name}: {counts}",
        "Correct the definition, or give the account ProjectView, ProcessView and EnvironmentView.",
    )


def _groups(client: Directory, definition: InsightsReport) -> dict[str, list[Project] | None]:
    """The projects of each group; None where there is no such group, or it may not be seen."""
    return {group: _projects_of(client, group) for group in definition.ProjectGroupIds}


def _projects_of(client: Directory, group: str) -> list[Project] | None:
    try:
        return client.projects_of_group(group)
    except NotFound:
        return None


def _projects(
    client: Directory, definition: InsightsReport, groups: Mapping[str, list[Project] | None]
) -> list[Project]:
    named = client.projects(definition.ProjectIds)
    grouped = [project for projects in groups.values() for project in projects or ()]
    return list({project.Id: project for project in (*named, *grouped)}.values())


def _missing(ids: Iterable[str], found: Iterable[T]) -> list[str]:
    there = {thing.Id for thing in found}
    return [id for id in ids if id not in there]


def _tenants(client: Directory, definition: InsightsReport) -> frozenset[str] | None:
    if definition.TenantMode == "Untenanted":
        return frozenset()
    if definition.AllTenants:
        return None
    tagged = _tagged(client, definition.TenantTags) if definition.TenantTags else set()
    return frozenset({*definition.TenantIds, *tagged})


def _tagged(client: Directory, tags: list[str]) -> set[str]:
    wanted: dict[str, set[str]] = {}
    for tag in tags:
        wanted.setdefault(_half(tag, 0), set()).add(_half(tag, 1))
    return {tenant.Id for tenant in client.all_tenants() if _matches(tenant, wanted)}


def _matches(tenant: Tenant, wanted: dict[str, set[str]]) -> bool:
    found = {_half(t, 0) for t in tenant.TenantTags if _half(t, 1) in wanted.get(_half(t, 0), ())}
    return found == wanted.keys()


def _half(tag: str, which: int) -> str:
    return tag.partition("/")[::2][which].strip().casefold()
