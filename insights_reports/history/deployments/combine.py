"""A pull's deployments with older ones before them."""

from typing import Any

import numpy as np
import pandas as pd

from insights_reports.history.deployments.schema import CATEGORIES, IDS

_THINGS = ("project", "channel", "environment", "tenant")


def with_history(table: pd.DataFrame, older: pd.DataFrame) -> pd.DataFrame:
    """``older`` deployments, then those of ``table``; where both have one, ``table`` has the word.

    Both are deployments tables. A thing that was renamed since has its new name in all rows. With
    nothing older it is ``table`` itself.
    """
    older = older[~older["deployment_id"].isin(table["deployment_id"])]
    if older.empty:
        return table
    columns: dict[str, Any] = {name: _joined(older[name], table[name]) for name in CATEGORIES}
    for name in table.columns.difference([*CATEGORIES, "stream"]):
        columns[name] = pd.concat([older[name], table[name]], ignore_index=True)
        if name in IDS:
            columns[name] = columns[name].astype("string[pyarrow]")
    # Ordinals of their own; who looks at streams sees that two of them are one.
    after = int(table["stream"].max()) + 1 if len(table) else 0
    columns["stream"] = np.concatenate(
        [older["stream"].to_numpy(np.int32) + np.int32(after), table["stream"].to_numpy(np.int32)]
    )
    for thing in _THINGS:
        columns[f"{thing}_name"] = _named(columns[f"{thing}_id"], columns[f"{thing}_name"])
    return pd.DataFrame({name: columns[name] for name in table.columns}, copy=False)


def _joined(first: "pd.Series[Any]", second: "pd.Series[Any]") -> Any:
    """Both as one; a column without a text has categories of no certain type."""
    both: list[Any] = []
    for part in (first, second):
        used = part.cat.remove_unused_categories().cat
        texts: Any = pd.Index([*used.categories], dtype="str")
        both.append(pd.Categorical.from_codes(used.codes.to_numpy(), categories=texts))
    joined: Any = pd.api.types.union_categoricals(both)
    return joined


def _named(ids: pd.Categorical, names: pd.Categorical) -> pd.Categorical:
    """The names, for each id the one of its last row that has any."""
    latest = np.full(len(ids.categories) + 1, -1, dtype=np.int64)  # null ids: the last
    known = names.codes >= 0
    latest[ids.codes[known]] = names.codes[known]
    latest[-1] = -1
    return pd.Categorical.from_codes(latest[ids.codes], dtype=names.dtype)
