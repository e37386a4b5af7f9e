"""What is said of a figure and its target: met or missed, by how much, how often, and whether the
process will meet it as it is."""

from collections.abc import Sequence
from dataclasses import replace

from insights_reports.edition.cases import KINDS, Asked
from insights_reports.edition.comparing import up_is_good
from insights_reports.edition.document import TargetWord
from insights_reports.edition.values import ChangeVerdict, Figure, Metric, Phrase
from insights_reports.judgement import MeasureKind, assurance, coming_range


def target_word(
    figure: Figure, target: float, spark: Sequence[Figure], verdict: ChangeVerdict, asked: Asked
) -> TargetWord:
    """``figure`` beside its target, in its own unit; counted over the periods of ``spark``."""
    good = up_is_good(figure.metric)
    limit = Figure(figure.metric, figure.statistic, target)
    known = [each.value for each in spark if each.value is not None]
    met = None if verdict is ChangeVerdict.TOO_FEW else _met(figure.value, target, up_is_good=good)
    missed = None
    if met is False and figure.value is not None:
        missed = replace(limit, value=abs(figure.value - target))
    times = sum(_met(value, target, up_is_good=good) is True for value in known)
    return TargetWord(limit, met, missed, (times, len(known)), _assurance(figure, target, asked))


def _met(value: float | None, target: float, *, up_is_good: bool) -> bool | None:
    if value is None:
        return None
    return value >= target if up_is_good else value <= target


def _assurance(figure: Figure, target: float, asked: Asked) -> Phrase | None:
    """By the range at the usual size of a period; of medians nothing is said, because the counts
    that are remembered are those above the baseline's median, not above the target."""
    kind = KINDS[figure.metric]
    if kind is MeasureKind.MEDIAN:
        return None
    usual = coming_range(kind, asked.case.baseline, asked.case.recent)
    if usual is None:
        return None
    weekly = target / 7 if figure.metric is Metric.DEPLOYMENT_FREQUENCY else target
    word = assurance(usual, weekly, up_is_good=up_is_good(figure.metric))
    return Phrase(f"assurance.{word}")
