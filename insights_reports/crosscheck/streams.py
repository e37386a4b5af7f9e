"""The stream values that Octopus states of each deployment against those recomputed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.conventions.choose import choose
from insights_reports.crosscheck.conventions.rounding import DurationRounding, duration_candidates
from insights_reports.crosscheck.result import (
    CheckVerdict,
    Evidence,
    StreamCheck,
    StreamDiscrepancy,
)
from insights_reports.metrics import Conventions, recompute_streams
from insights_reports.metrics.zones import completions
from insights_reports.spelling.figures import Integers, Mask
from insights_reports.spelling.terms import NANOSECONDS_PER_TICK, NULL

_DIFFERS = Cause("stream")
_DURATIONS = {
    "time_since_previous": "TimeSincePreviouslySuccessfulDeployment",
    "time_to_recovery": "TimeToRecovery",
}
_TEXTS = {
    "previous_successful_id": "PreviousSuccessfulDeploymentId",
    "recovered_from_id": "RecoveredFromFailedDeploymentId",
    "recovered_from_version": "RecoveredFromFailedReleaseVersion",
}
_NUMBER = "deployments_until_recovery", "DeploymentsUntilRecovery"
_SAMPLE = 20_000


@dataclass(frozen=True, eq=False)
class _Field:
    """One value of all deployments: stated, recomputed, where both agree, and where one cannot
    be compared because the deployments before the data decide."""

    name: str
    stated: pd.Series
    ours: pd.Series
    agrees: Mask
    unknown: Mask


def check_streams(
    deployments: pd.DataFrame, conventions: Conventions
) -> tuple[StreamCheck, Evidence]:
    """Every stated stream value with a verdict, and how the durations among them are rounded.

    A value that reaches back before the first deployment of its stream is not comparable. Nor is
    a lead time: when a release was created does not stand in the deployments.
    """
    recomputed = recompute_streams(deployments, conventions)
    evidence: list[Evidence] = []
    rounding = _rounding(deployments, recomputed, evidence)
    fields = list(_fields(deployments, recomputed, rounding))
    lead_times = int(deployments["lead_time"].notna().sum())
    size = len(deployments)
    unknown = sum(int((~field.agrees & field.unknown).sum()) for field in fields)
    agrees = sum(int(field.agrees.sum()) for field in fields)
    figures = size * len(fields)
    check = StreamCheck(
        figures=figures + lead_times,
        agrees=agrees,
        differs=figures - agrees - unknown,
        not_comparable=unknown + lead_times,
        discrepancies=tuple(_discrepancies(deployments, fields)),
    )
    return check, evidence[0]


def _rounding(
    deployments: pd.DataFrame, recomputed: pd.DataFrame, evidence: list[Evidence]
) -> DurationRounding:
    """Exact to a tick unless coarser values explain more."""
    stated, ours = (_ticks(table["time_since_previous"]) for table in (deployments, recomputed))
    both = np.flatnonzero((stated != NULL) & (ours != NULL))[:_SAMPLE]
    tried = [
        (one, int(one.agrees(stated[both], ours[both], False).sum()))
        for one in reversed(duration_candidates())
    ]
    return choose("stream durations", [(tried, len(both))], evidence)


def _ticks(column: pd.Series) -> Integers:
    nanoseconds = column.dt.as_unit("ns").to_numpy(dtype="timedelta64[ns]").view(np.int64)
    return np.where(nanoseconds == NULL, NULL, nanoseconds // NANOSECONDS_PER_TICK)


def _fields(
    deployments: pd.DataFrame, recomputed: pd.DataFrame, rounding: DurationRounding
) -> Iterator[_Field]:
    at_edge = recomputed["at_edge"].to_numpy(dtype=bool)
    first = _first_of_stream(deployments)
    completed = completions(deployments)
    since_first = (completed.view(np.int64) - first) // NANOSECONDS_PER_TICK
    reaches_back: dict[str, Mask] = {}
    for column, name in _DURATIONS.items():
        stated, ours = _ticks(deployments[column]), _ticks(recomputed[column])
        nulls = (stated == NULL) | (ours == NULL)
        agrees = (stated == ours) | (~nulls & rounding.agrees(stated, ours, False))
        reaches_back[column] = at_edge & (stated != NULL) & (stated >= since_first)
        yield _Field(name, pd.Series(stated), pd.Series(ours), agrees, reaches_back[column])
    recovery = reaches_back["time_to_recovery"]
    column, name = _NUMBER
    stated, ours = (table[column].to_numpy(dtype=np.float64) for table in (deployments, recomputed))
    agrees = (stated == ours) | (np.isnan(stated) & np.isnan(ours))
    yield _Field(name, pd.Series(stated), pd.Series(ours), agrees, recovery)
    for column, name in _TEXTS.items():
        theirs, own = deployments[column], recomputed[column]
        same = _same(theirs, own)
        back = reaches_back["time_since_previous"] if column.startswith("previous") else recovery
        yield _Field(name, theirs, own, same, back)


def _first_of_stream(deployments: pd.DataFrame) -> Integers:
    """The first completion in the stream of each deployment, in nanoseconds."""
    stream = deployments["stream"].to_numpy(dtype=np.int64)
    completed = completions(deployments)
    first = np.full(int(stream.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, stream, completed.view(np.int64))
    per_row: Integers = first[stream]
    return per_row


def _same(theirs: pd.Series, own: pd.Series) -> Mask:
    """Equal texts, or both null."""
    here, there = (column.astype("string[pyarrow]") for column in (theirs, own))
    equal = (here == there).fillna(value=False).to_numpy(dtype=bool)
    same: Mask = equal | (here.isna() & there.isna()).to_numpy(dtype=bool)
    return same


def _discrepancies(deployments: pd.DataFrame, fields: list[_Field]) -> Iterator[StreamDiscrepancy]:
    """The values that differ. Those that cannot be compared are only counted."""
    ids = deployments["deployment_id"].array
    for field in fields:
        for row in np.flatnonzero(~field.agrees & ~field.unknown).tolist():
            yield StreamDiscrepancy(
                str(ids[row]),
                field.name,
                _value(field.stated.iloc[row]),
                _value(field.ours.iloc[row]),
                CheckVerdict.DIFFERS,
                _DIFFERS,
            )


def _value(value: object) -> int | float | str | None:
    if value is None or pd.isna(value) or value == NULL:  # type: ignore[call-overload]
        return None
    return value if isinstance(value, str) else value.item()  # type: ignore[attr-defined]
