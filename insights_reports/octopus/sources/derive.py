"""What a deployment says of its stream, derived from releases and tasks.

Gaps and recoveries are those of `metrics.recompute_streams`. The lead time of a successful
deployment is its completion less the assembly of the earliest release that was not yet in the
environment: the one created right after the release that was last deployed there with success,
in the same channel. The first deployment of a stream counts from its own release; a rollback, or
the same release again, brings nothing new and has no lead time.

https://octopus.com/docs/insights/metrics
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.metrics import recompute_streams
from insights_reports.metrics.measures import SUCCESSFUL, outcomes
from insights_reports.octopus.sources.release_order import ReleaseOrder, ordered

_NONE = -1


class Releases:
    """Releases in the order of their ids, in which they were created, or of their versions. When a
    release was assembled can be edited afterwards.

    ``documents`` has ChannelId, Version and Assembled (UTC; null where it is not known any more),
    by release id.
    """

    def __init__(self, documents: pd.DataFrame, order: ReleaseOrder = "id") -> None:
        ids = ordered(documents, order)
        rows = documents.loc[ids]
        self._created = pd.Index(ids, dtype=object)
        self._channels = pd.Index(rows["ChannelId"].unique())
        channel = self._channels.get_indexer(rows["ChannelId"])
        self._by_channel = np.lexsort((np.arange(len(ids)), channel))
        self._keys = self._key(channel, np.arange(len(ids)))[self._by_channel]
        self._channel = channel
        self.versions = rows["Version"].to_numpy(dtype=object)
        self.assembled = rows["Assembled"].to_numpy("M8[ns]")

    def rank(self, ids: NDArray[Any]) -> NDArray[np.intp]:
        """The place of each release among all; -1 for one that is not there."""
        ranks: NDArray[np.intp] = self._created.get_indexer(pd.Index(ids, dtype=object))
        return ranks

    def next_in_channel(self, channels: NDArray[Any], ranks: NDArray[np.intp]) -> NDArray[np.intp]:
        """The rank of the first release of each channel that was created after each rank."""
        channel = self._channels.get_indexer(pd.Index(channels, dtype=object))
        at = np.searchsorted(self._keys, self._key(channel, ranks), side="right")
        inside = (at < len(self._keys)) & (channel >= 0)
        found = np.full(len(at), _NONE, np.intp)
        found[inside] = self._by_channel[at[inside]]
        found[inside & (self._channel[found] != channel)] = _NONE
        return found

    def _key(self, channel: NDArray[np.intp], rank: NDArray[np.intp]) -> NDArray[np.int64]:
        key: NDArray[np.int64] = channel.astype(np.int64) * (len(self._created) + 1) + rank
        return key


def derive(table: pd.DataFrame, release_ids: NDArray[Any], releases: Releases) -> pd.DataFrame:
    """``table`` with its stream values; ``release_ids`` are those of its rows. A lead time whose
    release is not known any more is null."""
    streams = recompute_streams(table).drop(columns="at_edge")
    lead = _lead_releases(table, releases.rank(release_ids), streams, releases)
    known = np.flatnonzero(lead != _NONE)
    known = known[~np.isnat(releases.assembled[lead[known]])]
    versions = np.full(len(table), None, dtype=object)
    versions[known] = releases.versions[lead[known]]
    times = np.full(len(table), np.timedelta64("NaT", "ns"))
    completed = table["completed"].to_numpy("M8[ns]")
    times[known] = completed[known] - releases.assembled[lead[known]]
    columns = {str(name): streams[name] for name in streams}
    return table.assign(**columns, lead_time=times, lead_time_from_version=versions)


def _lead_releases(
    table: pd.DataFrame, rank: NDArray[np.intp], streams: pd.DataFrame, releases: Releases
) -> NDArray[np.intp]:
    """The rank of the release from which each row's lead time counts; -1 for none."""
    ids = pd.Index(table["deployment_id"].astype(object))
    previous = ids.get_indexer(pd.Index(streams["previous_successful_id"].astype(object)))
    before = np.where(previous != _NONE, rank[previous], _NONE) if len(rank) else rank
    channels = table["channel_id"].astype(object).to_numpy()
    lead = np.where(previous == _NONE, rank, releases.next_in_channel(channels, before))
    older = (previous != _NONE) & ((rank <= before) | (before == _NONE))
    lead[older | (outcomes(table) != SUCCESSFUL)] = _NONE
    return lead
