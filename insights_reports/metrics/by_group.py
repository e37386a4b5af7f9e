"""The statistics of any values by group, exact as those of all figures."""

import numpy as np

from insights_reports.metrics import exact
from insights_reports.metrics.conventions import DEFAULTS, Conventions
from insights_reports.metrics.exact import Integers
from insights_reports.spelling.terms import NULL


def statistics_by_group(
    values: Integers, group: Integers, size: int, conventions: Conventions = DEFAULTS
) -> dict[str, Integers]:
    """The ``count`` of each group's values, and their mean, median, min, max, p90 and p95.

    Args:
        values: ticks of 100 ns, or counts.
        group: the number of each value's group, from 0 to below ``size``.
        conventions: by which percentiles are taken.

    Returns:
        Arrays of ``size``: statistics are rounded half to even, and `NULL` where a group has no
        value.
    """
    order = np.lexsort((values, group))
    ordered = values[order]
    present, first, count = np.unique(group[order], return_index=True, return_counts=True)
    upper, lower = (np.add.reduceat(half, first) for half in exact.split(ordered))
    groups = exact.Groups(ordered.__getitem__, first, count, upper, lower)
    found = exact.summary(groups, conventions.median, conventions.percentile).rounded()
    result = {"count": np.zeros(size, dtype=np.int64)}
    result["count"][present] = count
    for name, row in zip(exact.STATISTICS, found, strict=True):
        result[name] = np.full(size, NULL, dtype=np.int64)
        result[name][present] = row
    return result
