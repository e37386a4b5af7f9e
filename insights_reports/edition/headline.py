"""The headline of a document and the subject of its mail: by gravity, from the figures below.

The gravest clear change first: worse before better; among worse, a missed target before none; then
the distance from the middle of the usual range. Rework never leads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from insights_reports.edition.contributions import Shares, leads
from insights_reports.edition.document import Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.month_words import MonthWords, any_outside, inside, outside_in
from insights_reports.edition.scope import ALL
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.values import (
    ChangeVerdict,
    Day,
    Figure,
    Judged,
    Metric,
    Missing,
    Name,
    Phrase,
    Span,
    Statistic,
    Value,
)

_SPOKEN = 30  # deployments whose rate is said where nothing can be judged
_CLEAR = (ChangeVerdict.WORSE, ChangeVerdict.BETTER)
_VERBS = (  # the ratio below which a verb holds
    (0.30, "fell_far"),
    (0.36, "fell_to_third"),
    (0.47, "fell"),
    (0.53, "halved"),
    (1.0, "fell"),
    (1.9, "rose"),
    (2.1, "doubled"),
    (2.8, "more_than_doubled"),
    (2.95, "almost_tripled"),
    (3.15, "tripled"),
    (3.8, "more_than_tripled"),
)


@dataclass(frozen=True)
class Told:
    """What a headline is made of."""

    facts: Facts
    tiles: Sequence[Tile]
    part: SplitPart | None  # the split whose slices explain the failure rate
    shares: Shares | None
    months: MonthWords = field(default_factory=dict)  # of a quarter or a year

    @property
    def period(self) -> Span:
        period = self.facts.inputs.period
        return Span(period.name, period.start, period.end)

    def tile(self, metric: Metric) -> Tile:
        return next(tile for tile in self.tiles if tile.figure.metric is metric)

    @property
    def changes(self) -> list[Tile]:
        """The clear changes, the gravest first."""
        clear = [
            tile
            for tile in self.tiles
            if tile.verdict in _CLEAR and tile.figure.metric is not Metric.REWORK_RATE
        ]
        return sorted(clear, key=gravity)


def gravity(tile: Tile) -> tuple[bool, bool, bool, float]:
    """The smaller, the graver."""
    missed = tile.target is not None and tile.target.met is False
    failures = tile.figure.metric is Metric.FAILURE_RATE
    worse = tile.verdict is ChangeVerdict.WORSE
    first = missed if worse else failures
    return not worse, not first, False, -abs(tile.judged.distance or 0.0)


def verb(before: float, after: float) -> str:
    """How a rate moved, by the ratio: rose, doubled, tripled, halved, fell."""
    if before <= 0:
        return "rose"
    ratio = after / before
    return next((name for limit, name in _VERBS if ratio < limit), "rose").replace(
        "fell_far", "fell"
    )


def headline(told: Told) -> Phrase:
    """The headline of the summary: at most two sentences."""
    nothing = _nothing(told)
    if nothing is not None:
        return nothing
    changes = told.changes
    if not changes:
        return _calm(told)
    first, rest = changes[0], changes[1:3]
    sentence = _first(told, first)
    disputed = first.stated is not None
    if rest and not disputed:
        second = _second(told, rest)
        sentence = Phrase("headline.two", {"first": sentence, "second": second})
    return _so_far(told, sentence)


def _nothing(told: Told) -> Phrase | None:
    inputs, now = told.facts.inputs, told.facts.windows.now
    if inputs.partial and inputs.complete_days == 0:
        return Phrase("headline.not_begun", {"period": told.period})
    total = told.facts.whole.figure(0, now, Metric.FAILURE_RATE, Statistic.TOTAL)
    if total.missing is Missing.NO_HISTORY:
        return Phrase("headline.no_history", {"period": told.period})
    if not total.value:
        return Phrase("headline.none", {"period": told.period})
    return None


def _so_far(told: Told, sentence: Phrase) -> Phrase:
    inputs = told.facts.inputs
    if not inputs.partial:
        return sentence
    values: dict[str, Value] = {
        "days": inputs.complete_days,
        "period": told.period,
        "rest": sentence,
    }
    return Phrase("headline.so_far", values)


def _first(told: Told, tile: Tile) -> Phrase:
    if tile.figure.metric is Metric.FAILURE_RATE:
        return _failures(told, tile)
    return Phrase("headline.single", {"clause": _clause(told, tile, first=True)})


def _failures(told: Told, tile: Tile) -> Phrase:
    failed, total = (figure.value for figure in tile.extra)
    before = tile.change.before.value
    moved = verb(float(before or 0), float(tile.figure.value or 0))
    if before is None:  # nothing stands before it; the range alone says so
        moved = "rose" if tile.judged.side == "high" else "fell"
    values: dict[str, Value] = {
        "moved": Phrase(f"headline.verb.{moved}"),
        "failed": failed,
        "total": total,
        "rate": _rate(tile),
        "scope": _scope(told, total),
    }
    since = tile.judged.since
    if since is not None and since.exact and tile.verdict is ChangeVerdict.WORSE:
        values["moved"] = Phrase(
            "headline.from", {"moved": values["moved"], "day": Day(since.week)}
        )
    top = top_failures(told)
    if top is None or tile.verdict is not ChangeVerdict.WORSE:
        return Phrase("headline.failures", values)
    return Phrase("headline.failures_of", values | {"count": top[1], "slice": top[0]})


def _rate(tile: Tile) -> Phrase:
    """The rate with its target, and what Octopus states where that is another one."""
    said: Value = tile.figure
    if tile.stated is not None:
        said = Phrase("headline.stated", {"rate": said, "stated": tile.stated})
    if tile.target is None:
        return Phrase("headline.rate", {"rate": said})
    key = "rate_met" if tile.target.met else "rate_target"
    return Phrase(f"headline.{key}", {"rate": said, "target": tile.target.target})


def _scope(told: Told, n: Value = 2) -> Phrase:
    """What is counted: so many deployments, of which environments."""
    if told.facts.scope == ALL:
        return Phrase("headline.of_all", {"n": n})
    if told.facts.scope.casefold() == "production":
        return Phrase("headline.of_production", {"n": n})
    return Phrase("headline.of_scope", {"scope": Name(told.facts.scope), "n": n})


def _place(told: Told) -> Phrase:
    """Where changes go."""
    if told.facts.scope == ALL:
        return Phrase("headline.to_environments")
    if told.facts.scope.casefold() == "production":
        return Phrase("headline.to_production")
    return Phrase("headline.to_scope", {"scope": Name(told.facts.scope)})


def top_failures(told: Told) -> tuple[Phrase | Name, int] | None:
    """The slice that made at least half of the change, and its failures of this period."""
    if told.part is None or told.shares is None:
        return None
    top = leads(told.shares)
    if top is None:
        return None
    series = top[0]
    failed = int(told.part.slices.column("failed", told.facts.windows.now)[series])
    return (told.part.label(series), failed) if failed else None


def _second(told: Told, rest: Sequence[Tile]) -> Phrase:
    clauses = [_clause(told, tile, first=at == 0) for at, tile in enumerate(rest)]
    if len(clauses) == 1:
        return Phrase("headline.single", {"clause": clauses[0]})
    return Phrase("headline.pair", {"first": clauses[0], "second": clauses[1]})


def _clause(told: Told, tile: Tile, *, first: bool) -> Phrase:
    """One change in words; the month of the value before stands in the first clause alone."""
    before = tile.change.before
    key = "first" if first else "next"
    if before.value is None:
        key = f"{key}_alone"
    values: dict[str, Value] = {
        "now": tile.figure,
        "before": before,
        "previous": told.facts.windows.previous,
        "scope": _scope(told),
        "place": _place(told),
    }
    return Phrase(f"headline.{tile.figure.metric}.{key}", values)


def _calm(told: Told) -> Phrase:
    """That nothing moved beyond its usual range, with the figure nearest to an end of it; or that
    nothing can be judged."""
    failures = told.tile(Metric.FAILURE_RATE)
    failed, total = (figure.value for figure in failures.extra)
    values: dict[str, Value] = {
        "total": total,
        "period": told.period,
        "scope": _scope(told, total),
    }
    values["failures"] = _failed(failures, failed)
    key, judged = _calm_key(told), _judged(told)
    if key == "unjudged_before":
        values |= {
            "now": failures.figure,
            "before": failures.before,
            "previous": told.facts.windows.previous,
        }
    sentence = Phrase(f"headline.{key}", values)
    second = _months_outside(told) or _nearest(judged) or (None if judged else _extremes(told))
    if second is not None:
        sentence = Phrase("headline.two", {"first": sentence, "second": second})
    return _so_far(told, sentence)


def _judged(told: Told) -> list[Tile]:
    """What is as usual, and could be judged by this period."""
    usual = (tile for tile in told.tiles if tile.verdict is ChangeVerdict.USUAL)
    return [tile for tile in usual if tile.judged.distance is not None]


def _calm_key(told: Told) -> str:
    """How much could be judged where nothing is outside."""
    judged, failures = _judged(told), told.tile(Metric.FAILURE_RATE)
    if [tile.figure.metric for tile in judged] == [Metric.DEPLOYMENT_FREQUENCY]:
        return "calm_count"
    if judged:
        return "calm"
    before = failures.target is None and _enough(failures)
    return "unjudged_before" if before else "unjudged"


def _nearest(judged: Sequence[Tile]) -> Phrase | None:
    """What lies nearest to an end of its usual range; rework only where nothing else is judged."""
    near = [tile for tile in judged if tile.figure.value is not None and nearest_end(tile.judged)]
    leading = [tile for tile in near if tile.figure.metric is not Metric.REWORK_RATE] or near
    if not leading:
        return None
    nearest = max(leading, key=lambda tile: abs(tile.judged.distance or 0.0))
    values: dict[str, Value] = {
        "metric": Phrase(f"months.measure.{nearest.figure.metric}"),
        "now": nearest.figure,
        "usual": nearest_end(nearest.judged),
    }
    return Phrase("headline.nearest", values)


def _months_outside(told: Told) -> Phrase | None:
    """The months that lie outside though the whole does not, or cannot be judged."""
    if not any_outside(told.months):
        return None
    return Phrase("headline.months_outside", {"what": outside_in(told.months)})


def _extremes(told: Told) -> Phrase | None:
    """The best and the worst of the months of a quarter or a year."""
    asked = (Metric.FAILURE_RATE, Statistic.RATE)
    whole = told.facts.whole
    rates = [(whole.figure(0, span, *asked), span) for span in inside(told.facts)]
    known = sorted((pair for pair in rates if pair[0].value is not None), key=_by_rate)
    if len(known) < 2 or known[0][0].value == known[-1][0].value:
        return None
    (low, best), (high, worst) = known[0], known[-1]
    values: dict[str, Value] = {"best": best, "low": low, "worst": worst, "high": high}
    return Phrase("headline.months", values)


def _by_rate(pair: tuple[Figure, Span]) -> float:
    return float(pair[0].value or 0)


def _enough(tile: Tile) -> bool:
    """Whether the rates of this period and of the one before may stand beside each other."""
    return min(tile.figure.n or 0, tile.before.n or 0) >= _SPOKEN


def _failed(tile: Tile, failed: Value) -> Phrase:
    """How many failed; with the rate and its target where there are enough to judge by it."""
    if tile.target is None or tile.target.met is None:
        return Phrase("headline.failed", {"failed": failed})
    return Phrase("headline.failed_rate", {"failed": failed, "rate": _rate(tile)})


def nearest_end(judged: Judged) -> Phrase | None:
    """The end of the usual range that a value lies nearer to."""
    usual, distance = judged.usual, judged.distance
    if usual is None or distance is None:
        return None
    end: Figure | None = usual.high if distance > 0 else usual.low
    if end is None or (distance < 0 and not end.value):
        return None
    return Phrase("usual.up_to" if distance > 0 else "usual.from", {_ENDS[distance > 0]: end})


_ENDS = {True: "high", False: "low"}


def subject(told: Told) -> Phrase:
    """The gravest change for the subject of a mail."""
    period: dict[str, Value] = {"period": told.period}
    if _nothing(told) is not None:
        return Phrase("subject.report", period)
    changes = told.changes
    if not changes:
        return _calm_subject(told, period)
    tile = changes[0]
    values: dict[str, Value] = period | {
        "now": tile.figure,
        "before": tile.change.before,
        "scope": _scope(told),
    }
    key = f"subject.{tile.figure.metric}"
    if tile.change.before.value is None:
        return Phrase(f"{key}.alone", values)
    top = top_failures(told)
    worse = tile.verdict is ChangeVerdict.WORSE
    if tile.figure.metric is Metric.FAILURE_RATE and top is not None and worse:
        return Phrase("subject.failure_rate.mostly", values | {"slice": top[0]})
    return Phrase(f"{key}.changed", values)


def _calm_subject(told: Told, period: dict[str, Value]) -> Phrase:
    """As the headline tells it: the figure before where nothing can be judged, or the months that
    lie outside."""
    key, failures = _calm_key(told), told.tile(Metric.FAILURE_RATE)
    if key == "unjudged_before":
        before: dict[str, Value] = {"now": failures.figure, "before": failures.before}
        return Phrase("subject.failure_rate.changed", period | before | {"scope": _scope(told)})
    if any_outside(told.months):
        what = outside_in(told.months)
        return Phrase(f"subject.{what.key}", period | dict(what.values))
    total = failures.extra[1].value
    return Phrase(f"subject.{key}", period | {"total": total, "scope": _scope(told, total)})
