"""What each deployment says of its stream, recomputed: gaps between successes, and recoveries."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics.conventions import DEFAULTS, Conventions
from insights_reports.metrics.measures import (
    DEPLOYMENT_FAILURE,
    GUIDED,
    SUCCESSFUL,
    outcomes,
)
from insights_reports.metrics.streams import stream_order


def recompute_streams(
    deployments: pd.DataFrame, conventions: Conventions = DEFAULTS
) -> pd.DataFrame:
    """The stream values of each deployment, from the other deployments of its stream.

    A stream is a project, channel, environment and tenant; its deployments are taken by
    completion (ties: by id, as people count). Every value belongs to a successful deployment, the
    others have nulls:

    * ``time_since_previous``, ``previous_successful_id``: the gap to the successful deployment
      before it, and that deployment;
    * ``time_to_recovery``, ``deployments_until_recovery``, ``recovered_from_id``,
      ``recovered_from_version``: when failed deployments lie between the two, the gap to the
      first of them, how many they are, and that first one;
    * ``at_edge``: no successful deployment lies before it in the data, so that Octopus, which
      knows the earlier ones, may state values where this table has nulls or other ones.

    Deployments that neither succeeded nor failed are passed over. A deployment without a completion
    time has no place in its stream and nulls.

    Returns:
        A table with the index and order of ``deployments`` and the columns above, in the dtypes of
        the deployments table; ``at_edge`` is bool.
    """
    order, stream, completed = stream_order(deployments)
    sequence = _Sequence(stream, completed, outcomes(deployments, conventions)[order])
    return _table(deployments, order, sequence)


class _Sequence:
    """The deployments of all streams, one stream after the other, each by completion."""

    def __init__(
        self,
        stream: NDArray[np.int64],
        completed: NDArray[np.int64],
        outcome: NDArray[np.uint8],
    ) -> None:
        position = np.arange(len(stream))
        first = np.diff(stream, prepend=-1) != 0
        begin = np.maximum.accumulate(np.where(first, position, 0))
        success = outcome == SUCCESSFUL
        latest = np.maximum.accumulate(np.where(success, position, -1))
        before = np.append(-1, latest)[: len(stream)]
        before[before < begin] = -1
        failed = (outcome == DEPLOYMENT_FAILURE) | (outcome == GUIDED)
        failures = np.append(0, np.cumsum(failed))  # how many lie before each position
        earlier = failures[np.where(before >= 0, before, begin)]
        self.completed = completed
        self.at_edge = before < 0
        self.attempts = np.where(success, failures[:-1] - earlier, 0)
        self.previous = np.where(success, before, -1)
        self.first_failure = np.full(len(stream), -1)
        recovered = self.attempts > 0
        self.first_failure[recovered] = np.flatnonzero(failed)[earlier[recovered]]


def _table(deployments: pd.DataFrame, order: NDArray[np.intp], sequence: _Sequence) -> pd.DataFrame:
    def rows(positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """The row of the deployment at each position, row by row; -1 is none."""
        row = np.full(len(deployments), -1)
        row[order] = np.where(positions >= 0, order[positions], -1) if len(order) else -1
        return row

    def gaps(positions: NDArray[np.intp]) -> NDArray[np.timedelta64]:
        gap = np.full(len(deployments), np.timedelta64("NaT", "ns"))
        found = positions >= 0
        elapsed = sequence.completed[found] - sequence.completed[positions[found]]
        gap[order[found]] = elapsed.view("timedelta64[ns]")
        return gap

    attempts = np.full(len(deployments), np.nan)
    attempts[order] = np.where(sequence.attempts > 0, sequence.attempts, np.nan)
    at_edge = np.ones(len(deployments), dtype=bool)
    at_edge[order] = sequence.at_edge
    ids, versions = deployments["deployment_id"].array, deployments["release_version"].array
    previous, first_failure = rows(sequence.previous), rows(sequence.first_failure)
    return pd.DataFrame(
        {
            "time_since_previous": gaps(sequence.previous),
            "previous_successful_id": ids.take(previous, allow_fill=True),
            "time_to_recovery": gaps(sequence.first_failure),
            "deployments_until_recovery": attempts,
            "recovered_from_id": ids.take(first_failure, allow_fill=True),
            "recovered_from_version": versions.take(first_failure, allow_fill=True),
            "at_edge": at_edge,
        },
        index=deployments.index,
    )
