"""What the process does about its target, whatever the last period was.

A target inside the range, or equal to one of its ends, is hit or missed by chance. For the ends
tools differ: PowerBI-SPC, NHSRplotthedots and NHS England's script of 2019-20 say hit or miss, as
is done here; some others say pass or fail.
"""

from collections.abc import Sequence
from enum import StrEnum

from insights_reports.judgement.observed import Observed
from insights_reports.judgement.ranges import ExpectedRange, expected_range

RECENT = 6  # periods whose exposure on average is that of the period to come


class Assurance(StrEnum):
    """Whether a process will meet its target, if it goes on as it did."""

    MEETS = "meets"  # will meet it
    SOMETIMES = "sometimes"  # in some periods, and miss it in others
    MISSES = "misses"  # will not, unless something changes


def assurance(usual: ExpectedRange, target: float, *, up_is_good: bool) -> Assurance:
    """Where a target for each unit of exposure lies beside the expected range.

    For the target of a median give the range of the share of values above the target (kind
    ``share``) and the target 1/2: the median meets it while at most half of the values are above.
    """
    return assured(usual.low_rate, usual.high_rate, target, up_is_good=up_is_good)


def assured(low: float, high: float, target: float, *, up_is_good: bool) -> Assurance:
    """The same by the ends of a range, or the limits of a chart."""
    if low <= target <= high:
        return Assurance.SOMETIMES
    return Assurance.MEETS if (low > target) == up_is_good else Assurance.MISSES


def coming_range(
    measure_kind: str, baseline: Sequence[Observed], recent: Sequence[Observed]
) -> ExpectedRange | None:
    """The expected range at the average exposure of the last six usable periods; None where nothing
    is judged."""
    exposures = [period.exposure for period in recent if period.usable][-RECENT:]
    if not exposures:
        return None
    average = sum(exposures) / len(exposures)
    exposure = average if measure_kind == "count" else max(1, round(average))
    return expected_range(measure_kind, baseline, exposure)
