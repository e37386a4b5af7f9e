"""Failures by how often a release had been tried, and the releases that failed more than once."""

import numpy as np
import pandas as pd

from insights_reports.edition.document import ColumnKind, Table
from insights_reports.edition.facts import Facts, rate
from insights_reports.edition.listing import Columns, Rows, listing, name_of, text_of
from insights_reports.edition.values import Metric, Name, Phrase, Value
from insights_reports.metrics.zones import completions

_TRIED = 3  # from this attempt on they are counted together
_MOST = 10
_ATTEMPTS = (
    ("attempt", ColumnKind.TEXT),
    ("all_deployments", ColumnKind.COUNT),
    ("failed", ColumnKind.COUNT),
    ("rate", ColumnKind.RATE),
)
_RELEASES = (
    ("slice.project", ColumnKind.NAME),
    ("release", ColumnKind.TEXT),
    ("failed", ColumnKind.COUNT),
    ("all_deployments", ColumnKind.COUNT),
)
_PLACE = ["project_id", "channel_id", "environment_id", "tenant_id", "release_version"]


def by_attempt(facts: Facts) -> Table | None:
    """The deployments of the period by the how-manieth of their release to the same place they
    were, those before the period counted; None where none failed."""
    table = facts.inputs.deployments
    rows = np.flatnonzero(facts.counted & ~np.isnat(facts.days))
    instants = completions(table)
    rows = rows[np.argsort(instants[rows], kind="stable")]
    places = table[_PLACE].iloc[rows].groupby(_PLACE, sort=False, dropna=False, observed=True)
    number = places.cumcount().to_numpy() + 1
    inside = facts.within(facts.windows.now)[rows]
    number, failed = np.minimum(number[inside], _TRIED), facts.failed[rows][inside]
    if not failed.any():
        return None
    found: Rows = []
    for attempt in range(1, _TRIED + 1):
        own = failed[number == attempt]
        if own.size:
            n, bad = int(own.size), int(own.sum())
            share = rate(Metric.FAILURE_RATE, bad, n)
            found.append((Phrase(f"incidents.attempt.{attempt}"), n, bad, share))
    first = int(failed[number == 1].sum())
    values: dict[str, Value] = {"first": first, "n": int(failed.sum())}
    all_first = values["first"] == values["n"]
    title = Phrase(f"incidents.by_attempt.{'all' if all_first else 'title'}", values)
    return _listed("failures-by-attempt", title, _ATTEMPTS, found)


def by_release(facts: Facts) -> Table | None:
    """The releases of which more than one deployment failed in the period, the most first."""
    inside = facts.within(facts.windows.now) & facts.counted
    table = facts.inputs.deployments
    frame = pd.DataFrame(
        {
            "project": table["project_id"].astype("object")[inside],
            "name": table["project_name"].astype("object")[inside],
            "version": table["release_version"].astype("object")[inside],
            "failed": facts.failed[inside],
        }
    )
    grouped = frame.groupby(["project", "version"], sort=True, dropna=False)
    sums = grouped.agg(name=("name", "last"), failed=("failed", "sum"), total=("failed", "size"))
    worst = sums[sums["failed"] > 1].sort_values(
        ["failed", "total"], ascending=[False, True], kind="stable"
    )
    found: Rows = [
        (Name(text_of(name), str(project)), name_of(version), int(failed), int(total))
        for project, version, name, failed, total in worst.reset_index().itertuples(index=False)
    ]
    title = Phrase("incidents.failures_by_release.title")
    return _listed("failures-by-release", title, _RELEASES, found) if found else None


def _listed(id: str, title: Phrase, columns: Columns, rows: Rows) -> Table:
    subtitle = Phrase(f"incidents.subtitle.{id.replace('-', '_')}")
    return listing(id, title, subtitle, columns, rows, _MOST)
