"""Targets: will meet it, in some periods, will not; equality is hit or miss."""

from typing import Any

import pytest

from insights_reports.judgement import ExpectedRange, Observed, assurance, assured, coming_range
from tests.judgement.test_expected_range import DEPLOYMENTS, FAILURES

USUAL = ExpectedRange(2, 10, 50, 0.1)  # 4 to 20 %


@pytest.mark.parametrize(
    ("target", "fewer_is_good", "more_is_good"),
    [
        (0.25, "meets", "misses"),
        (0.20, "sometimes", "sometimes"),  # PowerBI-SPC: "exactly on upper limit as inconsistent"
        (0.12, "sometimes", "sometimes"),
        (0.04, "sometimes", "sometimes"),
        (0.03, "misses", "meets"),
    ],
)
def test_a_target_beside_the_range(target: Any, fewer_is_good: Any, more_is_good: Any) -> None:
    assert assurance(USUAL, target, up_is_good=False) == fewer_is_good
    assert assurance(USUAL, target, up_is_good=True) == more_is_good


def test_limits_of_a_chart_are_told_apart_as_nhsrplotthedots_does() -> None:
    # target > upper limit, < lower limit, else inconsistent
    assert [assured(1, 3, target, up_is_good=False) for target in (3.1, 3, 1, 0.9)] == [
        "meets",
        "sometimes",
        "sometimes",
        "misses",
    ]


def test_the_coming_range_is_at_the_average_of_the_last_six() -> None:
    baseline = [Observed(*pair) for pair in FAILURES]
    recent = [Observed(0, 500), *[Observed(3, 60)] * 5, Observed(4, 72), Observed(0, 0)]
    found = coming_range("share", baseline, recent)
    assert (found.exposure, found.low, found.high) == (62, 0, 10)
    assert coming_range("share", baseline, [Observed(0, 0)]) is None
    days = coming_range("count", [Observed(*pair) for pair in DEPLOYMENTS], [Observed(60, 20.5)])
    assert days.exposure == 20.5
