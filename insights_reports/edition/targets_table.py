"""The slices of a split that have targets of their own, and what became of them."""

from collections.abc import Iterator

from insights_reports.edition.aims import aims
from insights_reports.edition.document import Column, ColumnKind, Table, TargetWord
from insights_reports.edition.judging import MEASURES
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.targets import target_word
from insights_reports.edition.values import (
    Figure,
    Metric,
    Missing,
    Name,
    Phrase,
    Statistic,
    Value,
)
from insights_reports.edition.values import Part as Points

_COLUMNS = ("measure", "this_period", "target", "target_word", "target_often", "assurance")


def targets_table(part: SplitPart) -> Table | None:
    """A row for each target of a slice; None where no slice of the split has one."""
    rows = tuple(_rows(part))
    if not rows:
        return None
    heads = (
        Column(Phrase(f"column.slice.{part.name}"), ColumnKind.NAME),
        *(Column(Phrase(f"column.{name}"), ColumnKind.TEXT) for name in _COLUMNS),
    )
    return Table(
        id=f"{part.anchor}-targets",
        title=Phrase("table.targets.title"),
        subtitle=Phrase("table.targets.subtitle"),
        columns=heads,
        rows=rows,
        total_rows=len(rows),
    )


def _rows(part: SplitPart) -> Iterator[tuple[Value, ...]]:
    for wanted, series in aims(part.facts, part.slices):
        for metric in (metric for metric in MEASURES if metric in wanted.targets):
            for at in series:
                yield _row(part, at, metric, wanted.targets[metric])
            if not series:
                yield _absent(wanted.slice, metric, wanted.targets[metric])


def _row(part: SplitPart, series: int, metric: Metric, target: float) -> tuple[Value, ...]:
    facts, slices = part.facts, part.slices
    word = target_word(part.judging, facts, slices, series, metric, target)
    now = slices.figure(series, facts.windows.now, metric, word.target.statistic)
    met, of = word.met_of
    often = Phrase("target.often", {"met": met, "n": of}) if of else None
    assured = word.assurance or Phrase("assurance.unknown")
    return (
        part.label(series),
        Phrase(f"metric.{metric}"),
        now,
        word.target,
        _said(word, now),
        often,
        assured,
    )


def _said(word: TargetWord, now: Figure) -> Phrase | Missing | None:
    if now.value is None:
        return now.missing
    if word.met is None:
        return Phrase("target.too_few")
    if word.met or word.target.value is None:
        return Phrase("target.met")
    return Phrase("target.missed", {"by": Points(now.value - word.target.value, now.unit)})


def _absent(slice: str, metric: Metric, target: float) -> tuple[Value, ...]:
    """A slice that nothing was deployed of in all the months that are known."""
    frequency = metric is Metric.DEPLOYMENT_FREQUENCY
    statistic = Statistic.PER_WEEK if frequency else STATISTICS[metric]
    nothing = Missing.NO_DEPLOYMENTS
    limit = Figure(metric, statistic, target)
    return (Name(slice), Phrase(f"metric.{metric}"), nothing, limit, nothing, None, None)
