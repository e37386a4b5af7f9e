"""Which baseline each series and measure is judged by: remembered, grown, restarted or formed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from insights_reports.edition.values import Metric
from insights_reports.judgement import (
    Baseline,
    Case,
    MeasureKind,
    Observed,
    Rule,
    form,
    grown,
    judge_all,
    restarted,
    usable,
)
from insights_reports.judgement.ranges import FEWEST
from insights_reports.metrics import Period


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of one measure of a series: its baseline begins anew with the period
    ``start`` (a name such as 2026-10)."""

    start: str
    reason: str
    who: str
    when: date


@dataclass(frozen=True, slots=True)
class Remembered:
    """What earlier editions were judged by, and what was decided since, by the key of the series
    and measure (`baseline_key`)."""

    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)


def baseline_key(kind: str, scope: str, split: str, series: str, metric: Metric) -> str:
    """``month/Production/Project/Projects-1/failure_rate``: kind of period, scope, split (of a tag
    set ``TenantTagSet:TagSets-1``), the key of the series, and the measure."""
    return "/".join((kind, scope, split, series, str(metric)))


@dataclass(frozen=True, slots=True)
class KnownPeriods:
    """One measure of one series: the usable periods before the judged one, oldest first, and where
    each begins."""

    key: str
    kind: MeasureKind
    before: tuple[Observed, ...]
    up_is_good: bool


def chosen(
    known: Sequence[KnownPeriods], remembered: Remembered, starts: Mapping[str, date], now: date
) -> list[Baseline]:
    """The baseline of each share or count.

    Args:
        starts: the first day of each period by its name.
        now: the first day of the judged period; a remembered baseline that reaches into it, or
            beyond, is of a later edition and not used.
    """
    kept = [_kept(each, remembered, starts, now) for each in known]
    later = [
        _later(each.before, baseline, starts) if baseline is not None else ()
        for each, baseline in zip(known, kept, strict=True)
    ]
    held = _held(known, kept, later)
    return [
        _decided(each, baseline, since, stands, remembered, starts, now)
        for each, baseline, since, stands in zip(known, kept, later, held, strict=True)
    ]


def _kept(
    known: KnownPeriods, remembered: Remembered, starts: Mapping[str, date], now: date
) -> Baseline | None:
    """The remembered baseline, if it is of this kind and of before the judged period."""
    baseline = remembered.baselines.get(known.key)
    if baseline is None or baseline.kind is not known.kind or not baseline.periods:
        return None
    return baseline if _start(baseline.periods[-1].name, starts) < now else None


def _start(name: str, starts: Mapping[str, date]) -> date:
    return starts[name] if name in starts else Period.parse(name).start


def _later(
    before: Sequence[Observed], baseline: Baseline, starts: Mapping[str, date]
) -> tuple[Observed, ...]:
    """The usable periods after the last of a baseline."""
    last = _start(baseline.periods[-1].name, starts)
    return tuple(period for period in before if _start(period.name, starts) > last)


def _held(
    known: Sequence[KnownPeriods],
    kept: Sequence[Baseline | None],
    later: Sequence[tuple[Observed, ...]],
) -> list[bool]:
    """Whether a lasting change stood at the period before the judged one: until somebody decides
    on it, its baseline does not grow."""
    held = [False] * len(known)
    asked = [
        at for at, baseline in enumerate(kept) if baseline and not baseline.locked and later[at]
    ]
    cases = [
        Case(known[at].kind, kept[at].periods, known[at].before, known[at].up_is_good)  # type: ignore[union-attr]
        for at in asked
    ]
    for at, judgement in zip(asked, judge_all(cases), strict=True):
        held[at] = Rule.LASTING in judgement.rules
    return held


def _decided(
    known: KnownPeriods,
    kept: Baseline | None,
    later: Sequence[Observed],
    held: bool,
    remembered: Remembered,
    starts: Mapping[str, date],
    now: date,
) -> Baseline:
    """The baseline with what was decided: it restarts as soon as there are enough new periods, and
    until then stays as it is."""
    decision = remembered.decisions.get(known.key)
    if decision is not None and not follows(kept, decision, starts):
        first = _start(decision.start, starts)
        new = [period for period in known.before if _start(period.name, starts) >= first]
        if len(new) >= FEWEST:
            return restarted(form(known.kind, new, now), decision.who, decision.reason, kept)
        held = True
    if kept is None:
        return form(known.kind, known.before, now)
    return grown(kept, later, held=held)


def follows(kept: Baseline | None, decision: Decision, starts: Mapping[str, date]) -> bool:
    """Whether a baseline is already the one that was decided."""
    if kept is None or kept.accepted_by is None:
        return False
    return _start(kept.periods[0].name, starts) >= _start(decision.start, starts)


def usable_before(kind: MeasureKind, periods: Sequence[Observed]) -> tuple[Observed, ...]:
    """The usable periods before the last, which is the judged one."""
    return tuple(usable(kind, periods[:-1]))


def formed_from(
    key: str, kind: MeasureKind, remembered: Remembered, starts: Mapping[str, date], now: date
) -> tuple[float | None, date | None]:
    """The remembered median of a measure, and the first day from which somebody decided to form
    one that is not formed yet."""
    known = KnownPeriods(key, kind, (), up_is_good=False)
    kept, decision = _kept(known, remembered, starts, now), remembered.decisions.get(key)
    median = None if kept is None else kept.median
    if decision is None or follows(kept, decision, starts):
        return median, None
    return median, _start(decision.start, starts)
