"""Objects of one name told apart by their ids: two projects called Web are "Web (Projects-1)" and
"Web (Projects-2)", wherever a reader meets them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.edition.settings import Inputs

_THINGS = ("project", "environment", "tenant")  # channels stand beside their project

Named = tuple[str, str]
"""An id and a name that its object has, or had."""


def distinct(names: Mapping[Named, str], taken: str = "") -> dict[Named, str]:
    """What each is called: its name, with its id where others are called so, too, whatever the
    case, or where the name is ``taken``."""
    called = dict(names)
    while again := {key for key in _alike(called, taken) if called[key] == names[key]}:
        called |= {(id_, name): f"{names[id_, name]} ({id_})" for id_, name in again}
    return called


def _alike(called: Mapping[Named, str], taken: str) -> Iterator[Named]:
    """Those that others are called like. An object that was renamed is no other."""
    seen = {key: " ".join(name.split()).casefold() for key, name in called.items()}
    objects = Counter(name for name, _ in {(seen[key], key[0]) for key in seen})
    objects[taken.casefold()] += 1
    return (key for key, name in seen.items() if name and objects[name] > 1)


def told_apart(inputs: Inputs) -> Inputs:
    """The same inputs, with other names where objects of one kind share one. What was deployed
    after the period changes no name."""
    table, lookups = inputs.deployments, inputs.lookups
    known = (table["completed"] < pd.Timestamp(inputs.period.end, tz=inputs.tz)).to_numpy()
    columns = {thing: _told_apart(table, thing, known) for thing in _THINGS}
    changed = {f"{t}_name": column for t, column in columns.items() if column is not None}
    groups = distinct({(id_, name): name for id_, name in lookups.project_group_names.items()})
    return replace(
        inputs,
        deployments=table.assign(**changed) if changed else table,
        lookups=replace(
            lookups, project_group_names={id_: called for (id_, _), called in groups.items()}
        ),
    )


def _told_apart(table: pd.DataFrame, thing: str, rows: NDArray[np.bool_]) -> pd.Categorical | None:
    """The column of names; None where no two objects of these rows share one."""
    ids, names = (table[f"{thing}_{part}"].cat for part in ("id", "name"))
    width = len(names.categories) + 1
    pairs, each = pd.factorize((ids.codes.astype(np.int64) + 1) * width + names.codes + 1)
    listed = [_pair(ids, names, *divmod(int(pair), width)) for pair in each]
    met = np.bincount(pairs, rows, minlength=len(each)) > 0
    known = {p: p[1] for p, one in zip(listed, met.tolist(), strict=True) if one and p is not None}
    called = distinct(known)
    if called == known:
        return None
    said = [None if pair is None else called.get(pair, pair[1]) for pair in listed]
    texts = dict.fromkeys(text for text in said if text is not None)
    categories = pd.Index(list(texts), dtype=names.categories.dtype)
    codes = categories.get_indexer(pd.Index(said, dtype=categories.dtype))
    return pd.Categorical.from_codes(codes[pairs], categories=categories)


def _pair(ids: Any, names: Any, id_: int, name: int) -> Named | None:
    """The id and the name at these places, counted from one; None without either."""
    return (str(ids.categories[id_ - 1]), str(names.categories[name - 1])) if id_ and name else None
