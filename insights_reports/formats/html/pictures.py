"""From the blocks of a document to their pictures: the texts and values that the charts draw."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from insights_reports.edition.document import Path, Table, Tile, Waterfall
from insights_reports.edition.values import Figure, Missing, Name, Part, Strip, Value
from insights_reports.formats.charts import path as paths
from insights_reports.formats.charts import tiny
from insights_reports.formats.charts.svg import Colours
from insights_reports.formats.charts.waterfall import (
    End,
    WaterfallBar,
    WaterfallTotal,
    bars,
    waterfall,
)
from insights_reports.formats.words.brief import brief_text, ends, goal, short_span
from insights_reports.formats.words.words import Words

Embed = Callable[[Markup, str], Markup]
"""How a picture with what it says in words becomes part of a page."""


def inline(picture: Markup, alt: str) -> Markup:
    """A picture as part of the page; it names itself."""
    del alt
    return picture


@dataclass(frozen=True, slots=True)
class Pictures:
    """Every picture comes with what it says in words: (picture, text)."""

    words: Words
    colours: Colours

    def spark(self, tile: Tile, width: float = 94) -> tuple[Markup, str]:
        """Nothing to draw where fewer than two periods have a value, or all are zero."""
        values = [f.value for f in tile.spark]
        title = self.spark_alt(tile)
        if sum(v is not None for v in values) < 2 or not any(values):
            return Markup(""), title
        spans = tile.spark_periods
        usual = tile.spark_usual or (None,) * len(values)
        of = tiny.Spark(
            values,
            usual,
            ends(self.words, tile.judged.usual),
            (short_span(self.words, spans[0]), short_span(self.words, spans[-1])),
            tile.verdict,
            tile.judged.side,
        )
        return tiny.spark(of, self.colours, title, width=width), title

    def spark_alt(self, tile: Tile) -> str:
        values = [f for f in tile.spark if f.value is not None]
        label = self.words.label(tile.figure)
        if not values:
            return label
        low, high = (pick(values, key=lambda f: f.value or 0) for pick in (min, max))
        return self.words.text(
            "label.spark_alt", label=Name(label), low=low, high=high, last=tile.spark[-1]
        )

    def bullet(self, tile: Tile, width: float = 94) -> tuple[Markup, str]:
        """Nothing where there is no target, or too few to judge by it."""
        target, value = tile.target, tile.figure.value
        if target is None or target.met is None or value is None or not target.target.value:
            return Markup(""), ""
        title = self.words.text("label.target", target=target.target)
        picture = tiny.bullet(value, target.target.value, self.colours, title, width=width)
        return picture, title

    def strip(self, strip: Strip) -> tuple[Markup, str]:
        title = self.words.text(f"show.strip.{strip.side or 'inside'}")
        return tiny.strip(strip.at, strip.verdict, strip.side, self.colours, title), title

    def part(self, table: Table, number: int, part: Part) -> tuple[Markup, str]:
        """A part as a bar on the scale of its column, with the sum at its end."""
        rows = (*table.complete_rows, *((table.total,) if table.total else ()))
        sizes = [c.size for c in (row[number] for row in rows) if isinstance(c, Part)]
        title = self.words.value(part)
        bad = part.size > 0
        return tiny.part_bar(
            part.size, (min(sizes), max(sizes)), self.colours, title, bad=bad
        ), title

    def waterfall(self, block: Waterfall, width: float, height: float) -> tuple[Markup, str]:
        change, title, alt = self._change(block)
        return waterfall(change, self.colours, title, alt, width=width, height=height), alt

    def bars(self, block: Waterfall, width: float = 224) -> tuple[Markup, str]:
        """The same as horizontal bars, for a phone."""
        change, title, alt = self._change(block)
        return bars(change, self.colours, title, alt, width=width), alt

    def _change(self, block: Waterfall) -> tuple[WaterfallTotal, str, str]:
        words = self.words
        labels = [short_span(words, span) for span in block.periods]
        before, after = (
            End(label, float(figure.value or 0), brief_text(words, figure))
            for label, figure in zip(labels, (block.before, block.after), strict=True)
        )
        steps = [
            WaterfallBar(words.value(step.label), step.size, self.signed(step.printed))
            for step in block.steps
        ]
        target = block.target
        margin = None
        if target is not None and target.value is not None:
            margin = (
                float(target.value),
                (words.text("show.target.axis"), goal(words, target)),
            )
        change = WaterfallTotal(before, after, steps, margin)
        return change, words.phrase(block.title), words.phrase(block.alt)

    def signed(self, part: Part) -> str:
        """``+6.9``: without the word for its unit, which the subtitle says."""
        return self.words.value(part).partition("\u00a0")[0]

    def path(self, block: Path, row: float = 31) -> tuple[Markup, str]:
        words = self.words
        rows, said = [], []
        for step in block.steps:
            lead, failed = (brief_text(words, f) for f in (step.lead, step.failed))
            name = words.name(step.name)
            rows.append(
                paths.PathRow(
                    name,
                    _value(step.lead),
                    _value(step.lead_before),
                    lead,
                    failed,
                    _before(words, step.failed_before),
                    tiny.tone(step.lead_verdict),
                    tiny.tone(step.failed_verdict),
                )
            )
            values: dict[str, Value] = {"lead": Name(lead), "failed": Name(failed)}
            said.append(words.text("show.path.step", name=Name(name), **values))
        heads = (words.text("show.path.lead"), words.text("show.path.failed"))
        alt = "; ".join(said)
        title = words.phrase(block.title)
        return paths.path(rows, heads, self.colours, title, alt, row=row), alt


def _value(figure: Figure | None) -> float | None:
    return None if figure is None or figure.value is None else float(figure.value)


def _before(words: Words, figure: Figure | None) -> str:
    """The figure before; nothing where the deployments of that time are not known."""
    if figure is None or figure.missing is Missing.NO_HISTORY:
        return ""
    return brief_text(words, figure)
