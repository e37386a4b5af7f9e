"""Project by project: the Insights of single projects, which every licence has.

Octopus documents the page (https://octopus.com/docs/insights/project-insights) and, for 2025.2 and
newer, supports the endpoint, but documents no form of its reply. It is read as the streams of a
report, and refused when it is none.
"""

from insights_reports.errors import BadReply, NotAvailable, NotFound, OctopusError, Refused
from insights_reports.octopus.client import Client
from insights_reports.octopus.deployments.streams import Deployments, read_deployments
from insights_reports.octopus.resources import InsightsReport, Project
from insights_reports.octopus.sources.population import population
from insights_reports.octopus.sources.tables import Drawn, Note, Window, assemble, join

_REMEDY = "Set `source: core` in the subscription, which needs no Insights at all."


def draw(client: Client, definition: InsightsReport, window: Window) -> Drawn:
    """The deployments of the definition's projects that its channels, environments and tenants
    select.

    Raises:
        NotAvailable: when Octopus offers no Insights of a project.
        BadReply: when a reply has another form than a report's.
    """
    chosen = population(client, definition)
    parts = [_of_project(client, each, window).table for each in chosen.projects.values()]
    table = join(parts or [read_deployments(b'{"Streams":[]}').table])
    table = window.of(assemble(table[chosen.includes(table)]))
    notes = (Note("source_project", {"day": window.first_day.isoformat()}),)
    return Drawn(table, notes)


def _of_project(client: Client, project: Project, window: Window) -> Deployments:
    which = f"Project: {project.Name} ({project.Id})"
    try:
        found = client.project_deployments(project.Id, window.zone.key)
    except (NotFound, NotAvailable, Refused) as error:
        raise _not_available(which, error) from None
    except BadReply as error:
        raise BadReply(
            "The Insights of a project do not have the form of a report's.",
            f"{which}: {error.what} {error.which}",
            _REMEDY,
        ) from None
    others = set(found.table["project_id"].dropna().unique()) - {project.Id}
    if others:
        raise BadReply(
            "The Insights of a project speak of other projects.",
            f"{which}: {', '.join(sorted(others))[:200]}",
            _REMEDY,
        )
    return found


def _not_available(which: str, error: OctopusError) -> NotAvailable:
    return NotAvailable(
        "Octopus does not give the Insights of a project.",
        f"{which}: {error.which}",
        _REMEDY,
        status=error.status,
    )
