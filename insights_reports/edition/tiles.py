"""The KPI tiles of page one, in DORA's order: throughput first, then instability."""

from dataclasses import dataclass

import numpy as np

from insights_reports.edition.bands import band
from insights_reports.edition.comparing import change
from insights_reports.edition.document import TargetWord, Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.judging import STATISTICS, Judging, ends
from insights_reports.edition.reasons import reason
from insights_reports.edition.stated import stated
from insights_reports.edition.targets import target_word
from insights_reports.edition.values import (
    Change,
    Figure,
    Judged,
    Metric,
    Missing,
    Name,
    Phrase,
    Span,
    Statistic,
    Value,
    Verdict,
)
from insights_reports.judgement import expected_range

SPARK = 12
"""How many periods a sparkline has."""

_FEW, _FEW_FAILURES = 30, 5
HEADLINE_STATISTICS = {
    metric: statistic
    for metric, statistic in STATISTICS.items()
    if metric is not Metric.REWORK_RATE
}
_EXTRA = {
    Metric.DEPLOYMENT_FREQUENCY: (Statistic.PER_WEEK, Statistic.COUNT, Statistic.ACTIVE_DAYS),
    Metric.LEAD_TIME: (Statistic.P90,),
    Metric.TIME_TO_RECOVERY: (Statistic.P90,),
    Metric.FAILURE_RATE: (Statistic.FAILED, Statistic.TOTAL),
}


def tiles(facts: Facts, judging: Judging) -> tuple[Tile, ...]:
    """Five tiles, always in the same order; rework where the data can show it."""
    shown: list[Metric] = [*HEADLINE_STATISTICS]
    known = facts.days < np.datetime64(facts.windows.now.end)
    if facts.settings.hotfix_patterns or (facts.reworked & known).any():
        shown.append(Metric.REWORK_RATE)
    return tuple(_Maker(facts, judging, metric).tile() for metric in shown)


def _sparse(rate: Figure) -> bool:
    """Whether a rate is of so few that one failure more or less would decide on its target."""
    n = rate.n or 0
    return n < _FEW and (rate.value or 0) * n < _FEW_FAILURES


@dataclass(frozen=True)
class _Maker:
    """Makes the tile of one metric."""

    facts: Facts
    judging: Judging
    metric: Metric

    def figure(self, span: Span) -> Figure:
        if self.metric is Metric.REWORK_RATE:
            return self.facts.rework_rate(span)
        return self.facts.whole.figure(0, span, self.metric, STATISTICS[self.metric])

    def tile(self) -> Tile:
        facts, windows = self.facts, self.facts.windows
        judged = self.judging.of(facts, facts.whole, 0, self.metric)
        periods = self._periods()
        spark = tuple(self.figure(span) for span in periods)
        now = self.figure(windows.now)
        return Tile(
            figure=now,
            extra=self._extra(),
            change=self._change(windows.previous, judged.verdict),
            last_year=self._last_year(judged),
            spark=spark,
            spark_periods=periods,
            judged=judged,
            reason=reason(facts, facts.whole, 0, self.metric, judged),
            spark_usual=self._usual(periods),
            target=self._target(now, spark, judged.verdict),
            band=self._band(now, judged.verdict),
            stated=stated(facts, now),
            note=self._note(now),
        )

    def _periods(self) -> tuple[Span, ...]:
        """The last twelve, without those before the first known deployment."""
        *earlier, now = self.facts.windows.periods[-SPARK:]
        return (*(span for span in earlier if self.facts.whole.known(span)), now)

    def _extra(self) -> tuple[Figure, ...]:
        facts, now = self.facts, self.facts.windows.now
        if self.metric is not Metric.REWORK_RATE:
            return tuple(
                facts.whole.figure(0, now, self.metric, each) for each in _EXTRA[self.metric]
            )
        if not facts.whole.known(now):
            return ()
        both = zip((Statistic.FAILED, Statistic.TOTAL), facts.rework_counts(now), strict=True)
        return tuple(Figure(self.metric, statistic, number) for statistic, number in both)

    def _change(self, before: Span, verdict: Verdict) -> Change:
        now = self.figure(self.facts.windows.now)
        return change(self.figure(before), now, verdict, partial=self.facts.inputs.partial)

    def _last_year(self, judged: Judged) -> Change | None:
        before = self.facts.windows.last_year
        if self.figure(before).missing is Missing.NO_HISTORY:
            return None
        return self._change(before, judged.verdict)

    def _usual(self, periods: tuple[Span, ...]) -> tuple[tuple[float, float] | None, ...]:
        """The expected range of each period of the sparkline, by its own size."""
        group = self.judging.group(self.facts, self.facts.whole)
        asked = self.judging.answer(group, 0, self.metric).asked
        own = self.judging.groups[group]
        _, exposures = own.counts(self.metric)
        places = {span.name: at for at, span in enumerate(self.facts.past)}
        quantile = self.judging.quantiles(group, 0, self.metric)
        found: list[tuple[float, float] | None] = []
        for span in periods:
            at = places.get(span.name)
            exposure = 0.0 if at is None else float(exposures[0, at])
            closed = 0 if at is None else int(own.counted.closed[0, at])
            usual = expected_range(asked.case.kind, asked.case.baseline, exposure)
            pair = None if usual is None else ends(self.metric, usual, quantile, closed)
            if pair is None or pair[0] is None or pair[1] is None:
                found.append(None)
            else:
                found.append((float(pair[0].value or 0), float(pair[1].value or 0)))
        return tuple(found)

    def _target(
        self, now: Figure, spark: tuple[Figure, ...], verdict: Verdict
    ) -> TargetWord | None:
        target = self.facts.settings.targets.get(self.metric)
        if target is None:
            return None
        if self.metric is Metric.DEPLOYMENT_FREQUENCY:
            whole, statistic = self.facts.whole, Statistic.PER_WEEK
            now = whole.figure(0, self.facts.windows.now, self.metric, statistic)
            spark = tuple(whole.figure(0, span, self.metric, statistic) for span in self._periods())
        if self.metric is Metric.FAILURE_RATE and _sparse(now):
            verdict = Verdict.TOO_FEW
        group = self.judging.group(self.facts, self.facts.whole)
        asked = self.judging.answer(group, 0, self.metric).asked
        return target_word(now, target, spark, verdict, asked)

    def _band(self, now: Figure, verdict: Verdict) -> Phrase | None:
        """The band by name, never beside a bad month, nor beside too few."""
        if verdict in (Verdict.WORSE, Verdict.TOO_FEW):
            return None
        if self.metric is Metric.DEPLOYMENT_FREQUENCY:
            now = self.facts.whole.figure(
                0, self.facts.windows.now, self.metric, Statistic.PER_WEEK
            )
        return band(now, self.facts.settings)

    def _note(self, now: Figure) -> Phrase | None:
        """Which states count as failed by a setting, and the rate as Octopus counts."""
        states = self.facts.settings.conventions.count_as_failed
        if self.metric is not Metric.FAILURE_RATE or not states or now.value is None:
            return None
        values: dict[str, Value] = {
            "states": Name(", ".join(sorted(states))),
            "octopus": self.facts.octopus_rate(self.facts.windows.now),
        }
        return Phrase("tile.count_as_failed", values)
