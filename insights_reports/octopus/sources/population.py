"""Which deployments a report is about, worked out from its definition.

It is chosen by channel: project groups and projects contribute their default channels, the field
``ChannelIds`` adds others. A report that names neither tenants nor tags takes every tenant; several
tags mean any of them within a tag set, and one of every tag set that is mentioned.

https://octopus.com/docs/insights/space-level-insights, https://octopus.com/docs/tenants/tenant-tags
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.errors import NotFound
from insights_reports.octopus.client import Client
from insights_reports.octopus.resources import Channel, InsightsReport, Project, Tenant

T = TypeVar("T", Project, Channel)


@dataclass(frozen=True)
class Population:
    """``projects`` own the ``channels`` (both by id); ``tenants`` is None for every tenant."""

    projects: dict[str, Project]
    channels: dict[str, Channel]
    environments: frozenset[str]
    tenants: frozenset[str] | None
    untenanted: bool

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


def population(client: Client, definition: InsightsReport) -> Population:
    """The population of a definition, as the space stands now.

    Raises:
        NotFound: when it names a project or a channel that does not exist, or may not be seen; and
            when it selects nothing at all, which would make an edition of zeros.
    """
    chosen = _projects(client, definition)
    channels = {
        channel.Id: channel
        for project in chosen
        for channel in client.channels_of(project.Id)
        if channel.IsDefault
    }
    extra = _texts(definition, "ChannelIds")
    channels |= {
        channel.Id: channel for channel in _all(extra, client.channels(extra), "ChannelIds")
    }
    owners = sorted({channel.ProjectId for channel in channels.values()})
    known = {project.Id: project for project in chosen}
    others = client.projects([owner for owner in owners if owner not in known])
    projects = known | {project.Id: project for project in others}
    environments = frozenset(e for g in definition.EnvironmentGroups for e in g.Environments)
    _refuse_nothing(definition, len(chosen), channels, environments)
    return Population(
        {owner: projects[owner] for owner in owners if owner in projects},
        channels,
        environments,
        _tenants(client, definition),
        definition.TenantMode != "Tenanted",
    )


def _refuse_nothing(
    definition: InsightsReport,
    projects: int,
    channels: dict[str, Channel],
    environments: frozenset[str],
) -> None:
    if channels and environments:
        return
    counts = (
        f"{projects} projects, {len(channels)} channels (the projects' default ones and "
        f"ChannelIds), {len(environments)} environments"
    )
    raise NotFound(
        "The report's definition selects nothing that this account may see.",
        f"{definition.Name}: {counts}",
        "Correct the definition, or give the account ProjectView, ProcessView and EnvironmentView.",
    )


def _projects(client: Client, definition: InsightsReport) -> list[Project]:
    named = _all(definition.ProjectIds, client.projects(definition.ProjectIds), "ProjectIds")
    grouped = [p for group in definition.ProjectGroupIds for p in client.projects_of_group(group)]
    return list({project.Id: project for project in (*named, *grouped)}.values())


def _all(ids: Iterable[str], found: list[T], field: str) -> list[T]:
    missing = set(ids) - {thing.Id for thing in found}
    if missing:
        raise NotFound(
            "The report's definition names what is not there, or this account may not see.",
            f"{field}: {', '.join(sorted(missing))}",
            "Correct the definition, or give the account the permission to view it.",
        )
    return found


def _tenants(client: Client, definition: InsightsReport) -> frozenset[str] | None:
    if definition.TenantMode == "Untenanted":
        return frozenset()
    if not definition.TenantIds and not definition.TenantTags:
        return None
    tagged = _tagged(client, definition.TenantTags) if definition.TenantTags else set()
    return frozenset({*definition.TenantIds, *tagged})


def _tagged(client: Client, tags: list[str]) -> set[str]:
    wanted: dict[str, set[str]] = {}
    for tag in tags:
        wanted.setdefault(_half(tag, 0), set()).add(_half(tag, 1))
    tenants = client.look_up("tenants", Tenant, None)
    return {tenant.Id for tenant in tenants if _matches(tenant, wanted)}


def _matches(tenant: Tenant, wanted: dict[str, set[str]]) -> bool:
    found = {_half(t, 0) for t in tenant.TenantTags if _half(t, 1) in wanted.get(_half(t, 0), ())}
    return found == wanted.keys()


def _half(tag: str, which: int) -> str:
    return tag.partition("/")[::2][which].strip().casefold()


def _texts(definition: InsightsReport, field: str) -> list[str]:
    """A list that Octopus's page does not mention, but its reports have."""
    value = (definition.model_extra or {}).get(field)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
