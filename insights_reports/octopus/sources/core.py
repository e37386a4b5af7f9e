"""From ordinary documents: deployments, their tasks and releases, and guided-failure interruptions.

Needs no Insights. Retention policies delete these documents, a release together with all that
belongs to it (https://octopus.com/docs/administration/retention-policies), so history has holes
that nobody can see from outside; instants are exact to the millisecond, as these endpoints
print them.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from insights_reports.octopus.client import Client
from insights_reports.octopus.resources import InsightsReport, Named
from insights_reports.octopus.sources.derive import Releases, derive
from insights_reports.octopus.sources.population import Population, population
from insights_reports.octopus.sources.tables import Drawn, Note, Window, assemble
from insights_reports.spelling.columns import parse_instants

_DEPLOYMENT = (
    "Id",
    "ProjectId",
    "ChannelId",
    "EnvironmentId",
    "TenantId",
    "ReleaseId",
    "TaskId",
)
_STREAM = {
    "project_id": "ProjectId",
    "channel_id": "ChannelId",
    "environment_id": "EnvironmentId",
    "tenant_id": "TenantId",
}
_PROJECTS_AT_ONCE = 50  # as many as fit into an address
_GUIDED = "GuidedFailure"
_GUIDED_TITLE = " requires failure guidance"  # of older servers, whose interruptions have no Type

Documents = pd.DataFrame


def try_one(client: Client, chosen: Population) -> None:
    """Ask for one item of each list that is needed, for real."""
    for kind in ("deployments", "tasks", "releases"):
        client.peek(kind)


def draw(client: Client, definition: InsightsReport, window: Window) -> Drawn:
    """The deployments of a definition, and what each says of its stream, derived from all that
    the server still has, then cut to the window.

    Raises:
        OctopusError: when Octopus refuses a list that is needed.
    """
    chosen = population(client, definition)
    rows = _deployments(client, chosen)
    tasks = _tasks(client, chosen)
    rows = rows.join(tasks, on="TaskId")
    releases = _releases(client, chosen)
    rows = rows.join(releases[["Version"]], on="ReleaseId")
    lost = int((rows["State"].isna() | rows["Version"].isna()).sum())
    rows = rows[rows["completed"].notna() & rows["Version"].notna()]
    rows = rows.assign(had_guided_failure=rows["TaskId"].isin(_guided(client)))
    table = assemble(_columns(client, chosen, rows))
    of_release = rows.set_index("Id")["ReleaseId"].reindex(table["deployment_id"])
    derived = derive(table, of_release.to_numpy(dtype=object), Releases(releases))
    shown = window.of(derived)
    return Drawn(shown, tuple(_notes(derived, shown, window, lost)))


def _notes(derived: pd.DataFrame, shown: pd.DataFrame, window: Window, lost: int) -> list[Note]:
    firsts = derived.groupby("stream", observed=True)["completed"].min()
    late = int((firsts >= pd.Timestamp(window.start)).sum())
    notes = [Note("source_core", {"n": late, "streams": int(derived["stream"].nunique())})]
    if lost:
        notes.append(Note("source_core_lost", {"n": lost}))
    return notes


def _deployments(client: Client, chosen: Population) -> Documents:
    environments = ",".join(sorted(chosen.environments))
    projects = list(chosen.projects) if environments else []
    found = [
        deployment
        for start in range(0, len(projects), _PROJECTS_AT_ONCE)
        for deployment in client.documents(
            "deployments",
            fields=_DEPLOYMENT,
            params={
                "projects": ",".join(projects[start : start + _PROJECTS_AT_ONCE]),
                "environments": environments,
            },
        )
    ]
    rows = _frame(found, _DEPLOYMENT)
    keys = {name: rows[field] for name, field in _STREAM.items()}
    return rows[chosen.includes(pd.DataFrame(keys))].reset_index(drop=True)


def _tasks(client: Client, chosen: Population) -> Documents:
    """State and completion by the id of the task."""
    fields = ("Id", "State", "CompletedTime")
    found = [
        task
        for project in chosen.projects
        for task in client.documents(
            "tasks", fields=fields, params={"project": project, "name": "Deploy"}
        )
    ]
    tasks = _frame(found, fields).drop_duplicates("Id").set_index("Id")
    return pd.DataFrame({"State": tasks["State"], "completed": _instants(tasks["CompletedTime"])})


def _releases(client: Client, chosen: Population) -> Documents:
    """Channel, version and time of assembly by the id of the release."""
    fields = ("Id", "ChannelId", "Version", "Assembled")
    found = [
        release
        for project in chosen.projects
        for release in client.documents("projects", project, "releases", fields=fields)
    ]
    releases = _frame(found, fields).drop_duplicates("Id").set_index("Id")
    return releases.assign(Assembled=_instants(releases["Assembled"]))


def _guided(client: Client) -> set[str]:
    """The ids of the tasks that asked for guidance after a failure."""
    fields = ("Id", "Type", "Title", "TaskId")
    return {
        str(each["TaskId"])
        for each in client.documents("interruptions", fields=fields)
        if each["Type"] == _GUIDED or str(each["Title"]).endswith(_GUIDED_TITLE)
    }


def _columns(client: Client, chosen: Population, rows: Documents) -> dict[str, Any]:
    channels = {id: channel.Name for id, channel in chosen.channels.items()}
    projects = {id: project.Name for id, project in chosen.projects.items()}
    return {
        "deployment_id": rows["Id"],
        **{name: rows[field] for name, field in _STREAM.items()},
        "project_name": rows["ProjectId"].map(projects),
        "channel_name": rows["ChannelId"].map(channels),
        "environment_name": _named(rows["EnvironmentId"], client.environments),
        "tenant_name": _named(rows["TenantId"], client.tenants),
        "release_version": rows["Version"],
        "task_state": rows["State"],
        "completed": rows["completed"],
        "had_guided_failure": rows["had_guided_failure"].astype(bool),
    }


def _named(
    ids: "pd.Series[Any]", look_up: Callable[[Iterable[str]], Iterable[Named]]
) -> "pd.Series[Any]":
    names = {each.Id: each.Name for each in look_up(sorted(ids.dropna().unique()))}
    return ids.map(names)


def _frame(documents: list[dict[str, Any]], fields: tuple[str, ...]) -> Documents:
    return pd.DataFrame(documents, columns=list(fields), dtype=object)


def _instants(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    instants = parse_instants(pa.array(texts.tolist(), pa.string()))
    return pd.Series(
        pd.DatetimeIndex(np.asarray(instants).view("M8[ns]"), tz="UTC"), index=texts.index
    )
