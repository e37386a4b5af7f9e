"""The findings of the whole edition: which slices changed, one row a cause, the gravest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from insights_reports.edition.aims import own_targets
from insights_reports.edition.baselines import Remembered
from insights_reports.edition.cases import Group
from insights_reports.edition.contributions import Shares, points
from insights_reports.edition.document import Finding, FindingLine
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import MEASURES, Judging, judge_edition
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.reasons import what, with_usual
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.targets import target_word
from insights_reports.edition.values import (
    ChangeVerdict,
    Figure,
    Judged,
    Metric,
    Name,
    Phrase,
    Value,
)
from insights_reports.metrics.splits import UNKNOWN

_ORDER = (
    Metric.FAILURE_RATE,
    Metric.TIME_TO_RECOVERY,
    Metric.LEAD_TIME,
    Metric.DEPLOYMENT_FREQUENCY,
)
_WHOLE = 0.9  # of all deployments: a slice that holds as many is the whole under another name
_CAUSES = 3  # findings that are taken out, one after the other, to explain another one


@dataclass
class Outside:
    """A slice with its measures that lie outside, the gravest first."""

    part: SplitPart
    series: int
    metrics: list[Metric]
    causes: list[Phrase] = field(default_factory=list)

    @property
    def worse(self) -> int:
        words = [self._judged(metric).verdict for metric in self.metrics]
        return sum(word in (ChangeVerdict.WORSE, ChangeVerdict.FEWER) for word in words)

    @property
    def missed(self) -> bool:
        """Whether one of its measures misses a target of the slice's own."""
        part = self.part
        own = own_targets(part.facts, part.slices).get(self.series, {})
        return any(
            target_word(part.judging, part.facts, part.slices, self.series, metric, target).met
            is False
            for metric, target in own.items()
            if metric in self.metrics
        )

    @property
    def farthest(self) -> float:
        return max(abs(self._judged(metric).distance or 0.0) for metric in self.metrics)

    @property
    def numbers(self) -> tuple[object, ...]:
        """Equal for one slice seen in two splits: a group of one project is that project."""
        return _numbers(self.part.facts, self.part.slices, self.series)

    def _judged(self, metric: Metric) -> Judged:
        return self.part.said(self.series, metric)

    @property
    def is_whole(self) -> bool:
        """Whether it holds nearly all deployments: the whole under another name."""
        facts, now = self.part.facts, self.part.facts.windows.now
        total = int(facts.whole.column("total", now)[0])
        own = int(self.part.slices.column("total", now)[self.series])
        return bool(total) and own >= _WHOLE * total


def _numbers(facts: Facts, slices: Slices, series: int) -> tuple[object, ...]:
    now = facts.windows.now
    figures = [slices.figure(series, now, metric, STATISTICS[metric]) for metric in MEASURES]
    return tuple((figure.metric, figure.value, figure.n) for figure in figures)


def outside(part: SplitPart) -> list[Outside]:
    """The slices of one split that changed; none that nobody can name."""
    found = []
    for series in part.order:
        metrics = [metric for metric in _ORDER if part.said(series, metric).verdict.outside]
        if metrics and part.slices.keys[series] != UNKNOWN:
            metrics.sort(key=lambda m: _gravity(part, series, m))
            found.append(Outside(part, series, metrics))
    return found


def _gravity(part: SplitPart, series: int, metric: Metric) -> tuple[int, int]:
    word = part.said(series, metric).verdict
    grave = {
        ChangeVerdict.WORSE: 0,
        ChangeVerdict.FEWER: 1,
        ChangeVerdict.BETTER: 2,
        ChangeVerdict.MORE: 3,
    }
    return grave[word], _ORDER.index(metric)


def rank(found: Outside) -> tuple[int, bool, float]:
    """The smaller, the graver: by the number of worse measures; a missed target of its own before
    none; then by the distance."""
    return -found.worse, not found.missed, -found.farthest


@dataclass(frozen=True)
class Findings:
    """The rows, and by which slices others are explained: by their anchor and series."""

    rows: tuple[Finding, ...] = ()
    explained: Mapping[tuple[str, int], tuple[Phrase | Name, ...]] = field(default_factory=dict)


def findings(
    parts: Sequence[SplitPart], judging: Judging, shares: Mapping[str, Shares | None]
) -> Findings:
    """The findings of all splits, those of the first split first where two are one cause."""
    if not parts:
        return Findings()
    changed = [each for part in parts for each in outside(part) if not each.is_whole]
    first = sorted((each for each in changed if each.part is parts[0]), key=rank)
    others = [each for each in changed if each.part is not parts[0]]
    causes = _Causes(first, judging)
    kept: list[Outside] = list(first)
    seen = {each.numbers for each in first} | {_numbers(parts[0].facts, parts[0].facts.whole, 0)}
    explained: dict[tuple[str, int], tuple[Phrase | Name, ...]] = {}
    for each in others:
        numbers = causes.needed(each)
        if numbers:
            explained[each.part.anchor, each.series] = causes.names(max(numbers.values()))
        if each.numbers in seen:
            continue
        seen.add(each.numbers)
        if numbers:
            causes.tell(each, numbers)
        else:
            kept.append(each)
    kept.sort(key=lambda each: _row_rank(each, parts[0]))
    rows = tuple(_finding(each, shares.get(each.part.anchor)) for each in kept)
    return Findings(rows, explained)


def _row_rank(found: Outside, first: SplitPart) -> tuple[int, bool, bool, float]:
    """By gravity; of what became better the first split first."""
    worse, met, distance = rank(found)
    return worse, not found.worse and found.part is not first, met, distance


@dataclass
class _Causes:
    """Explains what lies outside by the findings of the first split."""

    first: list[Outside]
    judging: Judging
    _without: dict[tuple[str, int], tuple[Group, Judging]] = field(default_factory=dict)

    def needed(self, found: Outside) -> dict[Metric, int]:
        """Without how many of the first findings' slices each measure of a slice is as usual; {}
        where one is not."""
        numbers = {metric: self._by(found, metric) for metric in found.metrics}
        known = {metric: number for metric, number in numbers.items() if number is not None}
        return known if len(known) == len(numbers) else {}

    def names(self, number: int) -> tuple[Phrase | Name, ...]:
        """The slices of the first few findings."""
        return tuple(each.part.label(each.series) for each in self.first[:number])

    def tell(self, found: Outside, numbers: Mapping[Metric, int]) -> None:
        """Each measure in the row of the last finding that it needs."""
        for metric, number in numbers.items():
            group, _ = self._judged_without(found.part, number)
            self.first[number - 1].causes.append(_same_cause(found, group, metric, number))

    def _by(self, found: Outside, metric: Metric) -> int | None:
        """Without how many of the first findings' slices a measure is as usual."""
        before = found.part.said(found.series, metric)
        for number in range(1, min(len(self.first), _CAUSES) + 1):
            _, again = self._judged_without(found.part, number)
            judgement = again.answer(0, found.series, metric).judgement
            if not judgement.called or str(judgement.side) != before.side:
                return number
        return None

    def _judged_without(self, part: SplitPart, number: int) -> tuple[Group, Judging]:
        key = part.anchor, number
        if key not in self._without:
            chosen = _left(part.facts, self.first[:number])
            group = Group(part.facts, part.slices, chosen)
            rules = part.facts.settings.rules
            memory = Remembered(self.judging.baselines())
            self._without[key] = (group, judge_edition([group], memory, rules))
        return self._without[key]


def _left(facts: Facts, some: Sequence[Outside]) -> NDArray[np.bool_]:
    """The deployments that are in none of these slices. Slices are told by the objects they are of,
    in whatever scope they were found."""
    left = np.ones(len(facts.days), dtype=np.bool_)
    for each in some:
        slices = each.part.slices
        own = facts.slices(slices.split, slices.tag_set)
        key = slices.keys[each.series]
        if key in own.keys:
            members = facts.members(own)
            left[members.rows[members.series == own.keys.index(key)]] = False
    return left


def _same_cause(found: Outside, group: Group, metric: Metric, number: int) -> Phrase:
    """``Staging: 16.3 % failed, without it 7.8 %``."""
    part = found.part
    now = part.facts.windows.now
    figure = part.slices.figure(found.series, now, metric, STATISTICS[metric])
    values: dict[str, Value] = {
        "slice": part.label(found.series),
        "now": figure,
        "without": _again(group, found.series, metric),
        "these": Phrase("finding.it" if number == 1 else "finding.these"),
    }
    return Phrase(f"finding.same_cause.{metric}", values)


def _again(group: Group, series: int, metric: Metric) -> Figure:
    """The figure of this period without what was left out."""
    last = group.counted.shape[1] - 1
    own = group.counted
    if metric is Metric.FAILURE_RATE:
        total = int(own.total[series, last])
        rate = int(own.failed[series, last]) / total if total else 0.0
        return Figure(metric, STATISTICS[metric], rate, total)
    if metric is Metric.DEPLOYMENT_FREQUENCY:
        return Figure(metric, STATISTICS[metric], int(own.total[series, last]))
    values = own.values(metric, series, [last])
    median = round(float(np.median(values))) if values.size else 0
    return Figure(metric, STATISTICS[metric], median, int(values.size))


def _finding(found: Outside, shares: Shares | None) -> Finding:
    part, series = found.part, found.series
    share = None if shares is None else shares.of(series)
    facts = part.facts
    return Finding(
        subject=part.label(series),
        split=part.name,
        anchor=part.anchor,
        document="summary" if facts.settings.layout == "one" else part.name,
        row=part.slices.keys[series],
        measures=tuple(_lines(found)),
        part=None if share is None else points(share),
        same_cause=tuple(found.causes),
    )


def _lines(found: Outside) -> Iterator[FindingLine]:
    part, series, facts = found.part, found.series, found.part.facts
    now, before = facts.windows.now, facts.windows.previous
    for metric in found.metrics:
        judged = part.said(series, metric)
        figure, earlier = (
            part.slices.figure(series, span, metric, STATISTICS[metric]) for span in (now, before)
        )
        text = with_usual(what(facts, part.slices, series, metric), judged)
        yield FindingLine(metric, figure, earlier, judged, text)
