"""The KPI tiles of page one, in DORA's order: throughput first, then instability."""

from dataclasses import dataclass

import numpy as np

from insights_reports.edition.bands import band
from insights_reports.edition.document import TargetWord, Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.judging import (
    Comparison,
    change,
    judge,
    limits_of,
    median_intervals,
)
from insights_reports.edition.values import (
    Change,
    Figure,
    Judged,
    Metric,
    Missing,
    Span,
    Statistic,
    Verdict,
)

SPARK = 12
"""How many periods a sparkline has."""

HEADLINE_STATISTICS = {
    Metric.DEPLOYMENT_FREQUENCY: Statistic.PER_WEEK,
    Metric.LEAD_TIME: Statistic.MEDIAN,
    Metric.TIME_TO_RECOVERY: Statistic.MEDIAN,
    Metric.FAILURE_RATE: Statistic.RATE,
}
_EXTRA = {
    Metric.DEPLOYMENT_FREQUENCY: (Statistic.COUNT, Statistic.ACTIVE_DAYS),
    Metric.LEAD_TIME: (Statistic.P90,),
    Metric.TIME_TO_RECOVERY: (Statistic.P90,),
    Metric.FAILURE_RATE: (Statistic.FAILED, Statistic.TOTAL),
}
DURATIONS = (Metric.LEAD_TIME, Metric.TIME_TO_RECOVERY)


def tiles(facts: Facts) -> tuple[Tile, ...]:
    """Four tiles, and a fifth where the data show rework."""
    four = tuple(_tile(facts, metric) for metric in HEADLINE_STATISTICS)
    fifth = _rework_tile(facts)
    return four if fifth is None else (*four, fifth)


def turn(tile: Tile) -> str:
    """Which way the figure went, as the last part of a phrase's key: rose, fell, or why neither."""
    if tile.figure.value is None:
        return "missing"
    if tile.change.difference is None:
        return "no_comparison"
    if tile.verdict is Verdict.TOO_FEW:
        return "too_few"
    if tile.verdict is Verdict.USUAL:
        return "usual"
    return "rose" if tile.change.difference > 0 else "fell"


@dataclass(frozen=True)
class _Values:
    """What a tile is made of: its figure in every window, and the intervals to judge it by."""

    facts: Facts
    figures: dict[Span, Figure]
    extra: tuple[Figure, ...]
    counts: dict[Span, tuple[int, int]]
    medians: dict[Span, tuple[float, float]]

    def compared(self, before: Span) -> Comparison:
        now = self.facts.windows.now
        counts = medians = None
        if self.counts:
            counts = (self.counts[before], self.counts[now])
        if self.medians:
            medians = (self.medians[before], self.medians[now])
        return Comparison(self.figures[before], self.figures[now], (before, now), counts, medians)

    def tile(self) -> Tile:
        windows, partial = self.facts.windows, self.facts.inputs.partial
        spark = tuple(self.figures[span] for span in windows.periods[-SPARK:])
        limits = None if partial else limits_of(spark)
        compared = self.compared(windows.previous)
        judged = judge(compared, limits, SPARK - 1)
        now = self.figures[windows.now]
        target = self.facts.settings.targets.get(now.metric)
        return Tile(
            figure=now,
            extra=self.extra,
            change=change(compared, judged.verdict, partial=partial),
            last_year=self._last_year(),
            spark=spark,
            spark_periods=windows.periods[-SPARK:],
            judged=Judged(judged.verdict),
            reason=judged.reason,
            target=None if target is None else self._target(now, target),
            band=band(now, self.facts.settings),
        )

    def _target(self, now: Figure, target: float) -> TargetWord:
        return TargetWord(Figure(now.metric, now.statistic, target), None, None, (0, 0))

    def _last_year(self) -> Change | None:
        compared = self.compared(self.facts.windows.last_year)
        if compared.before.missing is Missing.NO_HISTORY:
            return None
        verdict = judge(compared, None, 0).verdict
        return change(compared, verdict, partial=self.facts.inputs.partial)


def _tile(facts: Facts, metric: Metric) -> Tile:
    whole, now = facts.whole, facts.windows.now
    spans = facts.windows.compared
    figures = {span: whole.figure(0, span, metric, HEADLINE_STATISTICS[metric]) for span in spans}
    extra = tuple(whole.figure(0, now, metric, statistic) for statistic in _EXTRA[metric])
    counts = {}
    if metric is Metric.FAILURE_RATE:
        failed, total = (
            {span: int(whole.column(name, span)[0]) for span in spans}
            for name in ("failed", "total")
        )
        counts = {span: (failed[span], total[span]) for span in spans}
    medians = _medians(facts, metric) if metric in DURATIONS else {}
    return _Values(facts, figures, extra, counts, medians).tile()


def _medians(facts: Facts, metric: Metric) -> dict[Span, tuple[float, float]]:
    ticks = facts.ticks(metric)
    present = ticks != np.iinfo(np.int64).min
    found = {}
    for span in (facts.windows.now, facts.windows.previous, facts.windows.last_year):
        values = ticks[present & facts.within(span)]
        low, high = median_intervals(values, np.zeros(len(values), dtype=np.intp), 1)
        found[span] = (float(low[0]), float(high[0]))
    return found


def _rework_tile(facts: Facts) -> Tile | None:
    """None when no hotfix pattern is configured and no period shows a rollback."""
    spans, now = facts.windows.compared, facts.windows.now
    counts = {span: facts.rework_counts(span) for span in spans}
    if not facts.settings.hotfix_patterns and not any(again for again, _ in counts.values()):
        return None
    figures = {span: facts.rework_rate(span) for span in spans}
    extra = tuple(
        Figure(Metric.REWORK_RATE, statistic, number)
        for statistic, number in zip((Statistic.FAILED, Statistic.TOTAL), counts[now], strict=True)
    )
    return _Values(facts, figures, extra if facts.whole.known(now) else (), counts, {}).tile()
