"""The first finding week by week: its gravest measure over a year, beside what would be usual."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from insights_reports.edition import dated
from insights_reports.edition.charts import range_series, target_series
from insights_reports.edition.counted import DURATIONS, Counted
from insights_reports.edition.document import Chart, ChartForm, ChartSeries, Finding, Role
from insights_reports.edition.facts import LEAST_MEDIAN, Facts, rate
from insights_reports.edition.judging import Judging, weekly_counts
from insights_reports.edition.range_ends import STATISTICS, ends
from insights_reports.edition.reasons import since_phrase
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.values import (
    Figure,
    Metric,
    Missing,
    Phrase,
    Span,
    Value,
)
from insights_reports.judgement import expected_range

_WEEKS = 52
_LEAST = 8  # weeks below which the periods say as much

Range = tuple[float, float] | None


def first_by_week(
    findings: Sequence[Finding], parts: Sequence[SplitPart], judging: Judging
) -> Chart | None:
    """The chart of the first finding; None where there is none, or the trends show weeks."""
    if not findings:
        return None
    part = next(part for part in parts if part.anchor == findings[0].anchor)
    weekly = part.facts.windows.trend_granularity == "Weekly"
    return None if weekly else by_week(part, findings[0], judging)


def by_week(part: SplitPart, finding: Finding, judging: Judging) -> Chart | None:
    """The chart of a finding of ``part``, its last week the last whole one of the period; None
    where too few weeks are known."""
    group = judging.group(part.facts, part.slices)
    starts, found = judging.weekly(group)
    line = finding.measures[0]
    series = part.slices.keys.index(finding.row)
    made = _Weeks(part.facts, judging, group, series, line.metric, starts, found)
    figures = made.figures[-_WEEKS:]
    if sum(figure.value is not None for figure in figures) < _LEAST:
        return None
    starts = starts[-_WEEKS:]
    spans = [Span(str(start), start, start + timedelta(weeks=1)) for start in starts]
    values: dict[str, Value] = {
        "slice": finding.subject,
        "metric": Phrase(f"metric.{line.metric}"),
        "since": since_phrase(line.judged.since),
    }
    dated_side = line.judged.side if values["since"] is not None else None
    title = Phrase(f"weeks.title.{dated_side or 'undated'}", values)
    known = [figure.value for figure in figures if figure.value is not None]
    return Chart(
        id="weeks",
        form=ChartForm.LINES,
        title=title,
        subtitle=Phrase(f"weeks.subtitle.{line.metric}"),
        alt=Phrase("weeks.alt", {"title": title, "n": len(starts), "now": line.text}),
        x=tuple(starts),
        granularity="Weekly",
        unit=figures[-1].unit,
        series=(
            ChartSeries(Phrase(f"series.{STATISTICS[line.metric]}"), Role.MAIN, figures),
            *range_series(figures[-1], made.ranges()[-_WEEKS:]),
            *target_series(part.facts, figures, spans),
        ),
        annotations=dated.annotations(part.facts.settings, starts, spans[-1].end),
        logarithmic=line.metric in DURATIONS and min(known) > 0,
    )


@dataclass(frozen=True)
class _Weeks:
    """One measure of one series, week by week."""

    facts: Facts
    judging: Judging
    group: int
    series: int
    metric: Metric
    starts: list[date]
    found: Counted

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(self._figure(week) for week in range(len(self.starts)))

    def _figure(self, week: int) -> Figure:
        found, series, metric = self.found, self.series, self.metric
        statistic, total = STATISTICS[metric], int(found.total[series, week])
        if self.starts[week] < self.facts.inputs.first_day:
            return Figure(metric, statistic, None, None, Missing.NO_HISTORY)
        if metric is Metric.FAILURE_RATE and 0 < total < LEAST_MEDIAN:
            return Figure(metric, statistic, None, total, Missing.TOO_FEW)
        if metric is Metric.FAILURE_RATE:
            return rate(metric, int(found.failed[series, week]), total)
        if metric is Metric.DEPLOYMENT_FREQUENCY:
            return Figure(metric, statistic, total)
        values = found.values(metric, series, [week])
        if len(values) < LEAST_MEDIAN:
            why = Missing.TOO_FEW if len(values) else Missing.NO_VALUES
            return Figure(metric, statistic, None, len(values) or None, why)
        return Figure(metric, statistic, round(float(np.median(values))), len(values))

    def ranges(self) -> list[Range]:
        """What would be usual in each week, by its own size."""
        baseline = self.judging.answer(self.group, self.series, self.metric).asked.baseline
        quantile = self.judging.quantiles(self.group, self.series, self.metric, baseline)
        group = self.judging.groups[self.group]
        _, exposures = weekly_counts(
            group, self.found, self.series, self.metric, baseline.median, self.starts
        )
        usual = {
            size: expected_range(baseline.kind, baseline.periods, size) if size else None
            for size in set(exposures)
        }
        ranges: list[Range] = []
        for week, size in enumerate(exposures):
            expected, closed = usual[size], int(self.found.closed[self.series, week])
            both = () if expected is None else ends(self.metric, expected, quantile, closed)
            known = [end.value for end in both if end is not None and end.value is not None]
            ranges.append((float(known[0]), float(known[1])) if len(known) == 2 else None)
        return ranges
