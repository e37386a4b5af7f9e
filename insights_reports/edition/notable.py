"""Notable changes: slices that changed against their own previous period by more than chance.

Among many slices some differ by chance. A change is notable when its size is at least three times
its standard error; the ranking is by that ratio, which weighs size and certainty at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from insights_reports.edition.document import Notable
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import (
    LEAST,
    median_intervals,
    pooled_error,
    standard_error,
    up_is_good,
)
from insights_reports.edition.slices import Part
from insights_reports.edition.tiles import DURATIONS
from insights_reports.edition.values import Figure, Metric, Name, Phrase, Statistic, Value, Verdict
from insights_reports.metrics.splits import UNKNOWN, membership

MOST = 5
_MOST_ERRORS = 20.0  # values that hardly vary have next to no error; that is no larger change
_ERRORS = 3.0  # how many standard errors a notable change has at least


@dataclass(frozen=True)
class Moved:
    """A slice's change: ``errors`` is its size in standard errors, negative for a fall."""

    label: Phrase | Name
    metric: Metric
    before: Figure
    after: Figure
    errors: float
    anchor: str
    document: str

    @property
    def verdict(self) -> Verdict:
        return Verdict.BETTER if (self.errors > 0) == up_is_good(self.metric) else Verdict.WORSE

    @property
    def numbers(self) -> tuple[object, ...]:
        """Equal for one change seen in two splits: a group of one project is that project."""
        return self.metric, self.before.value, self.after.value, self.before.n, self.after.n


def notable(facts: Facts, parts: Sequence[Part]) -> tuple[Notable, ...]:
    """The five most notable changes of the slices of these splits, each with its anchor."""
    if not facts.whole.known(facts.windows.previous):
        return ()
    moved = [found for part in parts for found in _moved(facts, part)]
    ranked = sorted(moved, key=lambda found: -abs(found.errors))
    distinct = list({found.numbers: found for found in reversed(ranked)}.values())[::-1]
    return tuple(_sentence(facts, found) for found in distinct[:MOST])


def _sentence(facts: Facts, found: Moved) -> Notable:
    turn = "rose" if found.errors > 0 else "fell"
    values: dict[str, Value] = {
        "slice": found.label,
        "before": found.before,
        "now": found.after,
        "previous": facts.windows.previous,
    }
    text = Phrase(f"notable.{found.metric}.{turn}", values)
    document = "summary" if facts.settings.layout == "one" else found.document
    return Notable(text, found.verdict, found.anchor, document)


def _moved(facts: Facts, part: Part) -> Iterator[Moved]:
    slices = part.slices
    for metric, statistic, errors in _errors(facts, slices):
        for series in np.flatnonzero(np.abs(errors) >= _ERRORS):
            if slices.keys[series] == UNKNOWN:
                continue
            before, after = (
                slices.figure(int(series), span, metric, statistic)
                for span in (facts.windows.previous, facts.windows.now)
            )
            label = _label(part, int(series))
            yield Moved(label, metric, before, after, float(errors[series]), part.anchor, part.name)


def _label(part: Part, series: int) -> Phrase | Name:
    """A slice and what it is: a project and an environment may have one name."""
    label = part.label(series)
    if isinstance(label, Phrase):
        return label
    return Phrase("notable.slice", {"split": Phrase(f"column.slice.{part.name}"), "slice": label})


def _errors(
    facts: Facts, slices: Slices
) -> Iterator[tuple[Metric, Statistic, np.ndarray[tuple[int], np.dtype[np.float64]]]]:
    """For each measure: the change of every series in standard errors, 0 where nothing can tell."""
    size = len(slices)
    before, now = facts.windows.previous, facts.windows.now
    if not size or now.start == now.end:
        return
    yield (
        Metric.DEPLOYMENT_FREQUENCY,
        Statistic.COUNT,
        _counts(slices, (now.end - now.start).days / (before.end - before.start).days, facts),
    )
    rates = np.zeros(size)
    for series in range(size):
        failed, total = (
            [int(slices.column(name, span)[series]) for span in (before, now)]
            for name in ("failed", "total")
        )
        if min(total) >= LEAST and sum(failed) not in (0, sum(total)):
            error = pooled_error((failed[0], total[0]), (failed[1], total[1]))
            rates[series] = (failed[1] / total[1] - failed[0] / total[0]) / error
    yield Metric.FAILURE_RATE, Statistic.RATE, rates
    for metric in DURATIONS:
        yield metric, Statistic.MEDIAN, _medians(facts, slices, metric)


def _counts(
    slices: Slices, exposure: float, facts: Facts
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of the deployments of both windows, how far this window's share is from its share of days."""
    before = slices.column("successful", facts.windows.previous)
    both = before + slices.column("successful", facts.windows.now)
    share = exposure / (1 + exposure)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = (both - before - both * share) / np.sqrt(both * share * (1 - share))
    return np.where(both >= 2 * LEAST, errors, 0.0)


def _medians(
    facts: Facts, slices: Slices, metric: Metric
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Changes of the medians whose 95 % intervals lie apart."""
    members = membership(
        facts.inputs.deployments, slices.split, facts.inputs.lookups, slices.tag_set
    )
    rows = np.arange(len(facts.days)) if members.rows is None else members.rows
    ticks = facts.ticks(metric)[rows]
    present = ticks != np.iinfo(np.int64).min
    intervals = []
    spans = (facts.windows.previous, facts.windows.now)
    for span in spans:
        chosen = present & facts.within(span)[rows]
        codes = members.codes[chosen].astype(np.intp)
        intervals.append(median_intervals(ticks[chosen], codes, len(slices)))
    (low_before, high_before), (low_now, high_now) = intervals
    apart = np.flatnonzero((low_now > high_before) | (high_now < low_before))
    errors = np.zeros(len(slices))
    for series in apart:
        before, now = (slices.column(f"{metric}_median", span)[series] for span in spans)
        pair = [
            standard_error((float(low[series]), float(high[series]))) for low, high in intervals
        ]
        errors[series] = (now - before) / max(sqrt(pair[0] ** 2 + pair[1] ** 2), 1.0)
    return np.clip(errors, -_MOST_ERRORS, _MOST_ERRORS)
