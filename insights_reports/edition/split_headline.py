"""The headline of a document of slices: the gravest change among them, how many others there are;
or that nothing moved, and what is nearest to an end of its range."""

from collections.abc import Mapping, Sequence
from functools import reduce

from insights_reports.edition.findings import Outside, outside, rank
from insights_reports.edition.headline import nearest_end
from insights_reports.edition.judging import MEASURES
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.reasons import what, with_usual
from insights_reports.edition.slices import SplitPart, no_slices
from insights_reports.edition.values import ChangeVerdict, Judged, Metric, Name, Phrase, Value

Explained = Mapping[tuple[str, int], Sequence[Phrase | Name]]


def split_headline(several: tuple[SplitPart, ...], explained: Explained) -> Phrase:
    """One or two sentences on the slices of some parts, which are one split."""
    some = [part for part in several if part.order]
    if not some:
        return no_slices(several[0])
    values = _numbers(several)
    if not values["judged"]:
        key = "no_past" if values["n"] else "only"
        return Phrase(f"headline.split.{key}", values | _largest(some[0]))
    changed = [each for part in several for each in outside(part) if each.series in part.things]
    if not changed:
        return _calm(several, values)
    sentence = _gravest(min(changed, key=rank), explained)
    values["outside"] = len(changed)
    if values["judged"] == 1:
        return sentence
    others = Phrase("headline.split.others", values)
    return Phrase("headline.two", {"first": sentence, "second": others})


def _numbers(several: tuple[SplitPart, ...]) -> dict[str, Value]:
    """How many slices there are, of how many something could be judged, and what they are."""
    every = sum(len(part.things) for part in several)
    judged = sum(part.judged_slices for part in several)
    things = Phrase(f"things.{several[0].name}", {"n": every})
    return {"n": every, "judged": judged, "things": things}


def _largest(part: SplitPart) -> dict[str, Value]:
    """The slice with the most deployments, which are so many of all."""
    top, now = part.order[0], part.facts.windows.now
    own, every = (each.column("total", now) for each in (part.slices, part.facts.whole))
    return {"top": part.label(top), "count": int(own[top]), "total": int(every[0])}


def _gravest(found: Outside, explained: Explained) -> Phrase:
    part, metric = found.part, found.metrics[0]
    judged = part.said(found.series, metric)
    said = with_usual(what(part.facts, part.slices, found.series, metric), judged)
    causes = explained.get((part.anchor, found.series))
    if causes:
        said = Phrase("headline.split.without", {"what": said, "causes": _listed(causes)})
    values: dict[str, Value] = {"slice": part.label(found.series), "what": said}
    return Phrase(f"headline.split.{metric}.{_turn(judged)}", values)


def _turn(judged: Judged) -> str:
    return "rose" if judged.side == "high" else "fell"


def _listed(names: Sequence[Phrase | Name]) -> Phrase | Name:
    """``Checkout``, ``Checkout and Billing``."""
    return reduce(lambda a, b: Phrase("headline.split.and", {"first": a, "second": b}), names)


def _calm(several: tuple[SplitPart, ...], values: dict[str, Value]) -> Phrase:
    sentence = Phrase("headline.split.calm", values)
    near = [each for part in several for each in _near(part)]
    if not near:
        return sentence
    _, nearest = max(near, key=lambda each: each[0])
    return Phrase("headline.two", {"first": sentence, "second": nearest})


def _near(part: SplitPart) -> list[tuple[float, Phrase]]:
    """How near each measure that is as usual lies to an end of its range, and what is said."""
    asked = [(series, metric) for series in sorted(part.things) for metric in MEASURES]
    return [each for series, metric in asked for each in _how_near(part, series, metric)]


def _how_near(part: SplitPart, series: int, metric: Metric) -> list[tuple[float, Phrase]]:
    judged, now = part.said(series, metric), part.facts.windows.now
    end = nearest_end(judged) if judged.verdict is ChangeVerdict.USUAL else None
    figure = part.slices.figure(series, now, metric, STATISTICS[metric])
    if end is None or figure.value is None:
        return []
    values: dict[str, Value] = {
        "slice": part.label(series),
        "metric": Phrase(f"months.measure.{metric}"),
        "now": figure,
        "usual": end,
    }
    return [(abs(judged.distance or 0.0), Phrase("headline.split.nearest", values))]
