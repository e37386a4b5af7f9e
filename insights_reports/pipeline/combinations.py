"""Figures that Octopus states without the Enterprise licence: of one project, in one channel and
one environment. All of them together are one table, whose series are these combinations.

One question a combination: month by month over the last year, which is what editions show.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from insights_reports.history.pulls import Pull
from insights_reports.octopus import Client
from insights_reports.octopus.sources.combinations import EVERY, SINGLE, UNTENANTED, Combination
from insights_reports.octopus.sources.tables import KEY
from insights_reports.pipeline.progress import Progress
from insights_reports.pipeline.sealed import opener
from insights_reports.spelling.stated import Question, StatedTable

QUESTION = Question("Project", None, "LastYear", "Monthly")
"""The combinations stand where a report's projects do."""

_NAMES = ("project_name", "channel_name", "environment_name", "tenant_name")


def ask(client: Client, source: Mapping[str, Any], zone: str, progress: Progress) -> None:
    """Ask for the stated figures of every combination that a source remembers."""
    every = remembered(source)
    for number, one in enumerate(every, 1):
        progress(f"stated metrics of projects: {number} of {len(every)}")
        client.project_stated(one.project_id, one.params, QUESTION, zone)


def remembered(source: Mapping[str, Any]) -> list[Combination]:
    """The combinations in what is remembered of a source."""
    return [Combination(**each) for each in source.get("stated", ())]


@dataclass(frozen=True)
class StatedByCombination:
    """What a sealed pull states of its combinations, as the one table."""

    sealed: Pull
    combinations: tuple[Combination, ...]
    zone: str
    labels: Mapping[str, str]

    def __iter__(self) -> Iterator[StatedTable]:
        if not self.combinations:
            return
        with Client.sealed(opener(self.sealed), self.sealed.metadata["space"]) as client:
            tables = [
                client.project_stated(one.project_id, one.params, QUESTION, self.zone)
                for one in self.combinations
            ]
        names = [self.labels.get(one.key, one.key) for one in self.combinations]
        yield _joined(tables, names)


def _joined(tables: list[StatedTable], names: list[str]) -> StatedTable:
    """One table of several that have one series each."""
    rows = [len(table.start) for table in tables]
    return StatedTable(
        QUESTION,
        tuple(names),
        np.repeat(np.arange(len(tables), dtype=np.int64), rows),
        np.concatenate([table.start for table in tables]),
        tuple(np.concatenate(column) for column in zip(*(t.columns for t in tables), strict=True)),
        tuple(unknown for table in tables for unknown in table.unknown),
    )


def by_combination(deployments: pd.DataFrame, every: Iterable[Combination]) -> pd.DataFrame:
    """The deployments with their combination where the project stands, by `labels`."""
    asked = {one.key for one in every}
    streams = _streams(deployments)
    keys = [_key(row, asked) for row in streams.itertuples(index=False)]
    called = labels(deployments, every)
    columns = {"project_id": keys, "project_name": [called[key] for key in keys]}
    place = pd.MultiIndex.from_frame(streams[list(KEY)]).get_indexer(
        pd.MultiIndex.from_frame(_plain(deployments, KEY))
    )
    return deployments.assign(
        **{
            name: pd.Categorical(np.array(values, object)[place])
            for name, values in columns.items()
        }
    )


def labels(deployments: pd.DataFrame, every: Iterable[Combination]) -> dict[str, str]:
    """How each combination is called: by its names where they are seen and tell it from others."""
    asked = {one.key for one in every}
    found: dict[str, str] = {}
    row: Any
    for row in _streams(deployments).itertuples(index=False):
        key = _key(row, asked)
        tenant = row.tenant_name if row.tenant_id and key.endswith(f" {row.tenant_id}") else ""
        names = (row.project_name, row.channel_name, row.environment_name, tenant)
        found[key] = ", ".join(name for name in names if name)
    counts = pd.Series(list(found.values())).value_counts()
    return {key: name if counts[name] == 1 else f"{name} ({key})" for key, name in found.items()}


def _streams(deployments: pd.DataFrame) -> pd.DataFrame:
    return _plain(deployments, (*KEY, *_NAMES)).drop_duplicates(list(KEY), ignore_index=True)


def _plain(deployments: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    texts = deployments[list(columns)].astype(object)
    return texts.where(texts.notna(), "")


def _key(row: Any, asked: set[str]) -> str:
    """The key of the combination that a stream belongs to, whichever way it was asked for."""
    where = (row.project_id, row.channel_id, row.environment_id)
    alone = (
        Combination(*where, SINGLE, row.tenant_id)
        if row.tenant_id
        else Combination(*where, UNTENANTED)
    )
    return alone.key if alone.key in asked else Combination(*where, EVERY).key
