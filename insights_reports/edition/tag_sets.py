"""What tags that overlap add to the change of the failure rate: by the exact set of tags, which is
a partition, so that the parts add up."""

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from insights_reports.edition.contributions import points
from insights_reports.edition.document import Column, ColumnKind, Table
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.values import Name, Phrase, Value
from insights_reports.judgement import OTHERS, Contribution, Slice, rate_contributions, shown

Set = tuple[int, ...]
"""Series of a tag set: those that the deployments of a tenant count in."""


def by_exact_set(part: SplitPart) -> Table | None:
    """At most eight sets and the rest; None where no deployment has several tags of the set, where
    one of the two windows has none or is not known, and where nothing changed."""
    windows = part.facts.windows
    if part.slices.tag_set is None or part.additive or not part.slices.known(windows.previous):
        return None
    found = list(_slices(part))
    if not all(sum(side(one)[0] for one in found) for side in (_before, _after)):
        return None
    every = rate_contributions(found)
    change = sum((one.part for one in every), Fraction(0))
    if not change:
        return None
    parts = shown(every)
    rows = tuple(_row(part, one, len(every) - len(parts) + 1) for one in parts)
    spans = (windows.previous, windows.now)
    return Table(
        id=f"{part.anchor}-contributions",
        title=Phrase("table.tag_sets.title", {"set": part.tag_set_name}),
        subtitle=Phrase("table.tag_sets.subtitle"),
        columns=(
            Column(Phrase("column.slice.tenant-tag-set"), ColumnKind.NAME),
            *(Column(Phrase("column.deployments_in", {"period": p}), _COUNT) for p in spans),
            *(Column(Phrase(f"column.{key}"), ColumnKind.PART) for key in _PARTS),
        ),
        rows=rows,
        total_rows=len(rows),
        total=(
            Phrase("label.all"),
            *(sum(side(one)[0] for one in found) for side in (_before, _after)),
            points(sum((one.rate for one in every), Fraction(0))),
            points(sum((one.mix for one in every), Fraction(0))),
            points(change),
        ),
    )


_COUNT = ColumnKind.COUNT
_PARTS = ("rate_part", "mix_part", "points")


def _before(one: Slice) -> tuple[int, int]:
    return one.before[0], int(one.before[1])


def _after(one: Slice) -> tuple[int, int]:
    return one.after[0], int(one.after[1])


def _row(part: SplitPart, one: Contribution, rest: int) -> tuple[Value, ...]:
    parts = points(one.rate), points(one.mix), points(one.part)
    return (_label(part, one, rest), one.before, one.after, *parts)


def _label(part: SplitPart, one: Contribution, rest: int) -> Phrase | Name:
    if one.name == OTHERS:
        return Phrase("chart.waterfall.others", {"n": rest})
    labels = [part.label(int(series)) for series in one.name]
    return reduce(lambda all, next: Phrase("label.both", {"one": all, "other": next}), labels)


def _slices(part: SplitPart) -> Iterator[Slice]:
    """Deployments and failures of each set in the window before and in this one."""
    facts = part.facts
    of_tenant, sets = _sets(part)
    tenant = facts.inputs.deployments["tenant_id"].astype("category").cat.codes.to_numpy()
    own = of_tenant[tenant + 1]
    sides = []
    for span in (facts.windows.previous, facts.windows.now):
        chosen = facts.within(span) & facts.counted & (own >= 0)
        all_and_failed = (chosen, chosen & facts.failed)
        sides.append([np.bincount(own[each], minlength=len(sets)) for each in all_and_failed])
    for at, one in enumerate(sets):
        before, after = ((int(n[at]), int(failed[at])) for n, failed in sides)
        if before[0] or after[0]:
            yield Slice(tuple(map(str, one)), before, after)


def _sets(part: SplitPart) -> tuple[NDArray[np.intp], list[Set]]:
    """The set of each tenant (by its code + 1; -1: none), and the sets. All deployments of a tenant
    have the same tags."""
    facts = part.facts
    column = facts.inputs.deployments["tenant_id"].astype("category").cat
    members = facts.members(part.slices)
    codes = column.codes.to_numpy().astype(np.int64)[members.rows] + 1
    width = len(part.slices)
    by_tenant: dict[int, list[int]] = {}
    for pair in np.unique(codes * width + members.series).tolist():
        by_tenant.setdefault(pair // width, []).append(pair % width)
    sets = sorted({tuple(series) for series in by_tenant.values()})
    number = {one: at for at, one in enumerate(sets)}
    found = np.full(len(column.categories) + 1, -1, dtype=np.intp)
    for code, series in by_tenant.items():
        found[code] = number[tuple(series)]
    return found, sets
