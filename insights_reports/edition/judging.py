"""The judgements of an edition: every measure of every series, by one engine, in one pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from insights_reports.edition.aims import own_targets
from insights_reports.edition.baselines import Remembered
from insights_reports.edition.by_chart import judge_by_chart
from insights_reports.edition.cases import Asked, Group, asked
from insights_reports.edition.counted import DURATIONS, Counted, counted
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.range_ends import Quantile, ends, quantiles_of, true_ends
from insights_reports.edition.told import told
from insights_reports.edition.values import (
    ChangeVerdict,
    Judged,
    Metric,
    Since,
    Usual,
)
from insights_reports.judgement import (
    Baseline,
    Case,
    Family,
    Judgement,
    Proposal,
    Rule,
    Side,
    SliceStanding,
    family,
    judge_all,
    proposal,
    proposal_within,
    since,
)
from insights_reports.judgement import Verdict as Word
from insights_reports.metrics import interval_starts

MEASURES = (
    Metric.DEPLOYMENT_FREQUENCY,
    Metric.LEAD_TIME,
    Metric.TIME_TO_RECOVERY,
    Metric.FAILURE_RATE,
)
_HALF_WEEK = timedelta(days=3)
_LARGE = 30  # values from which on nobody is told that there are too few
_WORDS = {
    Word.USUAL: ChangeVerdict.USUAL,
    Word.TOO_FEW: ChangeVerdict.TOO_FEW,
    Word.NO_DEPLOYMENTS: ChangeVerdict.TOO_FEW,
    Word.TOO_SHORT: ChangeVerdict.TOO_SHORT,
    Word.NOTHING_TO_COMPARE: ChangeVerdict.NOTHING_TO_COMPARE,
    Word.SPECIAL: ChangeVerdict.SPECIAL,
    Word.WORSE: ChangeVerdict.WORSE,
    Word.BETTER: ChangeVerdict.BETTER,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The engine's judgement, with its question and the standing among the slices beside it."""

    asked: Asked
    judgement: Judgement
    standing: SliceStanding


@dataclass
class Judging:
    """The judgements on the series of some groups, each of which is one split."""

    groups: list[Group]
    rules: str = "range"
    answers: dict[tuple[int, Metric], list[Answer]] = field(default_factory=dict)
    families: dict[tuple[int, Metric], Family] = field(default_factory=dict)
    _weeks: dict[int, tuple[list[date], Counted]] = field(default_factory=dict)
    _judged: dict[tuple[int, int, Metric], Judged] = field(default_factory=dict)

    def group(self, facts: Facts, slices: Slices) -> int:
        """The number of the group of these series."""
        return next(
            at
            for at, each in enumerate(self.groups)
            if each.slices is slices and each.facts is facts
        )

    def of(self, facts: Facts, slices: Slices, series: int, metric: Metric) -> Judged:
        """What is said of one measure of one series in this period."""
        return self.at(self.group(facts, slices), series, metric)

    def at(self, group: int, series: int, metric: Metric) -> Judged:
        key = group, series, metric
        if key not in self._judged:
            self._judged[key] = self._made(group, series, metric)
        return self._judged[key]

    def answer(self, group: int, series: int, metric: Metric) -> Answer:
        return self.answers[group, metric][series]

    def quantiles(
        self, group: int, series: int, metric: Metric, baseline: Baseline
    ) -> "Quantile | None":
        """The quantiles of a baseline of a median; None for other measures."""
        if metric not in DURATIONS:
            return None
        return quantiles_of(self.groups[group], series, metric, baseline)

    def baselines(self) -> dict[str, Baseline]:
        """All baselines by their keys, to be remembered."""
        every = (answer.asked for answers in self.answers.values() for answer in answers)
        return {
            each.key: replace(each.baseline, rules=self.rules)
            for each in every
            if each.baseline.periods
        }

    def proposals(self) -> dict[str, Proposal]:
        """The new levels that somebody may accept, by the keys of their baselines."""
        found = {}
        for (group, metric), answers in self.answers.items():
            for series, answer in enumerate(answers):
                made = self._proposal(group, series, metric, answer)
                if made is not None:
                    found[answer.asked.key] = made
        return found

    def _proposal(self, group: int, series: int, metric: Metric, answer: Answer) -> Proposal | None:
        if Rule.LASTING not in answer.judgement.rules:
            whole = self.groups[group].slices.split == "None"
            return proposal_within(answer.asked.baseline) if whole else None
        when = self.at(group, series, metric).since
        spans = {span.name: span.start for span in self.groups[group].facts.past}
        case = answer.asked.case
        periods = [
            (spans[each.name], each.name, each.count, each.exposure)
            for each in (*answer.asked.before, case.recent[-1])
            if each.name in spans
        ]
        if when is None or not periods:
            return None
        return proposal(answer.asked.baseline, answer.judgement, periods, when.week)

    def _made(self, group: int, series: int, metric: Metric) -> Judged:
        answer, own = self.answer(group, series, metric), self.groups[group]
        judgement = answer.judgement
        verdict = self.word(group, series, metric)
        side = None if judgement.side is None else str(judgement.side)
        outside = verdict.outside or verdict is ChangeVerdict.LOOK
        usual = _usual(own, series, metric, answer)
        return Judged(
            verdict=verdict,
            side=side if outside else None,  # type: ignore[arg-type]
            usual=usual,
            since=self._since(group, series, metric, answer) if outside else None,
            lasting=Rule.LASTING in judgement.rules,
            counted=told(own, series, metric, answer.asked, judgement, verdict, usual),
            distance=_distance(judgement),
        )

    def word(self, group: int, series: int, metric: Metric) -> ChangeVerdict:
        """The verdict alone."""
        return self._verdict(group, metric, self.answer(group, series, metric))

    def _verdict(self, group: int, metric: Metric, answer: Answer) -> ChangeVerdict:
        """The word; among slices only what is called changed has a colour, and of deployments it
        is neither good nor bad."""
        judgement, whole = answer.judgement, self.groups[group].slices.split == "None"
        word = _WORDS[judgement.verdict]
        if word is ChangeVerdict.TOO_FEW and answer.asked.case.recent[-1].exposure >= _LARGE:
            return ChangeVerdict.USUAL
        if not judgement.called or whole:
            return word
        if answer.standing is SliceStanding.WORTH_A_LOOK:
            return ChangeVerdict.LOOK
        if metric is Metric.DEPLOYMENT_FREQUENCY:
            return ChangeVerdict.MORE if judgement.side is Side.HIGH else ChangeVerdict.FEWER
        return word

    def _since(self, group: int, series: int, metric: Metric, answer: Answer) -> Since | None:
        """When the change began. A change that is not called lasting is dated among the weeks that
        lie in the period with most of their days."""
        case, judgement = answer.asked.case, answer.judgement
        facts = self.groups[group].facts
        baseline = [period for period in case.baseline if period.usable]
        if judgement.side is None or not baseline:
            return None
        lasting = Rule.LASTING in judgement.rules
        first = self._first_of_eight(facts, case) if lasting else facts.windows.now.start
        starts, weekly = self.weekly(group)
        counts, exposures = weekly_counts(
            self.groups[group], weekly, series, metric, answer.asked.baseline.median, starts
        )
        weeks = list(zip(starts, counts, exposures, strict=True))
        if not lasting:
            weeks = [week for week in weeks if week[0] + _HALF_WEEK >= facts.windows.now.start]
        found = since(case.kind, baseline, weeks, side=judgement.side, first_of_eight=first)
        if found is None or not (lasting or found.exact):
            return None
        return Since(found.week, found.earliest, found.latest, found.exact)

    def _first_of_eight(self, facts: Facts, case: Case) -> date:
        starts = {span.name: span.start for span in facts.past}
        usable = [period for period in case.recent if period.usable][-8:]
        return starts.get(usable[0].name, facts.windows.now.start)

    def weekly(self, group: int) -> tuple[list[date], Counted]:
        """The whole weeks up to the end of the period, and what was counted in them."""
        if group not in self._weeks:
            own = self.groups[group]
            facts = own.facts
            starts = _whole_weeks(facts)
            end = starts[-1] + timedelta(weeks=1) if starts else facts.windows.now.start
            self._weeks[group] = (starts, counted(facts, own.slices, starts, end, own.chosen))
        return self._weeks[group]


def _whole_weeks(facts: Facts) -> list[date]:
    end, first = facts.windows.now.end, facts.past[0].start
    start = facts.settings.conventions.week_start
    weeks = interval_starts(first, end, "Weekly", start) if first < end else ()
    return [week for week in weeks if week >= first and week + timedelta(weeks=1) <= end]


def weekly_counts(
    group: Group,
    weekly: Counted,
    series: int,
    metric: Metric,
    median: float | None,
    starts: Sequence[date],
) -> tuple[list[float], list[float]]:
    """Of each week what is counted of a measure, and of how much: deployments, values or open
    days."""
    if metric in DURATIONS:
        medians = np.full(weekly.shape[0], median or 0.0)
        above = weekly.above(metric, medians)[series]
        return above.tolist(), weekly.sizes(metric)[series].astype(float).tolist()
    if metric is Metric.DEPLOYMENT_FREQUENCY:
        return weekly.opened[series].astype(float).tolist(), _open(group, series, starts)
    total = weekly.total[series].astype(float)
    part = weekly.failed if metric is Metric.FAILURE_RATE else weekly.rework
    return part[series].astype(float).tolist(), total.tolist()


def _open(group: Group, series: int, weeks: Sequence[date]) -> list[float]:
    """The days of each week on which deployments of a series could be expected."""
    if group.calendars is None:
        return [7.0] * len(weeks)
    calendar = group.calendars.of(series)
    offsets = np.arange(7).astype("timedelta64[D]")
    days = np.array(weeks, dtype="datetime64[D]")[:, None] + offsets
    return [float(n) for n in calendar.open(days.ravel()).reshape(days.shape).sum(axis=1)]


def judge_edition(groups: Sequence[Group], remembered: Remembered, rules: str) -> Judging:
    """All measures of all series of these groups; rework of the whole alone."""
    judging = Judging(list(groups), rules)
    questions = [
        (at, metric, asked(group, metric, remembered))
        for at, group in enumerate(groups)
        for metric in _measures(group)
    ]
    cases = [each.case for _, _, some in questions for each in some]
    answered = iter(judge_all(cases) if rules == "range" else judge_by_chart(cases, rules))
    for at, metric, some in questions:
        own = [next(answered) for _ in some]
        judging.answers[at, metric] = list(
            _answers(judging, at, metric, some, own, by_chart=rules != "range")
        )
    return judging


def _measures(group: Group) -> tuple[Metric, ...]:
    whole = group.slices.split == "None"
    return (*MEASURES, Metric.REWORK_RATE) if whole else MEASURES


def _answers(
    judging: Judging,
    at: int,
    metric: Metric,
    some: Sequence[Asked],
    judgements: Sequence[Judgement],
    *,
    by_chart: bool,
) -> Iterator[Answer]:
    """Each with its standing: the whole is judged alone, and so are slices with a target of their
    own; the others of a split together."""
    group, every = judging.groups[at], range(len(judgements))
    own = own_targets(group.facts, group.slices)
    alone = {series for series in every if by_chart or metric in own.get(series, ())}
    if group.slices.split == "None":
        alone = set(every)
    together = [series for series in every if series not in alone]
    found: dict[int, SliceStanding] = {}
    if together:
        judging.families[at, metric] = family([judgements[series] for series in together])
        found = dict(zip(together, judging.families[at, metric].standings, strict=True))
    for series, (question, judgement) in enumerate(zip(some, judgements, strict=True)):
        called = SliceStanding.CHANGED if judgement.called else SliceStanding.NOTHING
        yield Answer(question, judgement, found.get(series, called))


def _distance(judgement: Judgement) -> float | None:
    """How far the period lies from the middle of its range, in halves of it."""
    if judgement.range is None or judgement.this is None:
        return None
    low, high = judgement.range.low - 0.5, judgement.range.high + 0.5
    return (judgement.this.count - (low + high) / 2) / ((high - low) / 2)


def _usual(group: Group, series: int, metric: Metric, answer: Answer) -> Usual | None:
    judgement = answer.judgement
    if judgement.range is None:
        return None
    baseline = answer.asked.baseline
    quantile = quantiles_of(group, series, metric, baseline) if metric in DURATIONS else None
    low, high = ends(metric, judgement.range, quantile, int(group.counted.closed[series, -1]))
    if metric in DURATIONS:
        low, high = true_ends(group, series, metric, judgement, (low, high))
    return Usual(low, high, judgement.known, judgement.known < 20)
