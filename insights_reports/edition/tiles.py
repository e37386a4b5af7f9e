"""The KPI tiles of page one, in DORA's order: throughput first, then instability."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from insights_reports.edition.bands import band
from insights_reports.edition.baselines import follows
from insights_reports.edition.cases import Asked
from insights_reports.edition.comparing import change
from insights_reports.edition.document import TargetWord, Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.judging import Judging
from insights_reports.edition.range_ends import STATISTICS, ends
from insights_reports.edition.reasons import reason
from insights_reports.edition.stated import counted_as_failed, stated
from insights_reports.edition.targets import last_periods, target_word
from insights_reports.edition.values import (
    Change,
    ChangeVerdict,
    Figure,
    Judged,
    Metric,
    Missing,
    Phrase,
    Span,
    Statistic,
    Value,
)
from insights_reports.judgement import Baseline, expected_range, moved
from insights_reports.judgement.ranges import FEWEST

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
    return tuple(_TileMaker(facts, judging, metric).tile() for metric in shown)


@dataclass(frozen=True)
class _TileMaker:
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
        periods = last_periods(facts)
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
            reason=self._reason(judged),
            spark_usual=self._usual(periods, judged),
            target=self._target(),
            band=self._band(now, judged.verdict),
            stated=stated(facts, now),
            note=self._note(now),
            level=self._level(),
            compared=(windows.previous, windows.last_year),
        )

    def _reason(self, judged: Judged) -> Phrase:
        """The sentence beside the verdict, and whether what it is compared with moved, or is to be
        replaced by a level of which too little is known yet."""
        facts = self.facts
        said = reason(facts, facts.whole, 0, self.metric, judged)
        learnt = self._learnt
        if learnt is not None:
            known = sum(self._starts[each.name] >= learnt.start for each in self._asked.before)
            values: dict[str, Value] = {
                "what": said,
                "period": learnt,
                "known": known,
                "least": FEWEST,
            }
            return Phrase("reason.learnt", values)
        around = moved(self._asked.baseline)
        if around is None or judged.usual is None:
            return said
        return Phrase("reason.moved", {"what": said, "period": facts.windows.named(around)})

    @property
    def _asked(self) -> Asked:
        group = self.judging.group(self.facts, self.facts.whole)
        return self.judging.answer(group, 0, self.metric).asked

    @property
    def _starts(self) -> dict[str, date]:
        return {span.name: span.start for span in self.facts.past}

    @property
    def _learnt(self) -> Span | None:
        """The period from which on somebody accepted a new level that is not known yet."""
        asked = self._asked
        decision = self.facts.inputs.remembered.decisions.get(asked.key)
        if decision is None or follows(asked.baseline, decision, self._starts):
            return None
        return next((span for span in self.facts.past if span.name == decision.start), None)

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

    def _change(self, before: Span, verdict: ChangeVerdict) -> Change:
        now = self.figure(self.facts.windows.now)
        return change(self.figure(before), now, verdict, partial=self.facts.inputs.partial)

    def _last_year(self, judged: Judged) -> Change | None:
        before = self.facts.windows.last_year
        if self.figure(before).missing is Missing.NO_HISTORY:
            return None
        return self._change(before, judged.verdict)

    def _usual(
        self, periods: tuple[Span, ...], judged: Judged
    ) -> tuple[tuple[float, float] | None, ...]:
        """The expected range of each period of the sparkline, by its own size; of one before an
        accepted level by the baseline that stood then; none where the new level is being learnt."""
        group = self.judging.group(self.facts, self.facts.whole)
        baseline, learnt = self._asked.baseline, self._learnt
        own = self.judging.groups[group]
        _, exposures = own.counts(self.metric)
        places = {span.name: at for at, span in enumerate(self.facts.past)}
        first = places.get(baseline.periods[0].name, 0) if baseline.periods else 0
        found: list[tuple[float, float] | None] = []
        for span in periods:
            at = places.get(span.name)
            old = baseline.replaced if at is not None and at < first else None
            exposure = 0.0 if at is None else float(exposures[0, at])
            closed = 0 if at is None else int(own.counted.closed[0, at])
            of_old = learnt is None or span.start < learnt.start
            found.append(self._range(group, old or baseline, exposure, closed) if of_old else None)
        if judged.usual is None or judged.usual.low is None or judged.usual.high is None:
            found[-1:] = [None]
        return tuple(found)

    def _level(self) -> Span | None:
        baseline = self._asked.baseline
        if baseline.replaced is None:
            return self._learnt
        return next((s for s in self.facts.past if s.name == baseline.periods[0].name), None)

    def _range(
        self, group: int, by: Baseline, exposure: float, closed: int
    ) -> tuple[float, float] | None:
        usual = expected_range(by.kind, by.periods, exposure)
        if usual is None:
            return None
        quantile = self.judging.quantiles(group, 0, self.metric, by)
        low, high = ends(self.metric, usual, quantile, closed)
        if low is None or high is None:
            return None
        return float(low.value or 0), float(high.value or 0)

    def _target(self) -> TargetWord | None:
        facts, target = self.facts, self.facts.settings.targets.get(self.metric)
        if target is None:
            return None
        return target_word(self.judging, facts, facts.whole, 0, self.metric, target)

    def _band(self, now: Figure, verdict: ChangeVerdict) -> Phrase | None:
        """The band by name, never beside a bad month, nor beside too few."""
        if verdict in (ChangeVerdict.WORSE, ChangeVerdict.TOO_FEW):
            return None
        if self.metric is Metric.DEPLOYMENT_FREQUENCY:
            now = self.facts.whole.figure(
                0, self.facts.windows.now, self.metric, Statistic.PER_WEEK
            )
        return band(now, self.facts.settings)

    def _note(self, now: Figure) -> Phrase | None:
        """Which states count as failed by a setting, and the rate as Octopus counts."""
        if self.metric is not Metric.FAILURE_RATE or now.value is None:
            return None
        counted = counted_as_failed(self.facts)
        return Phrase("tile.count_as_failed", counted) if counted else None
