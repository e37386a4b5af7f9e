"""Rework: deployments that were made to mend others, as far as the streams can prove it.

DORA's deployment rework rate (dora.dev, since 2024) asks teams which share of the last six months'
deployments was not planned and mended a bug that users met. A stream shows two kinds of them:
rollbacks and, where a company names them by a pattern, hotfixes. Both are lower bounds.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics.conventions import DEFAULTS, Conventions
from insights_reports.metrics.measures import OTHER, SUCCESSFUL, outcomes
from insights_reports.metrics.periods import add_months
from insights_reports.metrics.streams import stream_order
from insights_reports.metrics.versions import compare_versions

Rows = NDArray[np.intp]
DORA_MONTHS = 6


@dataclass(frozen=True, eq=False)
class Rework:
    """Positions of deployments in their table, ascending.

    Attributes:
        counted: those that count (successful or failed); all the others are among them.
        rollbacks: of a release that had succeeded in the stream and comes back after a newer one.
        hotfixes: of a release whose version has a hotfix pattern.
        redeploys: of the release that had just succeeded in the stream, once more. They are no
            rework.
        not_comparable: of a release that had succeeded in the stream and comes back after another
            one, where the versions do not tell which is newer: rollbacks or not.
    """

    counted: Rows
    rollbacks: Rows
    hotfixes: Rows
    redeploys: Rows
    not_comparable: Rows

    @property
    def rework(self) -> Rows:
        """Rollbacks and hotfixes, each deployment once."""
        return np.union1d(self.rollbacks, self.hotfixes)

    def within(self, inside: NDArray[np.bool_]) -> "Rework":
        """What of it lies in a window; ``inside`` has a flag for each row of the table."""
        every = (self.counted, self.rollbacks, self.hotfixes, self.redeploys, self.not_comparable)
        return Rework(*(rows[inside[rows]] for rows in every))


def rework(
    deployments: pd.DataFrame,
    *,
    hotfix_patterns: Sequence[str] = (),
    conventions: Conventions = DEFAULTS,
) -> Rework:
    """Which deployments are rework, by evidence of their own stream.

    Only deployments that count (successful or failed) are looked at. A rollback deploys a release
    that had succeeded in the stream before, over a newer one (`compare_versions`), whether that
    one succeeded or failed. A release that was never deployed before is none, however old its
    version: releases overtake each other.

    Args:
        hotfix_patterns: regular expressions, one of which is found in the version of a hotfix.
    """
    outcome = outcomes(deployments, conventions)
    counted = outcome != OTHER
    release = deployments["release_version"].astype("category").array
    order, stream, _ = stream_order(deployments)
    order, stream = order[counted[order]], stream[counted[order]]
    codes = release.codes[order].astype(np.int64)
    succeeded = outcome[order] == SUCCESSFUL
    follows = np.append(False, stream[1:] == stream[:-1])[: len(order)]
    same = follows & (codes == np.roll(codes, 1)) & (codes >= 0)
    back = follows & ~same & _had_succeeded(stream, codes, succeeded)
    compared = np.full(len(order), 0, dtype=np.int8)
    compared[back] = _compared(release.categories, np.roll(codes, 1)[back], codes[back])
    return Rework(
        counted=np.flatnonzero(counted),
        rollbacks=np.sort(order[compared == _OLDER]),
        hotfixes=np.flatnonzero(_matching(release, hotfix_patterns) & counted),
        redeploys=np.sort(order[same & np.roll(succeeded, 1)]),
        not_comparable=np.sort(order[compared == _UNKNOWN]),
    )


def dora_window(end: date) -> tuple[date, date]:
    """The six months before ``end``, half-open: the time that DORA's question speaks of."""
    return add_months(end, -DORA_MONTHS), end


_OLDER, _UNKNOWN = -1, 2


def _had_succeeded(
    stream: NDArray[np.int64], codes: NDArray[np.int64], succeeded: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether each deployment's release has an earlier success in its stream."""
    if not succeeded.any():
        return succeeded
    keys = stream * (codes.max() + 2) + codes
    first_of, at = np.unique(keys[succeeded], return_index=True)
    first = np.flatnonzero(succeeded)[at]
    place = np.minimum(np.searchsorted(first_of, keys), len(first_of) - 1)
    had: NDArray[np.bool_] = (first_of[place] == keys) & (first[place] < np.arange(len(keys)))
    return had & (codes >= 0)


def _compared(
    versions: pd.Index, before: NDArray[np.int64], now: NDArray[np.int64]
) -> NDArray[np.int8]:
    """How each release compares with the one before it; each pair of versions once."""
    size = len(versions) + 1
    pairs, place = np.unique((before + 1) * size + now + 1, return_inverse=True)
    names = ["", *versions]
    found = [compare_versions(names[now], names[before]) for before, now in _unpacked(pairs, size)]
    numbers = np.array([_UNKNOWN if one is None else one for one in found], dtype=np.int8)
    result: NDArray[np.int8] = numbers[place]
    return result


def _unpacked(pairs: NDArray[np.int64], size: int) -> list[tuple[int, int]]:
    return [divmod(pair, size) for pair in pairs.tolist()]


def _matching(release: pd.Categorical, patterns: Sequence[str]) -> NDArray[np.bool_]:
    matches = [any(re.search(one, text) for one in patterns) for text in release.categories]
    found: NDArray[np.bool_] = np.array([*matches, False], dtype=bool)[release.codes]
    return found
