"""What charts, tables and sentences say of themselves where the data reach less far than usual."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.result import CrossCheck
from insights_reports.edition import compose
from insights_reports.edition.document import Chart, Document, Prose, Role, Section, Table
from insights_reports.edition.values import ChangeVerdict, Mark, Metric, Missing, Phrase, Status
from insights_reports.formats.excel import render as excel
from insights_reports.formats.words.words import words
from insights_reports.metrics import Conventions
from tests.edition.inputs import HOUR, company, deployment, discrepancy, inputs, instant, settings
from tests.metrics.reference import Row
from tests.typed import number, the

HOTFIXES = (r"\.[0-9]*7\.0$",)
SEPTEMBER = instant(datetime(2026, 9, 1, tzinfo=UTC))
ROWS = company(1500)  # from September 2025 to September 2026


def edition(
    period: str = "2026-09", rows: list[Row] = ROWS, layout: str = "one", **changes: object
) -> Document:
    known = {key: changes.pop(key) for key in ("splits", "targets", "top") if key in changes}
    asked = settings(layout=layout, hotfix_patterns=HOTFIXES, **known)
    return compose(inputs(rows, period, **changes), asked)[0]


def blocks(document: Document) -> dict[str, Any]:
    found = [*document.overview, *(b for section in document.sections for b in section.blocks)]
    return {block.id: block for block in found if isinstance(block, Chart | Table)}


def sections(document: Document) -> dict[str, Section]:
    return {section.id: section for section in document.sections}


def keys(phrase: Phrase) -> set[str]:
    """The keys of a phrase and of those that it is made of."""
    inner = [keys(value) for value in phrase.values.values() if isinstance(value, Phrase)]
    return {phrase.key}.union(*inner)


def test_of_a_period_before_the_data_nothing_is_said_that_is_not_known() -> None:
    document = edition("2025")
    for section in document.sections:
        if section.id in ("project", "environment", "tenant", "tenant-tag-set-tagsets-1"):
            assert section.lead == Phrase("split.no_history")
            assert section.blocks == ()
    rework = next(tile for tile in document.tiles if tile.figure.metric is Metric.REWORK_RATE)
    assert rework.figure.missing is Missing.NO_HISTORY
    assert rework.extra == ()


def test_intervals_before_the_data_are_blank_and_not_zero() -> None:
    chart = blocks(edition("2025", known_from=date(2025, 9, 1)))["overview"]
    for series in chart.series:
        assert [figure.missing for figure in series.figures] == [Missing.NO_HISTORY] * 8 + [
            None
        ] * 4
    said = words("en").phrase(chart.alt)
    drawn = [sum(figure.value or 0 for figure in series.figures) for series in chart.series]
    assert said.startswith(
        f"{drawn[0]} successful and {drawn[1] + drawn[2]} failed deployments; the most in a month"
    )
    assert drawn[0] > 0


def test_captions_speak_of_limits_only_where_they_are_drawn() -> None:
    year, first_months = edition(), edition("2026-01", known_from=date(2025, 9, 1))
    for document, limited in ((year, True), (first_months, False)):
        charts = [b for id, b in blocks(document).items() if id.startswith("trend-")]
        assert len(charts) == 5
        for chart in charts:
            if "median" in words("en").phrase(chart.subtitle).lower():
                continue  # recoveries are few: their range may be open at one end
            drawn = any(series.role is Role.LIMIT for series in chart.series)
            spoken = any(key.startswith("chart.trend.subtitle.") for key in keys(chart.subtitle))
            assert drawn == spoken == limited
        section = sections(document)["trends"]
        said = words("en").phrase(section.heading)
        assert said == ("No measure lies outside its usual range" if limited else "Trends")


@pytest.mark.parametrize(
    ("period", "changes"),
    [
        (
            "2026-09",
            {"as_of": datetime(2026, 9, 21, 4, tzinfo=UTC), "status": Status.PROVISIONAL},
        ),
        ("2026-09-01..2026-09-20", {}),
    ],
)
def test_an_interval_that_is_cut_has_no_limits_and_is_named(
    period: str, changes: dict[str, Any]
) -> None:
    document = edition(period, **changes)
    for id, chart in blocks(document).items():
        if id.startswith("trend-") or id.endswith("-panels"):
            limits = [series for series in chart.series if series.role is Role.LIMIT]
            assert all(series.figures[-1].value is None for series in limits)
            assert "chart.trend.cut" in keys(chart.subtitle)
            assert chart.cut == (len(chart.x) - 1,)
            assert "20 September 2026" in words("en").phrase(chart.subtitle)


def test_a_period_that_is_not_over_is_neither_the_best_nor_the_worst() -> None:
    """1 of 20 failed in July, 2 of 20 in August, and none of 5 in September so far."""
    rows = [
        deployment(
            100 * month + n,
            datetime(2026, month, 1 + n % 20, 12, tzinfo=UTC),
            task_state="Failed" if n < failed else "Success",
        )
        for month, many, failed in ((7, 20, 1), (8, 20, 2), (9, 5, 0))
        for n in range(many)
    ]
    as_of = datetime(2026, 9, 21, 4, tzinfo=UTC)
    document = edition(rows=rows, as_of=as_of, status=Status.PROVISIONAL)
    said = words("en").phrase(the(Phrase, blocks(document)["periods"].subtitle))
    assert said.endswith("Lowest failure rate: July 2026; highest: August 2026")


def test_outliers_of_a_period_that_is_not_over_are_said_to_wait_for_it() -> None:
    as_of = datetime(2026, 9, 21, 4, tzinfo=UTC)
    document = edition(as_of=as_of, status=Status.PROVISIONAL)
    said = [b for b in sections(document)["project"].blocks if isinstance(b, Prose)]
    assert [prose.sentences for prose in said] == [(Phrase("outliers.partial"),)]


@pytest.mark.parametrize(
    ("period", "cut"),
    [
        ("2026-Q3", True),  # from Wednesday, 1 July to Wednesday, 30 September; by week
        ("2026-09", False),  # by day
        ("2026", False),  # by month
        ("2026-06-28..2026-09-19", False),  # twelve weeks from Sunday to Saturday
        ("2026-06-28..2026-09-20", True),
    ],
)
def test_weeks_that_the_period_cuts_are_named_below_the_chart_of_page_one(
    period: str, cut: bool
) -> None:
    as_of = datetime(2027, 1, 2, tzinfo=UTC)
    chart = blocks(edition(period, as_of=as_of, splits=("Project",)))["overview"]
    assert (chart.subtitle.key == "chart.overview.cut") == cut
    last = len(chart.x) - 1
    assert chart.cut == {"2026-Q3": (0, last), "2026-06-28..2026-09-20": (last,)}.get(period, ())


@pytest.mark.parametrize(("code", "missing"), [("restricted", True), ("promote", False)])
def test_page_one_says_that_octopus_counts_deployments_which_the_account_may_not_see(
    code: str, missing: bool
) -> None:
    check = CrossCheck(
        figures=10,
        agrees=9,
        differs=0,
        explained=1,
        not_comparable=0,
        discrepancies=(discrepancy(cause=Cause(code, (("more", 2),) if missing else ())),),
    )
    document = edition(check=check, splits=("Project",))
    assert (Phrase("gap.unseen") in document.check.gaps) == missing
    assert document.identity.scope == Phrase("scope.seen" if missing else "scope.all")


def test_a_setting_that_counts_more_as_failed_is_named_with_both_rates() -> None:
    """By hand: 20 deployments, 2 failed and 2 canceled: 4 of 22, and as Octopus counts 2 of 20."""
    states = ["Success"] * 18 + ["Failed"] * 2 + ["Canceled"] * 2
    moments = [datetime(2026, 9, 1 + n, 12, tzinfo=UTC) for n in range(len(states))]
    rows = [
        deployment(n, moment, task_state=state)
        for n, (moment, state) in enumerate(zip(moments, states, strict=True), 1)
    ]
    counting = Conventions(count_as_failed=frozenset({"Canceled", "TimedOut"}))
    [document] = compose(inputs(rows), settings(layout="one", conventions=counting))
    tile = next(tile for tile in document.tiles if tile.figure.metric is Metric.FAILURE_RATE)
    assert number(tile.figure.value) == pytest.approx(4 / 22)
    say = words("en").phrase
    line = say(the(Phrase, document.check.line)).replace("\xa0", " ")
    assert line.removesuffix(" No target is set.").endswith(
        "By a setting Canceled, TimedOut count as failed here: 18.2 %; as Octopus counts, 10.0 %."
    )
    assert say(the(Phrase, tile.note)).replace("\xa0", " ") == (
        "Canceled, TimedOut count as failed by a setting; without it, as Octopus counts, 10.0 %"
    )
    cover = load_workbook(BytesIO(excel.render(document, None)))["Cover"]
    told = " ".join(str(text) for row in cover.values for text in row if text)
    assert told.replace("\xa0", " ").count("as Octopus counts, 10.0 %") == 2  # figure and check
    [plain] = compose(inputs(rows), settings(layout="one"))
    assert "setting" not in say(the(Phrase, plain.check.line))
    assert all(each.note is None for each in plain.tiles)


def test_octopus_s_own_trend_is_of_the_whole_report_and_as_octopus_counts() -> None:
    """By hand: in 28 days 20 succeeded in Test and 12 in Live, where 4 failed and 4 were
    canceled: 32 are 8 a week, and 4 of 36 failed, whatever page one speaks of or counts."""
    counts = (("Test", "Success", 20), ("Live", "Success", 12), ("Live", "Failed", 4),
              ("Live", "Canceled", 4))  # fmt: skip
    kinds = [(group, state) for group, state, many in counts for _ in range(many)]
    rows = [
        deployment(
            100 * days + n,
            datetime(2026, 9, 30, 12, tzinfo=UTC) - timedelta(days=days, minutes=n),
            environment_id={"Test": "Environments-1", "Live": "Environments-2"}[group],
            task_state=state,
        )
        for days in (1, 29)
        for n, (group, state) in enumerate(kinds)
    ]
    counting = Conventions(count_as_failed=frozenset({"Canceled"}))
    wanted = settings(headline="Live", layout="one", conventions=counting)
    [document] = compose(inputs(rows), wanted)
    frequency, *_, failed = blocks(document)["octopus-trends"].rows
    assert frequency[2].value == 8
    assert failed[2].value == pytest.approx(4 / 36)
    assert failed[3].verdict is ChangeVerdict.SPECIAL  # no word without a test
    assert number(document.tiles[0].figure.value) == 40  # of both months' ends in this one


def test_the_rework_rate_has_a_trend_whose_last_month_is_its_tile() -> None:
    document = edition()
    tile = next(tile for tile in document.tiles if tile.figure.metric is Metric.REWORK_RATE)
    chart = blocks(document)["trend-rework_rate"]
    assert chart.series[0].figures[-12:] == tile.spark
    assert chart.series[0].figures[-1] == tile.figure
    assert words("en").beside(tile.extra[0]) == f"rework {tile.extra[0].value}"


def test_of_more_slices_than_panels_it_is_said_how_many_are_drawn() -> None:
    few, many = (
        blocks(edition(rows=company(1500, projects=n), splits=("Project",)))["project-panels"]
        for n in (12, 13)
    )
    assert "chart.panels.some" not in keys(few.subtitle)
    assert words("en").phrase(many.subtitle) == (
        "Deployments; all panels share one scale; 12 of 13, those with the most deployments"
    )


def test_range_marks_reach_to_the_90th_percentile_of_the_tiles() -> None:
    table = blocks(edition(splits=("Project",)))["project-table"]
    mark = next(cell for cell in table.total if isinstance(cell, Mark))
    [p90] = edition().tiles[1].extra
    assert mark.high == p90.value


def test_a_target_in_the_marks_is_explained_below_the_table() -> None:
    plain, aimed = (
        blocks(edition(splits=("Project",), targets=targets))["project-table"]
        for targets in ({}, {Metric.FAILURE_RATE: 0.1})
    )
    assert Phrase("note.target") not in plain.notes
    assert Phrase("note.target") in aimed.notes


def test_findings_name_the_document_with_their_rows() -> None:
    rows = [
        r for r in company(6000) if r.project_id != "Projects-1" or number(r.completed) < SEPTEMBER
    ]
    apart = compose(inputs(rows), settings(layout="per_split", splits=("Project", "Environment")))
    names = [document.name for document in apart]
    assert {document.edition for document in apart} == {("summary", "project", "environment")}
    assert apart[0].findings
    for found in apart[0].findings:
        assert found.document in names[1:]
        assert found.anchor in sections(apart[names.index(found.document)])
    [together] = compose(inputs(rows), settings(layout="one", splits=("Project", "Environment")))
    assert {found.document for found in together.findings} == {"summary"}


def test_a_logarithmic_scale_is_called_so() -> None:
    charts = blocks(edition())
    for metric in (Metric.LEAD_TIME, Metric.TIME_TO_RECOVERY, Metric.FAILURE_RATE):
        chart = charts[f"trend-{metric}"]
        assert chart.logarithmic == ("chart.trend.logarithmic" in keys(chart.subtitle))
    assert charts["trend-lead_time"].logarithmic


def test_alternative_texts_name_the_measure_its_finding_and_the_largest_slice() -> None:
    charts = blocks(edition())
    say = words("en").phrase
    assert say(charts["trend-failure_rate"].alt).startswith("Failure rate: ")
    assert say(charts["trend-failure_rate"].alt).endswith("(provisional: 11 of 24 periods known).")
    panels = charts["project-panels"]
    highest = max(
        panels.series, key=lambda series: max(figure.value or 0 for figure in series.figures)
    )
    assert say(panels.alt).endswith(f"the most by {highest.label.text}.")


def test_what_stands_beside_a_figure_has_its_unit_once() -> None:
    tile = edition().tiles[0]
    assert (
        words("en").beside(tile.extra[2]) == f"active {tile.extra[2].value}\N{NO-BREAK SPACE}days"
    )


def test_the_panels_of_a_split_have_each_measure_with_gaps_where_it_has_no_value() -> None:
    def of(project: int, day: datetime, **values: Any) -> Row:
        key = f"Projects-{project}"
        number = 100 * project + 10 * day.month + day.day
        return deployment(number, day, project_id=key, project_name=key, **values)

    september = [datetime(2026, 9, n, 12, tzinfo=UTC) for n in range(1, 7)]
    july = datetime(2026, 7, 3, 12, tzinfo=UTC)
    rows = [
        *(of(1, day, lead_time=n * HOUR) for n, day in enumerate(september, 1)),  # median 3.5 h
        *(of(1, july.replace(day=n), lead_time=2 * HOUR) for n in range(1, 6)),
        of(2, september[0], task_state="Failed", lead_time=None),
        *(of(2, day, lead_time=HOUR) for day in september[1:4]),  # three are too few for a median
    ]
    first = blocks(edition(rows=rows, splits=("Project",), period="2026-09"))["project-panels"]
    lead, recovery, rates = first.alternatives

    def drawn(chart: Chart) -> list[list[float | None]]:
        return [[figure.value for figure in each.figures[-3:]] for each in chart.series]

    assert [each.label.text for each in first.series] == ["Projects-1", "Projects-2"]
    assert drawn(first) == [[5, 0, 6], [0, 0, 4]]  # July, August, September
    assert drawn(lead) == [[2 * HOUR, None, 3.5 * HOUR], [None, None, None]]
    assert drawn(rates) == [[0.0, None, 0.0], [None, None, 0.25]]
    assert drawn(recovery) == [[None] * 3] * 2
    assert [lead.logarithmic, recovery.logarithmic, rates.logarithmic] == [False] * 3
    said = [words("en").phrase(each.title) for each in first.alternatives]
    names = ("Lead time", "Time to recovery", "Failure rate")
    assert said == [f"{name} per month" for name in names]
    assert words("en").phrase(lead.alt).replace("\xa0", " ") == (
        "Lead time: 2 panels, each on a scale of its own; from 2.0 h to 3.5 h, "
        "the highest of Projects-1."
    )
    none = words("en").phrase(recovery.alt)
    assert none == "Time to recovery: there are too few values in every interval."
