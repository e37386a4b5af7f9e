"""What Octopus leaves open, as values: each convention has a default and can be chosen.

The cross-check infers them from a server's own figures; the configuration may fix them.
"""

from dataclasses import dataclass
from typing import Literal

WeekStart = Literal["Sunday", "Monday"]
PercentileMethod = Literal["linear", "nearest_rank", "floor_rank", "lower", "higher", "exclusive"]


@dataclass(frozen=True, slots=True)
class Conventions:
    """How deployments become figures where Octopus's documentation does not say.

    Attributes:
        week_start: the day on which a week begins. Octopus's own sample begins on Sundays.
        percentile: how p90 and p95 (``NinetyFifth``) fall between values; see `exact`.
        median: the same for the median, which a server may well compute by another function.
        count_as_failed: task states (``Canceled``, ``TimedOut``) that count as failed
            deployments. By default they are neither successful nor failed.
        range_start: whether LastMonth, LastQuarter and LastYear begin on the day one, three or
            twelve months before ("trailing") or on the first of that day's month ("aligned").
        edge: whether an interval that the range cuts counts only what lies inside the range
            ("clipped") or its whole length ("whole").
    """

    week_start: WeekStart = "Sunday"
    percentile: PercentileMethod = "linear"
    median: PercentileMethod = "linear"
    count_as_failed: frozenset[str] = frozenset()
    range_start: Literal["trailing", "aligned"] = "trailing"
    edge: Literal["clipped", "whole"] = "clipped"


DEFAULTS = Conventions()
