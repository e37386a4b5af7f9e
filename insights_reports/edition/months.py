"""The periods beside each other: the figures of page one for each of them, with the same period of
last year and the year to date."""

from dataclasses import replace
from datetime import timedelta

from insights_reports.edition.dated import dated_in
from insights_reports.edition.document import Column, ColumnKind, Table, Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.reasons import usual_phrase
from insights_reports.edition.values import (
    Figure,
    Metric,
    Phrase,
    Span,
    Unit,
    Value,
)

_WEEK = 7  # days
_KINDS = {
    Unit.COUNT: ColumnKind.COUNT,
    Unit.PER_WEEK: ColumnKind.PER_WEEK,
    Unit.RATE: ColumnKind.RATE,
    Unit.DURATION: ColumnKind.DURATION,
}


def months(facts: Facts, tiles: tuple[Tile, ...]) -> Table | None:
    """The periods of the sparklines, newest first; of a quarter or a year also its months. None
    where there is nothing but this period."""
    spans = list(reversed(_spans(facts, tiles)))
    if len(spans) < 2:
        return None
    rows = [_row(facts, tiles, span, span) for span in spans]
    for label, span in _others(facts):
        rows.append(_row(facts, tiles, span, Phrase(label, {"span": span})))
    heads = (
        Column(Phrase("label.period"), ColumnKind.NAME),
        *(
            Column(Phrase(f"metric.{tile.figure.metric}"), _KINDS[tile.figure.unit])
            for tile in tiles
        ),
    )
    return Table(
        id="periods",
        title=Phrase(f"months.title.{_each(facts)}"),
        subtitle=Phrase("months.subtitle", {"extremes": _extremes(facts, spans)}),
        columns=heads,
        rows=tuple(rows),
        total_rows=len(rows),
        total=_usual(facts, tiles),
        notes=dated_in(facts.settings, spans),
    )


def _each(facts: Facts) -> str:
    """What each row is."""
    kind = facts.inputs.period.kind
    return "month" if kind in ("quarter", "year") else kind


def _usual(facts: Facts, tiles: tuple[Tile, ...]) -> tuple[Value, ...] | None:
    """The usual ranges, where the rows are periods that have one."""
    ranges = [usual_phrase(tile.judged.usual) for tile in tiles]
    if facts.inputs.period.kind in ("quarter", "year") or not any(ranges):
        return None
    return (Phrase("column.usual_range"), *ranges)


def _spans(facts: Facts, tiles: tuple[Tile, ...]) -> list[Span]:
    """Of months and weeks the periods of the sparklines, of longer periods the months within."""
    if facts.inputs.period.kind in ("quarter", "year"):
        now = facts.windows.now
        return [span for span in facts.trend if span.start >= now.start and span.end <= now.end]
    return list(tiles[0].spark_periods)


def _others(facts: Facts) -> list[tuple[str, Span]]:
    """The same period last year, and the year to date, where all their deployments are known."""
    windows = facts.windows
    found = []
    if facts.whole.known(windows.last_year) and windows.last_year not in windows.periods:
        found.append(("months.last_year", _by_dates(windows.last_year)))
    if facts.whole.known(windows.year) and windows.year.start < windows.now.start:
        found.append(("months.year", windows.year))
    return found


def _by_dates(span: Span) -> Span:
    """A week under its dates: that of a year ago has another number."""
    if (span.end - span.start).days != _WEEK:
        return span
    return replace(span, name=f"{span.start}..{span.end - timedelta(days=1)}")


def _row(facts: Facts, tiles: tuple[Tile, ...], span: Span, label: Value) -> tuple[Value, ...]:
    return (label, *(figure_of(facts, tile.figure.metric, span) for tile in tiles))


def figure_of(facts: Facts, metric: Metric, span: Span) -> Figure:
    """The figure of page one for any window."""
    if metric is Metric.REWORK_RATE:
        return facts.rework_rate(span)
    return facts.whole.figure(0, span, metric, STATISTICS[metric])


def _extremes(facts: Facts, spans: list[Span]) -> Phrase:
    """The best and the worst of these periods by the failure rate; one that is not over is none."""
    whole = [span for span in spans if not (facts.inputs.partial and span == facts.windows.now)]
    rates = [(figure_of(facts, Metric.FAILURE_RATE, span).value, span) for span in whole]
    known = [(rate, span) for rate, span in rates if rate is not None]
    if len(known) < 2:
        return Phrase("months.no_extremes")
    best, worst = (pick(known, key=lambda pair: pair[0])[1] for pick in (min, max))
    return Phrase("months.extremes", {"best": best, "worst": worst})
