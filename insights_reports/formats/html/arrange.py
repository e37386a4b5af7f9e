"""What stands beside what on a page."""

from collections.abc import Sequence

from insights_reports.edition.document import (
    Block,
    Chart,
    ChartForm,
    ColumnKind,
    Finding,
    Path,
    Role,
    Table,
    Waterfall,
)
from insights_reports.edition.values import Strip, Value

BY_WEEK = "weeks"
"""The id of the chart of lines that is as wide as the page."""


def beside(table: Table, values: Sequence[Value], number: int) -> Strip | None:
    """The strip that draws the value of column ``number``."""
    drawn = table.columns[number + 1 : number + 2]
    strips = values[number + 1 : number + 2] if drawn and drawn[0].kind is ColumnKind.STRIP else ()
    return next((each for each in strips if isinstance(each, Strip)), None)


def groups(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks that stand beside each other: charts of lines by two, the path beside what drove the
    change, and the panels of one split."""
    found: list[list[Block]] = []
    for block in blocks:
        last = found[-1] if found else []
        if len(last) == 1 and _pair(last[0], block):
            last.append(block)
        else:
            found.append([block])
    return found


def _pair(one: Block, other: Block) -> bool:
    if isinstance(other, Path):
        return isinstance(one, Waterfall) or is_lines(one)
    if panels_of(other):
        return panels_of(one) == panels_of(other)
    return is_lines(one) and is_lines(other)


def panels_of(block: Block) -> str:
    """The id of the section whose slices are drawn in panels; "" for other blocks."""
    if not isinstance(block, Chart):
        return ""
    own, _, what = block.id.rpartition("-panels")
    return own if what in ("", "-apart") else ""


def is_lines(block: Block) -> bool:
    """Whether it is a chart of lines that stands beside another one."""
    return isinstance(block, Chart) and block.form is ChartForm.LINES and block.id != BY_WEEK


def drivers(overview: Sequence[Block]) -> list[Block]:
    """What drove the change, or a chart of lines in its place, and the path."""
    drawn = [block for block in overview if isinstance(block, Waterfall | Path)]
    return [*(block for block in overview[:1] if is_lines(block)), *drawn]


def ends_trends(blocks: Sequence[Block], group: Sequence[Block]) -> bool:
    """Whether the last of the charts of lines is in this group."""
    lines = [block for block in blocks if is_lines(block)]
    return bool(lines) and lines[-1] in group


def trend_key(blocks: Sequence[Block]) -> list[str]:
    """The names of what the charts of lines show beside their lines."""
    charts = [block for block in blocks if isinstance(block, Chart) and is_lines(block)]
    every = (series for chart in charts for series in chart.series)
    drawn = {s.role for s in every if any(f.value is not None for f in s.figures)}
    shown = {
        "range": Role.LIMIT in drawn,
        "target": Role.TARGET in drawn,
        "noted": any(chart.annotations or chart.level is not None for chart in charts),
        "cut": any(chart.cut for chart in charts),
        "p90": Role.SECOND in drawn,
        "scale": any(chart.logarithmic for chart in charts),
    }
    return [name for name, there in shown.items() if there]


def panels_on_paper(findings: Sequence[Finding], charts: Sequence[Chart]) -> list[Chart]:
    """The panels that paper shows of a split: those of two measures that lie outside in it, the
    gravest first, else its deployments."""
    own = [each for each in findings if each.anchor == panels_of(charts[0])]
    metrics = dict.fromkeys(line.metric for each in own for line in each.measures)
    by_metric = {each.series[0].figures[0].metric: each for each in charts[0].alternatives}
    found = [by_metric[metric] for metric in metrics if metric in by_metric]
    return found[:2] or [*charts]
