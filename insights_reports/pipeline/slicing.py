"""Cutting: of what was pulled, the part of one slice, before anything is computed or rendered.

What Octopus states of a slice is its series in the reply that is split by the same dimension; for
the edition of the slice it is what is stated of all its deployments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.config.delivery import SlicesPolicy
from insights_reports.edition.values import Phrase
from insights_reports.errors import UsageError
from insights_reports.metrics import Lookups
from insights_reports.metrics.splits import Membership, membership
from insights_reports.octopus import Deployments
from insights_reports.octopus.resources import InsightsReport
from insights_reports.octopus.sources.combinations import Combination
from insights_reports.pipeline.combinations import StatedByCombination, labels
from insights_reports.pipeline.load import Pulled, Stated, StatedOfSlice
from insights_reports.pipeline.remember import KnownDeployments
from insights_reports.pipeline.slice_sources import (
    combinations_of_rows,
    gaps_of_slice,
    own_combinations,
)
from insights_reports.spelling.nearest import meant_or_all
from insights_reports.spelling.stated import Question, StatedTable
from insights_reports.spelling.terms import Split

BY: tuple[Split, ...] = ("Project", "ProjectGroup", "EnvironmentGroup", "Tenant")
"""What slices are by, unless it is the name or id of a tenant tag set."""

_T = TypeVar("_T")
_CHOOSING = ("ProjectGroupIds", "ProjectIds", "ChannelIds", "TenantIds", "TenantTags")


@dataclass(frozen=True)
class Slicing:
    """A pull and how it is cut: by ``split``, and ``tag_set`` (an id) where that is by tags."""

    pulled: Pulled
    known: KnownDeployments
    split: Split
    tag_set: str | None

    @cached_property
    def names(self) -> dict[str, str | None]:
        """The slices that have deployments: their names by their keys, which are ids for most."""
        found = self._membership
        return dict(zip(found.keys, found.names, strict=True))

    def key_of(self, asked: str) -> str:
        """The key of the slice with this name or id.

        Raises:
            UsageError: when there is none, or several have the name.
        """
        if asked in self.names:
            return asked
        found = [key for key, name in self.names.items() if name == asked]
        if len(found) == 1:
            return found[0]
        what = "Several slices have this name." if found else "There is no such slice."
        known = [name or key for key, name in self.names.items()]
        remedy = f"Name it by its id: {', '.join(found[:5])}." if found else ""
        raise UsageError(what, f"{self.split}: {asked!r}", remedy or meant_or_all(asked, known))

    def cut(self, key: str) -> tuple[Pulled, KnownDeployments]:
        """The part of one slice; whatever belongs to others alone is not in it."""
        pulled, known = self.pulled, self.known
        table = _rows(pulled.deployments.table, self._membership, key)
        deployments = _rows(known.deployments, self._of_known, key)
        lookups = _lookups(pulled.lookups, deployments, key if self._by_groups else None)
        earlier = None if pulled.earlier is None else _rows(pulled.earlier, self._of_earlier, key)
        dropped = _dropped(pulled.deployments.dropped, table)
        lost = _count(pulled.deployments.dropped) - _count(dropped)
        gap = (Phrase("gap.slice_dropped", {"n": lost}),) if lost else ()
        combinations = self._combinations_of(key)
        part = replace(
            pulled,
            definition=_definition(pulled.definition, self.names[key], lookups),
            deployments=Deployments(pulled.deployments.report_name, table, dropped),
            earlier=earlier,
            lookups=lookups,
            stated=self._stated_by_combination(combinations, table)
            or StatedOfSlice(tuple(self._stated_of(key))),
            combinations=combinations,
            gaps=(*gaps_of_slice(pulled.gaps, len(combinations)), *gap),
        )
        older = _rows(known.older, self._of_older, key)
        return part, KnownDeployments(deployments, older, known.known_from)

    @property
    def _by_groups(self) -> bool:
        return self.split == "EnvironmentGroup"

    @cached_property
    def _membership(self) -> Membership:
        return self._membership_of(self.pulled.deployments.table)

    @cached_property
    def _of_known(self) -> Membership:
        return self._membership_of(self.known.deployments)

    @cached_property
    def _of_older(self) -> Membership:
        return self._membership_of(self.known.older)

    @cached_property
    def _of_earlier(self) -> Membership:
        return self._membership_of(cast(pd.DataFrame, self.pulled.earlier))

    def _membership_of(self, table: pd.DataFrame) -> Membership:
        return membership(table, self.split, self.pulled.lookups, self.tag_set)

    @cached_property
    def _tables(self) -> list[StatedTable]:
        stated = self.pulled.stated
        if not isinstance(stated, Stated):
            return []
        wanted = (self.split, self.tag_set)
        return list(stated.answers(lambda asked: (asked.split, asked.tag_set) == wanted))

    @cached_property
    def _combination_of_row(self) -> NDArray[np.object_]:
        return combinations_of_rows(self.pulled.deployments.table, self.pulled.combinations)

    def _combinations_of(self, key: str) -> tuple[Combination, ...]:
        every = self.pulled.combinations
        if not every:
            return ()
        mine = np.zeros(len(self._combination_of_row), dtype=bool)
        mine[_places(self._membership, key)] = True
        return own_combinations(every, self._combination_of_row, mine)

    def _stated_by_combination(
        self, combinations: tuple[Combination, ...], table: pd.DataFrame
    ) -> StatedByCombination | None:
        """What is stated of the slice's ``combinations``, called as in its ``table``."""
        stated = self.pulled.stated
        if not (combinations and isinstance(stated, StatedByCombination)):
            return None
        called = labels(table, combinations)
        return replace(stated, combinations=combinations, labels=called)

    def _stated_of(self, key: str) -> Iterator[StatedTable]:
        """The series of a slice; a name that two series have tells neither apart."""
        name = self.names[key]
        for table in self._tables:
            if name is not None and table.names.count(name) == 1:
                yield _one_series(table, table.names.index(name))


def slicing_of(policy: SlicesPolicy, pulled: Pulled, known: KnownDeployments) -> Slicing:
    """How a pull is cut by what is configured.

    Raises:
        UsageError: when there is no such tag set, or the account may not see what it takes.
    """
    split: Split = policy.by if policy.by in BY else "TenantTagSet"
    if split in pulled.lookups.no_access:
        raise UsageError(
            "The slices cannot be cut.",
            f"by: {policy.by}: this account may not look up what that needs",
            "Give the account the role that docs/octopus.md names.",
        )
    return Slicing(pulled, known, split, _tag_set(policy.by, pulled.lookups, split))


def _tag_set(by: str, lookups: Lookups, split: Split) -> str | None:
    if split != "TenantTagSet":
        return None
    found = [key for key, name in lookups.tag_sets.items() if by in (key, name)]
    if len(found) != 1:
        known = (*BY, *lookups.tag_sets.values())
        raise UsageError("The slices cannot be cut.", f"by: {by!r}", meant_or_all(by, known))
    return found[0]


def _rows(table: pd.DataFrame, members: Membership, key: str) -> pd.DataFrame:
    """The rows of a series, without the names of others in the dictionaries of its columns."""
    found = table.iloc[_places(members, key)].reset_index(drop=True)
    for name, dtype in found.dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype):
            found[name] = found[name].cat.remove_unused_categories()
    return found


def _places(members: Membership, key: str) -> NDArray[np.intp]:
    """Which rows of a table are of a series."""
    if key not in members.keys:
        return np.empty(0, dtype=np.intp)
    mine = np.flatnonzero(members.codes == members.keys.index(key))
    return mine if members.rows is None else members.rows[mine]


def _lookups(lookups: Lookups, deployments: pd.DataFrame, group: str | None) -> Lookups:
    """Those of what the deployments mention. The report's environment groups and tag sets are
    every slice's, but of one ``group`` no other."""
    projects, environments, tenants = (
        set(deployments[f"{thing}_id"].dropna()) for thing in ("project", "environment", "tenant")
    )
    groups = _those(lookups.project_groups, projects)
    return replace(
        lookups,
        project_groups=groups,
        project_group_names=_those(lookups.project_group_names, set(groups.values())),
        environment_groups=tuple(
            (name, tuple(each for each in members if each in environments))
            for name, members in lookups.environment_groups
            if group in (None, name)
        ),
        tenant_tags=_those(lookups.tenant_tags, tenants),
    )


def _those(mapping: Mapping[str, _T], keys: set[str]) -> dict[str, _T]:
    return {key: value for key, value in mapping.items() if key in keys}


def _definition(whole: InsightsReport, name: str | None, lookups: Lookups) -> InsightsReport:
    """The report as one slice's readers know it: under its own name, without what chooses the
    others."""
    groups = {group for group, _ in lookups.environment_groups}
    return whole.model_copy(
        update={
            "Name": f"{whole.Name} · {name or '…'}",
            **{field: [] for field in _CHOOSING},
            "EnvironmentGroups": [
                group for group in whole.EnvironmentGroups if group.Name in groups
            ],
        }
    )


def _dropped(
    dropped: Mapping[str, tuple[str, ...]], table: pd.DataFrame
) -> dict[str, tuple[str, ...]]:
    """Those that are known to be of the slice: their ids stand in its table as well."""
    ids = set(table["deployment_id"])
    mine = {reason: tuple(i for i in every if i in ids) for reason, every in dropped.items()}
    return {reason: some for reason, some in mine.items() if some}


def _count(dropped: Mapping[str, tuple[str, ...]]) -> int:
    return sum(map(len, dropped.values()))


def _one_series(table: StatedTable, number: int) -> StatedTable:
    rows = table.series == number
    source = table.source
    return StatedTable(
        Question("None", None, source.time_range, source.granularity),
        ("All",),
        np.zeros(int(rows.sum()), dtype=np.int64),
        table.start[rows],
        tuple(column[rows] for column in table.columns),
        (),
    )
