"""What Octopus can be asked about one project: a channel of it, an environment, and which tenants.

``/projects/{id}/insights`` requires the channel and the environment
(https://octopus.com/docs/api, Insights).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from insights_reports.octopus.sources.population import Population

EVERY, UNTENANTED, SINGLE = "UntenantedAndAllTenants", "Untenanted", "SingleTenant"


@dataclass(frozen=True, slots=True)
class Combination:
    """One question; ``tenant_id`` is given for the filter SingleTenant alone."""

    project_id: str
    channel_id: str
    environment_id: str
    tenant_filter: str = EVERY
    tenant_id: str | None = None

    @property
    def params(self) -> dict[str, str]:
        """The query parameters."""
        params = {"channelId": self.channel_id, "environmentId": self.environment_id}
        params["tenantFilter"] = self.tenant_filter
        return params | ({"tenantId": self.tenant_id} if self.tenant_id else {})

    @property
    def key(self) -> str:
        """Tells it from the others: ``Projects-1 Channels-1 Environments-1``."""
        tenants = self.tenant_id or ("" if self.tenant_filter == EVERY else self.tenant_filter)
        parts = (self.project_id, self.channel_id, self.environment_id, tenants)
        return " ".join(part for part in parts if part)


def combinations(chosen: Population) -> Iterator[Combination]:
    """One for each channel and environment. Named tenants are chosen from what comes: one
    question a tenant would be many."""
    which = UNTENANTED if chosen.tenants == frozenset() else EVERY
    for channel in chosen.channels.values():
        for environment in sorted(chosen.environments):
            yield Combination(channel.ProjectId, channel.Id, environment, which)


def stated_combinations(
    chosen: Population, streams: list[tuple[str, str, str, str | None]]
) -> list[Combination]:
    """The questions about stated figures that the population answers whole, among those that have
    deployments. ``streams``: project, channel, environment and tenant of each stream known.

    A population of some tenants is asked for by tenant: the figures of all would be other ones.
    """
    whole = chosen.tenants is None and chosen.untenanted
    found = {}
    for project, channel, environment, tenant in streams:
        if whole:
            one = Combination(project, channel, environment)
        elif tenant is None:
            one = Combination(project, channel, environment, UNTENANTED)
        else:
            one = Combination(project, channel, environment, SINGLE, tenant)
        found[one.key] = one
    return list(found.values())
