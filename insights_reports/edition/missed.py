"""The targets of single slices that were missed, in one sentence for page one and the mail."""

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import islice

from insights_reports.edition.aims import aims
from insights_reports.edition.judging import MEASURES
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.targets import target_word
from insights_reports.edition.values import Phrase, Value

_SAID = 3  # that are named; the others are counted


def missed_targets(parts: Iterable[SplitPart]) -> Phrase | None:
    """The first few in the order of the configuration, and how many others; None without any.
    Where a period is too few to tell, a target is not missed."""
    every = (each for part in parts for each in _missed(part))
    named = list(islice(every, _SAID))
    if not named:
        return None
    listed = reduce(lambda a, b: Phrase("missed.and", {"first": a, "second": b}), named)
    others = sum(1 for _ in every)
    key = "others" if others else "all"
    return Phrase(f"missed.{key}", {"list": listed, "n": others} if others else {"list": listed})


def _missed(part: SplitPart) -> Iterator[Phrase]:
    facts, slices = part.facts, part.slices
    for wanted, series in aims(facts, slices):
        for metric in (metric for metric in MEASURES if metric in wanted.targets):
            for at in series:
                target = wanted.targets[metric]
                word = target_word(part.judging, facts, slices, at, metric, target)
                if word.met is False:
                    met, of = word.met_of
                    values: dict[str, Value] = {
                        "slice": part.label(at),
                        "metric": Phrase(f"metric.{metric}"),
                        "now": slices.figure(at, facts.windows.now, metric, word.target.statistic),
                        "target": word.target,
                        "met": met,
                        "n": of,
                    }
                    yield Phrase("missed.one", values)
