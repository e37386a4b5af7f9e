"""The words and units of Octopus's Insights API, each written down once.

https://octopus.com/docs/octopus-rest-api (Insights reports, "Get deployment level aggregated
insights metrics").
"""

from typing import Final, Literal, get_args

Dimension = Literal[
    "Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant", "TenantTagSet"
]
"""What the deployments of a report can be divided by."""
Split = Literal["None", Dimension]
TimeRange = Literal["LastMonth", "LastQuarter", "LastYear"]
Granularity = Literal["Daily", "Weekly", "Monthly"]
TenantMode = Literal["TenantedAndUntenanted", "Tenanted", "Untenanted"]

DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
TIME_RANGES: Final[tuple[TimeRange, ...]] = get_args(TimeRange)
GRANULARITIES: Final[tuple[Granularity, ...]] = get_args(Granularity)

TICKS_PER_SECOND: Final = 10_000_000
"""Durations and instants are whole ticks of 100 ns, the unit Octopus counts in."""
NANOSECONDS_PER_TICK: Final = 100
NULL: Final = -(2**63)
"""Stands for null in a column of int64 (what numpy calls NaT); NaN does in one of float64."""
