"""Judgements by the rules of a named set on process-behaviour limits of a baseline that stays."""

from collections.abc import Sequence
from math import ceil, floor

from insights_reports.judgement import (
    Case,
    ExpectedRange,
    Judgement,
    MeasureKind,
    Observed,
    Rule,
    Verdict,
    judge_on_chart,
    locked_xmr,
)

_NEARLY = 1e-9  # a limit of 3 counts that floating point makes 2.999…


def judge_by_chart(cases: Sequence[Case], rules: str) -> list[Judgement]:
    """The verdict on the last period of each case by ``western`` or ``mdc``.

    Values are counts by exposure: shares, deployments a day, values above the old median.
    """
    return [_judged(case, rules) for case in cases]


def _judged(case: Case, rules: str) -> Judgement:
    if case.recent[-1].special:
        return Judgement(Verdict.SPECIAL, len(case.baseline))
    known = {period.name for period in case.baseline}
    later = [each for each in case.recent if each.usable and each.name not in known]
    last = case.recent[-1]
    values = [_value(each) for each in (*case.baseline, *later)]
    if not last.usable:
        values.append(None)
    baseline = slice(0, len(case.baseline))
    verdict, signal = judge_on_chart(values, baseline, rules, up_is_good=case.up_is_good, least=0.0)
    limits = locked_xmr(values, baseline, rules, least=0.0)
    usual = None
    if limits is not None and last.usable:
        high = limits.upper if case.kind is MeasureKind.COUNT else min(limits.upper, 1.0)
        usual = ExpectedRange(
            ceil(limits.lower * last.exposure - _NEARLY),
            floor(high * last.exposure + _NEARLY),
            last.exposure,
            limits.centre,
        )
    called = () if signal is None else (Rule.THIS if signal.rule == "outside" else Rule.LASTING,)
    side = None if signal is None else signal.side
    return Judgement(verdict, len(case.baseline), called, side, usual)


def _value(period: Observed) -> float | None:
    return period.count / period.exposure if period.usable else None
