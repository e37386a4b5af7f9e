"""The findings of the whole edition: which slices changed, one row a cause, the gravest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from insights_reports.edition.baselines import Remembered
from insights_reports.edition.cases import Group
from insights_reports.edition.contributions import Shares, points
from insights_reports.edition.document import Finding, FindingLine
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import MEASURES, STATISTICS, Judging, judge_edition
from insights_reports.edition.reasons import what, with_usual
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.values import ChangeVerdict, Figure, Judged, Metric, Phrase, Value
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
    judging: Judging
    causes: list[Phrase] = field(default_factory=list)

    @property
    def worse(self) -> int:
        words = [self._judged(metric).verdict for metric in self.metrics]
        return sum(word in (ChangeVerdict.WORSE, ChangeVerdict.FEWER) for word in words)

    @property
    def farthest(self) -> float:
        return max(abs(self._judged(metric).distance or 0.0) for metric in self.metrics)

    @property
    def numbers(self) -> tuple[object, ...]:
        """Equal for one slice seen in two splits: a group of one project is that project."""
        return _numbers(self.part.facts, self.part.slices, self.series)

    def _judged(self, metric: Metric) -> Judged:
        return self.judging.of(self.part.facts, self.part.slices, self.series, metric)


def _numbers(facts: Facts, slices: Slices, series: int) -> tuple[object, ...]:
    now = facts.windows.now
    figures = [slices.figure(series, now, metric, STATISTICS[metric]) for metric in MEASURES]
    return tuple((figure.metric, figure.value, figure.n) for figure in figures)


def outside(part: SplitPart, judging: Judging) -> list[Outside]:
    """The slices of one split that changed; none that is the whole, or that nobody can name."""
    facts, slices = part.facts, part.slices
    total = int(facts.whole.column("total", facts.windows.now)[0])
    own = slices.column("total", facts.windows.now)
    found = []
    for series in part.order:
        metrics = [
            metric for metric in _ORDER if judging.of(facts, slices, series, metric).verdict.outside
        ]
        special = slices.keys[series] == UNKNOWN
        if metrics and not special and not (total and own[series] >= _WHOLE * total):
            metrics.sort(key=lambda m: _gravity(judging, part, series, m))
            found.append(Outside(part, series, metrics, judging))
    return found


def _gravity(judging: Judging, part: SplitPart, series: int, metric: Metric) -> tuple[int, int]:
    word = judging.of(part.facts, part.slices, series, metric).verdict
    rank = {
        ChangeVerdict.WORSE: 0,
        ChangeVerdict.FEWER: 1,
        ChangeVerdict.BETTER: 2,
        ChangeVerdict.MORE: 3,
    }
    return rank[word], _ORDER.index(metric)


def findings(
    parts: Sequence[SplitPart], judging: Judging, shares: dict[str, Shares | None]
) -> tuple[Finding, ...]:
    """The findings of all splits, those of the first split first where two are one cause."""
    if not parts:
        return ()
    first = sorted(outside(parts[0], judging), key=lambda each: _rank(each, parts[0]))
    others = [each for part in parts[1:] for each in outside(part, judging)]
    causes = _Causes(first, judging)
    kept: list[Outside] = list(first)
    seen = {each.numbers for each in first} | {_numbers(parts[0].facts, parts[0].facts.whole, 0)}
    for each in others:
        if each.numbers in seen:
            continue
        seen.add(each.numbers)
        if not causes.explain(each):
            kept.append(each)
    kept.sort(key=lambda each: _rank(each, parts[0]))
    return tuple(_finding(each, shares.get(each.part.anchor)) for each in kept)


def _rank(found: Outside, first: SplitPart) -> tuple[int, bool, float]:
    """The number of worse measures, then the distance; of what became better the first split."""
    other = not found.worse and found.part is not first
    return -found.worse, other, -found.farthest


@dataclass
class _Causes:
    """Explains what lies outside by the findings of the first split."""

    first: list[Outside]
    judging: Judging
    _without: dict[tuple[str, int], tuple[Group, Judging]] = field(default_factory=dict)

    def explain(self, found: Outside) -> bool:
        """Whether every measure of a slice is as usual without the first finding's slice, or
        without the first few; then each is told in the row of the last of these."""
        explained = {metric: self._by(found, metric) for metric in found.metrics}
        if any(number is None for number in explained.values()):
            return False
        for metric, number in explained.items():
            if number is not None:
                group, _ = self._judged_without(found.part, number)
                self.first[number - 1].causes.append(_same_cause(found, group, metric, number))
        return True

    def _by(self, found: Outside, metric: Metric) -> int | None:
        """Without how many of the first findings' slices a measure is as usual."""
        before = found.judging.of(found.part.facts, found.part.slices, found.series, metric)
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
        judged = found.judging.of(facts, part.slices, series, metric)
        figure, earlier = (
            part.slices.figure(series, span, metric, STATISTICS[metric]) for span in (now, before)
        )
        text = with_usual(what(facts, part.slices, series, metric), judged)
        yield FindingLine(metric, figure, earlier, judged, text)
