"""The worst month of a made-up year, as an edition says it: an October in which one project made
most of the failures. Its figures are plausible, but nobody computed them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Literal

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.document import (
    Brand,
    Chart,
    ChartForm,
    ChartSeries,
    CheckStrip,
    Column,
    ColumnKind,
    Document,
    Exclusions,
    Finding,
    FindingLine,
    Path,
    PathStep,
    Role,
    Section,
    Table,
    TargetWord,
    Tile,
    Waterfall,
    WaterfallStep,
)
from insights_reports.edition.values import (
    Change,
    ChangeVerdict,
    Figure,
    Instant,
    Judged,
    Metric,
    Missing,
    Name,
    Part,
    Phrase,
    Since,
    Span,
    Statistic,
    Strip,
    Unit,
    Usual,
    Value,
)
from tests.documents import FREQUENCY, HOUR, LEAD, RATE, RECOVERY, identity, method, phrase

Side = Literal["low", "high"] | None
ZONE = "Europe/Berlin"
MONTHS = tuple(
    Span(f"{y}-{m:02d}", date(y, m, 1), date(y + m // 12, m % 12 + 1, 1))
    for y, m in [(2025, 11), (2025, 12)] + [(2026, m) for m in range(1, 11)]
)
SEPTEMBER, OCTOBER = MONTHS[-2:]
LAST_YEAR = Span("2025-10", date(2025, 10, 1), date(2025, 11, 1))


def said(text: str) -> Phrase:
    """A sentence as it stands."""
    return phrase("subject.report", period=Name(text))


def hours(metric: Metric, value: float, n: int) -> Figure:
    return Figure(metric, Statistic.MEDIAN, round(value * HOUR), n)


def rate(failed: int, total: int) -> Figure:
    return Figure(RATE, Statistic.RATE, failed / total, total)


def week(value: float, n: int | None = None) -> Figure:
    return Figure(FREQUENCY, Statistic.PER_WEEK, value, n)


def count(n: int, statistic: Statistic = Statistic.COUNT) -> Figure:
    return Figure(FREQUENCY, statistic, n)


def usual(like: Figure, low: float | None, high: float | None) -> Usual:
    unit = HOUR if like.unit is Unit.DURATION else 1
    ends = (None if end is None else replace(like, value=end * unit, n=None) for end in (low, high))
    least, most = ends
    return Usual(least, most, known=11, provisional=False)


def judged(
    figure: Figure,
    low: float | None,
    high: float | None,
    verdict: ChangeVerdict,
    side: Side = None,
    since: date | None = None,
) -> Judged:
    began = None if since is None else Since(since, since, since, exact=True)
    return Judged(verdict, side, usual(figure, low, high), began)


def tile(
    spark: tuple[Figure, ...],
    extra: tuple[Figure, ...],
    judgement: Judged,
    *,
    target: TargetWord | None = None,
    note: Phrase | None = None,
    stated: Figure | None = None,
) -> Tile:
    before, now = spark[-2:]
    difference = (now.value or 0) - (before.value or 0)
    limits = judgement.usual
    known = limits is not None and limits.high is not None
    ends = (
        (float((limits.low and limits.low.value) or 0), float(limits.high.value or 0))
        if known and limits is not None and limits.high is not None
        else None
    )
    return Tile(
        figure=now,
        extra=extra,
        change=Change(before, now, difference, None, judgement.verdict),
        last_year=None,
        spark=spark,
        spark_periods=MONTHS,
        compared=(SEPTEMBER, LAST_YEAR),
        judged=judgement,
        reason=said("told elsewhere"),
        spark_usual=(ends,) * len(spark),
        target=target,
        note=note,
        stated=stated,
    )


def tiles() -> tuple[Tile, ...]:
    weekly = [68, 75, 83, 79, 76, 83, 80, 74, 85, 72, 80, 77]
    leads = [29, 26, 23, 21, 29, 26, 27, 24, 27, 34, 22, 47.5]
    recoveries = [2.6, 1.8, 1.4, 1.4, 1.7, 2.2, 2.2, 1.5, 1.4, 1.6, 1.5, 4.1]
    failed = [23, 16, 23, 24, 19, 20, 29, 18, 26, 18, 19, 57]
    totals = [293, 332, 367, 316, 335, 356, 353, 317, 375, 320, 343, 342]
    frequency = tuple(week(v, n) for v, n in zip(weekly, totals, strict=True))
    lead = tuple(hours(LEAD, v, 285) for v in leads)
    recovery = tuple(hours(RECOVERY, v, 48) for v in recoveries)
    rates = tuple(rate(f, t) for f, t in zip(failed, totals, strict=True))
    rework = tuple(Figure(Metric.REWORK_RATE, Statistic.RATE, 0.0, t) for t in totals)
    october = date(2026, 10, 4)
    return (
        tile(frequency, (count(342),), judged(frequency[-1], 59, 96, ChangeVerdict.USUAL)),
        tile(
            lead,
            (),
            judged(lead[-1], 14, 38.4, ChangeVerdict.WORSE, "high", october),
            target=TargetWord(
                hours(LEAD, 24, 0), met=False, missed_by=hours(LEAD, 23.5, 0), met_of=(4, 12)
            ),
        ),
        tile(recovery, (), judged(recovery[-1], 0.9, 2.6, ChangeVerdict.WORSE, "high", october)),
        tile(
            rates,
            (count(57, Statistic.FAILED), count(342, Statistic.TOTAL)),
            judged(rates[-1], 0.022, 0.105, ChangeVerdict.WORSE, "high", october),
            target=TargetWord(rate(5, 100), met=False, missed_by=rate(117, 1000), met_of=(1, 12)),
        ),
        tile(
            rework,
            (count(0, Statistic.FAILED), count(342, Statistic.TOTAL)),
            Judged(ChangeVerdict.USUAL),
            note=said("105 older releases came after newer ones; none had been there before"),
        ),
    )


STEPS = (
    ("Checkout", 0.0695, 0.069),
    ("Partner EDI", 0.0208, 0.021),
    ("Billing", 0.0071, 0.007),
    ("Depot planner", 0.0062, 0.006),
)


def waterfall() -> Waterfall:
    steps = [WaterfallStep(Name(n), size, Part(p, Unit.RATE)) for n, size, p in STEPS]
    steps.append(WaterfallStep(said("4 others, up"), 0.0100, Part(0.010, Unit.RATE), 4))
    steps.append(WaterfallStep(said("2 others, down"), -0.0023, Part(-0.002, Unit.RATE), 2))
    return Waterfall(
        id="drivers",
        title=said("Checkout made 6.9 of the 11.1 points"),
        subtitle=said(
            "Failure rate, in points. Checkout’s 6.9: 6.4 from failing more often, 0.5 from"
            " deploying more"
        ),
        alt=said("From 5.5 % to 16.7 %: Checkout +6.9, Partner EDI +2.1, others +2.1"),
        before=rate(19, 343),
        after=rate(57, 342),
        steps=tuple(steps),
        periods=(SEPTEMBER, OCTOBER),
        target=rate(5, 100),
    )


def path() -> Path:
    rows = (
        ("Test", 2.2, 2.1, (50, 367), (22, 361), ChangeVerdict.WORSE),
        ("Staging", 18, 8.4, (81, 497), (24, 500), ChangeVerdict.WORSE),
        ("Production", 47.5, 22.3, (57, 342), (19, 343), ChangeVerdict.WORSE),
    )
    return Path(
        id="path",
        title=said("Longest wait: after Staging"),
        subtitle=said("26 h, median of 203 releases; grey: Sept"),
        steps=tuple(
            PathStep(
                Name(name),
                hours(LEAD, lead, 100),
                hours(LEAD, before, 100),
                ChangeVerdict.USUAL,
                rate(*failed),
                rate(*failed_before),
                verdict,
            )
            for name, lead, before, failed, failed_before, verdict in rows
        ),
    )


# Project: deployments, lead time (h), failed, recovery (h), since; each with its place on the
# strip.
CELLS = (
    ("Checkout", (110, 1.3), (43, 7.0), (31, 7.0), (6.4, 1.4), "4 Oct"),
    ("Mobile app", (5, -7.0), (264, 7.0), (0, None), (None, None), "18 Oct"),
    ("Partner EDI", (28, 0.4), (151, 0.0), (9, 2.0), (16, None), "25 Oct"),
    ("Tracking API", (48, -0.2), (108, 7.0), (2, -0.6), (2, None), "4 Oct"),
    ("Depot planner", (32, -0.4), (9.1, -0.3), (4, -0.1), (4, None), ""),
    ("Billing", (31, 0.1), (35, -0.2), (4, 0.7), (4, None), ""),
    ("Customer portal", (30, 0.1), (144, 0.0), (3, 0.1), (3, None), ""),
    ("Route engine", (25, 0.0), (13, 0.8), (3, 0.4), (3, None), ""),
    ("Data platform", (18, -0.2), (41, 0.3), (1, -0.5), (1, None), ""),
    ("Identity", (15, -0.3), (8.8, -0.4), (0, -0.7), (None, None), ""),
)


def strip(at: float | None, *, good: bool | None = None) -> Strip | None:
    if at is None:
        return None
    side: Side = "high" if at > 1 else "low" if at < -1 else None
    verdict = ChangeVerdict.USUAL
    if side is not None:
        verdict = ChangeVerdict.MORE if good is None and side == "high" else ChangeVerdict.WORSE
    return Strip(at, verdict, side)


def matrix() -> Table:
    rows: list[tuple[Value, ...]] = []
    for name, (n, n_at), (lead, lead_at), (failed, rate_at), (back, back_at), since in CELLS:
        recovery: Figure = (
            Figure(RECOVERY, Statistic.MEDIAN, None, None, Missing.NO_VALUES)
            if back is None
            else hours(RECOVERY, back, failed)
        )
        cells: tuple[Value, ...] = (
            Name(name, f"Projects-{len(rows) + 1}"),
            count(n),
            strip(n_at),
            hours(LEAD, lead, n),
            strip(lead_at, good=False),
            rate(failed, n),
            strip(rate_at, good=False),
            recovery,
            strip(back_at, good=False),
            said(since) if since else None,
        )
        rows.append(cells)
    total: tuple[Value, ...] = (
        phrase("label.all"),
        count(342),
        strip(0.0),
        hours(LEAD, 47.5, 285),
        strip(1.5, good=False),
        rate(57, 342),
        strip(7.0, good=False),
        hours(RECOVERY, 4.1, 48),
        strip(7.0, good=False),
        said("4 Oct"),
    )
    kinds = (ColumnKind.COUNT, ColumnKind.DURATION, ColumnKind.RATE, ColumnKind.DURATION)
    titles = ("Deployments", "Lead time", "Failed", "Recovery")
    columns = [Column(phrase("column.slice.project"), ColumnKind.NAME)]
    for title, kind in zip(titles, kinds, strict=True):
        columns += [Column(said(title), kind), Column(said(f"{title}: range"), ColumnKind.STRIP)]
    columns.append(Column(said("Since"), ColumnKind.TEXT))
    return Table(
        id="where-to-look",
        title=said("4 of 10 projects are worse than their own usual range"),
        subtitle=said(
            "Dot: the value in the project’s own usual range (shaded, from the 11 months before);"
            " ■ ▶ outside, since the week given."
        ),
        columns=tuple(columns),
        rows=tuple(rows),
        total_rows=len(rows),
        total=total,
        notes=(
            said(
                "31 cells can be judged, 9 lie outside; by chance alone about 1 would."
                " “3 only”: too few for a median."
            ),
        ),
        row_ids=tuple(f"project-{n}" for n in range(1, len(rows) + 1)),
        row_verdicts=(ChangeVerdict.WORSE,) * 4 + (ChangeVerdict.USUAL,) * 6,
    )


def recoveries() -> Table:
    rows = (
        ("Partner EDI", "2026.10.287", "21 Oct 07:10", 1, 93.6),
        ("Checkout", "2026.10.1141", "27 Oct 23:22", 2, 38.4),
        ("Partner EDI", "2026.10.277", "9 Oct 17:21", 1, 31),
        ("Checkout", "2026.10.1078", "12 Oct 22:40", 2, 23),
        ("Checkout", "2026.10.1137", "25 Oct 02:45", 2, 23),
    )
    kinds = (ColumnKind.NAME, ColumnKind.TEXT, ColumnKind.TEXT, ColumnKind.COUNT)
    titles = ("Project", "Release", "Failed", "Failures")
    return Table(
        id="recoveries",
        title=said("Longest recoveries"),
        subtitle=said(
            "From the first failure to the next success in the same project and environment"
        ),
        columns=(
            *(Column(said(t), k) for t, k in zip(titles, kinds, strict=True)),
            Column(said("After"), ColumnKind.DURATION),
        ),
        rows=tuple((Name(p), Name(r), said(f), n, hours(RECOVERY, h, 1)) for p, r, f, n, h in rows),
        total_rows=5,
        notes=(
            said("Not recovered: none. A success had followed every failure when October ended."),
        ),
    )


def finding(name: str, lines: tuple[FindingLine, ...], part: float, row: int) -> Finding:
    return Finding(
        Name(name, f"Projects-{row}"),
        "project",
        "where-to-look",
        "summary",
        f"project-{row}",
        lines,
        Part(part, Unit.RATE),
        (said("Staging failed 16.3 %, without Checkout 7.8 %."),) if row == 1 else (),
    )


def line(
    now: Figure,
    before: Figure,
    low: float | None,
    high: float | None,
    verdict: ChangeVerdict,
    side: Side,
    since: date | None,
) -> FindingLine:
    return FindingLine(
        now.metric, now, before, judged(now, low, high, verdict, side, since), said("told")
    )


def findings() -> tuple[Finding, ...]:
    worse, early, late = ChangeVerdict.WORSE, date(2026, 10, 4), date(2026, 10, 18)
    return (
        finding(
            "Checkout",
            (
                line(rate(31, 110), rate(3, 72), None, 0.142, worse, "high", early),
                line(
                    hours(RECOVERY, 6.4, 24),
                    hours(RECOVERY, 2.1, 3),
                    None,
                    5.9,
                    worse,
                    "high",
                    None,
                ),
                line(
                    hours(LEAD, 43, 79),
                    hours(LEAD, 11, 60),
                    6.9,
                    14,
                    worse,
                    "high",
                    date(2026, 9, 27),
                ),
                line(
                    count(110), count(72), 39, 102, ChangeVerdict.MORE, "high", date(2026, 10, 11)
                ),
            ),
            0.069,
            1,
        ),
        finding(
            "Mobile app",
            (
                line(hours(LEAD, 264, 5), hours(LEAD, 158, 42), 115, 187, worse, "high", None),
                line(count(5), count(42), 27, 62, worse, "low", late),
            ),
            0.0032,
            2,
        ),
        finding(
            "Partner EDI",
            (line(rate(9, 28), rate(0, 11), None, 0.183, worse, "high", date(2026, 10, 25)),),
            0.0208,
            3,
        ),
        finding(
            "Tracking API",
            (line(hours(LEAD, 108, 46), hours(LEAD, 36, 53), 27, 46, worse, "high", early),),
            -0.0013,
            4,
        ),
    )


def check() -> CheckStrip:
    return CheckStrip(
        verdict=CheckVerdict.AGREES,
        figures=252588,
        agrees=252588,
        explained=0,
        differs=0,
        not_comparable=0,
        sentence=said("All 252,588 figures that Octopus states as totals agree with ours."),
        ledger=Exclusions(read=15139, used=15139, excluded=()),
        line=said(
            "All 252,588 figures that Octopus states as totals agree with ours. 15,139 deployments"
            " read, 342 counted here, none left out."
        ),
    )


def trend(one: Tile) -> Chart:
    usual_range = one.judged.usual
    ends = () if usual_range is None else (usual_range.low, usual_range.high)
    bands = [
        ChartSeries(phrase(f"series.usual_{name}"), Role.LIMIT, (end,) * len(MONTHS))
        for name, end in zip(("low", "high"), ends, strict=False)
        if end is not None
    ]
    goal = () if one.target is None else (one.target.target,)
    return Chart(
        id=f"trend-{one.figure.metric}",
        form=ChartForm.LINES,
        title=phrase(f"metric.{one.figure.metric}"),
        subtitle=None,
        alt=said("Twelve months and their usual range"),
        x=tuple(span.start for span in MONTHS),
        granularity="Monthly",
        unit=one.figure.unit,
        series=(
            ChartSeries(phrase("series.median"), Role.MAIN, one.spark),
            *bands,
            *(ChartSeries(phrase("series.target"), Role.TARGET, (g,) * len(MONTHS)) for g in goal),
        ),
    )


def months() -> Table:
    every = tiles()
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (span, *(each.spark[number] for each in every[:4]))
        for number, span in reversed(list(enumerate(MONTHS)))
    )
    kinds = (ColumnKind.PER_WEEK, ColumnKind.DURATION, ColumnKind.DURATION, ColumnKind.RATE)
    return Table(
        id="months",
        title=said("Twelve months in figures"),
        subtitle=None,
        columns=(
            Column(said("Month"), ColumnKind.NAME),
            *(
                Column(said(title), kind)
                for title, kind in zip(
                    ("A week", "Lead time", "Recovery", "Failure rate"), kinds, strict=True
                )
            ),
        ),
        rows=rows,
        total_rows=len(rows),
    )


def october_document(**changes: object) -> Document:
    """The whole edition of it in one document."""
    scope = said("Production; the path there below")
    october = replace(
        identity(scope),
        period=OCTOBER,
        zone=ZONE,
        generated=Instant(datetime(2026, 11, 1, 5, 0, tzinfo=UTC), ZONE),
        as_of=Instant(datetime(2026, 11, 1, 5, 0, tzinfo=UTC), ZONE),
    )
    trends = tuple(trend(each) for each in tiles()[:4])
    parts: dict[str, object] = {
        "name": "summary",
        "title": phrase("title.summary"),
        "identity": october,
        "subject": said(
            "October 2026: 16.7 % of production deployments failed (5.5 % before), mostly Checkout"
        ),
        "headline": said(
            "Failures tripled from 4 October on: 57 of 342 production deployments failed (16.7 %,"
            " target 5 %), 31 of them Checkout’s. Changes took 2.0 days to reach production (22 h"
            " in September), failures 4.1 h to recover (1.5 h)."
        ),
        "tiles": tiles(),
        "findings": findings(),
        "overview": (waterfall(), path(), matrix(), recoveries()),
        "check": check(),
        "sections": (
            Section("trends", phrase("section.trends"), None, (*trends, months())),
            method(),
        ),
        "brand": Brand(
            company="Meridian Freight",
            footer="Platform Engineering",
            contact="platform@example.com",
        ),
        "formula_version": "1",
        "questions": (
            said(
                "Checkout. What changed in the week of 4 Oct? 31 of 110 failed; usual up to 14.2 %."
            ),
            said(
                "Mobile app. Stopped or stuck? 5 deployments, 42 in September; 6 releases wait in"
                " Staging."
            ),
            said(
                "Partner EDI. What changed in the week of 25 Oct? 9 of 28 failed; usual up to"
                " 18.3 %."
            ),
            said(
                "Tracking API. Where do changes wait since 4 Oct? 4.5 days, 1.5 days in September;"
                " failures as usual."
            ),
        ),
        "last_edition": (said("Route engine, lead time 13 h: goes on (13 h)."),),
    }
    return Document(**parts | changes)  # type: ignore[arg-type]


def disputed_document() -> Document:
    """The same, but Octopus states other failure rates."""
    every = tiles()
    stated = (*every[:3], replace(every[3], stated=rate(1883, 10000)), every[4])
    differs = replace(
        check(),
        verdict=CheckVerdict.DIFFERS,
        agrees=252412,
        differs=176,
        sentence=said("176 of 252,588 figures differ."),
        line=None,
        findings=(
            said(
                "176 figures differ: failure rate. Octopus states 18.8 % for October where we count"
                " 16.7 % (57 of 342). All 176 monthly rates are stated 13 % higher than ours; the"
                " other 252,412 of 252,588 figures agree."
            ),
        ),
    )
    return october_document(tiles=stated, check=differs)
