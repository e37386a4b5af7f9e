"""The periods beside each other: the figures of page one for each of them, with the same period of
last year and the year to date; of a quarter or a year its months, and how they were judged."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from insights_reports.edition.dated import dated_in
from insights_reports.edition.document import Column, ColumnKind, Prose, Table, Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.month_words import MonthWords, inside, joined, outside_in, speaks
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.reasons import usual_phrase
from insights_reports.edition.values import (
    ChangeVerdict,
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


def months_on_page_one(
    facts: Facts, tiles: tuple[Tile, ...], words: MonthWords
) -> Iterator[Table | Prose]:
    """The months of a quarter beside each other, of a year in words; nothing where none can be
    judged."""
    table = _months(facts, tiles, words) if _judged(words) else None
    if table is not None and facts.inputs.period.kind == "quarter":
        yield table
    elif table is not None:
        said = Phrase("months.said", {"what": outside_in(words)})
        yield Prose((said, Phrase(f"months.whole.{facts.inputs.period.kind}")))


def months_in_trends(facts: Facts, tiles: tuple[Tile, ...], words: MonthWords) -> Table | None:
    """The periods of the sparklines, newest first; of a quarter or a year its months, with the
    ``words`` on them. None where there is nothing but this period, or they stand on page one."""
    on_page_one = facts.inputs.period.kind == "quarter" and _judged(words)
    return None if on_page_one else _months(facts, tiles, words)


def _judged(words: MonthWords) -> bool:
    """Whether something of some month could be judged."""
    return any(map(speaks, words.values()))


def _months(facts: Facts, tiles: tuple[Tile, ...], words: MonthWords) -> Table | None:
    spans = list(reversed(_spans(facts, tiles)))
    if len(spans) < 2:
        return None
    judged = _judged(words)
    rows = [_row(facts, tiles, span, span) for span in spans]
    for label, span in _others(facts):
        rows.append(_row(facts, tiles, span, Phrase(label, {"span": span})))
    if judged:
        said = [_said(words[span]) for span in spans]
        said += [None] * (len(rows) - len(spans))
        rows = [(*row, each) for row, each in zip(rows, said, strict=True)]
    title = outside_in(words) if judged else Phrase(f"months.title.{_each(facts)}")
    return Table(
        id="periods",
        title=title,
        subtitle=_subtitle(facts, spans, judged=judged),
        columns=_heads(tiles, judged=judged),
        rows=tuple(rows),
        total_rows=len(rows),
        total=_usual(facts, tiles),
        notes=dated_in(facts.settings, spans),
    )


def _subtitle(facts: Facts, spans: list[Span], *, judged: bool) -> Phrase:
    kind = facts.inputs.period.kind
    extremes: dict[str, Value] = {"extremes": _extremes(facts, spans)}
    if not judged:
        return Phrase("months.subtitle", extremes)
    whole = Phrase(f"months.whole.{kind}")
    if kind == "quarter":
        return whole
    return Phrase("months.subtitle_judged", extremes | {"whole": whole})


def _heads(tiles: tuple[Tile, ...], *, judged: bool) -> tuple[Column, ...]:
    own = [
        Column(Phrase(f"show.metric.{tile.figure.metric}"), _KINDS[tile.figure.unit])
        for tile in tiles
    ]
    word = [Column(Phrase("column.verdict"), ColumnKind.TEXT)] if judged else []
    return (Column(Phrase("label.period"), ColumnKind.NAME), *own, *word)


def _said(words: Mapping[Metric, ChangeVerdict]) -> Value:
    """What lies outside in a month; else whether it is as usual, or why nothing is said of it."""
    found = [
        Phrase("months.word", {"metric": Phrase(f"months.measure.{metric}"), "word": word})
        for metric, word in words.items()
        if word.outside
    ]
    if found:
        return joined(found)
    every = [*words.values()]
    return ChangeVerdict.USUAL if ChangeVerdict.USUAL in every else every[0]


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
        return list(inside(facts))
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
    (low, best), (high, worst) = (pick(known, key=lambda pair: pair[0]) for pick in (min, max))
    if low == high:
        return Phrase("months.no_extremes")
    return Phrase("months.extremes", {"best": best, "worst": worst})
