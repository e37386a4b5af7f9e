"""The headline of a document: one sentence, made by rule from the figures that stand below it.

It states the frequency and the failure rate, and of the two times only what clearly changed. What
does not clearly change is not called a rise or a fall.
"""

from collections.abc import Sequence

from insights_reports.edition.document import Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.tiles import turn
from insights_reports.edition.values import Metric, Missing, Phrase, Span, Statistic, Value, Verdict

_ALWAYS = (Metric.DEPLOYMENT_FREQUENCY, Metric.FAILURE_RATE)
_IF_CLEAR = (Metric.LEAD_TIME, Metric.TIME_TO_RECOVERY)
_CLEAR = (Verdict.BETTER, Verdict.WORSE)


def headline(facts: Facts, tiles: Sequence[Tile]) -> Phrase:
    """The headline of the whole."""
    inputs, now = facts.inputs, facts.windows.now
    period = Span(inputs.period.name, inputs.period.start, inputs.period.end)
    if inputs.partial and inputs.complete_days == 0:
        return Phrase("headline.not_begun", {"period": period})
    total = facts.whole.figure(0, now, Metric.FAILURE_RATE, Statistic.TOTAL)
    if total.missing is Missing.NO_HISTORY:
        return Phrase("headline.no_history", {"period": period})
    if not total.value:
        return Phrase("headline.none", {"period": period})
    by_metric = {tile.figure.metric: tile for tile in tiles}
    previous = facts.windows.previous
    clauses = [_clause(by_metric[metric], previous) for metric in _ALWAYS]
    clauses += [
        _clause(by_metric[metric], previous)
        for metric in _IF_CLEAR
        if by_metric[metric].verdict in _CLEAR
    ]
    sentence = Phrase("headline.sentence", {"clauses": _joined(clauses)})
    if not inputs.partial:
        return sentence
    values: dict[str, Value] = {"days": inputs.complete_days, "period": period, "rest": sentence}
    return Phrase("headline.so_far", values)


def _joined(clauses: Sequence[Phrase]) -> Phrase:
    joined = clauses[0]
    for clause in clauses[1:]:
        joined = Phrase("headline.join", {"first": joined, "second": clause})
    return joined


def _clause(tile: Tile, previous: Span) -> Phrase:
    """What the headline says of one tile: how it changed if that is clear, otherwise its value."""
    values: dict[str, Value] = {
        "now": tile.figure,
        "count": tile.extra[0],
        "change": tile.change,
        "previous": previous,
    }
    return Phrase(f"headline.{tile.figure.metric}.{turn(tile)}", values)
