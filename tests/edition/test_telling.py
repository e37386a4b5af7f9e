"""Failures by attempt and by release, periods with few deployments, and a finding week by week."""

from datetime import UTC, date, datetime, timedelta

from insights_reports.edition import compose
from insights_reports.edition.attempts import by_attempt, by_release
from insights_reports.edition.document import Chart, Role, Table
from insights_reports.edition.facts import Facts
from insights_reports.edition.values import Figure, Metric, Missing, Name, Phrase, Statistic
from tests.edition.inputs import HOUR, deployment, inputs, settings
from tests.edition.test_findings import bad, block, history, say
from tests.metrics.reference import Row
from tests.typed import number, the

SEPTEMBER = datetime(2026, 9, 7, 12, tzinfo=UTC)


def tried(*outcomes: tuple[str, bool], first: datetime = SEPTEMBER) -> list[Row]:
    """Deployments an hour apart: the release of each, and whether it succeeded."""
    return [
        deployment(
            n,
            first + timedelta(hours=n),
            release_version=version,
            task_state="Success" if good else "Failed",
            lead_time=HOUR if good else None,
        )
        for n, (version, good) in enumerate(outcomes, 1)
    ]


def facts(rows: list[Row]) -> Facts:
    return Facts(inputs(rows), settings())


def test_failures_are_counted_by_the_attempt_of_their_release() -> None:
    """2.0 fails twice and then succeeds, 2.1 succeeds at once, 2.2 fails."""
    rows = tried(("2.0", False), ("2.1", True), ("2.0", False), ("2.0", True), ("2.2", False))
    table = the(Table, by_attempt(facts(rows)))
    rate = Metric.FAILURE_RATE
    assert table.rows == (
        (Phrase("incidents.attempt.1"), 3, 2, Figure(rate, Statistic.RATE, 2 / 3, 3)),
        (Phrase("incidents.attempt.2"), 1, 1, Figure(rate, Statistic.RATE, 1.0, 1)),
        (Phrase("incidents.attempt.3"), 1, 0, Figure(rate, Statistic.RATE, 0.0, 1)),
    )
    assert say(table.title) == "2 of 3 failures were first attempts"


def test_an_attempt_before_the_period_counts_as_one() -> None:
    before = tried(("2.0", False), first=datetime(2026, 8, 31, 12, tzinfo=UTC))
    again = deployment(9, SEPTEMBER, release_version="2.0", task_state="Failed", lead_time=None)
    table = the(Table, by_attempt(facts([*before, again])))
    assert [row[:3] for row in table.rows] == [(Phrase("incidents.attempt.2"), 1, 1)]
    assert by_attempt(facts(tried(("2.0", True)))) is None


def test_only_releases_that_failed_more_than_once_are_listed() -> None:
    rows = tried(("2.0", False), ("2.1", False), ("2.0", False), ("2.0", True), ("2.1", True))
    table = the(Table, by_release(facts(rows)))
    assert [row[1:] for row in table.rows] == [(Name("2.0"), 2, 3)]
    assert by_release(facts(tried(("2.0", False), ("2.1", False)))) is None


def few() -> list[Row]:
    """Two deployments of A and one of B in each month up to September 2026; A's first fails."""
    rows = []
    for n in range(12):
        start = datetime(2025 + (n + 9) // 12, (n + 9) % 12 + 1, 3, 12, tzinfo=UTC)
        for k, (project, good) in enumerate((("A", False), ("A", True), ("B", True))):
            rows.append(
                deployment(
                    10 * n + k,
                    start + timedelta(days=k),
                    project_id=f"Projects-{project}",
                    project_name=project,
                    release_version=f"1.{n}",
                    task_state="Success" if good else "Failed",
                    lead_time=(n + 1) * HOUR if good else None,
                    time_to_recovery=(n + 1) * HOUR if good and project == "A" else None,
                )
            )
    return rows


def test_few_deployments_are_listed_and_a_year_is_beside_them() -> None:
    document = compose(inputs(few()), settings(splits=("Project",)))[0]
    chart, listed, projects = document.overview
    successful, failed = the(Chart, chart).series
    assert [figure.value for figure in successful.figures] == [2] * 12
    assert [figure.value for figure in failed.figures] == [1] * 12
    assert say(the(Chart, chart).title) == "1 of 3 failed; 12 of 36 since 1 October 2025"
    assert the(Table, listed).total_rows == 3
    cells = [row[1:] for row in the(Table, projects).rows]
    median = Figure(Metric.LEAD_TIME, Statistic.MEDIAN, round(6.5 * HOUR), 12)
    longest = Figure(Metric.TIME_TO_RECOVERY, Statistic.MAX, 12 * HOUR)
    assert cells == [(24, 12, median, longest, 2), (12, 0, median, None, 1)]
    assert document.questions == ()


def test_what_is_found_among_few_stands_in_the_matrix() -> None:
    document = bad()
    assert "few-over-time" not in [getattr(each, "id", "") for each in document.overview]
    assert the(Table, block(document, "where-to-look")).rows[0][0] == document.findings[0].subject


def test_the_first_finding_is_drawn_week_by_week() -> None:
    """Checkout's release n reaches production on 2 September at 16:00 and 20 n hours, Berlin time;
    the first 14 fail. Those of the week of the 6th are 4 (at 0:00) to 12: nine, all failed."""
    chart = the(Chart, block(bad(), "weeks"))
    assert say(chart.title).startswith("Failure rate of Checkout by week: higher since the week")
    assert chart.x[-1] == date(2026, 9, 20)
    main, _, high, target = chart.series
    assert (main.role, target.role) == (Role.MAIN, Role.TARGET)
    week = chart.x.index(date(2026, 9, 6))
    at_once = main.figures[week]
    assert (at_once.value, at_once.n) == (1.0, 9)
    assert number(high.figures[week].value) < 1.0
    assert {f.missing for f in main.figures if f.value is None} <= {
        Missing.NO_HISTORY,
        Missing.NO_DEPLOYMENTS,
        Missing.TOO_FEW,
    }


def test_without_a_finding_there_is_no_chart_of_weeks() -> None:
    document = compose(inputs(history({})), settings(splits=("Project",)))[0]
    ids = [getattr(b, "id", "") for section in document.sections for b in section.blocks]
    assert not document.findings
    assert "weeks" not in ids
