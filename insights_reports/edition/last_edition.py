"""What the last edition found, and whether it ended: by its own ranges, not by the new ones."""

from collections.abc import Iterator, Sequence

from insights_reports.edition.document import Document, Finding, FindingLine, Tile
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.values import ChangeVerdict, Figure, Phrase, Value

_MOST = 6
_GONE = (ChangeVerdict.WORSE, ChangeVerdict.FEWER)


def last_edition(
    before: Document | None, parts: Sequence[SplitPart], tiles: Sequence[Tile]
) -> tuple[Phrase, ...]:
    """One sentence for each worse measure that the edition before found, and for each target that
    it judged."""
    if before is None:
        return ()
    said = [*_findings(before, parts), *_targets(before, tiles)]
    return tuple(said[:_MOST])


def _findings(before: Document, parts: Sequence[SplitPart]) -> Iterator[Phrase]:
    anchors = {part.anchor: part for part in parts}
    for finding in before.findings:
        part = anchors.get(finding.anchor)
        if part is None or finding.row not in part.slices.keys:
            continue
        for line in finding.measures:
            if line.judged.verdict in _GONE:
                yield _followed(before, finding, line, part)


def _followed(before: Document, finding: Finding, line: FindingLine, part: SplitPart) -> Phrase:
    series = part.slices.keys.index(finding.row)
    now = part.facts.windows.now
    figure = part.slices.figure(series, now, line.metric, STATISTICS[line.metric])
    values: dict[str, Value] = {
        "slice": finding.subject,
        "metric": Phrase(f"metric.{line.metric}"),
        "then": line.figure,
        "now": figure,
        "period": before.identity.period,
    }
    word = "unknown" if figure.value is None else "goes_on" if _outside(line, figure) else "ended"
    return Phrase(f"last_edition.{word}", values)


def _outside(line: FindingLine, figure: Figure) -> bool:
    """Whether the new figure would still be called by the range of the edition before."""
    usual, value = line.judged.usual, figure.value
    if usual is None or value is None:
        return False
    end = usual.high if line.judged.side == "high" else usual.low
    if end is None or end.value is None:
        return False
    return value > end.value if line.judged.side == "high" else value < end.value


def _targets(before: Document, tiles: Sequence[Tile]) -> Iterator[Phrase]:
    then = {tile.figure.metric: tile for tile in before.tiles}
    for tile in tiles:
        earlier = then.get(tile.figure.metric)
        if tile.target is None or earlier is None or earlier.target is None:
            continue
        if tile.target.met is None or earlier.target.met is None:
            continue
        values: dict[str, Value] = {
            "metric": Phrase(f"metric.{tile.figure.metric}"),
            "then": earlier.figure,
            "now": tile.figure,
            "period": before.identity.period,
        }
        was, is_ = (_met(each.target.met) for each in (earlier, tile) if each.target)
        yield Phrase(f"last_edition.target.{was}_{is_}", values)


def _met(met: bool | None) -> str:
    return "met" if met else "missed"
