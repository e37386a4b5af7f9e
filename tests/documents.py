"""Two documents built by hand, with every kind of block, value and missing value in them.

They are for the tests of the formats: their figures are plausible, but nobody computed them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.document import (
    Annotation,
    Brand,
    Chart,
    ChartForm,
    ChartSeries,
    CheckStrip,
    Column,
    ColumnKind,
    Document,
    Dot,
    Dots,
    Exclusion,
    Exclusions,
    Finding,
    FindingLine,
    Identity,
    Prose,
    Role,
    Section,
    Table,
    TargetWord,
    Tile,
)
from insights_reports.edition.values import (
    Change,
    ChangeVerdict,
    Day,
    Figure,
    Instant,
    Judged,
    Mark,
    Metric,
    Missing,
    Name,
    Phrase,
    Span,
    Statistic,
    Status,
    Unit,
    Usual,
    Value,
)
from insights_reports.spelling.terms import TICKS_PER_SECOND
from tests.typed import number

HOUR = 3600 * TICKS_PER_SECOND
ZONE = "Australia/Brisbane"
SEPTEMBER = Span("2026-09", date(2026, 9, 1), date(2026, 10, 1))
AUGUST = Span("2026-08", date(2026, 8, 1), date(2026, 9, 1))
LAST_YEAR = Span("2025-09", date(2025, 9, 1), date(2025, 10, 1))
PERIODS = tuple(
    Span(f"{year}-{month:02d}", date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))
    for year, month in [(2025, m) for m in (10, 11, 12)] + [(2026, m) for m in range(1, 10)]
)
GENERATED = Instant(datetime(2026, 10, 1, 20, 5, 12, tzinfo=UTC), ZONE)
AS_OF = Instant(datetime(2026, 10, 1, 20, 0, tzinfo=UTC), ZONE)

FREQUENCY, LEAD, RECOVERY, RATE = (
    Metric.DEPLOYMENT_FREQUENCY,
    Metric.LEAD_TIME,
    Metric.TIME_TO_RECOVERY,
    Metric.FAILURE_RATE,
)


def count(n: int, statistic: Statistic = Statistic.COUNT) -> Figure:
    return Figure(FREQUENCY, statistic, n)


def per_week(value: float, n: int) -> Figure:
    return Figure(FREQUENCY, Statistic.PER_WEEK, value, n)


def hours(metric: Metric, statistic: Statistic, value: float, n: int) -> Figure:
    return Figure(metric, statistic, round(value * HOUR), n)


def median(value: float, n: int = 40) -> Figure:
    return hours(LEAD, Statistic.MEDIAN, value, n)


def rate(failed: int, total: int) -> Figure:
    return Figure(RATE, Statistic.RATE, failed / total, total)


def missing(metric: Metric, statistic: Statistic, why: Missing) -> Figure:
    return Figure(metric, statistic, None, None, why)


def phrase(key: str, **values: object) -> Phrase:
    return Phrase(key, values)  # type: ignore[arg-type]


def identity(scope: Phrase) -> Identity:
    return Identity(
        report_id="InsightsReports-1",
        report=Name("High Volume Report", "InsightsReports-1"),
        subscription="board-monthly",
        scope=scope,
        period=SEPTEMBER,
        zone=ZONE,
        stated_zone="E. Australia Standard Time",
        status=Status.FINAL,
        revision=1,
        generated=GENERATED,
        as_of=AS_OF,
        trigger="schedule",
        account=Name("insights-reader", "Users-12"),
        server="https://octopus.example.com (2025.3.14)",
        space=Name("Default", "Spaces-1"),
        granularity="Daily",
    )


def judged(figure: Figure, low: float, high: float) -> Judged:
    least, most = (replace(figure, value=end, n=None) for end in (low, high))
    side: Literal["low", "high"] | None = "high" if number(figure.value) > high else None
    verdict = ChangeVerdict.USUAL if side is None else ChangeVerdict.BETTER
    return Judged(verdict, side, Usual(least, most, known=24, provisional=False), distance=0.5)


def frequency_tile() -> Tile:
    counts = (171, 182, 166, 188, 193, 201, 178, 190, 197, 205, 191, 214)
    spark = tuple(
        per_week(n / ((p.end - p.start).days / 7), n) for n, p in zip(counts, PERIODS, strict=True)
    )
    return Tile(
        figure=spark[-1],
        extra=(count(214), count(21, Statistic.ACTIVE_DAYS)),
        change=Change(
            spark[-2],
            spark[-1],
            number(spark[-1].value) - number(spark[-2].value),
            0.158,
            ChangeVerdict.BETTER,
        ),
        last_year=Change(per_week(36.4, 156), spark[-1], 13.5, 0.371, ChangeVerdict.BETTER),
        spark=spark,
        spark_periods=PERIODS,
        compared=(PERIODS[-2], LAST_YEAR),
        judged=judged(spark[-1], 36.1, 49.7),
        spark_usual=((36.1, 49.7),) * len(spark),
        reason=phrase(
            "reason.usual",
            what=phrase("what.deployment_frequency", n=214),
            usual=phrase("usual.up_to", high=per_week(49.7, 2276)),
        ),
        target=TargetWord(per_week(45.0, 0), met=True, missed_by=None, met_of=(3, 12)),
        band=phrase("band.level", levels=phrase("band.elite"), set=phrase("band.set.dora-2023")),
    )


def lead_tile() -> Tile:
    values = (13.9, 13.1, 14.2, 12.8, 12.9, 13.3, 12.0, 12.6, 12.2, 12.9, 12.4, 11.3)
    spark = tuple(median(v, 180) for v in values)
    return Tile(
        figure=spark[-1],
        extra=(hours(LEAD, Statistic.P90, 59.3, 208),),
        change=Change(spark[-2], spark[-1], round(-1.1 * HOUR), -0.089, ChangeVerdict.USUAL),
        last_year=Change(
            median(14.4, 150), spark[-1], round(-3.1 * HOUR), -0.215, ChangeVerdict.BETTER
        ),
        spark=spark,
        spark_periods=PERIODS,
        compared=(PERIODS[-2], LAST_YEAR),
        judged=judged(spark[-1], 10.4 * HOUR, 15.2 * HOUR),
        spark_usual=((10.4 * HOUR, 15.2 * HOUR),) * len(spark),
        reason=phrase(
            "reason.usual",
            what=phrase("what.lead_time", median=median(11.3), n=180),
            usual=phrase("usual.both", low=median(10.4), high=median(15.2)),
        ),
    )


def recovery_tile() -> Tile:
    early = tuple(
        missing(RECOVERY, Statistic.MEDIAN, Missing.NO_HISTORY if i < 2 else Missing.NO_VALUES)
        for i in range(4)
    )
    spark = early + tuple(
        hours(RECOVERY, Statistic.MEDIAN, v, 5) for v in (3.1, 2.0, 54.0, 1.9, 2.6, 3.1, 2.9, 2.4)
    )
    return Tile(
        figure=spark[-1],
        extra=(hours(RECOVERY, Statistic.P90, 17.2, 8),),
        change=Change(spark[-2], spark[-1], round(-0.5 * HOUR), None, ChangeVerdict.TOO_FEW),
        last_year=Change(early[0], spark[-1], None, None, ChangeVerdict.TOO_FEW),
        spark=spark,
        spark_periods=PERIODS,
        compared=(PERIODS[-2], LAST_YEAR),
        judged=Judged(ChangeVerdict.TOO_FEW),
        reason=phrase("reason.few", what=phrase("what.some", n=8)),
    )


def rate_tile() -> Tile:
    failed = (14, 13, 15, 9, 12, 11, 16, 12, 10, 11, 8, 11)
    totals = (185, 195, 181, 197, 205, 212, 194, 202, 207, 216, 199, 225)
    spark = tuple(rate(f, t) for f, t in zip(failed, totals, strict=True))
    return Tile(
        figure=spark[-1],
        extra=(Figure(RATE, Statistic.FAILED, 11), Figure(RATE, Statistic.TOTAL, 225)),
        change=Change(spark[-2], spark[-1], 11 / 225 - 8 / 199, None, ChangeVerdict.USUAL),
        last_year=Change(rate(21, 177), spark[-1], 11 / 225 - 21 / 177, None, ChangeVerdict.BETTER),
        spark=spark,
        spark_periods=PERIODS,
        compared=(PERIODS[-2], LAST_YEAR),
        judged=judged(spark[-1], 0.021, 0.097),
        spark_usual=((0.021, 0.097),) * len(spark),
        reason=phrase(
            "reason.usual",
            what=phrase("what.failure_rate", failed=11, total=225, rate=rate(11, 225)),
            usual=phrase("usual.both", low=rate(21, 1000), high=rate(97, 1000)),
        ),
        target=TargetWord(rate(1, 10), met=True, missed_by=None, met_of=(12, 12)),
    )


def overview_chart() -> Chart:
    days = tuple(date(2026, 9, 1) + timedelta(days=i) for i in range(30))
    work = [0 if d.weekday() >= 5 else 6 + (d.day * 7) % 9 for d in days]
    failed = tuple(int(d.day in (3, 4, 4, 10, 16, 17, 22)) * 2 for d in days)
    return Chart(
        id="overview",
        form=ChartForm.COLUMNS,
        title=phrase("chart.overview.title", granularity=phrase("per.Daily")),
        subtitle=phrase("chart.overview.subtitle", zone=Name(ZONE)),
        alt=phrase(
            "chart.overview.alt.Daily",
            successful=count(sum(work)),
            failed=count(sum(failed), Statistic.FAILED),
            top=count(max(work)),
            day=Day(days[8]),
        ),
        x=days,
        granularity="Daily",
        unit=Unit.COUNT,
        series=(
            ChartSeries(phrase("series.successful"), Role.MAIN, tuple(count(n) for n in work)),
            ChartSeries(
                phrase("series.guided"),
                Role.GUIDED,
                tuple(count(int(d.day == 16), Statistic.GUIDED) for d in days),
            ),
            ChartSeries(
                phrase("series.failed"),
                Role.FAILED,
                tuple(count(n, Statistic.FAILED) for n in failed),
            ),
        ),
        annotations=(Annotation(8, phrase("annotation.most", n=count(max(work)))),),
    )


PROJECTS = (
    ("Checkout", "Projects-1", 71, 63, 5.5, 7.0, 29.0, 4, 75, 1.5),
    ("Tracking API", "Projects-2", 52, 48, 8.3, 8.9, 34.0, 3, 55, 1.3),
    ("مشروع الشحن", "Projects-3", 34, 36, 10.6, 14.1, 40.0, 1, 35, 1.7),
    ('=HYPERLINK("http://evil.example","x")', "Projects-4", 31, 24, 14.1, 13.2, 55.0, 2, 33, 3.3),
    ("<script>alert('x')</script> & Söhne", "Projects-5", 17, 15, 21.7, 22.4, 70.0, 1, 18, None),
    (None, "Projects-6", 6, 5, None, None, None, 0, 6, None),
    ("N" * 160, "Projects-7", 3, 0, -2.5, None, 91.2, 0, 3, None),
)


def project_row(row: tuple[Any, ...]) -> tuple[Value, ...]:
    name, key, now, before, lead, lead_before, p95, failed, total, recovery = row
    lead_figure = (
        missing(LEAD, Statistic.MEDIAN, Missing.NO_VALUES) if lead is None else median(lead, now)
    )
    verdict = ChangeVerdict.TOO_FEW if min(now, before) < 10 else ChangeVerdict.USUAL
    mark = Mark(
        None if lead is None else lead * HOUR,
        None if lead is None else lead * HOUR,
        None if p95 is None else p95 * HOUR,
        None if lead_before is None else lead_before * HOUR,
    )
    return (
        Name(name, key),
        count(now),
        Change(
            count(before),
            count(now),
            now - before,
            now / before - 1 if before > 9 else None,
            verdict,
        ),
        mark,
        lead_figure,
        Mark(failed / total, max(0.0, failed / total - 0.04), failed / total + 0.06, None, 0.1),
        rate(failed, total),
        missing(RECOVERY, Statistic.MEDIAN, Missing.NO_VALUES)
        if recovery is None
        else hours(RECOVERY, Statistic.MEDIAN, recovery, failed),
        verdict,
    )


SLICE_COLUMNS = (
    Column(phrase("column.slice.project"), ColumnKind.NAME),
    Column(phrase("column.deployments"), ColumnKind.COUNT),
    Column(phrase("column.change", previous=AUGUST), ColumnKind.CHANGE),
    Column(phrase("column.lead_range"), ColumnKind.MARK_DURATION),
    Column(phrase("column.lead_median"), ColumnKind.DURATION),
    Column(phrase("column.rate_range"), ColumnKind.MARK_RATE),
    Column(phrase("column.rate"), ColumnKind.RATE),
    Column(phrase("column.recovery_median"), ColumnKind.DURATION),
    Column(phrase("column.verdict"), ColumnKind.VERDICT),
)


def project_table(shown: int) -> Table:
    rows = tuple(project_row(row) for row in PROJECTS)
    return Table(
        id="project-table",
        title=phrase("table.slices.title.project"),
        subtitle=phrase("table.slices.subtitle", period=SEPTEMBER),
        columns=SLICE_COLUMNS,
        rows=rows[:shown],
        total_rows=len(rows),
        all_rows=rows if shown < len(rows) else (),
        total=(
            phrase("label.all"),
            count(214),
            Change(count(191), count(214), 23, 23 / 191, ChangeVerdict.BETTER),
            Mark(11.3 * HOUR, 11.3 * HOUR, 76.0 * HOUR, 12.4 * HOUR),
            median(11.3, 208),
            Mark(11 / 225, 0.0275, 0.0854, None, 0.1),
            rate(11, 225),
            hours(RECOVERY, Statistic.MEDIAN, 2.4, 8),
            ChangeVerdict.BETTER,
        ),
        notes=(phrase("note.marks"),),
    )


def panels(split: str = "project") -> Chart:
    """Deployments of five projects; their failure rates can be shown in their place."""
    chart = replace(deployment_panels(), id=f"{split}-panels")
    return replace(chart, alternatives=(rate_panels(chart),))


def rate_panels(chart: Chart) -> Chart:
    """The same panels by the failure rate, with a gap where nothing was deployed."""
    no_rate = missing(RATE, Statistic.RATE, Missing.NO_DEPLOYMENTS)
    figures = (no_rate, *(rate(n % 5, 20 + n) for n in range(1, 12)))
    metric = phrase("metric.failure_rate")
    return replace(
        chart,
        id=f"{chart.id}-{RATE}",
        title=phrase(
            "chart.panels.measure.title", metric=metric, granularity=phrase("per.Monthly")
        ),
        subtitle=phrase("chart.panels.measure.failure_rate"),
        alt=phrase(
            "chart.panels.measure.alt",
            metric=metric,
            n=5,
            low=rate(0, 25),
            high=rate(4, 24),
            top=chart.series[0].label,
        ),
        unit=Unit.RATE,
        series=tuple(
            replace(each, figures=figures, summary=phrase("series.panel_alone", n=figures[-1]))
            for each in chart.series
        ),
    )


def deployment_panels() -> Chart:
    names = PROJECTS[:5]
    return Chart(
        id="project-panels",
        form=ChartForm.PANELS,
        title=phrase("chart.panels.title", granularity=phrase("per.Monthly")),
        subtitle=phrase("chart.panels.subtitle.one_scale"),
        alt=phrase(
            "chart.panels.alt",
            n=5,
            low=count(9),
            high=count(71),
            top=Name("Checkout", "Projects-1"),
        ),
        x=tuple(p.start for p in PERIODS),
        granularity="Monthly",
        unit=Unit.COUNT,
        series=tuple(
            ChartSeries(
                Name(name, key),
                Role.MAIN,
                tuple(
                    missing(FREQUENCY, Statistic.COUNT, Missing.NO_HISTORY)
                    if i == 0
                    else count(max(0, now - 11 + (i * 5) % 8))
                    for i in range(12)
                ),
                phrase(
                    "series.panel",
                    n=count(now),
                    change=Change(
                        count(before),
                        count(now),
                        now - before,
                        now / before - 1,
                        ChangeVerdict.USUAL,
                    ),
                ),
            )
            for name, key, now, before, *_ in names
        ),
    )


def lead_chart() -> Chart:
    tile = lead_tile()

    def constant(value: float) -> tuple[Figure, ...]:
        return tuple(median(value) for _ in PERIODS)

    p90 = tuple(hours(LEAD, Statistic.P90, 50 + (i * 13) % 17, 180) for i in range(12))
    return Chart(
        id="trend-lead_time",
        form=ChartForm.LINES,
        title=phrase("metric.lead_time"),
        subtitle=phrase("chart.trend.subtitle.lead_time"),
        alt=phrase(
            "chart.trend.alt",
            metric=phrase("metric.lead_time"),
            now=tile.figure,
            low=median(11.3),
            high=median(14.2),
            n=12,
            finding=phrase("verdict.usual"),
        ),
        x=tuple(p.start for p in PERIODS),
        granularity="Monthly",
        unit=Unit.DURATION,
        series=(
            ChartSeries(phrase("series.median"), Role.MAIN, tile.spark),
            ChartSeries(phrase("series.p90"), Role.SECOND, p90),
            ChartSeries(phrase("series.per_week"), Role.CENTRE, constant(12.8)),
            ChartSeries(phrase("series.usual_low"), Role.LIMIT, constant(10.4)),
            ChartSeries(phrase("series.usual_high"), Role.LIMIT, constant(15.2)),
        ),
        logarithmic=True,
    )


def rate_chart() -> Chart:
    tile = rate_tile()
    low = tuple(Figure(RATE, Statistic.RATE, number(f.value) * 0.6, f.n) for f in tile.spark)
    high = tuple(Figure(RATE, Statistic.RATE, number(f.value) * 1.6, f.n) for f in tile.spark)
    return Chart(
        id="trend-failure_rate",
        form=ChartForm.LINES,
        title=phrase("metric.failure_rate"),
        subtitle=phrase("chart.trend.subtitle.failure_rate"),
        alt=phrase(
            "chart.trend.alt",
            metric=phrase("metric.failure_rate"),
            now=tile.figure,
            low=rate(4, 100),
            high=rate(83, 1000),
            n=12,
            finding=phrase("verdict.usual"),
        ),
        x=tuple(p.start for p in PERIODS),
        granularity="Monthly",
        unit=Unit.RATE,
        series=(
            ChartSeries(phrase("series.low"), Role.LOW, low),
            ChartSeries(phrase("series.high"), Role.HIGH, high),
            ChartSeries(phrase("series.rate"), Role.MAIN, tile.spark),
            ChartSeries(phrase("series.target"), Role.LIMIT, tuple(rate(1, 10) for _ in PERIODS)),
        ),
        annotations=(Annotation(6, phrase("annotation.most", n=tile.spark[6])),),
    )


def heat() -> Chart:
    return Chart(
        id="when",
        form=ChartForm.HEAT,
        title=phrase("chart.heat.title"),
        subtitle=phrase("chart.heat.subtitle", zone=Name(ZONE)),
        alt=phrase(
            "chart.heat.alt",
            top=count(17),
            weekday=phrase("weekday.2"),
            hour=phrase("time.hour", hour=Name("10")),
        ),
        x=tuple(range(24)),
        granularity="Hourly",
        unit=Unit.COUNT,
        series=tuple(
            ChartSeries(
                phrase(f"weekday.{day}"),
                Role.MAIN,
                tuple(
                    count((day + 3 * h) % 13 + 5 * int(h == 10 and day == 2))
                    if 7 <= h <= 18 and day < 5
                    else count(int(day == 6 and h == 3))
                    for h in range(24)
                ),
            )
            for day in range(7)
        ),
    )


def method() -> Section:
    return Section(
        "method",
        phrase("section.method"),
        phrase("method.lead"),
        (
            Prose(
                title=phrase("method.definitions"),
                items=tuple(
                    (phrase(f"metric.{m}"), phrase(f"method.definition.{m}"))
                    for m in (FREQUENCY, LEAD, RECOVERY, RATE)
                ),
            ),
            Prose(
                title=phrase("method.dora.title"),
                sentences=(phrase("method.dora.failure"), phrase("method.dora.use")),
            ),
        ),
    )


def discrepancies() -> Section:
    table = Table(
        id="discrepancies-table",
        title=phrase("table.discrepancies.title"),
        subtitle=None,
        columns=(
            Column(phrase("column.series"), ColumnKind.NAME),
            Column(phrase("column.interval"), ColumnKind.DAY),
            Column(phrase("column.measure"), ColumnKind.TEXT),
            Column(phrase("column.stated"), ColumnKind.TEXT),
            Column(phrase("column.recomputed"), ColumnKind.TEXT),
            Column(phrase("column.check"), ColumnKind.TEXT),
        ),
        rows=(
            (
                Name("Checkout", "Projects-1"),
                Day(date(2026, 9, 6)),
                phrase("metric.lead_time"),
                hours(LEAD, Statistic.MEAN, -2.5, 12),
                hours(LEAD, Statistic.MEAN, -2.6, 12),
                CheckVerdict.EXPLAINED,
            ),
        ),
        total_rows=1,
    )
    return Section("discrepancies", phrase("section.discrepancies"), None, (table,))


def exclusions() -> Section:
    table = Table(
        id="exclusions-canceled",
        title=phrase(
            "table.exclusions.title", reason=phrase("exclusion.state", state=Name("Canceled"))
        ),
        subtitle=None,
        columns=(
            Column(phrase("column.deployment"), ColumnKind.ID),
            Column(phrase("column.slice.project"), ColumnKind.NAME),
            Column(phrase("column.completed"), ColumnKind.INSTANT),
        ),
        rows=tuple(
            (
                Name(f"Deployments-{n}", f"Deployments-{n}"),
                Name("Checkout", "Projects-1"),
                Instant(datetime(2026, 9, 3, 11, n, tzinfo=UTC), ZONE),
            )
            for n in (11, 12)
        ),
        total_rows=2,
    )
    return Section("exclusions", phrase("section.exclusions"), phrase("exclusions.lead"), (table,))


def strip() -> CheckStrip:
    return CheckStrip(
        verdict=CheckVerdict.EXPLAINED,
        figures=1234,
        agrees=1230,
        explained=3,
        differs=0,
        not_comparable=1,
        sentence=phrase(
            "check.sentence.explained", figures=1234, agrees=1230, explained=3, not_comparable=1
        ),
        ledger=Exclusions(
            read=2648,
            used=225,
            excluded=(
                Exclusion(phrase("exclusion.outside", period=SEPTEMBER), 2421),
                Exclusion(
                    phrase("exclusion.state", state=Name("Canceled")),
                    2,
                    ("Deployments-11", "Deployments-12"),
                ),
            ),
        ),
        gaps=(phrase("gap.restricted", n=1),),
    )


def finding(subject: Name, line: FindingLine) -> Finding:
    return Finding(subject, "project", "project", "project", subject.id, (line,))


def sample_document(**changes: object) -> Document:
    """The summary of a monthly edition."""
    parts: dict[str, object] = {
        "name": "summary",
        "title": phrase("title.summary"),
        "identity": identity(phrase("scope.all")),
        "subject": phrase("subject.report", period=SEPTEMBER),
        "headline": phrase(
            "headline.two",
            first=phrase(
                "headline.single",
                clause=phrase(
                    "headline.deployment_frequency.first",
                    now=count(214),
                    before=count(185),
                    previous=AUGUST,
                    scope=phrase("headline.of_all", n=214),
                ),
            ),
            second=phrase(
                "headline.single",
                clause=phrase("headline.failure_rate.next", now=rate(11, 225), before=rate(8, 199)),
            ),
        ),
        "tiles": (frequency_tile(), lead_tile(), recovery_tile(), rate_tile()),
        "findings": (
            finding(
                Name("Checkout", "Projects-1"),
                FindingLine(
                    FREQUENCY,
                    count(71),
                    count(63),
                    Judged(ChangeVerdict.MORE, "high"),
                    phrase(
                        "reason.usual",
                        what=phrase("what.deployment_frequency", n=71),
                        usual=phrase("usual.up_to", high=60),
                    ),
                ),
            ),
            finding(
                Name(None, "Projects-6"),
                FindingLine(
                    RATE,
                    rate(9, 60),
                    rate(1, 50),
                    judged(rate(9, 60), 0.01, 0.12),
                    phrase(
                        "reason.usual",
                        what=phrase("what.failure_rate", failed=9, total=60, rate=rate(9, 60)),
                        usual=phrase("usual.both", low=rate(1, 100), high=rate(12, 100)),
                    ),
                ),
            ),
        ),
        "overview": (overview_chart(), project_table(5)),
        "check": strip(),
        "sections": (
            Section(
                "trends",
                phrase("section.trends"),
                phrase("trends.lead.Monthly", n=12, outside=1, judged=5),
                (lead_chart(), rate_chart(), heat()),
                message=phrase("trends.message.first", n=1, period=SEPTEMBER),
            ),
            method(),
            discrepancies(),
            exclusions(),
        ),
        "brand": Brand(
            company="Meridian Freight", footer="Platform Engineering", contact="dx@example.com"
        ),
        "formula_version": "1",
    }
    return Document(**parts | changes)  # type: ignore[arg-type]


def each_recovery() -> Dots:
    """Twelve recoveries, of which two took longer than a day."""
    long, longest, shortest = (1, 2, 4, 3, 26, 5, 9, 2, 1, 40, 3, 7), took(40), took(1)
    return Dots(
        id="each-recovery",
        title=phrase(
            "dots.title.two", n=12, long=2, first=Name("Checkout"), second=Name("Billing")
        ),
        subtitle=phrase("dots.subtitle.ranged"),
        alt=phrase("dots.alt", title=phrase("dots.others"), low=shortest, high=longest),
        period=SEPTEMBER,
        ticks=tuple(date(2026, 9, day) for day in (6, 13, 20, 27)),
        labels=(Name("Checkout", "Projects-1"), Name("Billing"), phrase("dots.others")),
        dots=tuple(Dot(2.4 * n, each * HOUR, n % 3) for n, each in enumerate(long)),
        others=True,
        low=took(1),
        high=took(8),
    )


def took(hours: float) -> Figure:
    return Figure(Metric.TIME_TO_RECOVERY, Statistic.MAX, round(hours * HOUR))


def split_document(**changes: object) -> Document:
    """The document of the split by project of the same edition."""
    parts: dict[str, object] = {
        "name": "project",
        "title": phrase("title.split.project"),
        "identity": identity(phrase("scope.split.project", n=7)),
        "subject": phrase("subject.report", period=SEPTEMBER),
        "headline": phrase(
            "headline.two",
            first=phrase(
                "headline.split.failure_rate.rose",
                slice=Name("Checkout", "Projects-1"),
                what=phrase("what.failure_rate", failed=12, total=71, rate=rate(12, 71)),
            ),
            second=phrase(
                "headline.split.others",
                outside=1,
                judged=7,
                n=7,
                things=phrase("things.project", n=7),
            ),
        ),
        "tiles": (),
        "findings": (),
        "overview": (panels(),),
        "check": strip(),
        "sections": (
            Section(
                "project",
                phrase("section.split.project"),
                phrase("split.lead", n=7),
                (project_table(5),),
            ),
            method(),
        ),
        "brand": Brand(company="Meridian Freight"),
        "formula_version": "1",
    }
    return Document(**parts | changes)  # type: ignore[arg-type]


def splits_document(**changes: object) -> Document:
    """An edition in one document: two splits, each with its pictures and its table, and each
    recovery."""

    def split(name: str) -> Section:
        chart = panels(name)
        table = replace(project_table(5), id=f"{name}-table")
        title, lead = phrase(f"section.split.{name}"), phrase("split.lead", n=7)
        return Section(name, title, lead, (chart, table))

    first, *rest = sample_document().sections
    incidents = Section(
        "incidents",
        phrase("section.incidents"),
        None,
        (each_recovery(),),
        message=phrase("incidents.message.recovered", longest=took(40)),
    )
    sections = (split("project"), split("environment"), first, incidents, *rest)
    overview = (overview_chart(), replace(project_table(5), id="project-small"))
    return sample_document(**{"sections": sections, "overview": overview} | changes)
