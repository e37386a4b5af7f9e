"""How the months of a quarter or a year were judged, each by the months before it."""

from collections.abc import Mapping, Sequence
from functools import reduce

from insights_reports.edition.baselines import Remembered
from insights_reports.edition.cases import Group
from insights_reports.edition.facts import Facts
from insights_reports.edition.judging import MEASURES, judge_edition
from insights_reports.edition.slices import SPOKEN
from insights_reports.edition.values import ChangeVerdict, Metric, Phrase, Span, Value
from insights_reports.edition.windows import PAST
from insights_reports.metrics import Period

_LONG = ("quarter", "year")

MonthWords = Mapping[Span, Mapping[Metric, ChangeVerdict]]
"""The word on each measure of page one in each month of the period, oldest first."""


def inside(facts: Facts) -> tuple[Span, ...]:
    """The months of a quarter or a year that are known; () for other periods."""
    if facts.inputs.period.kind not in _LONG:
        return ()
    now = facts.windows.now
    return tuple(span for span in facts.trend if span.start >= now.start and span.end <= now.end)


def month_words(facts: Facts, remembered: Remembered) -> MonthWords:
    """None of a period that is not over."""
    months = () if facts.inputs.partial else inside(facts)
    return {month: _words(facts, month, remembered) for month in months}


def _words(facts: Facts, month: Span, remembered: Remembered) -> Mapping[Metric, ChangeVerdict]:
    before = [Span(p.name, p.start, p.end) for p in Period.parse(month.name).trailing(PAST)]
    known = tuple(span for span in before if facts.whole.known(span))
    group = Group(facts, facts.whole, months=known)
    judging = judge_edition([group], remembered, facts.settings.rules)
    return {metric: judging.word(0, 0, metric) for metric in MEASURES}


def speaks(words: Mapping[Metric, ChangeVerdict]) -> bool:
    """Whether something of a month could be judged."""
    return any(word in SPOKEN for word in words.values())


def any_outside(words: MonthWords) -> bool:
    """Whether something of a month lies outside its usual range."""
    return any(word.outside for own in words.values() for word in own.values())


def outside_in(words: MonthWords) -> Phrase:
    """``By month: worse than usual in September (failures)``; or that nothing lies outside."""
    lists = {"worse": _listed(words, worse=True), "better": _listed(words, worse=False)}
    found: dict[str, Value] = {name: said for name, said in lists.items() if said is not None}
    if found:
        key = "both" if len(found) == len(lists) else next(iter(found))
        return Phrase(f"months.inside.{key}", found)
    every = all(map(speaks, words.values()))
    return Phrase("months.inside.none" if every else "months.inside.none_judged")


def _listed(words: MonthWords, *, worse: bool) -> Phrase | None:
    """The months with something outside on that side, each with what it is."""
    found = []
    for month, own in words.items():
        measures = [
            Phrase(f"months.measure.{metric}")
            for metric, word in own.items()
            if word.outside and (word is ChangeVerdict.WORSE) is worse
        ]
        if measures:
            values: dict[str, Value] = {"period": month, "measures": joined(measures)}
            found.append(Phrase("months.one", values))
    return joined(found) if found else None


def joined(phrases: Sequence[Phrase]) -> Phrase:
    """``one, other``."""
    return reduce(lambda a, b: Phrase("months.and", {"one": a, "other": b}), phrases)
