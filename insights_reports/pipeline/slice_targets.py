"""Whether the slices that have targets are in the report, before anything is pulled."""

from collections.abc import Iterable

from insights_reports.config.model import Subscription
from insights_reports.errors import UsageError
from insights_reports.octopus import Client
from insights_reports.octopus.allowed import Allowed
from insights_reports.octopus.resources import InsightsReport, Named
from insights_reports.octopus.sources.population import projects_of
from insights_reports.spelling.nearest import meant_or_all
from insights_reports.spelling.terms import Dimension

_THINGS = {
    "Project": "project",
    "ProjectGroup": "project group",
    "EnvironmentGroup": "environment group",
    "TenantTagSet": "tenant tag",
}


def refuse_unknown_slices(
    client: Client, report: InsightsReport, subscription: Subscription
) -> None:
    """Look up the slices that ``targets.slices`` names; what this account may not look up is taken
    to be there.

    Raises:
        UsageError: when one is not in the report.
        OctopusError: when Octopus cannot be asked.
    """
    allowed = Allowed()
    known: dict[Dimension, dict[str, str]] = {}
    for split, name in (aims.slice for aims in subscription.targets.slices):
        if split not in known:
            known[split] = _known(client, report, split, allowed)
        if not allowed.denied and _plain(split, name) not in known[split]:
            raise UsageError(
                f"The report has no such {_THINGS[split]}.",
                f"targets.slices: {name}",
                meant_or_all(name, dict.fromkeys(known[split].values())),
            )


def _known(
    client: Client, report: InsightsReport, split: Dimension, allowed: Allowed
) -> dict[str, str]:
    """The ids and names that a slice of the split may go by, each with the name to show."""
    if split == "EnvironmentGroup":
        return {group.Name: group.Name for group in report.EnvironmentGroups}
    if split == "TenantTagSet":
        return {_plain(split, tag): tag for tag in _tags(client, allowed)}
    projects = allowed("projects", lambda: projects_of(client, report))
    if split == "Project":
        return _by_name_and_id(projects)
    ids = sorted({project.ProjectGroupId for project in projects})
    groups = allowed("projectgroups", lambda: client.project_groups(ids))
    return _by_name_and_id(groups)


def _by_name_and_id(things: Iterable[Named]) -> dict[str, str]:
    return {word: thing.Name for thing in things for word in (thing.Name, thing.Id)}


def _tags(client: Client, allowed: Allowed) -> list[str]:
    """The tags of the space. Sets of free text list none: theirs stand at the tenants."""
    listed = [
        tag.CanonicalTagName or f"{tag_set.Name}/{tag.Name}"
        for tag_set in allowed("tagsets", client.tag_sets)
        for tag in tag_set.Tags
    ]
    tenants = allowed("tenants", client.all_tenants)
    return [*listed, *(tag for tenant in tenants for tag in tenant.TenantTags)]


def _plain(split: Dimension, name: str) -> str:
    """Tags are one whatever their case, as in Octopus."""
    return name.casefold() if split == "TenantTagSet" else name
