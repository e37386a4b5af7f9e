"""The section of a split: panels, the table of its slices, and what lies outside its range."""

from collections.abc import Iterator

from insights_reports.edition.document import (
    Block,
    Column,
    ColumnKind,
    Prose,
    Section,
    Table,
)
from insights_reports.edition.judging import MEASURES
from insights_reports.edition.matrix import matrix_title
from insights_reports.edition.reasons import since_phrase, usual_phrase, what, with_counted
from insights_reports.edition.slices import SplitPart, no_slices, table
from insights_reports.edition.values import (
    Judged,
    Metric,
    Phrase,
    Value,
)


def section(part: SplitPart, *, with_panels: bool) -> Section:
    """The section of one part."""
    blocks: list[Block] = [*part.panels()] if with_panels else []
    if part.order:
        blocks += [table(part), _outside_block(part)]
    lead = Phrase("split.lead", {"n": len(part.order)}) if part.order else no_slices(part)
    message = matrix_title(part, part.judging) if len(part.order) > 1 else None
    return Section(part.anchor, part.title, lead, tuple(blocks), message)


def _outside_block(part: SplitPart) -> Block:
    """The measures outside their own usual range, farthest first, with what stands in its place."""
    title = Phrase("table.outliers.title")
    if part.facts.inputs.partial:
        return Prose((Phrase("outliers.partial"),), title=title)
    if not part.judged:
        return Prose((Phrase("outliers.few"),), title=title)
    if not part.outliers:
        return Prose((_nothing_outside(part),), title=title)
    rows = tuple(_outlier_row(part, *each) for each in part.outliers)
    names = ("measure", "this_period", "usual_range", "since", "verdict")
    kinds = (*(ColumnKind.TEXT,) * 4, ColumnKind.VERDICT)
    heads = (
        Column(Phrase(f"column.slice.{part.name}"), ColumnKind.NAME),
        *(Column(Phrase(f"column.{name}"), kind) for name, kind in zip(names, kinds, strict=True)),
    )
    top = part.facts.settings.top
    return Table(
        id=f"{part.anchor}-outliers",
        title=title,
        subtitle=Phrase("table.outliers.subtitle"),
        columns=heads,
        rows=rows[:top],
        total_rows=len(rows),
        all_rows=rows if len(rows) > top else (),
        notes=tuple(_by_chance(part)),
    )


def _outlier_row(part: SplitPart, series: int, metric: Metric, judged: Judged) -> tuple[Value, ...]:
    return (
        part.label(series),
        Phrase(f"metric.{metric}"),
        with_counted(what(part.facts, part.slices, series, metric), judged),
        usual_phrase(judged.usual),
        since_phrase(judged.since),
        judged.verdict,
    )


def _nothing_outside(part: SplitPart) -> Phrase:
    """What is said of a part without outliers: how much of it could have had any."""
    judged, total = part.judged, len(part.order) * len(MEASURES)
    if judged < total:
        return Phrase("outliers.some", {"ranged": judged, "total": total})
    return Phrase("outliers.none")


def _by_chance(part: SplitPart) -> Iterator[Phrase]:
    """How many measures are judged, and how many of them would look so by chance."""
    group = part.judging.group(part.facts, part.slices)
    families = [part.judging.families.get((group, metric)) for metric in MEASURES]
    by_chance = sum(each.by_chance for each in families if each is not None)
    if by_chance >= 0.5:
        values: dict[str, Value] = {"judged": part.judged, "chance": round(by_chance)}
        yield Phrase("outliers.by_chance", values)
