"""From counts to the questions that the engine answers: one for each series and measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from insights_reports.edition.baselines import (
    KnownPeriods,
    Remembered,
    baseline_key,
    chosen,
    formed_from,
    usable_before,
)
from insights_reports.edition.closed import OwnCalendars, own_calendars
from insights_reports.edition.comparing import up_is_good
from insights_reports.edition.counted import DURATIONS, Counted, counted
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.values import Metric, Span
from insights_reports.judgement import Baseline, Case, MeasureKind, Observed, open_days
from insights_reports.judgement.baseline import first_periods
from insights_reports.judgement.ranges import FEWEST

KINDS = {
    Metric.DEPLOYMENT_FREQUENCY: MeasureKind.COUNT,
    Metric.LEAD_TIME: MeasureKind.MEDIAN,
    Metric.TIME_TO_RECOVERY: MeasureKind.MEDIAN,
    Metric.FAILURE_RATE: MeasureKind.SHARE,
    Metric.REWORK_RATE: MeasureKind.SHARE,
}
RECENT = 8  # periods before the judged one that a question holds, at most


@dataclass(frozen=True)
class Group:
    """The series of one split, counted in the periods of the edition.

    ``chosen`` leaves deployments out; then the baselines of counts are formed of the others. Shares
    and medians of fewer deployments are still judged by the baselines of all. ``months`` are judged
    in the place of the edition's own periods, the last of them by those before.
    """

    facts: Facts
    slices: Slices
    chosen: NDArray[np.bool_] | None = None
    months: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The periods, oldest first; the last is judged."""
        return self.months or self.facts.past

    @cached_property
    def counted(self) -> Counted:
        spans = self.spans
        starts = [span.start for span in spans]
        return counted(self.facts, self.slices, starts, spans[-1].end, self.chosen)

    @cached_property
    def exposure(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Of each series (rows) and period its days, or open days where there is a calendar, and
        whether the period is special; one that is not over is."""
        spans, own, shape = self.spans, self.calendars, self.counted.shape
        if own is None:
            days = np.array([(span.end - span.start).days for span in spans], dtype=np.float64)
            days, special = np.broadcast_to(days, shape), np.zeros(shape, dtype=np.bool_)
        else:
            opened = [[open_days(s.start, s.end, each) for s in spans] for each in own.calendars]
            days = np.array([[float(each.open) for each in row] for row in opened])[own.number]
            special = np.array([[each.special for each in row] for row in opened])[own.number]
        special[:, -1] |= self.facts.inputs.partial and not self.months
        return days, special

    @cached_property
    def calendars(self) -> OwnCalendars | None:
        return own_calendars(self.facts, self.slices)

    def key(self, series: int, metric: Metric) -> str:
        slices = self.slices
        split = slices.split if slices.tag_set is None else f"{slices.split}:{slices.tag_set}"
        kind = "month" if self.months else self.facts.inputs.period.kind
        return baseline_key(kind, self.facts.scope, split, slices.keys[series], metric)

    def counts(
        self, metric: Metric, medians: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Counts and exposures of a measure in all cells."""
        own = self.counted
        if metric in DURATIONS:
            given = np.zeros(own.shape[0]) if medians is None else medians
            return own.above(metric, given), own.sizes(metric).astype(np.float64)
        if metric is Metric.DEPLOYMENT_FREQUENCY:
            return own.opened.astype(np.float64), self.exposure[0]
        part = own.failed if metric is Metric.FAILURE_RATE else own.rework
        return part.astype(np.float64), own.total.astype(np.float64)


@dataclass(frozen=True, slots=True)
class Asked:
    """The question on one measure of one series, with all that it was made of."""

    key: str
    case: Case
    baseline: Baseline
    before: tuple[Observed, ...]


def asked(group: Group, metric: Metric, remembered: Remembered) -> list[Asked]:
    """One question for each series of the group."""
    spans = group.spans
    starts = {span.name: span.start for span in spans}
    now = spans[-1].start
    formed_anew = group.chosen is not None and metric is Metric.DEPLOYMENT_FREQUENCY
    memory = Remembered() if formed_anew else remembered
    keys = [group.key(series, metric) for series in range(len(group.slices))]
    medians = None
    if metric in DURATIONS:
        medians = _medians(group, metric, keys, memory, starts)
    rows = _observed(group, metric, medians)
    kind, good = KINDS[metric], up_is_good(metric)
    known = [
        KnownPeriods(key, kind, usable_before(kind, row), good)
        for key, row in zip(keys, rows, strict=True)
    ]
    baselines = chosen(known, memory, starts, now)
    if medians is not None:
        baselines = [
            each if each.median is not None else replace(each, median=float(median))
            for each, median in zip(baselines, medians, strict=True)
        ]
    return [
        Asked(
            one.key,
            Case(kind, baseline.periods, (*one.before[-RECENT:], row[-1]), good),
            baseline,
            one.before,
        )
        for one, baseline, row in zip(known, baselines, rows, strict=True)
    ]


def _observed(
    group: Group, metric: Metric, medians: NDArray[np.float64] | None
) -> list[list[Observed]]:
    """The periods of each series; with no deployment counted there is no exposure but days."""
    counts, exposures = group.counts(metric, medians)
    names = [span.name for span in group.spans]
    special = group.exposure[1].tolist()
    return [
        list(map(Observed, row, exposure, names, closed))
        for row, exposure, closed in zip(counts.tolist(), exposures.tolist(), special, strict=True)
    ]


def _medians(
    group: Group,
    metric: Metric,
    keys: Sequence[str],
    remembered: Remembered,
    starts: Mapping[str, date],
) -> NDArray[np.float64]:
    """The median of each baseline: the one that is remembered, or that of the periods of which it
    is formed; 0 where there is no value."""
    special = group.exposure[1]
    usable = (group.counted.sizes(metric) > 0) & ~special
    spans, now = group.spans, group.spans[-1].start
    found = np.zeros(len(keys))
    for series, key in enumerate(keys):
        kept, first = formed_from(key, MeasureKind.MEDIAN, remembered, starts, now)
        periods = np.flatnonzero(usable[series, :-1]).tolist()
        since = [at for at in periods if first is not None and spans[at].start >= first]
        if len(since) >= FEWEST:
            periods = since
        elif kept is not None:
            found[series] = kept
            continue
        values = group.counted.values(metric, series, periods[first_periods(len(periods))])
        found[series] = float(np.median(values)) if values.size else 0.0
    return found
