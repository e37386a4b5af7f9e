"""What ``check`` says of slices: whether each that is configured is there, by what Octopus states
of the last twelve months."""

from insights_reports.config.delivery import SlicesPolicy
from insights_reports.config.model import Subscription
from insights_reports.delivery.leaks.texts import require_pdf
from insights_reports.errors import InsightsReportsError, UsageError
from insights_reports.octopus import Client
from insights_reports.octopus.resources import InsightsReport, Named, Project, ProjectGroup, Tenant
from insights_reports.pipeline.slicing import BY
from insights_reports.spelling.nearest import meant_or_all

_MOST_NAMED = 10


def look(client: Client, report: InsightsReport, subscription: Subscription) -> str:
    """How many slices there are, and which of them are mapped to nobody.

    Raises:
        ConfigError: when what the leak test needs is not installed.
        InsightsReportsError: when one is configured that is not there.
        UsageError: when what they are by is not known.
    """
    policy = subscription.slices
    assert policy is not None  # noqa: S101  (asked for these alone)
    if "pdf" in subscription.formats:
        require_pdf()
    if subscription.source != "insights":
        return f"{len(policy.recipients)} slices; the run says which of them have deployments"
    names = _stated(client, report, policy)
    ids = _ids(client, policy)
    wanted = {ids.get(slice, slice) for slice in policy.recipients}
    if unknown := sorted(wanted - names):
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        raise InsightsReportsError(
            "There is no such slice.",
            f"{policy.by}: {unknown[0]!r}{more}",
            meant_or_all(unknown[0], sorted(names)),
        )
    rest = sorted(names - wanted)
    more = f" and {len(rest) - _MOST_NAMED} more" if len(rest) > _MOST_NAMED else ""
    unmapped = f"; mapped to nobody: {', '.join(rest[:_MOST_NAMED])}{more}" if rest else ""
    return f"{len(wanted)} slices by {policy.by}{unmapped}"


def _stated(client: Client, report: InsightsReport, policy: SlicesPolicy) -> set[str]:
    """The names of the slices with deployments in the last twelve months."""
    split, tag_set = policy.by, None
    if policy.by not in BY:
        sets = {each.Id: each.Name for each in client.tag_sets()}
        found = [key for key, name in sets.items() if policy.by in (key, name)]
        if len(found) != 1:
            known = (*BY, *sets.values())
            raise UsageError(
                "The slices cannot be cut.", f"by: {policy.by!r}", meant_or_all(policy.by, known)
            )
        split, tag_set = "TenantTagSet", found[0]
    stated = client.stated(
        report.Id, split=split, time_range="LastYear", granularity="Monthly", tag_set=tag_set
    )
    return {name for name in stated.names if name}


def _ids(client: Client, policy: SlicesPolicy) -> dict[str, str]:
    """The names of the slices that are configured by their ids."""
    kinds: dict[str, type[Named]] = {
        "Project": Project,
        "ProjectGroup": ProjectGroup,
        "Tenant": Tenant,
    }
    ids = [slice for slice in policy.recipients if slice.startswith(f"{policy.by}s-")]
    if not ids or policy.by not in kinds:
        return {}
    found = client.look_up(f"{policy.by.lower()}s", kinds[policy.by], ids)
    return {each.Id: each.Name for each in found}
