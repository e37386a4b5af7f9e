"""Rework: deployments that were made to mend others, as far as the streams can tell.

DORA's deployment rework rate (dora.dev, since 2024) asks teams for the share of deployments that
were unplanned and followed an incident. A stream shows two kinds of them: rollbacks and, where a
company names them by a pattern, hotfixes.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics.conventions import DEFAULTS, Conventions
from insights_reports.metrics.measures import OTHER, outcomes
from insights_reports.metrics.streams import stream_order

_VERSION = re.compile(r"[vV]?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?", re.ASCII)

VersionKey = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]


def rework(
    deployments: pd.DataFrame,
    *,
    hotfix_patterns: Sequence[str] = (),
    conventions: Conventions = DEFAULTS,
) -> pd.DataFrame:
    """Which deployments are rework.

    Only deployments that count (successful or failed) are rework, so that the rework rate is the
    share of flagged ones in ``total``. A rollback deploys an older release than the last
    deployment before it in the stream that counts, whether that one succeeded or failed; deploying
    the same release again is none, and neither is a version that cannot be compared
    (`version_key`). In a hotfix's release version one of the patterns, which are regular
    expressions, is found.

    Returns:
        A table with the index and order of ``deployments`` and the bool columns ``rollback``,
        ``hotfix`` and ``rework`` (either).
    """
    counted = outcomes(deployments, conventions) != OTHER
    rollback = _rollbacks(deployments, counted)
    hotfix = _matching(deployments["release_version"], hotfix_patterns) & counted
    return pd.DataFrame(
        {"rollback": rollback, "hotfix": hotfix, "rework": rollback | hotfix},
        index=deployments.index,
    )


def version_key(version: str) -> VersionKey | None:
    """A key that orders versions: numbers by value (1.9 < 1.10, 1.0 = 1.0.0), a pre-release before
    its release, pre-releases part by part as Semantic Versioning 2.0.0 says (numbers before words),
    without regard to case or to build metadata. None for text that is no version.
    """
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    parts = match[2].casefold().split(".") if match[2] else []
    labels = tuple(
        (False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts
    )
    return tuple(numbers), not parts, labels


def _rollbacks(deployments: pd.DataFrame, counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    order, stream, _ = stream_order(deployments)
    order, stream = order[counted[order]], stream[counted[order]]
    ranks = _version_ranks(deployments["release_version"])[order]
    older = (stream[1:] == stream[:-1]) & (ranks[1:] >= 0) & (ranks[1:] < ranks[:-1])
    rollback = np.zeros(len(deployments), dtype=bool)
    rollback[order[1:][older]] = True
    return rollback


def _version_ranks(versions: pd.Series) -> NDArray[np.int64]:
    """The place of each version in their order; equal versions share it, -1 is no version."""
    category = versions.astype("category").array
    keys = [version_key(version) for version in category.categories]
    place = {key: number for number, key in enumerate(sorted({key for key in keys if key}))}
    ranks = [-1 if key is None else place[key] for key in keys]
    found: NDArray[np.int64] = np.array([*ranks, -1], dtype=np.int64)[category.codes]
    return found


def _matching(texts: pd.Series, patterns: Sequence[str]) -> NDArray[np.bool_]:
    category = texts.astype("category").array
    matches = [
        any(re.search(pattern, text) for pattern in patterns) for text in category.categories
    ]
    found: NDArray[np.bool_] = np.array([*matches, False], dtype=bool)[category.codes]
    return found
