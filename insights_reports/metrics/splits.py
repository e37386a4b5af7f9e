"""Splits: which series each deployment counts in.

Series are told apart by id, so that two objects with one name stay two series. The splits are
those of Octopus's documentation (docs/octopus-rest-api/insights, "Get deployment level aggregated
insights metrics"); what it leaves open (deployments without a tenant or tag) has series of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.errors import UsageError
from insights_reports.metrics.streams import AsCounted, as_counted
from insights_reports.spelling.terms import Split

ALL = "All"
UNTENANTED = "Untenanted"
UNTAGGED = "Untagged"
UNKNOWN = "Unknown"
"""The series of deployments whose project or tenant could not be looked up; it has no name."""


@dataclass(frozen=True, slots=True)
class Lookups:
    """What the deployments do not say themselves, looked up by id.

    Attributes:
        project_groups: the id of each project's group.
        project_group_names: the names of the groups; a group without one is restricted.
        environment_groups: the report's groups, each a name and its environments' ids.
        tenant_tags: the canonical tags (``Region/Europe``) of each tenant that could be seen;
            a tenant without tags has none, a tenant that could not be seen is absent.
        tag_sets: the names of the tag sets.
        no_access: the splits that cannot be made, because the account may not look up what they
            need.
    """

    project_groups: Mapping[str, str] = field(default_factory=dict)
    project_group_names: Mapping[str, str] = field(default_factory=dict)
    environment_groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tenant_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tag_sets: Mapping[str, str] = field(default_factory=dict)
    no_access: tuple[Split, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """The series of one split and the deployments in each.

    Attributes:
        keys: the series' keys, in the order in which they are listed.
        names: their names; None is a name that this account may not see.
        rows: the positions of the deployments, ascending, one for each series it counts in; None
            when each deployment counts in exactly one series.
        codes: int32, the series (a position in ``keys``) of each of ``rows``.
    """

    keys: tuple[str, ...]
    names: tuple[str | None, ...]
    rows: NDArray[np.intp] | None
    codes: NDArray[np.int32]


def membership(
    deployments: pd.DataFrame, split: Split, lookups: Lookups, tag_set: str | None = None
) -> Membership:
    """Which deployments count in which series.

    Raises:
        UsageError: when the split is TenantTagSet and ``tag_set`` is no id of a known tag set.
    """
    if split == "None":
        codes = np.zeros(len(deployments), dtype=np.int32)
        return Membership((ALL,), (ALL,), None, codes)
    column, series_of = _rule(deployments, split, lookups, tag_set)
    ids = deployments[column].astype("category").array
    values: list[str | None] = [*ids.categories.tolist(), None]  # so that code -1 means null
    used = np.roll(np.bincount(ids.codes.astype(np.intp) + 1, minlength=len(values)), -1) > 0
    chosen = [
        series_of(value) if one else {} for value, one in zip(values, used.tolist(), strict=True)
    ]
    names = {key: name for several in chosen for key, name in several.items()}
    keys = sorted(names, key=lambda key: _place(key, names[key]))
    number = {key: position for position, key in enumerate(keys)}
    rows, codes = _expanded(
        ids.codes, [[number[key] for key in several] for several in chosen], used
    )
    return Membership(tuple(keys), tuple(names[key] for key in keys), rows, codes)


_Series = dict[str, str | None]
"""Keys and names of the series that one project, environment or tenant counts in."""


def _rule(
    deployments: pd.DataFrame, split: Split, lookups: Lookups, tag_set: str | None
) -> tuple[str, Callable[[str | None], _Series]]:
    """The column that decides, and the series of each of its values."""
    if split == "Project":
        return "project_id", _by_id(_names(deployments, "project"), UNKNOWN)
    if split == "Environment":
        return "environment_id", _by_id(_names(deployments, "environment"), UNKNOWN)
    if split == "Tenant":
        return "tenant_id", _by_id(_names(deployments, "tenant"), UNTENANTED)
    if split == "ProjectGroup":
        return "project_id", lambda project: _project_group(project, lookups)
    if split == "EnvironmentGroup":
        return "environment_id", lambda environment: {
            name: name for name, members in lookups.environment_groups if environment in members
        }
    tags = _tags_in_set(lookups, tag_set)
    return "tenant_id", lambda tenant: _tags(tenant, tags)


def _by_id(names: Mapping[str, str | None], null: str) -> Callable[[str | None], _Series]:
    shown = {UNTENANTED: UNTENANTED, UNKNOWN: None}[null]
    return lambda key: {null: shown} if key is None else {key: names.get(key)}


def _names(deployments: pd.DataFrame, thing: str) -> dict[str, str | None]:
    """The name of each id. An object renamed between two pulls goes by its latest name."""
    ids, names = (
        deployments[f"{thing}_{part}"].astype("category").array for part in ("id", "name")
    )
    width = len(names.categories) + 1
    pairs = (ids.codes.astype(np.int64) + 1) * width + names.codes + 1
    used = np.flatnonzero(np.bincount(pairs))
    used = used[(used >= width) & (used % width > 0)]
    if len(np.unique(used // width)) < len(used):
        used = _by_latest(used, pairs, deployments["completed"])
    return {ids.categories[pair // width - 1]: names.categories[pair % width - 1] for pair in used}


def _by_latest(
    used: NDArray[np.intp], pairs: NDArray[np.int64], completed: pd.Series
) -> NDArray[np.intp]:
    """The pairs in the order of the last deployment of each."""
    latest = completed.groupby(pairs).max().loc[used.tolist()]
    ordered: NDArray[np.intp] = latest.sort_values(kind="stable").index.to_numpy()
    return ordered


def _project_group(project: str | None, lookups: Lookups) -> _Series:
    group = lookups.project_groups.get(project or "")
    if group is None:
        return {UNKNOWN: None}
    return {group: lookups.project_group_names.get(group)}


def _tags_in_set(lookups: Lookups, tag_set: str | None) -> dict[str, _Series]:
    """The series of each tenant that could be looked up. Tags are one whatever their case, as in
    Octopus (docs/tenants/tenant-tags); the spelling that sorts first is shown."""
    name = lookups.tag_sets.get(tag_set or "")
    if name is None:
        raise UsageError(
            "The tag set to split by is not known.",
            f"tag set: {tag_set!r}",
            "Give the id of one of the space's tag sets, for example TagSets-1.",
        )
    prefix = f"{name.casefold()}/"
    every = {tag for tags in lookups.tenant_tags.values() for tag in tags}
    spelling = {tag.casefold(): tag for tag in sorted(every, reverse=True)}
    return {
        tenant: {
            spelling[folded]: spelling[folded].partition("/")[2]
            for folded in (tag.casefold() for tag in tags)
            if folded.startswith(prefix)
        }
        for tenant, tags in lookups.tenant_tags.items()
    }


def _tags(tenant: str | None, tags: Mapping[str, _Series]) -> _Series:
    if tenant is None:
        return {UNTENANTED: UNTENANTED}
    if tenant not in tags:
        return {UNKNOWN: None}
    return tags[tenant] or {UNTAGGED: UNTAGGED}


def _place(key: str, name: str | None) -> tuple[bool, bool, str, AsCounted]:
    """Series are listed by name, then by id as people count; the special and restricted last."""
    special = key in (UNTENANTED, UNTAGGED)
    return special, name is None, (name or "").casefold(), as_counted(key)


def _expanded(
    ids: NDArray[np.integer], members: Sequence[Sequence[int]], used: NDArray[np.bool_]
) -> tuple[NDArray[np.intp] | None, NDArray[np.int32]]:
    """The rows and codes of a `Membership`, from each row's id and each id's series; ids that no
    row has are in no series."""
    sizes = np.array([len(several) for several in members], dtype=np.intp)
    flat = np.array([code for several in members for code in several], dtype=np.int32)
    if (sizes[used] == 1).all():
        code = np.zeros(len(members), dtype=np.int32)
        code[used] = flat
        return None, code[ids]
    repeats = sizes[ids]
    begin = (np.cumsum(sizes) - sizes)[ids] - (np.cumsum(repeats) - repeats)
    rows = np.repeat(np.arange(len(ids)), repeats)
    return rows, flat[np.repeat(begin, repeats) + np.arange(len(rows))]
