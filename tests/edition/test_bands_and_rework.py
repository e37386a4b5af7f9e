"""DORA's published levels as data, and what counts as rework."""

from datetime import UTC, datetime

import numpy as np
import pytest

from insights_reports.edition import compose
from insights_reports.edition.bands import DAY, HOUR, WEEK, band
from insights_reports.edition.document import Figure, Metric, Missing, Statistic
from insights_reports.edition.rework import rework
from insights_reports.formats.words import words
from insights_reports.metrics import Conventions
from tests.edition.inputs import deployment, inputs, settings
from tests.metrics.tables import table

FREQUENCY, LEAD, RECOVERY, RATE = (
    Metric.DEPLOYMENT_FREQUENCY,
    Metric.LEAD_TIME,
    Metric.TIME_TO_RECOVERY,
    Metric.FAILURE_RATE,
)


def named(metric: Metric, value: float, bands: str, **more: object) -> str | None:
    statistic = {FREQUENCY: Statistic.PER_WEEK, RATE: Statistic.RATE}.get(metric, Statistic.MEDIAN)
    found = band(Figure(metric, statistic, value, 50), settings(bands=bands, **more))
    return None if found is None else words("en").phrase(found).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("metric", "value", "bands", "level"),
    [
        (FREQUENCY, 7, "dora-2023", "elite (DORA 2023)"),
        (FREQUENCY, 6.9, "dora-2023", "high (DORA 2023)"),
        (FREQUENCY, 0.9, "dora-2023", "medium or low (DORA 2023)"),
        (FREQUENCY, 0.9, "dora-2024", "medium (DORA 2024)"),
        (FREQUENCY, 0.0, "dora-2021", "low (DORA 2021)"),
        (LEAD, HOUR, "dora-2021", "elite (DORA 2021)"),
        (LEAD, 2 * HOUR, "dora-2021", "high (DORA 2021)"),  # in the gap: the lower of the two
        (LEAD, 2 * HOUR, "dora-2024", "elite (DORA 2024)"),
        (LEAD, WEEK + 1, "dora-2024", "medium (DORA 2024)"),
        (RECOVERY, 5 * HOUR, "dora-2024", "high or medium (DORA 2024)"),
        (RECOVERY, 2 * DAY, "dora-2023", "medium (DORA 2023)"),
        # 2024's points do not fall in order: 10 % is medium's, 20 % is high's.
        (RATE, 0.11, "dora-2024", "nearest published point: 10.0 %, medium (DORA 2024)"),
        (RATE, 0.16, "dora-2024", "nearest published point: 20.0 %, high (DORA 2024)"),
        (RATE, 0.60, "dora-2023", "nearest published point: 64.0 %, low (DORA 2023)"),
        (RATE, 0.10, "dora-2021", None),  # 2021's ranges of the rate are the same for three levels
        (LEAD, HOUR, "none", None),
    ],
)
def test_the_published_levels(metric, value, bands, level):
    assert named(metric, value, bands) == level


def test_own_bands():
    own = {LEAD: (float(DAY), float(WEEK)), FREQUENCY: (5.0, 1.0)}
    assert named(LEAD, 2 * DAY, "custom", custom_bands=own) == "second band (own bands)"
    assert named(LEAD, 9 * DAY, "custom", custom_bands=own) == "third band (own bands)"
    assert named(FREQUENCY, 5, "custom", custom_bands=own) == "first band (own bands)"
    assert named(RECOVERY, 5, "custom", custom_bands=own) is None


def test_no_value_has_no_band():
    gone = Figure(LEAD, Statistic.MEDIAN, None, None, Missing.NO_VALUES)
    assert band(gone, settings(bands="dora-2023")) is None


def found(versions: str, *patterns: str, **more: object) -> list[bool]:
    """One stream: a release a letter, in capitals when it failed."""
    rows = [
        deployment(
            n,
            datetime(2026, 9, 1 + n, tzinfo=UTC),
            release_version=letter.lower(),
            task_state="Failed" if letter.isupper() else "Success",
            **more,
        )
        for n, letter in enumerate(versions)
    ]
    return rework(table(rows), patterns, Conventions()).tolist()


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ("abc", [False, False, False]),
        ("aba", [False, False, True]),
        ("aab", [False, False, False]),  # once more is no return
        ("abba", [False, False, False, True]),
        ("abaa", [False, False, True, False]),
        ("aBa", [False, False, False]),  # a release that failed was never left for
        ("abA", [False, False, False]),  # a return that failed put nothing back
    ],
)
def test_a_return_to_an_earlier_release_is_rework(versions, expected):
    assert found(versions) == expected


def test_hotfixes_are_rework_even_when_they_fail():
    assert found("ahBH", "h") == [False, True, False, True]


def test_streams_do_not_mix_and_order_is_by_completion():
    rows = [
        deployment(1, datetime(2026, 9, 3, tzinfo=UTC), release_version="a"),
        deployment(2, datetime(2026, 9, 2, tzinfo=UTC), release_version="b"),
        deployment(3, datetime(2026, 9, 1, tzinfo=UTC), release_version="a"),
        deployment(4, datetime(2026, 9, 4, tzinfo=UTC), release_version="a", tenant_id="Tenants-1"),
        deployment(5, datetime(2026, 9, 5, tzinfo=UTC), release_version="b", tenant_id="Tenants-1"),
    ]
    again = rework(table(rows), (), Conventions())
    assert np.flatnonzero(again).tolist() == [0]


def test_the_fifth_tile_stands_only_where_there_is_rework():
    plain = [
        deployment(n, datetime(2026, 9, n, tzinfo=UTC), release_version=str(n))
        for n in range(1, 21)
    ]
    assert len(compose(inputs(plain), settings(splits=()))[0].tiles) == 4
    asked = compose(inputs(plain), settings(splits=(), hotfix_patterns=("^1$",)))[0].tiles
    back = deployment(21, datetime(2026, 9, 21, tzinfo=UTC), release_version="1")
    shown = compose(inputs([*plain, back]), settings(splits=()))[0].tiles
    for tiles, total in ((asked, 20), (shown, 21)):
        tile = tiles[4]
        assert tile.figure == Figure(Metric.REWORK_RATE, Statistic.RATE, 1 / total, total)
        assert [figure.value for figure in tile.extra] == [1, total]
