"""The fast reading of ``/metrics`` against the plain one, object by object."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.crosscheck import Question, StatedMetrics, StatedTable, read_stated
from insights_reports.errors import BadReply
from insights_reports.spelling import stated_decode as stated
from insights_reports.spelling.arrow import read_arrow
from insights_reports.spelling.stated_decode import decode_metrics
from insights_reports.spelling.text import print_duration
from tests.typed import the

ASKED = Question("Project", None, "LastYear", "Daily")

counts = st.integers(0, 2**40)
numbers = st.none() | st.floats(0, 1e6) | st.integers(0, 99)
durations = st.none() | st.integers(-(10**15), 10**15).map(print_duration)


def statistics(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = ("Mean", "Median", "Min", "Max", "NinetyFifth")
    return st.fixed_dictionaries({"Count": counts, **dict.fromkeys(names, values)})


intervals = st.fixed_dictionaries(
    {
        "StartOfInterval": st.dates(date(2015, 1, 1), date(2035, 1, 1)).map(date.isoformat),
        "NumberOfSuccessfulDeployments": counts,
        "LeadTime": statistics(durations),
        "DeploymentFailureRate": st.fixed_dictionaries(
            {
                **dict.fromkeys(
                    (
                        "Successful",
                        "DeploymentFailure",
                        "SuccessfulButHadGuidedFailure",
                        "Total",
                        "Failed",
                    ),
                    counts,
                ),
                "Rate": numbers,
            }
        ),
        "TimeSincePreviousDeployment": statistics(durations),
        "MeanTimeToRecovery": statistics(durations),
        "DeploymentsUntilRecovery": statistics(numbers),
    }
)
NAMES = ["Shop", "Größe ✓", 'a "b" ]},{ c', "", "StartOfInterval", '{"StartOfInterval":"']


def repeated(some: list[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Some of them several times, on other days."""
    if not some:
        return st.just(some)
    days = st.dates(date(2015, 1, 1), date(2035, 1, 1)).map(date.isoformat)
    again = st.tuples(st.sampled_from(some), days)
    return st.lists(again.map(lambda one: one[0] | {"StartOfInterval": one[1]}), max_size=6)


replies = st.fixed_dictionaries(
    {
        "Series": st.lists(
            st.fixed_dictionaries(
                {
                    "Name": st.none() | st.sampled_from(NAMES),
                    "Intervals": st.lists(intervals, max_size=3).flatmap(repeated),
                }
            ),
            max_size=3,
        )
    }
)


@pytest.fixture(scope="module")
def reply() -> dict[str, Any]:
    """One series of two intervals, the second without lead times."""
    times = {"Count": 2, "Mean": "1:00:00.5", "Median": "1:00:00.5", "Min": "-0:30:00.0"}
    times |= {"Max": "426:53:44.0", "NinetyFifth": "400:00:00.1234567"}
    number = {"Count": 2, "Mean": 1.5, "Median": 1.5, "Min": 1, "Max": 2.0, "NinetyFifth": 2.0}
    outcome: dict[str, float] = {
        "Successful": 2,
        "DeploymentFailure": 1,
        "SuccessfulButHadGuidedFailure": 0,
    }
    outcome |= {"Total": 3, "Failed": 1, "Rate": 0.33333}
    first = {
        "StartOfInterval": "2026-09-01",
        "NumberOfSuccessfulDeployments": 2,
        "LeadTime": times,
        "DeploymentFailureRate": outcome,
        "TimeSincePreviousDeployment": times,
        "MeanTimeToRecovery": times,
        "DeploymentsUntilRecovery": number,
    }
    none = dict.fromkeys(times, None) | {"Count": 0}
    second = first | {"StartOfInterval": "2026-09-02", "LeadTime": none}
    return {"Series": [{"Name": "Shop", "Intervals": [first, second]}]}


def assert_same(one: StatedTable, other: StatedTable) -> None:
    assert (one.names, one.unknown) == (other.names, other.unknown)
    np.testing.assert_array_equal(one.series, other.series)
    np.testing.assert_array_equal(one.start, other.start)
    for mine, plain in zip(one.columns, other.columns, strict=True):
        assert mine.dtype == plain.dtype
        np.testing.assert_array_equal(mine, plain)


def plainly(reply: dict[str, Any]) -> StatedTable:
    return read_stated(StatedMetrics(**vars(ASKED), reply=reply))


@settings(max_examples=60)
@given(replies)
def test_both_ways_read_the_same(reply: dict[str, Any]) -> None:
    assert_same(decode_metrics(json.dumps(reply).encode(), ASKED), plainly(reply))


def test_what_is_stated_often_is_read_once(
    reply: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = reply["Series"][0]["Intervals"]
    days = [f"2026-08-{day:02}" for day in range(1, 29)]
    often = [first, *(second | {"StartOfInterval": day} for day in days)]
    reply = {"Series": [{"Name": name, "Intervals": often} for name in ("Shop", "Mail", None)]}
    read: list[Any] = []

    def reading(*given: Any, **more: Any) -> Any:
        read.append(read_arrow(*given, **more))
        return read[-1]

    monkeypatch.setattr(stated, "read_arrow", reading)
    table = decode_metrics(json.dumps(reply).encode(), ASKED)
    assert_same(table, plainly(reply))
    [rows] = read[0]["Intervals"].to_pylist()
    # One more for the last of each series, since the next series belongs to its text.
    assert len(rows) == 2 + len(reply["Series"])


def test_each_series_has_its_own_intervals(reply: dict[str, Any]) -> None:
    first, second = reply["Series"][0]["Intervals"]
    series = {"Shop": [first], "Mail": [], "Web": [second, first, second], "Pay": [first, second]}
    reply = {"Series": [{"Name": name, "Intervals": some} for name, some in series.items()]}
    table = decode_metrics(json.dumps(reply).encode(), ASKED)
    assert_same(table, plainly(reply))
    assert table.series.tolist() == [0, 2, 2, 2, 3, 3]


@pytest.mark.parametrize(
    "whole",
    [
        '{"Series": [], "More": 1}',
        '{"Series": {}}',
        '{"Series": [{"Name": "Shop", "Intervals": [], "More": 1}]}',
        '{"Series": [{"Name": "Shop", "Intervals": [{}]}]}',
        '{"Series": [{"Name": "StartOfInterval", "Intervals": []}]}',
        '{"Series": [{"Intervals": [], "Name": "StartOfInterval"}]}',
        '{"Series": [{"Name": "Shop", "Intervals": [[INTERVAL]]}]}',
        '{"Series": [{"Name": "Shop", "Intervals": [INTERVAL, {"LeadTime": null}]}]}',
        '{"Series": [{"Name": "Shop", "Intervals": [{}, INTERVAL]}]}',
    ],
)
def test_the_frame_is_read_as_strictly(reply: dict[str, Any], whole: str) -> None:
    interval = json.dumps(reply["Series"][0]["Intervals"][0])
    whole = whole.replace("INTERVAL", interval)

    def read(way: Callable[[], StatedTable]) -> StatedTable | str:
        try:
            return way()
        except BadReply as error:
            return str(error)

    fast, plain = (
        read(lambda: decode_metrics(whole.encode(), ASKED)),
        read(lambda: plainly(json.loads(whole))),
    )
    assert type(fast) is type(plain)
    if isinstance(fast, str):
        assert fast == plain
    else:
        assert_same(the(StatedTable, fast), the(StatedTable, plain))


def test_the_documented_form_needs_no_object_for_each_figure(
    reply: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stated, "read_stated", None)
    table = decode_metrics(json.dumps(reply, indent=2).encode(), ASKED)
    assert_same(table, plainly(reply))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("DeploymentFailureRate", "Total"), 3.0),
        (("DeploymentFailureRate", "Total"), None),
        (("DeploymentFailureRate", "NewFigure"), 4),
        (("NewMetric",), {"Count": 1}),
        (("LeadTime",), None),
        (("LeadTime", "Mean"), "17.20:53:44.0"),
        (("StartOfInterval",), "2026-09-01T00:00:00"),
    ],
)
def test_what_departs_from_the_documented_form_is_read_all_the_same(
    reply: dict[str, Any], path: tuple[str, ...], value: Any
) -> None:
    changed = deepcopy(reply)
    place = changed["Series"][0]["Intervals"][0]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert_same(decode_metrics(json.dumps(changed).encode(), ASKED), plainly(changed))


def test_names_are_cleaned() -> None:
    body = b'{"Series": [{"Name": "a\\u202eb\\ud800", "Intervals": []}]}'
    [name] = decode_metrics(body, ASKED).names
    assert name is not None
    assert not {"\u202e", "\ud800"} & set(name)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1:00:00.5", "1:00:99.5", "Duration: '1:00:99.5'"),
        ("2026-09-01", "yesterday", "StartOfInterval is 'yesterday'"),
        ('"Total": 3', '"Total": 3.5', "not a whole number"),
        ('"Total": 3', '"Total": 3, "Total": 4', "cut short or is no JSON"),
        ("0.33333", "1e999", "cut short or is no JSON"),
        ('"Name"', "Name", "cut short or is no JSON"),
        ("]}]}", "]}", "cut short or is no JSON"),
        (', {"StartOfInterval"', ', "x": {"StartOfInterval"', "cut short or is no JSON"),
    ],
)
def test_a_reply_that_is_no_such_reply_is_refused(
    reply: dict[str, Any], old: str, new: str, said: str
) -> None:
    body = json.dumps(reply).replace(old, new, 1)
    assert body != json.dumps(reply)
    with pytest.raises(BadReply, match=said):
        decode_metrics(body.encode(), ASKED)


def test_a_day_without_its_colon_is_refused(reply: dict[str, Any]) -> None:
    body = json.dumps(reply).replace('"StartOfInterval":', '"StartOfInterval" ')
    with pytest.raises(BadReply, match="cut short or is no JSON"):
        decode_metrics(body.encode(), ASKED)


def test_bytes_that_are_no_utf_8_are_refused(reply: dict[str, Any]) -> None:
    with pytest.raises(BadReply):
        decode_metrics(json.dumps(reply).encode().replace(b"Shop", b"Sh\xffp"), ASKED)
