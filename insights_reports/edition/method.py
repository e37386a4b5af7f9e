"""The method section: definitions, differences from DORA's, conventions, sources, contact."""

from collections.abc import Iterator

from insights_reports.edition.bands import band_limits, band_sources
from insights_reports.edition.conventions import conventions
from insights_reports.edition.document import Block, Column, ColumnKind, Prose, Section, Table, Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.judging import Judging
from insights_reports.edition.values import (
    Change,
    ChangeVerdict,
    Day,
    Figure,
    Metric,
    Missing,
    Name,
    Phrase,
    Span,
    Statistic,
    Value,
)
from insights_reports.metrics import Conventions, dora_window, octopus_trend
from insights_reports.metrics.octopus_trends import TrendMetric

FORMULA_VERSION = "2"
FEW = 10  # deployments below which a share says less than the counts
"""The version of the definitions; it changes when a figure of the same data would."""

_DEFINED = (
    Metric.DEPLOYMENT_FREQUENCY,
    Metric.LEAD_TIME,
    Metric.TIME_TO_RECOVERY,
    Metric.FAILURE_RATE,
)
_TRENDS: tuple[tuple[TrendMetric, Metric, Statistic], ...] = (
    ("deployment_frequency", Metric.DEPLOYMENT_FREQUENCY, Statistic.PER_WEEK),
    ("lead_time", Metric.LEAD_TIME, Statistic.MEAN),
    ("time_to_recovery", Metric.TIME_TO_RECOVERY, Statistic.MEAN),
    ("failure_rate", Metric.FAILURE_RATE, Statistic.RATE),
)


def method(facts: Facts, everything: Facts, tiles: tuple[Tile, ...], judging: Judging) -> Section:
    """The whole section, as the summary has it; ``everything`` are the facts of the whole report,
    of which Octopus's own trend is."""
    blocks: list[Block] = [
        _definitions(tiles),
        _dora(facts, tiles),
        Prose(title=Phrase("method.change.title"), sentences=tuple(_rules(facts, judging))),
        _key(),
        *conventions(facts),
        octopus_trends(everything),
    ]
    if facts.settings.bands != "none":
        blocks.append(_bands(facts))
    blocks.append(_about(facts))
    return Section("method", Phrase("section.method"), Phrase("method.lead"), tuple(blocks))


def _has_rework(tiles: tuple[Tile, ...]) -> bool:
    """Whether page one has the fifth tile."""
    return any(tile.figure.metric is Metric.REWORK_RATE for tile in tiles)


def _rules(facts: Facts, judging: Judging) -> Iterator[Phrase]:
    """By which rules the words are given, on how many periods, and how often they err."""
    answer = judging.answer(judging.group(facts, facts.whole), 0, Metric.DEPLOYMENT_FREQUENCY)
    known = len(answer.asked.baseline.periods)
    yield Phrase(f"method.change.{facts.settings.rules}", {"known": known})
    yield Phrase("method.change.baseline", {"known": known})
    yield from _accepted(facts, judging)
    yield Phrase(f"method.change.errs.{facts.settings.rules}")
    yield from (Phrase(f"method.change.{each}") for each in ("few", "slices", "percent"))
    if facts.settings.calendar is not None:
        yield Phrase("method.change.calendar")
        yield from facts.settings.freezes_said


def _accepted(facts: Facts, judging: Judging) -> Iterator[Phrase]:
    """Which measures of the whole are judged by a level that somebody accepted."""
    group = judging.group(facts, facts.whole)
    for metric in (metric for at, metric in judging.answers if at == group):
        baseline = judging.answer(group, 0, metric).asked.baseline
        if baseline.accepted_by is not None:
            values: dict[str, Value] = {
                "metric": Phrase(f"metric.{metric}"),
                "period": Name(baseline.periods[0].name),
                "who": Name(baseline.accepted_by),
                "reason": Name(baseline.reason),
            }
            yield Phrase("method.change.accepted", values)


def short_method(facts: Facts) -> Section:
    """The method note of a split's document."""
    keys = ("counts", "own_past", "marks", "whole")
    notes = Prose(sentences=tuple(Phrase(f"method.short.{key}") for key in keys))
    due = tuple(_next_edition(facts))  # the rest about the edition stands at its end
    about = (Prose(title=Phrase("method.about"), items=due),) if due else ()
    return Section("method", Phrase("section.method"), None, (notes, *about))


def _dora(facts: Facts, tiles: tuple[Tile, ...]) -> Prose:
    """How the figures differ from DORA's; of rework where there is any, or may be."""
    sentences = [Phrase(f"method.dora.{each}") for each in ("failure", "lead", "use")]
    sentences += _dora_rework(facts, tiles)
    return Prose(title=Phrase("method.dora.title"), sentences=tuple(sentences))


def _dora_rework(facts: Facts, tiles: tuple[Tile, ...]) -> Iterator[Phrase]:
    start, end = dora_window(facts.windows.now.end)
    months = Span("", start, end)
    if _has_rework(tiles) and facts.whole.known(months):
        found = facts.rework_in(months)
        values: dict[str, Value] = {
            "rework": len(found.rework),
            "total": len(found.counted),
            "dates": months,
        }
        if len(found.counted) < FEW:
            yield Phrase("method.dora.rework_few", values)
        else:
            yield Phrase("method.dora.rework", values | {"share": facts.rework_rate(months)})
    unknown = len(facts.rework_in(facts.windows.now).not_comparable)
    if unknown:
        yield Phrase("method.dora.rework_unknown", {"n": unknown})


def _definitions(tiles: tuple[Tile, ...]) -> Prose:
    defined = [*_DEFINED]
    if _has_rework(tiles):
        defined.append(Metric.REWORK_RATE)
    return Prose(
        title=Phrase("method.definitions"),
        items=tuple(
            (Phrase(f"metric.{metric}"), Phrase(f"method.definition.{metric}"))
            for metric in defined
        ),
    )


def _key() -> Prose:
    """What the words that stand in place of a number mean."""
    meanings = ((word, Phrase(f"meaning.missing.{word.name.lower()}")) for word in Missing)
    said = tuple(Phrase("method.key", {"word": w, "meaning": m}) for w, m in meanings)
    return Prose(sentences=said, title=Phrase("label.symbols"))


def octopus_trends(facts: Facts) -> Table:
    """Octopus's own trend indicators as of the run: 28 days against the 28 before."""
    rows = tuple(_trend_row(facts, *each) for each in _TRENDS)
    titles = ("measure", "trend_before", "trend_after", "change_only", "trend")
    kinds = (ColumnKind.TEXT, ColumnKind.TEXT, ColumnKind.TEXT, ColumnKind.CHANGE, ColumnKind.TEXT)
    return Table(
        id="octopus-trends",
        title=Phrase("table.octopus_trends.title"),
        subtitle=Phrase("table.octopus_trends.subtitle"),
        columns=tuple(
            Column(Phrase(f"column.{title}"), kind)
            for title, kind in zip(titles, kinds, strict=True)
        ),
        rows=rows,
        total_rows=len(rows),
    )


def _trend_row(
    facts: Facts, name: TrendMetric, metric: Metric, statistic: Statistic
) -> tuple[Value, ...]:
    trend = octopus_trend(facts.inputs.deployments, name, facts.inputs.as_of, Conventions())
    before, after = (_mean(metric, statistic, value) for value in (trend.before, trend.after))
    difference = None
    if before.value is not None and after.value is not None:
        difference = after.value - before.value
    ratio = None if trend.change is None or statistic is Statistic.RATE else float(trend.change)
    word = Phrase(f"octopus_trend.{trend.direction}")
    # Octopus makes no test: its arrows are not called better or worse here.
    change = Change(before, after, difference, ratio, ChangeVerdict.SPECIAL)
    return Phrase(f"metric.{metric}"), before, after, change, word


def _mean(metric: Metric, statistic: Statistic, value: object) -> Figure:
    if value is None:
        return Figure(metric, statistic, None, None, Missing.NO_VALUES)
    number = float(value)  # type: ignore[arg-type]
    return Figure(metric, statistic, round(number) if statistic is Statistic.MEAN else number)


def _bands(facts: Facts) -> Prose:
    settings = facts.settings
    return Prose(band_sources(settings), band_limits(settings), Phrase("method.bands"))


def _about(facts: Facts) -> Prose:
    return Prose(title=Phrase("method.about"), items=tuple(_about_items(facts)))


def _about_items(facts: Facts) -> Iterator[tuple[Phrase, Phrase]]:
    settings = facts.settings
    version: dict[str, Value] = {"version": Name(FORMULA_VERSION)}
    yield Phrase("label.formula"), Phrase("about.formula", version)
    if settings.brand.contact:
        yield Phrase("label.contact"), Phrase("about.text", {"text": Name(settings.brand.contact)})
    yield from _next_edition(facts)


def _next_edition(facts: Facts) -> Iterator[tuple[Phrase, Phrase]]:
    due = facts.settings.next_edition
    if due is not None:
        yield Phrase("label.next"), Phrase("about.day", {"day": Day(due)})
