"""The section of the trends: each measure over time, the periods beside each other, and when
deployments complete."""

from collections.abc import Sequence

from insights_reports.edition.charts import heat, overview, trends
from insights_reports.edition.document import Chart, Prose, Section, Tile
from insights_reports.edition.facts import Facts
from insights_reports.edition.month_words import MonthWords
from insights_reports.edition.months import months_in_trends
from insights_reports.edition.slices import SPOKEN
from insights_reports.edition.values import Phrase, Value


def trends_section(
    facts: Facts,
    tiles: tuple[Tile, ...],
    weeks: Chart | None,
    words: MonthWords,
    *,
    few: bool,
) -> Section:
    """``weeks`` draws the first finding; of ``few`` deployments there is no day by day, as each
    stands on page one."""
    said_last = sorted(trends(facts, tiles), key=lambda each: isinstance(each, Prose))
    days = [] if few else [overview(facts), heat(facts)]
    table = months_in_trends(facts, tiles, words)
    every = (weeks, *said_last, *days[:1], table, *days[1:])
    blocks = tuple(block for block in every if block is not None)
    lead = Phrase(f"trends.lead.{facts.windows.trend_granularity}", {"n": len(facts.trend)})
    return Section("trends", Phrase("section.trends"), lead, blocks, message=_message(facts, tiles))


def _message(facts: Facts, tiles: Sequence[Tile]) -> Phrase | None:
    """How many measures left their usual range, and whether any had before; None where none is
    judged."""
    judged = [tile for tile in tiles if tile.verdict in SPOKEN]
    if not judged:
        return None
    outside = [tile for tile in judged if tile.verdict.outside]
    if not outside:
        return Phrase("trends.message.none")
    values: dict[str, Value] = {"n": len(outside), "period": facts.windows.now}
    left = all(tile.judged.counted is None for tile in outside)
    first = left and not any(_was_outside(tile) for tile in tiles)
    return Phrase(f"trends.message.{'first' if first else 'some'}", values)


def _was_outside(tile: Tile) -> bool:
    """Whether an earlier point of a sparkline lies outside the range that is drawn there."""
    earlier = list(zip(tile.spark, tile.spark_usual, strict=False))[:-1]
    return any(
        figure.value is not None and usual is not None and not usual[0] <= figure.value <= usual[1]
        for figure, usual in earlier
    )
