"""The replies of /metrics as columns: strict and exact."""

import copy
from typing import Any

import pytest

from insights_reports.crosscheck import StatedMetrics
from insights_reports.errors import BadReply
from insights_reports.spelling.figures import FIGURES, POSITION
from insights_reports.spelling.stated import StatedTable, read_stated
from insights_reports.spelling.terms import NULL

SAMPLE: dict[str, Any] = {
    "Series": [
        {
            "Name": "All",
            "Intervals": [
                {
                    "StartOfInterval": "2022-06-05",
                    "NumberOfSuccessfulDeployments": 247,
                    "LeadTime": {
                        "Count": 243,
                        "Mean": "-2:32:31.0",
                        "Median": "3:17:51.0",
                        "Min": "-426:53:44.0",
                        "Max": "93:32:33.0",
                        "NinetyFifth": "28:15:32.0",
                    },
                    "DeploymentFailureRate": {
                        "Successful": 247,
                        "DeploymentFailure": 8,
                        "SuccessfulButHadGuidedFailure": 0,
                        "Total": 255,
                        "Failed": 8,
                        "Rate": 0.03137,
                    },
                    "TimeSincePreviousDeployment": {
                        "Count": 241,
                        "Mean": "2:12:32.0",
                        "Median": "1:21:56.0",
                        "Min": "0:10:00.0",
                        "Max": "12:40:01.0",
                        "NinetyFifth": "7:29:43.0",
                    },
                    "MeanTimeToRecovery": {
                        "Count": 0,
                        "Mean": None,
                        "Median": None,
                        "Min": None,
                        "Max": None,
                        "NinetyFifth": None,
                    },
                    "DeploymentsUntilRecovery": {
                        "Count": 8,
                        "Mean": 1.25,
                        "Median": 1.0,
                        "Min": 1.0,
                        "Max": 1.0,
                        "NinetyFifth": 1.0,
                    },
                }
            ],
        }
    ]
}
SECOND = 10_000_000


def read(reply: dict[str, Any]) -> StatedTable:
    return read_stated(StatedMetrics("None", None, "LastYear", "Weekly", reply))


def changed(*path: str, to: Any) -> dict[str, Any]:
    reply = copy.deepcopy(SAMPLE)
    place = reply["Series"][0]["Intervals"][0]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return reply


MEAN = POSITION["LeadTime", "Mean"]


def with_mean(text: str | None) -> Any:
    return changed("LeadTime", "Mean", to=text)["Series"][0]["Intervals"][0]


def values(reply: dict[str, Any]) -> dict[tuple[str, str | None], Any]:
    columns = read(reply).columns
    return {
        (figure.metric, figure.statistic): column[0]
        for figure, column in zip(FIGURES, columns, strict=True)
    }


def test_octopus_own_sample() -> None:
    found = values(SAMPLE)
    assert len(found) == 31
    assert found["NumberOfSuccessfulDeployments", None] == 247
    assert found["LeadTime", "Mean"] == -(2 * 3600 + 32 * 60 + 31) * SECOND
    assert found["LeadTime", "Min"] == -(426 * 3600 + 53 * 60 + 44) * SECOND
    assert found["DeploymentFailureRate", "Rate"] == 0.03137
    assert found["MeanTimeToRecovery", "Mean"] == NULL
    assert found["DeploymentsUntilRecovery", "Mean"] == 1.25


def test_what_is_left_out_or_null_has_no_deployments_and_no_values() -> None:
    for reply in (changed("LeadTime", to=None), changed("LeadTime", to={})):
        found = values(reply)
        assert (found["LeadTime", "Count"], found["LeadTime", "Mean"]) == (0, NULL)


def test_a_count_of_null_is_not_zero() -> None:
    assert values(changed("LeadTime", "Count", to=None))["LeadTime", "Count"] == NULL


def test_a_value_renamed_is_both_missing_and_without_a_definition() -> None:
    reply = changed("LeadTime", "Median50", to="1:00:00.0")
    del reply["Series"][0]["Intervals"][0]["LeadTime"]["Median"]
    assert values(reply)["LeadTime", "Median"] == NULL
    assert [one.path for one in read(reply).unknown] == ["LeadTime.Median50"]


def test_values_without_a_definition_are_listed() -> None:
    reply = changed("LeadTime", "NinetyNinth", to="1:00:00.0")
    reply["Series"][0]["Intervals"][0]["QueueTime"] = {"Count": 1}
    reply["Series"][0]["Colour"] = "red"
    paths = {one.path for one in read(reply).unknown}
    assert paths == {"LeadTime.NinetyNinth", "QueueTime", "Colour"}


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        ({}, "Series"),
        ({"Series": [1]}, "a series"),
        ({"Series": [{"Name": 1, "Intervals": []}]}, "name"),
        ({"Series": [{"Name": "All"}]}, "Intervals"),
        ({"Series": [{"Name": "All", "Intervals": [None]}]}, "an interval"),
        (changed("StartOfInterval", to="yesterday"), "StartOfInterval is 'yesterday'"),
        (changed("StartOfInterval", to=[1]), "StartOfInterval"),
        (changed("LeadTime", to=[1]), "LeadTime is [1]"),
        (changed("LeadTime", "Mean", to="1 hour"), "LeadTime.Mean: Duration: '1 hour'"),
        (changed("LeadTime", "Mean", to=3), "LeadTime.Mean"),
        (changed("LeadTime", "Count", to=1.5), "LeadTime.Count"),
        (changed("LeadTime", "Count", to=True), "LeadTime.Count"),
        (changed("DeploymentFailureRate", "Rate", to="0.1"), "Rate"),
        (changed("DeploymentFailureRate", "Rate", to=float("inf")), "Rate"),
        (changed("NumberOfSuccessfulDeployments", to="247"), "NumberOfSuccessfulDeployments"),
    ],
)
def test_what_is_not_as_promised_is_an_error_that_names_the_place(
    reply: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadReply) as caught:
        read(reply)
    assert named in caught.value.what
    assert caught.value.which == "Metrics: None, LastYear, Weekly"


def test_durations_as_octopus_spells_them() -> None:
    texts = ["1:12:39.41517", None, "-426:53:44.0", "0:00:00.0000001", "-1.02:03:04.5", "25:00:00"]
    table = read({"Series": [{"Name": "All", "Intervals": [with_mean(text) for text in texts]}]})
    assert table.columns[MEAN].tolist() == [
        43594151700,
        NULL,
        -15368240000000,
        1,
        -(26 * 3600 + 3 * 60 + 4) * SECOND - SECOND // 2,
        25 * 3600 * SECOND,
    ]


NO_DURATIONS = """1:60:00.0|1:00:60.0|--1:00:00.0|a:00:00.0|:00:00.0|00:00.0|1:0:000.0|1:00:00.
1:00:00.00000001| 1:00:00.0|1:00:00.0 |1:00:00,0|+1:00:00.0|999999999:00:00.0|1:-1:00.0|1:00:0x.0
\uff11:00:00.0|1:0 :00.0|1:00:00.x|1:00:00:00.0|1.25:00:00|99999999:00:00.0|12345678.01:00:00.0"""


@pytest.mark.parametrize(
    "text", ["", "1:00:00.0\n2:00:00.0", *NO_DURATIONS.replace("\n", "|").split("|")]
)
def test_nothing_else_is_a_duration(text: str) -> None:
    for texts in ([text], ["1:00:00.0", text, "2:00:00.0"]):
        intervals = [with_mean(text) for text in texts]
        with pytest.raises(BadReply, match=r"LeadTime\.Mean") as caught:
            read({"Series": [{"Name": "All", "Intervals": intervals}]})
        assert ascii(text)[1:-1] in caught.value.what


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "20261001", "2026-W40-1", "2026-02-30"]
)
def test_a_day_that_no_interval_begins_on_is_refused_by_name(day: Any) -> None:
    reply = copy.deepcopy(SAMPLE)
    reply["Series"][0]["Intervals"][0]["StartOfInterval"] = day
    with pytest.raises(BadReply, match=f"StartOfInterval is '{day}'"):
        read_stated(StatedMetrics("None", None, "LastMonth", "Weekly", reply))


@pytest.mark.parametrize(
    ("metric", "statistic"),
    [("LeadTime", "Mean"), ("DeploymentFailureRate", "Rate"), ("DeploymentsUntilRecovery", "Max")],
)
def test_not_a_number_is_not_stated(metric: Any, statistic: Any) -> None:
    reply = copy.deepcopy(SAMPLE)
    reply["Series"][0]["Intervals"][0][metric][statistic] = "NaN"
    table = read_stated(StatedMetrics("None", None, "LastMonth", "Weekly", reply))
    (value,) = table.columns[POSITION[metric, statistic]]
    assert value == NULL or value != value


@pytest.mark.parametrize("text", ["PT1H", "1:2:3", " 0:00:01.0", "", "Infinity", "1.25:00:00"])
def test_a_duration_in_another_spelling_is_refused_by_name(text: Any) -> None:
    reply = copy.deepcopy(SAMPLE)
    reply["Series"][0]["Intervals"][0]["LeadTime"]["Mean"] = text
    with pytest.raises(BadReply, match=r"LeadTime\.Mean: Duration: "):
        read_stated(StatedMetrics("None", None, "LastMonth", "Weekly", reply))
