"""Rework: deployments that undo or mend one before them, as far as the data show it.

DORA's rework rate (new in 2024) is the share of deployments that were unplanned and made because of
an incident. Octopus does not know incidents. What its data show is a lower bound: a return to an
earlier release (rollback), and releases whose version the configuration calls a hotfix.
"""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics import Conventions
from insights_reports.metrics.measures import OTHER, SUCCESSFUL, outcomes

_STREAM = ["project_id", "channel_id", "environment_id", "tenant_id"]


def rework(
    deployments: pd.DataFrame, patterns: tuple[str, ...], conventions: Conventions
) -> NDArray[np.bool_]:
    """Which deployments are rework; one that neither succeeded nor failed never is."""
    outcome = outcomes(deployments, conventions)
    counts = outcome != OTHER
    returned = _rollbacks(deployments, outcome == SUCCESSFUL)
    again: NDArray[np.bool_] = counts & (returned | _hotfixes(deployments, patterns))
    return again


def _hotfixes(deployments: pd.DataFrame, patterns: tuple[str, ...]) -> NDArray[np.bool_]:
    versions = deployments["release_version"].astype("category").array
    found = [
        any(re.search(pattern, str(version)) for pattern in patterns)
        for version in versions.categories
    ]
    matches: NDArray[np.bool_] = np.array([*found, False], dtype=bool)[versions.codes]
    return matches


def _rollbacks(deployments: pd.DataFrame, success: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which successes put back a release that the stream had left for another one."""
    known = success & deployments["completed"].notna().to_numpy()
    rows = np.flatnonzero(known)
    rows = rows[np.argsort(deployments["completed"].to_numpy()[rows], kind="stable")]
    stream = deployments.groupby(_STREAM, observed=True, dropna=False).ngroup().to_numpy()[rows]
    rows = rows[np.argsort(stream, kind="stable")]
    stream = np.sort(stream, kind="stable")
    version = deployments["release_version"].astype("category").cat.codes.to_numpy()[rows]
    pairs = pd.DataFrame({"stream": stream, "version": version})
    before = pairs.groupby("stream")["version"].shift()
    returned = pairs.duplicated() & (before != pairs["version"])
    found = np.zeros(len(deployments), dtype=bool)
    found[rows] = returned.to_numpy()
    return found
