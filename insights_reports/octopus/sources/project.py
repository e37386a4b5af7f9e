"""Project by project: the Insights of single projects, which every licence has.

Octopus answers for one channel and one environment of a project at a time, so each of the
population is asked for (https://octopus.com/docs/api, Insights: "projects/{id}/insights").
"""

import pandas as pd

from insights_reports.errors import BadReply, NotAvailable, NotFound, OctopusError, Refused
from insights_reports.octopus.client import Client
from insights_reports.octopus.deployments.streams import Deployments, read_deployments
from insights_reports.octopus.resources import InsightsReport, Project
from insights_reports.octopus.sources.combinations import (
    Combination,
    combinations,
    stated_combinations,
)
from insights_reports.octopus.sources.population import Population, population
from insights_reports.octopus.sources.tables import (
    KEY,
    CoveredTime,
    Drawn,
    Progress,
    SourceNote,
    assemble,
    dropped_of,
    join,
    missing_of,
)

_REMEDY = "Set `source: core` in the subscription, which needs no Insights at all."


def draw(
    client: Client, definition: InsightsReport, window: CoveredTime, progress: Progress
) -> Drawn:
    """The deployments of the definition's projects in its channels, environments and tenants, and
    the questions whose stated figures they can be held against.

    Raises:
        NotAvailable: when Octopus offers no Insights of a project.
        BadReply: when a reply has another form than a report's.
    """
    chosen = population(client, definition)
    asked = list(combinations(chosen))
    found = []
    for number, one in enumerate(asked, 1):
        progress(f"insights of projects: {number} of {len(asked)}")
        found.append(of_project(client, chosen.projects[one.project_id], one))
    empty = read_deployments(b'{"Streams":[]}')
    table = join([each.table for each in found] or [empty.table])
    table = window.of(assemble(table[chosen.includes(table)]))
    stated = tuple(stated_combinations(chosen, _streams(table)))
    values: dict[str, int | str] = {"day": window.first_day.isoformat(), "n": len(stated)}
    notes = (SourceNote("source_project", values), *missing_of(chosen))
    return Drawn(table, notes, dropped=dropped_of(found), stated=stated)


def try_one(client: Client, chosen: Population) -> Combination:
    """Ask for the first of the combinations for real; raises as `draw`."""
    one = next(combinations(chosen))
    of_project(client, chosen.projects[one.project_id], one)
    return one


def of_project(client: Client, project: Project, one: Combination) -> Deployments:
    """What Octopus answers for a combination of a project; raises as `draw`."""
    which = f"Project: {project.Name} ({one.key})"
    try:
        found = client.project_deployments(project.Id, one.params)
    except (NotFound, NotAvailable, Refused) as error:
        raise _not_available(which, error) from None
    except BadReply as error:
        raise BadReply(
            "The Insights of a project do not have the form of a report's.",
            f"{which}: {error.what} {error.which}",
            _REMEDY,
        ) from None
    _check(which, found, one)
    return found


def _check(which: str, found: Deployments, one: Combination) -> None:
    """That it speaks of what was asked for alone."""
    for column in ("project_id", "channel_id", "environment_id"):
        others = set(found.table[column].dropna().unique()) - {getattr(one, column)}
        if others:
            raise BadReply(
                "The Insights of a project speak of another project, channel or environment.",
                f"{which}: {', '.join(sorted(others))[:200]}",
                _REMEDY,
            )


def _streams(table: pd.DataFrame) -> list[tuple[str, str, str, str | None]]:
    """Project, channel, environment and tenant of each stream."""
    keys = table[list(KEY)].astype(object).drop_duplicates()
    rows = keys.where(keys.notna(), None).itertuples(index=False, name=None)
    return [(project, channel, place, tenant) for project, channel, place, tenant in rows]


def _not_available(which: str, error: OctopusError) -> NotAvailable:
    return NotAvailable(
        "Octopus does not give the Insights of a project.",
        f"{which}: {error.which}",
        _REMEDY,
        status=error.status,
    )
