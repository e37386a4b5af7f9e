"""From the history that every Octopus keeps: deployments by month, releases, interruptions.

Needs no Insights. The XML feed of the history outlives retention policies and deletions, but lacks
guided failures and when releases were assembled: those come from the lists of interruptions and
releases, which retention shortens (https://octopus.com/docs/administration/retention-policies).
What was read once is kept, so that it stays known.
"""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from insights_reports.errors import OctopusError
from insights_reports.octopus.client import Client
from insights_reports.octopus.resources import InsightsReport
from insights_reports.octopus.sources.core_names import deleted, named
from insights_reports.octopus.sources.derive import Releases, derive
from insights_reports.octopus.sources.feed import Rows
from insights_reports.octopus.sources.kept import Kept
from insights_reports.octopus.sources.lists import Lists
from insights_reports.octopus.sources.months import newest_kept, read_history
from insights_reports.octopus.sources.population import Population, population
from insights_reports.octopus.sources.release_order import (
    ORDERS,
    ReleaseOrder,
    explained,
)
from insights_reports.octopus.sources.stated_lead_times import stated_lead_times
from insights_reports.octopus.sources.tables import (
    CoveredTime,
    Drawn,
    Progress,
    SourceNote,
    assemble,
    missing_of,
)
from insights_reports.octopus.sources.unusable import instants, without_unusable

_RELEASE = {
    "Id": "release_id",
    "ChannelId": "ChannelId",
    "Version": "Version",
    "Assembled": "Assembled",
}
_INTERRUPTION = {"Id": "interruption_id", "Type": "Type", "Title": "Title", "TaskId": "task_id"}
_GUIDED = "GuidedFailure"
_GUIDED_TITLE = " requires failure guidance"  # of older servers, whose interruptions have no Type


def chosen_of(client: Client, definition: InsightsReport) -> Population:
    """The population of a definition; raises as `population`."""
    return population(Lists(client), definition)


def try_one(client: Client) -> None:
    """Ask for one item of each list that is needed, for real."""
    for kind in ("deployments", "tasks", "releases"):
        client.peek(kind)


def draw(
    client: Client,
    definition: InsightsReport,
    window: CoveredTime,
    kept: Kept,
    as_of: datetime,
    progress: Progress,
) -> Drawn:
    """The deployments of a definition, and what each says of its stream, derived from the months of
    the window and some before it.

    Raises:
        OctopusError: when Octopus refuses what nothing can do without.
    """
    lists = Lists(client)
    chosen = population(lists, definition)
    history = read_history(client, kept, as_of, progress)
    rows = history.rows[chosen.includes(history.rows)].reset_index(drop=True)
    progress("releases and interruptions")
    notes = _Notes(by_feed=history.by_feed)
    notes.found += missing_of(chosen)
    releases = _releases(client, kept, rows, notes)
    rows, dropped = without_unusable(_with_versions(rows, releases))
    rows = rows.assign(had_guided_failure=rows["task_id"].isin(_guided(client, kept, notes)))
    rows = named(rows, lists)
    notes.deleted(deleted(rows, lists))
    table = assemble(rows.drop(columns=["release_id", "task_id"]))
    of_release = rows.set_index("deployment_id")["release_id"].reindex(table["deployment_id"])
    release_ids = of_release.to_numpy(dtype=object)
    by_order = {order: derive(table, release_ids, Releases(releases, order)) for order in ORDERS}
    derived = by_order[_chosen_order(client, by_order, notes)]
    shown = window.of(derived)
    notes.streams(derived, window)
    notes.releases_gone(shown, releases, release_ids, table)
    return Drawn(shown, tuple(notes.found), dropped=dropped)


class _Notes:
    """What the source cannot know, as it comes to light."""

    def __init__(self, *, by_feed: bool) -> None:
        self.found = [SourceNote("source_core_feed" if by_feed else "source_core_tasks")]

    def add(self, key: str, **values: int | str) -> None:
        self.found.append(SourceNote(key, values))

    def deleted(self, names: list[str]) -> None:
        if names:
            self.add("source_core_deleted", name=", ".join(names)[:300])

    def streams(self, derived: pd.DataFrame, window: CoveredTime) -> None:
        firsts = derived.groupby("stream", observed=True)["completed"].min()
        late = int((firsts >= pd.Timestamp(window.start)).sum())
        self.add("source_core", n=late, streams=int(derived["stream"].nunique()))

    def releases_gone(
        self, shown: pd.DataFrame, releases: pd.DataFrame, ids: Any, table: pd.DataFrame
    ) -> None:
        there = releases.index[releases["Assembled"].notna()]
        gone = table["deployment_id"][~pd.Index(ids).isin(there)]
        n = int(shown["deployment_id"].isin(gone).sum())
        if n:
            self.add("source_core_lost", n=n)


def _releases(client: Client, kept: Kept, rows: Rows, notes: _Notes) -> pd.DataFrame:
    """Channel, version and time of assembly by the id of the release. Of those that are deleted, or
    that this account may not see, the history tells the channel and the version."""
    try:
        every = newest_kept(client, kept, "releases", _RELEASE)
    except OctopusError as error:
        if error.status not in (403, 404):
            raise
        notes.add("source_core_no_releases")
        every = pd.DataFrame(columns=list(_RELEASE.values()), dtype=object)
    known = every.drop_duplicates("release_id").set_index("release_id")
    assembled = instants(known["Assembled"].tolist(), np.zeros(len(known), np.bool_))
    known = known.assign(Assembled=assembled)
    told = rows[["release_id", "channel_id", "release_version"]].dropna(subset="release_id")
    told = told.drop_duplicates("release_id").set_index("release_id")
    told = told.rename(columns={"channel_id": "ChannelId", "release_version": "Version"})
    gone = told[~told.index.isin(known.index)]
    nothing = pd.DatetimeIndex([pd.NaT] * len(gone), tz="UTC").as_unit("ns")
    return pd.concat([known, gone.assign(Assembled=nothing)])


def _with_versions(rows: Rows, releases: pd.DataFrame) -> Rows:
    versions = rows["release_id"].map(releases["Version"])
    return rows.assign(release_version=rows["release_version"].fillna(versions))


def _guided(client: Client, kept: Kept, notes: _Notes) -> set[str]:
    """The ids of the tasks that asked for guidance after a failure."""
    try:
        every = newest_kept(client, kept, "interruptions", _INTERRUPTION)
    except OctopusError as error:
        if error.status not in (403, 404):
            raise
        notes.add("source_core_no_interruptions")
        return set()
    titled = every["Title"].astype(str).str.endswith(_GUIDED_TITLE)
    return set(every["task_id"][(every["Type"] == _GUIDED) | titled].dropna())


def _chosen_order(
    client: Client, by_order: dict[ReleaseOrder, pd.DataFrame], notes: _Notes
) -> ReleaseOrder:
    """The order of releases that explains more of the lead times stated, where there are any."""
    by_id, by_version = (by_order[order]["lead_time_from_version"] for order in ORDERS)
    if by_id.equals(by_version):
        return "id"
    scores = explained(stated_lead_times(client, by_order), by_order)
    best: ReleaseOrder = "version" if scores["version"] > scores["id"] else "id"
    key = f"release_order_{best}" if scores["stated"] else "release_order_unknown"
    notes.add(key, id=scores["id"], version=scores["version"], n=scores["stated"])
    return best
