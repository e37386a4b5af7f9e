"""What is said of a figure and its target: met or missed, by how much, how often, and whether the
process will meet it as it is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from insights_reports.edition.cases import KINDS, Group
from insights_reports.edition.comparing import up_is_good
from insights_reports.edition.counted import DURATIONS
from insights_reports.edition.document import TargetWord
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import Judging
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.values import ChangeVerdict, Figure, Metric, Phrase, Span, Statistic
from insights_reports.judgement import MeasureKind, Observed, assurance, coming_range

SPARK = 12
"""How many periods a sparkline has, and a target is counted over."""

_FEW, _FEW_FAILURES = 30, 5


def last_periods(facts: Facts) -> tuple[Span, ...]:
    """The last twelve, without those before the first known deployment."""
    *earlier, now = facts.windows.periods[-SPARK:]
    return (*(span for span in earlier if facts.whole.known(span)), now)


def target_word(
    judging: Judging, facts: Facts, slices: Slices, series: int, metric: Metric, target: float
) -> TargetWord:
    """The figure of one series beside its target, in its own unit."""
    statistic = STATISTICS[metric]
    if metric is Metric.DEPLOYMENT_FREQUENCY:
        statistic = Statistic.PER_WEEK
    *_, now = every = [
        slices.figure(series, span, metric, statistic) for span in last_periods(facts)
    ]
    verdict = judging.of(facts, slices, series, metric).verdict
    few = verdict is ChangeVerdict.TOO_FEW or (metric is Metric.FAILURE_RATE and _sparse(now))
    return _word(
        now, target, every, _assurance(judging, facts, slices, series, metric, target), few
    )


def _sparse(rate: Figure) -> bool:
    """Whether a rate is of so few that one failure more or less would decide on its target."""
    n = rate.n or 0
    return n < _FEW and (rate.value or 0) * n < _FEW_FAILURES


def _word(
    now: Figure, target: float, every: Sequence[Figure], assured: Phrase | None, few: bool
) -> TargetWord:
    good = up_is_good(now.metric)
    limit = Figure(now.metric, now.statistic, target)
    known = [each.value for each in every if each.value is not None]
    met = None if few else _met(now.value, target, up_is_good=good)
    missed = None
    if met is False and now.value is not None:
        missed = replace(limit, value=abs(now.value - target))
    times = sum(_met(value, target, up_is_good=good) is True for value in known)
    return TargetWord(limit, met, missed, (times, len(known)), assured)


def _met(value: float | None, target: float, *, up_is_good: bool) -> bool | None:
    if value is None:
        return None
    return value >= target if up_is_good else value <= target


def _assurance(
    judging: Judging, facts: Facts, slices: Slices, series: int, metric: Metric, target: float
) -> Phrase | None:
    """By the range at the usual size of a period: what it would hold if all goes on as it did."""
    group = judging.group(facts, slices)
    asked = judging.answer(group, series, metric).asked
    kind, baseline, recent = KINDS[metric], asked.case.baseline, asked.case.recent
    if metric is not Metric.FAILURE_RATE:
        names = {period.name for period in baseline}
        recent = tuple(_against(judging.groups[group], series, metric, target))
        baseline = tuple(period for period in recent if period.name in names)
        kind, target = (
            (MeasureKind.SHARE, 0.5) if metric in DURATIONS else (MeasureKind.COUNT, target / 7)
        )
    usual = coming_range(kind, baseline, recent)
    if usual is None:
        return None
    return Phrase(f"assurance.{assurance(usual, target, up_is_good=up_is_good(metric))}")


def _against(own: Group, series: int, metric: Metric, target: float) -> Iterator[Observed]:
    """The periods in the data as the target counts them: of a median the values above it, which are
    at most half where it is met; else what succeeded, on all days."""
    counted = own.counted
    for at, span in enumerate(own.facts.past):
        if metric in DURATIONS:
            values = counted.values(metric, series, [at])
            count, exposure = int((values > target).sum()), len(values)
        else:
            count = int((counted.total - counted.failed)[series, at])
            exposure = (span.end - span.start).days
        yield Observed(count, exposure, span.name, bool(own.exposure[1][series, at]))
