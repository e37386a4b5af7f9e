"""The judgements of an edition: the engine's words, told of the right figures and slices."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any

import pytest

from insights_reports.edition import compose_edition
from insights_reports.edition.baselines import Decision, Remembered
from insights_reports.edition.cases import Group
from insights_reports.edition.document import Chart
from insights_reports.edition.facts import Facts
from insights_reports.edition.judging import MEASURES, Judging, judge_edition
from insights_reports.edition.reasons import since_phrase, usual_phrase
from insights_reports.edition.tiles import tiles
from insights_reports.edition.values import ChangeVerdict, Figure, Metric, Statistic
from insights_reports.formats.words.words import words
from insights_reports.judgement import Baseline, Calendar, judge
from tests.edition.inputs import HOUR, company, deployment, inputs, settings
from tests.metrics.reference import Row

FREQUENCY, LEAD, RATE = Metric.DEPLOYMENT_FREQUENCY, Metric.LEAD_TIME, Metric.FAILURE_RATE
MONTHS = [date(2025 + (n > 12), (n - 1) % 12 + 1, 1) for n in range(10, 22)]  # to September 2026


def month(
    start: date, many: int, failed: int = 0, *, project: str = "A", lead: int = 10
) -> list[Row]:
    """Deployments evenly over the first 28 days of a month, the first of them failed."""
    step = timedelta(days=28) / max(many, 1)
    begin = datetime(start.year, start.month, 1, 3, tzinfo=UTC)
    return [
        deployment(
            int(start.strftime("%y%m")) * 10_000 + n + 1000 * ord(project[0]),
            begin + step * n,
            project_id=f"Projects-{project}",
            project_name=project,
            task_state="Failed" if n < failed else "Success",
            lead_time=None if n < failed else lead * HOUR + n * 7919 % 3600,
        )
        for n in range(many)
    ]


def history(last: list[Row], many: int = 60, failed: int = 3, **more: Any) -> list[Row]:
    past = [row for start in MONTHS[:-1] for row in month(start, many, failed, **more)]
    return [*past, *last]


def judged(rows: list[Row], **wanted: Any) -> tuple[Facts, Judging]:
    changes = {key: wanted.pop(key) for key in ("remembered", "as_of") if key in wanted}
    facts = Facts(inputs(rows, **changes), settings(**wanted))
    groups = [Group(facts, facts.whole), Group(facts, facts.slices("Project"))]
    made = judge_edition(groups, facts.inputs.remembered, facts.settings.rules)
    return facts, made


def test_a_rate_is_judged_by_the_failures_of_the_months_before() -> None:
    """The range is the engine's own for eleven months of 3 of 60, and 12 of 60 lies outside."""
    facts, made = judged(history(month(MONTHS[-1], 60, 12)))
    found = made.of(facts, facts.whole, 0, RATE)
    own = judge("share", [(3, 60)] * 11, [(3, 60)] * 7 + [(12, 60)])
    assert own.range is not None
    assert found.verdict is ChangeVerdict.WORSE
    assert found.side == "high"
    assert found.usual is not None
    assert found.usual.high == Figure(RATE, Statistic.RATE, own.range.high / 60)
    assert (found.usual.known, found.usual.provisional) == (11, True)


@pytest.mark.parametrize(("failed", "word"), [(3, "usual"), (8, "usual"), (12, "worse")])
def test_the_word_is_the_engines(failed: int, word: str) -> None:
    facts, made = judged(history(month(MONTHS[-1], 60, failed)))
    assert made.of(facts, facts.whole, 0, RATE).verdict == word


def test_of_one_slice_more_deployments_are_neither_good_nor_bad() -> None:
    both = history(month(MONTHS[-1], 150), failed=0) + [
        row for start in MONTHS for row in month(start, 60, project="B")
    ]
    facts, made = judged(both)
    slices = facts.slices("Project")
    words_on = {
        key: made.of(facts, slices, at, FREQUENCY).verdict for at, key in enumerate(slices.keys)
    }
    assert words_on == {"Projects-A": ChangeVerdict.MORE, "Projects-B": ChangeVerdict.USUAL}
    assert made.of(facts, facts.whole, 0, FREQUENCY).verdict is ChangeVerdict.BETTER


def test_a_median_is_judged_by_the_values_above_the_old_one() -> None:
    facts, made = judged(history(month(MONTHS[-1], 60, 3, lead=20), failed=3, lead=10))
    found = made.of(facts, facts.whole, 0, LEAD)
    assert (found.verdict, found.side) == (ChangeVerdict.WORSE, "high")
    same, usual = judged(history(month(MONTHS[-1], 60, 3, lead=10), failed=3, lead=10))
    assert usual.of(same, same.whole, 0, LEAD).verdict is ChangeVerdict.USUAL


def test_few_values_are_too_few_and_the_last_eight_together_speak() -> None:
    facts, made = judged(history(month(MONTHS[-1], 3, 1), many=3, failed=0))
    found = made.of(facts, facts.whole, 0, LEAD)
    assert found.verdict is ChangeVerdict.TOO_FEW
    assert found.counted is not None
    assert words("en").phrase(found.counted).endswith("longer than usual (10\u00a0h), as usual")


def test_without_a_past_there_is_nothing_to_compare_with_and_with_seven_months_it_is_short() -> (
    None
):
    facts, made = judged(month(MONTHS[-1], 11_959 // 100))
    assert made.of(facts, facts.whole, 0, RATE).verdict is ChangeVerdict.NOTHING_TO_COMPARE
    short = [row for start in MONTHS[-8:] for row in month(start, 40, 2)]
    facts, made = judged(short)
    assert made.of(facts, facts.whole, 0, RATE).verdict is ChangeVerdict.TOO_SHORT


def test_a_period_that_is_not_over_is_not_judged() -> None:
    facts, made = judged(
        history(month(MONTHS[-1], 60, 60)), as_of=datetime(2026, 9, 20, 4, tzinfo=UTC)
    )
    assert made.of(facts, facts.whole, 0, RATE).verdict is ChangeVerdict.SPECIAL


def test_a_change_is_dated_by_the_week() -> None:
    """From 13 September on every second deployment fails."""
    last = [
        replace(row, task_state="Failed", lead_time=None) if late and n % 2 else row
        for n, row in enumerate(month(MONTHS[-1], 84, 2))
        for late in [n >= 36]
    ]
    facts, made = judged(history(last, many=84, failed=2))
    found = made.of(facts, facts.whole, 0, RATE)
    assert found.since is not None
    assert found.since.week == date(2026, 9, 13)
    said = since_phrase(found.since)
    assert said is not None
    assert words("en").phrase(said) == "since the week of 13 September"


def test_the_usual_range_is_said_without_an_end_that_any_value_would_reach() -> None:
    facts, made = judged(history(month(MONTHS[-1], 60, 12)))
    said = usual_phrase(made.of(facts, facts.whole, 0, RATE).usual)
    assert said is not None
    assert words("en").phrase(said).startswith("up to ")


def test_a_month_that_is_less_than_half_open_is_shown_and_not_judged() -> None:
    frozen = Calendar(freezes=((date(2026, 9, 5), date(2026, 10, 1)),))
    facts, made = judged(history(month(MONTHS[-1], 5)), calendar=frozen)
    assert made.of(facts, facts.whole, 0, FREQUENCY).verdict is ChangeVerdict.SPECIAL
    assert made.of(facts, facts.whole, 0, RATE).verdict is ChangeVerdict.SPECIAL


def test_only_deployments_of_open_days_are_counted() -> None:
    calendar = Calendar(weekend=frozenset({5, 6}))
    _, made = judged(history(month(MONTHS[-1], 56)), calendar=calendar)
    case = made.answer(0, 0, FREQUENCY).asked.case
    assert (case.recent[-1].count, case.recent[-1].exposure) == (40.0, 22.0)


def test_the_range_is_said_with_the_deployments_of_days_that_are_not_open() -> None:
    """56 deployments of September, 40 of them from Monday to Friday: as usual on its open days, so
    56 lies in the range that is said, which holds the other 16."""
    calendar = Calendar(weekend=frozenset({5, 6}))
    facts, made = judged(history(month(MONTHS[-1], 56)), calendar=calendar)
    asked = made.answer(0, 0, FREQUENCY).judgement.range
    found = made.of(facts, facts.whole, 0, FREQUENCY)
    assert asked is not None
    assert found.usual is not None
    assert (found.usual.low, found.usual.high) == tuple(
        Figure(FREQUENCY, Statistic.TOTAL, end + 16) for end in (asked.low, asked.high)
    )
    tile = tiles(facts, made)[0]
    assert tile.spark_usual[-1] == (asked.low + 16, asked.high + 16)


@pytest.mark.parametrize("rules", ["western", "mdc"])
def test_a_named_set_of_rules_judges_on_limits(rules: str) -> None:
    facts, made = judged(history(month(MONTHS[-1], 60, 12)), rules=rules)
    found = made.of(facts, facts.whole, 0, RATE)
    assert found.verdict is ChangeVerdict.WORSE
    assert found.usual is not None
    assert found.usual.high == Figure(RATE, Statistic.RATE, 3 / 60)


# --- baselines that remember ------------------------------------------------------------------


def remembered(rows: list[Row], **changes: Any) -> tuple[Remembered, Any]:
    made = compose_edition(inputs(rows, **changes), settings(splits=("Project",)))
    return Remembered(made.baselines), made


KEY = "month/All/None/All/failure_rate"


def periods(baselines: Mapping[str, Any]) -> list[str]:
    return [period.name for period in baselines[KEY].periods]


def test_a_baseline_stays_from_edition_to_edition() -> None:
    rows = history(month(MONTHS[-1], 60, 3))
    first, made = remembered(rows)
    assert periods(made.baselines) == [f"{day:%Y-%m}" for day in MONTHS[:-1]]
    later = [*rows, *month(date(2026, 10, 1), 60, 30)]
    october = {"period": "2026-10", "as_of": datetime(2026, 11, 1, 4, tzinfo=UTC)}
    _, again = remembered(later, remembered=first, **october)
    assert periods(again.baselines) == periods(made.baselines)
    _, formed = remembered(later, **october)  # without a memory it begins a month later
    assert periods(formed.baselines)[0] == "2025-11"


def test_an_older_edition_does_not_use_a_baseline_of_later_ones() -> None:
    rows = history(month(MONTHS[-1], 60, 3))
    later, _ = remembered(rows)
    _, august = remembered(rows, remembered=later, period="2026-07")
    assert periods(august.baselines)[-1] == "2026-06"


def test_a_decision_restarts_a_baseline_as_soon_as_there_are_eight_periods() -> None:
    rows = history(month(MONTHS[-1], 60, 3))
    first, _ = remembered(rows)
    for start, known in (("2025-12", 9), ("2026-05", 11)):
        decided = Decision(start, "a new pipeline", "Jane", date(2026, 9, 1))
        memory = Remembered(first.baselines, {KEY: decided})
        _, made = remembered(rows, remembered=memory)
        assert len(made.baselines[KEY].periods) == known
        by = made.baselines[KEY].accepted_by
        assert by == ("Jane" if known == 9 else None)


def test_a_new_level_of_fewer_than_eight_periods_is_being_learnt() -> None:
    """3 of 60 up to February, 12 of 60 in seven months since: the old range is broken off before
    March, the verdict stays one by it, and what is known of the new level is said."""
    rows = [
        row for start in MONTHS for row in month(start, 60, 3 if start < date(2026, 3, 1) else 12)
    ]
    old = compose_edition(
        inputs(rows, period="2026-02", as_of=datetime(2026, 3, 1, 4, tzinfo=UTC)), settings()
    )
    decided = Decision("2026-03", "a new pipeline", "Jane", date(2026, 9, 1))
    memory = Remembered(old.baselines, {KEY: decided})
    made = compose_edition(inputs(rows, remembered=memory), settings())
    [rate] = [each for each in made.documents[0].tiles if each.figure.metric is RATE]
    assert made.baselines[KEY] == replace(old.baselines[KEY], rules="range")
    assert rate.level is not None
    assert rate.level.name == "2026-03"
    drawn = dict(zip([s.name for s in rate.spark_periods], rate.spark_usual, strict=True))
    assert {name for name, pair in drawn.items() if pair} <= {f"2025-{n}" for n in (10, 11, 12)} | {
        "2026-01", "2026-02"
    }  # fmt: skip
    assert (
        words("en")
        .phrase(rate.reason)
        .endswith("a new one since March 2026 was accepted and is being learnt (6 of 8 periods)")
    )


def test_a_lasting_change_proposes_a_new_level() -> None:
    rows = [
        row
        for start in [date(2025, n, 1) for n in range(1, 13)]
        + [date(2026, n, 1) for n in range(1, 10)]
        for row in month(start, 60, 3 if start < date(2026, 2, 1) else 14)
    ]
    _, made = remembered(rows, known_from=date(2025, 1, 1))
    proposal = made.proposals[KEY]
    assert (proposal.start, str(proposal.side)) == ("2026-02", "high")
    assert proposal.new_level == pytest.approx(14 / 60)


def test_three_hundred_slices_are_judged_in_a_fraction_of_a_second() -> None:
    """0.3 s of processor time is the goal; twice as much would be a fault."""
    rows = company(12_000, tenants=300)
    facts = Facts(inputs(rows), settings())
    groups = [Group(facts, facts.whole), Group(facts, facts.slices("Tenant"))]
    assert len(groups[1].slices) > 290
    _ = facts.days, facts.counted, facts.failed, facts.reworked
    begun = process_time()
    made = judge_edition(groups, Remembered(), "range")
    assert process_time() - begun < 0.6
    assert len(made.answers) == 2 * len(MEASURES) + 1


def test_periods_before_an_accepted_level_keep_the_range_that_stood_then() -> None:
    """3 of 60 for three months and 12 of 60 since: the old baseline of 3s is drawn up to the
    decision's month, the new one of 12s from it on."""
    rows = [
        row
        for at, start in enumerate([date(2025, n, 1) for n in range(1, 13)] + MONTHS[3:])
        for row in month(start, 60, 3 if at < 12 else 12)
    ]
    known: dict[str, Any] = {"known_from": date(2025, 1, 1)}
    old = compose_edition(
        inputs(rows, period="2025-12", as_of=datetime(2026, 1, 1, 4, tzinfo=UTC), **known),
        settings(),
    )
    decided = Decision("2026-01", "a new pipeline", "Jane", date(2026, 9, 1))
    memory = Remembered(old.baselines, {KEY: decided})
    made = compose_edition(inputs(rows, remembered=memory, **known), settings())
    [rate] = [each for each in made.documents[0].tiles if each.figure.metric is RATE]
    before = judge("share", [(3, 60)] * 11, [(3, 60)] * 8).range
    after = judge("share", [(12, 60)] * 8, [(12, 60)] * 8).range
    assert before is not None
    assert after is not None
    ranges = {
        span.name: pair for span, pair in zip(rate.spark_periods, rate.spark_usual, strict=True)
    }
    assert ranges["2025-12"] == pytest.approx((before.low_rate, before.high_rate))
    assert ranges["2026-01"] == pytest.approx((after.low_rate, after.high_rate))
    assert ranges["2026-09"] == ranges["2026-01"]
    assert rate.level is not None
    assert rate.level.name == "2026-01"
    charts = [
        block
        for section in made.documents[0].sections
        for block in section.blocks
        if isinstance(block, Chart) and block.id.startswith("trend-")
    ]
    levels = {chart.id: chart.x[chart.level] for chart in charts if chart.level is not None}
    assert levels == {"trend-failure_rate": date(2026, 1, 1)}
    notes = [note for chart in charts for note in chart.annotations]
    assert [(note.text.key, note.x) for note in notes] == [("annotation.level", 4)]
    baseline = made.baselines[KEY]
    assert baseline.replaced == old.baselines[KEY]
    again = Baseline.from_dict(baseline.to_dict())
    assert again == baseline
    method = next(each for each in made.documents[0].sections if each.id == "method")
    said = [
        words("en").phrase(sentence)
        for block in method.blocks
        for sentence in getattr(block, "sentences", ())
        if sentence.key == "method.change.accepted"
    ]
    assert said == [
        "Failure rate: a new level from 2026-01 on, accepted by Jane (a new pipeline); "
        "the periods before are drawn with the range that stood then."
    ]


def test_the_page_asks_whether_a_lasting_change_is_the_new_level() -> None:
    rows = [
        row
        for start in [date(2025, n, 1) for n in range(1, 13)]
        + [date(2026, n, 1) for n in range(1, 10)]
        for row in month(start, 60, 3 if start < date(2026, 2, 1) else 14)
    ]
    first = compose_edition(inputs(rows, known_from=date(2025, 1, 1)), settings()).documents[0]
    asked = [words("en").phrase(each) for each in first.questions]
    assert asked[-1] == (
        "Failure rate: a new level since February 2026? `insights-reports baseline accept` "
        "begins anew there; otherwise it stays compared with January 2025 to December 2025."
    )


def test_a_baseline_that_moved_within_itself_is_said_beside_the_verdict() -> None:
    rows = [row for at, start in enumerate(MONTHS) for row in month(start, 60, 3 if at < 6 else 14)]
    for several, said in ((rows, True), (history(month(MONTHS[-1], 60, 3)), False)):
        document = compose_edition(inputs(several), settings()).documents[0]
        [rate] = [each for each in document.tiles if each.figure.metric is RATE]
        text = words("en").phrase(rate.reason)
        around = "; the periods it is compared with changed among themselves around April 2026"
        assert text.endswith(around) is said


@pytest.mark.parametrize("rules", ["range", "western", "mdc"])
def test_a_baseline_remembers_the_rules_that_it_was_judged_by(rules: Any) -> None:
    made = compose_edition(inputs(history(month(MONTHS[-1], 60, 3))), settings(rules=rules))
    assert {each.rules for each in made.baselines.values()} == {rules}


def test_no_range_of_a_median_contradicts_its_verdict() -> None:
    """31 of 60 values lie above the old median, which is as usual; the median is ten times the old
    one, so that no end in hours is said where it would lie beyond one."""
    rows = month(MONTHS[-1], 60)
    apart = [replace(row, lead_time=(100 if n < 31 else 1) * HOUR) for n, row in enumerate(rows)]
    facts, made = judged(history(apart, failed=0))
    found = made.of(facts, facts.whole, 0, LEAD)
    assert found.verdict is ChangeVerdict.USUAL
    assert found.usual is not None
    assert (found.usual.low is None, found.usual.high) == (False, None)
    lead = next(tile for tile in tiles(facts, made) if tile.figure.metric is LEAD)
    assert lead.figure.value == 100 * HOUR
    assert lead.spark_usual[-1] is None
    assert lead.spark_usual[-2] is not None
