"""The order of the deployments in their streams."""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics.zones import completions

_STREAM = ("project_id", "channel_id", "environment_id", "tenant_id")
_NO_TIME = np.iinfo(np.int64).min


def stream_order(
    deployments: pd.DataFrame,
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
    """All streams, one after the other, each by completion; ties by id, as people count.

    A stream is a project, channel, environment and tenant (docs/octopus-rest-api/insights). A
    deployment without a completion time has no place in it.

    Returns:
        The rows in that order, the number of each one's stream, and its completion in nanoseconds
        since 1970.
    """
    instants = completions(deployments)
    completed = instants.view(np.int64)
    stream = _streams(deployments)
    order = np.flatnonzero(completed != _NO_TIME)
    if not _ascend(stream[order], completed[order]):
        order = order[np.lexsort((completed[order], stream[order]))]
    stream, completed = stream[order], completed[order]
    tied = (np.diff(stream) == 0) & (np.diff(completed) == 0)
    if tied.any():
        order = _by_id(order, tied, deployments["deployment_id"])
    return order, stream, completed


Number = tuple[int, str]
"""A number of however many digits, as a key: how many, and which."""
AsCounted = list[str | Number]


def as_counted(text: str) -> AsCounted:
    """A key to sort by as people count: Deployments-9 before Deployments-10."""
    return [number(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]


def number(digits: str) -> Number:
    """The key of a number; Python reads none of more than 4,300 digits."""
    plain = digits.lstrip("0")
    return len(plain), plain


def _ascend(stream: NDArray[np.int64], completed: NDArray[np.int64]) -> bool:
    step = np.diff(stream)
    return bool(((step > 0) | ((step == 0) & (np.diff(completed) >= 0))).all())


def _by_id(order: NDArray[np.intp], tied: NDArray[np.bool_], ids: pd.Series) -> NDArray[np.intp]:
    """The order with each run of ties sorted; ``tied[i]`` says that i and i + 1 are."""
    order = order.copy()
    rows = order[np.append(tied, False) | np.append(False, tied)]
    key = dict(zip(rows.tolist(), map(as_counted, ids.iloc[rows]), strict=True))
    first = np.flatnonzero(tied & ~np.append(False, tied[:-1]))
    last = np.flatnonzero(tied & ~np.append(tied[1:], False)) + 1
    for begin, end in zip(first.tolist(), (last + 1).tolist(), strict=True):
        order[begin:end] = sorted(order[begin:end].tolist(), key=key.__getitem__)
    return order


def _streams(deployments: pd.DataFrame) -> NDArray[np.int64]:
    """The number of each row's stream. Two ordinals that are one stream get the lower number."""
    ordinals = deployments["stream"].to_numpy().astype(np.int64)
    row = np.full(int(ordinals.max(initial=-1)) + 1, -1)
    row[ordinals] = np.arange(len(ordinals))
    known = np.flatnonzero(row >= 0)
    one_each = deployments[list(_STREAM)].iloc[row[known]]
    same = one_each.groupby(list(_STREAM), observed=True, dropna=False, sort=False).ngroup()
    _, first, number = np.unique(same.to_numpy(), return_index=True, return_inverse=True)
    stream = np.zeros(len(row), dtype=np.int64)
    stream[known] = known[first][number]
    return stream[ordinals]
