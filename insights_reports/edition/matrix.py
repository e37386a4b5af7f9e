"""Where to look: the slices of the first split by their measures, each on its own usual range."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from insights_reports.edition.counted import DURATIONS
from insights_reports.edition.document import Column, ColumnKind, Finding, Table
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import MEASURES, Judging
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.reasons import since_phrase
from insights_reports.edition.slices import GRAVITY, SPOKEN, SplitPart
from insights_reports.edition.values import (
    ChangeVerdict,
    Judged,
    Metric,
    Missing,
    Phrase,
    Statistic,
    Strip,
    Value,
)

ROWS = 10
_MEASURES = (
    Metric.DEPLOYMENT_FREQUENCY,
    Metric.LEAD_TIME,
    Metric.FAILURE_RATE,
    Metric.TIME_TO_RECOVERY,
)
_KINDS = {
    Metric.DEPLOYMENT_FREQUENCY: ("deployments", ColumnKind.COUNT),
    Metric.LEAD_TIME: ("lead_time", ColumnKind.DURATION),
    Metric.FAILURE_RATE: ("rate", ColumnKind.RATE),
    Metric.TIME_TO_RECOVERY: ("recovery", ColumnKind.DURATION),
}
_DATED = (
    Metric.FAILURE_RATE,
    Metric.TIME_TO_RECOVERY,
    Metric.LEAD_TIME,
    Metric.DEPLOYMENT_FREQUENCY,
)
_INSIDE, _OUTSIDE = 0.95, 1.1  # where a value is drawn that lies on, or just beyond, an end


def matrix(part: SplitPart, judging: Judging, findings: Sequence[Finding]) -> Iterator[Table]:
    """Ten slices: those of the findings first, then those with the most deployments; nothing where
    there are fewer than two. Where none of them can be judged no ranges are drawn."""
    if len(part.order) < 2:
        return
    made = _matrix(part, judging, _order(part, findings))
    yield made if any(_judged(part, judging, series) for series in part.order) else _plain(made)


def _plain(table: Table) -> Table:
    """The same without ranges and dates, which are empty."""
    kept = [at for at, each in enumerate(table.columns[:-1]) if each.kind is not ColumnKind.STRIP]

    def of(cells: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(cells[at] for at in kept)

    return replace(
        table,
        subtitle=Phrase("matrix.medians"),
        columns=tuple(table.columns[at] for at in kept),
        rows=tuple(map(of, table.rows)),
        all_rows=tuple(map(of, table.all_rows)),
        total=None if table.total is None else of(table.total),
    )


def _matrix(part: SplitPart, judging: Judging, order: Sequence[int]) -> Table:
    rows = [_row(part, judging, series) for series in order]
    whole = part.facts.whole
    total = (Phrase("label.all"), *_cells(part.facts, whole, 0, judging))
    return Table(
        id="where-to-look",
        title=matrix_title(part, judging),
        subtitle=Phrase("matrix.subtitle"),
        columns=_columns(part),
        rows=tuple(rows[:ROWS]),
        total_rows=len(rows),
        all_rows=tuple(rows) if len(rows) > ROWS else (),
        total=total,
        notes=tuple(_notes(part, judging, order)),
        row_ids=tuple(part.slices.keys[series] for series in order),
        row_verdicts=tuple(_row_verdict(part, judging, series) for series in order),
    )


def _order(part: SplitPart, findings: Sequence[Finding]) -> list[int]:
    named = [finding.row for finding in findings if finding.anchor == part.anchor]
    first = [part.slices.keys.index(row) for row in named]
    return [*first, *(series for series in part.order if series not in first)]


def _row(part: SplitPart, judging: Judging, series: int) -> tuple[Value, ...]:
    return (part.label(series), *_cells(part.facts, part.slices, series, judging))


def _cells(facts: Facts, slices: Slices, series: int, judging: Judging) -> tuple[Value, ...]:
    now = facts.windows.now
    cells: list[Value] = []
    for metric in _MEASURES:
        judged = judging.of(facts, slices, series, metric)
        figure = slices.figure(series, now, metric, STATISTICS[metric])
        if metric is Metric.FAILURE_RATE:
            cells.append(slices.figure(series, now, metric, Statistic.FAILED))
        cells += [figure, strip(judged) if figure.value is not None else None]
    dated = [judging.of(facts, slices, series, metric) for metric in _DATED]
    since = next((each.since for each in dated if each.verdict in GRAVITY and each.since), None)
    return (*cells, since_phrase(since))


def strip(judged: Judged) -> Strip | None:
    """Where a value lies on its own usual range. Inside stays inside the range, outside beyond it,
    so that the eye never contradicts the word."""
    if judged.distance is None or judged.verdict is ChangeVerdict.TOO_FEW:
        return None
    at = judged.distance
    if judged.side is None:
        return Strip(max(-_INSIDE, min(_INSIDE, at)), judged.verdict)
    way = 1 if judged.side == "high" else -1
    return Strip(way * max(_OUTSIDE, way * at), judged.verdict, judged.side)


def _row_verdict(part: SplitPart, judging: Judging, series: int) -> ChangeVerdict:
    words = [judging.of(part.facts, part.slices, series, m).verdict for m in _MEASURES]
    return next((word for word in GRAVITY if word in words), ChangeVerdict.USUAL)


def _columns(part: SplitPart) -> tuple[Column, ...]:
    measures: list[Column] = []
    for metric in _MEASURES:
        name, kind = _KINDS[metric]
        if metric is Metric.FAILURE_RATE:
            measures.append(Column(Phrase("column.failures"), ColumnKind.COUNT))
        measures += [
            Column(Phrase(f"column.{name}"), kind),
            Column(
                Phrase("column.strip", {"metric": Phrase(f"metric.{metric}")}), ColumnKind.STRIP
            ),
        ]
    return (
        Column(Phrase(f"column.slice.{part.name}"), ColumnKind.NAME),
        *measures,
        Column(Phrase("column.since"), ColumnKind.TEXT),
    )


def matrix_title(part: SplitPart, judging: Judging) -> Phrase:
    """How many slices are worse than their own usual range, or better, or that none is."""
    words = [_row_verdict(part, judging, series) for series in part.order]
    worse = sum(word in (ChangeVerdict.WORSE, ChangeVerdict.FEWER) for word in words)
    better = sum(word in (ChangeVerdict.BETTER, ChangeVerdict.MORE) for word in words)
    n = len(words)
    values: dict[str, Value] = {"n": n, "things": Phrase(f"things.{part.name}", {"n": n})}
    if worse:
        return Phrase("matrix.worse", values | {"worse": worse})
    if better:
        return Phrase("matrix.better", values | {"better": better})
    if any(_judged(part, judging, series) for series in part.order):
        return Phrase("matrix.none", values)
    whole = judging.of(part.facts, part.facts.whole, 0, Metric.DEPLOYMENT_FREQUENCY).verdict
    return Phrase("matrix.too_few" if whole in SPOKEN else "matrix.unjudged", values)


def _judged(part: SplitPart, judging: Judging, series: int) -> list[Judged]:
    """What could be judged of a slice."""
    every = [judging.of(part.facts, part.slices, series, metric) for metric in MEASURES]
    return [each for each in every if each.verdict in SPOKEN]


def _notes(part: SplitPart, judging: Judging, order: Sequence[int]) -> list[Phrase]:
    few = [] if _all_known(part, order) else [Phrase("matrix.only")]
    judged = [each for series in order for each in _judged(part, judging, series)]
    if not judged:
        return few
    outside = sum(each.side is not None for each in judged)
    group = judging.group(part.facts, part.slices)
    chance = sum(
        judging.families[group, metric].by_chance
        for metric in MEASURES
        if (group, metric) in judging.families
    )
    values: dict[str, Value] = {
        "judged": len(judged),
        "outside": outside,
        "chance": max(1, round(chance)),
    }
    return [Phrase("matrix.chance", values), *few]


def _all_known(part: SplitPart, order: Sequence[int]) -> bool:
    """Whether none of the shown slices has fewer values than a median is of."""
    now = part.facts.windows.now
    return not any(
        part.slices.figure(series, now, metric, STATISTICS[metric]).missing is Missing.TOO_FEW
        for series in order[:ROWS]
        for metric in DURATIONS
    )
