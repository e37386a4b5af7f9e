"""Where Octopus and we agree, every figure is counted and none differs."""

import json
from datetime import UTC, datetime

import pytest

from insights_reports.commands.cross_check_text import report_lines
from insights_reports.crosscheck import CheckVerdict, CrossCheck, StreamCheck

from .conftest import check, chosen
from .server import GRANULARITIES, QUESTIONS, RANGES, Options, Reply, all_replies
from .world import World, build

FIGURES = 31


def test_every_stated_figure_is_counted_and_agrees(
    clean: CrossCheck, everything: list[Reply]
) -> None:
    stated = sum(
        FIGURES * len(series["Intervals"]) for *_, reply in everything for series in reply["Series"]
    )
    assert clean.figures == clean.agrees == stated > 100_000
    assert clean.verdict is CheckVerdict.AGREES
    assert clean.discrepancies == ()


def test_every_question_is_asked(everything: list[Reply]) -> None:
    asked = {question[:4] for question in everything}
    assert len(asked) == len(QUESTIONS) * len(RANGES) * len(GRANULARITIES) == 72


def test_the_stream_values_agree_and_those_from_before_the_data_are_not_comparable(
    clean: CrossCheck,
) -> None:
    streams = clean.streams
    assert streams.verdict is CheckVerdict.AGREES
    assert streams.differs == 0 < streams.not_comparable < streams.agrees
    assert streams.figures == streams.agrees + streams.not_comparable


@pytest.mark.parametrize(
    ("zone", "as_of"),
    [
        ("Africa/Cairo", datetime(2026, 11, 5, 22, 30, tzinfo=UTC)),
        ("America/Asuncion", datetime(2024, 4, 10, 3, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 20, 13, 45, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 3, 1, 19, 0, tzinfo=UTC)),
    ],
)
def test_zones_with_and_without_summer_time(zone: str, as_of: datetime) -> None:
    world = build(seed=5, per_day=1, zone=zone, as_of=as_of)
    result = check(world, all_replies(world, questions=(("None", None), ("Tenant", None))))
    assert result.figures == result.agrees > 0


def test_no_deployments_and_no_figures() -> None:
    world = World()
    empty = check(world, [("None", None, "LastYear", "Monthly", {"Series": []})], rows=[])
    assert (empty.figures, empty.verdict) == (0, CheckVerdict.NONE_STATED)
    nothing_asked = check(build(per_day=0.1), [])
    assert (nothing_asked.figures, nothing_asked.evidence[0].figures) == (0, 0)


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ((10, 10, 0, 0, 0), "agrees"),
        ((10, 9, 0, 1, 0), "explained"),
        ((10, 9, 1, 0, 0), "differs"),
        ((10, 8, 1, 1, 0), "differs"),
        ((10, 1, 0, 0, 9), "agrees"),
        ((10, 0, 0, 0, 10), "not comparable"),
        ((0, 0, 0, 0, 0), "none stated"),
    ],
)
def test_one_rule_for_the_verdict_on_all_figures(
    counts: tuple[int, int, int, int, int], word: str
) -> None:
    figures, agrees, differs, explained, not_comparable = counts
    check = CrossCheck(figures, agrees, differs, explained, not_comparable)
    assert check.verdict == StreamCheck(*counts).verdict == check.to_json()["verdict"] == word


@pytest.mark.parametrize("word", list(CheckVerdict))
def test_the_verdicts_that_version_0_1_wrote_are_still_read(word: CheckVerdict) -> None:
    assert CheckVerdict(f"check.{word.name.lower()}") is word
    with pytest.raises(ValueError, match="perhaps"):
        CheckVerdict("perhaps")


def test_one_deployment_and_nothing_stated_is_a_difference() -> None:
    world = build(per_day=1, days=1, seed=2)
    result = check(world, [("None", None, "LastYear", "Monthly", {"Series": []})])
    assert result.figures == FIGURES
    assert result.verdict is CheckVerdict.DIFFERS


def test_stated_empty_intervals_agree_with_none_of_ours(small: World) -> None:
    options = Options(empty_intervals=True)
    questions = (("Project", None), ("Tenant", None))
    result = check(small, all_replies(small, options, questions))
    assert result.figures == result.agrees
    assert chosen(result, "empty intervals").chosen == "stated"


def test_the_json_is_the_documented_contract(
    clean: CrossCheck, small: World, everything: list[Reply]
) -> None:
    document = json.loads(json.dumps(clean.to_json()))
    assert {"verdict", "figures", "agrees", "differs", "explained", "notComparable"} <= set(
        document
    )
    assert document["conventions"]["percentile"] == "linear"
    wrong = [
        (*asked[:4], {"Series": asked[4]["Series"][:1]}) if asked[0] == "Tenant" else asked
        for asked in everything[:60]
    ]
    document = check(small, wrong).to_json()
    assert document["verdict"] == "differs"
    assert list(document["discrepancies"][0]) == [
        "split",
        "tenantTagSet",
        "timeRange",
        "granularity",
        "series",
        "startOfInterval",
        "metric",
        "statistic",
        "stated",
        "recomputed",
        "difference",
        "tolerance",
        "verdict",
        "cause",
        "reason",
        "deploymentIds",
        "deployments",
    ]


def test_the_report_begins_with_the_summary_and_the_evidence(clean: CrossCheck) -> None:
    lines = report_lines(clean)
    assert lines[0] == "Cross-check: agrees"
    assert lines[1] == (
        f"{clean.figures:,} figures: {clean.figures:,} agree, 0 differ, 0 explained, "
        "0 not comparable"
    )
    assert any(line.split()[:2] == ["percentile", "linear:"] for line in lines)
