"""The verdicts of all tables added up, and what does not agree as a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.deployments_behind import Behind
from insights_reports.crosscheck.causes.judged import AGREES, VERDICTS, JudgedCells
from insights_reports.crosscheck.conventions.infer import Inferred
from insights_reports.crosscheck.findings import Differences, differences, findings
from insights_reports.crosscheck.result import (
    CheckFinding,
    CheckVerdict,
    CrossCheck,
    Discrepancy,
    Evidence,
    StreamCheck,
    Value,
)
from insights_reports.crosscheck.tables.intervals import as_date
from insights_reports.metrics import UNTAGGED, UNTENANTED
from insights_reports.metrics.conventions import WeekStart
from insights_reports.spelling.figures import FIGURES, Column, Kind, is_null
from insights_reports.spelling.stated import Question, StatedTable, Unknown

_UNDEFINED = Cause("undefined")
_LEFT_OUT = Cause("left_out")

_ORDER = {CheckVerdict.DIFFERS: 0, CheckVerdict.EXPLAINED: 1, CheckVerdict.NOT_COMPARABLE: 2}
_Bucket = tuple[str, str | None, str]


class Totals:
    """Counts of verdicts and all discrepancies, table by table."""

    def __init__(self) -> None:
        self._verdicts: Counter[CheckVerdict] = Counter()
        self._discrepancies: list[Discrepancy] = []
        self._tables: dict[_Bucket, Counter[bool]] = {}
        self._in_bucket: list[tuple[int, _Bucket]] = []
        self._differences: list[Differences] = []

    def add(self, judged: JudgedCells, behind: Callable[[], Behind], week_start: WeekStart) -> None:
        """Count the verdicts of one table and list what does not agree."""
        self._differences += differences(judged, week_start)
        for number, verdict in enumerate(VERDICTS):
            self._verdicts[verdict] += int((judged.verdict == number).sum())
        buckets = self._buckets(judged)
        if (judged.verdict != AGREES).any():
            for series, discrepancy in _discrepancies(judged, behind()):
                if series in buckets:
                    self._in_bucket.append((len(self._discrepancies), buckets[series]))
                self._discrepancies.append(discrepancy)
        for unknown in judged.compared.table.unknown:
            self._verdicts[CheckVerdict.NOT_COMPARABLE] += 1
            self._discrepancies.append(_unknown(judged.compared.table, unknown))

    def _buckets(self, judged: JudgedCells) -> dict[int, _Bucket]:
        """The series of deployments without tenant or tag that this table does not state.

        Whether it states them is noted: Octopus's documentation does not say if it does.
        """
        compared = judged.compared
        missing: dict[int, _Bucket] = {}
        busy = set(np.unique(compared.cells.series).tolist())
        for number, (key, _) in enumerate(compared.series):
            if key in (UNTENANTED, UNTAGGED) and number in busy:
                bucket: _Bucket = (compared.split, compared.tag_set, key)
                absent = number in compared.absent
                self._tables.setdefault(bucket, Counter())[absent] += 1
                if absent:
                    missing[number] = bucket
        return missing

    def result(
        self, inferred: Inferred, streams: StreamCheck, evidence: tuple[Evidence, ...]
    ) -> CrossCheck:
        """The cross-check as a whole; what differs comes first."""
        self._explain_left_out()
        found = findings(self._differences)
        self._name_kinds(found)
        counts = self._verdicts
        return CrossCheck(
            figures=sum(counts.values()),
            agrees=counts[VERDICTS[AGREES]],
            differs=counts[CheckVerdict.DIFFERS],
            explained=counts[CheckVerdict.EXPLAINED],
            not_comparable=counts[CheckVerdict.NOT_COMPARABLE],
            conventions=inferred.conventions,
            evidence=(*inferred.evidence, *evidence),
            discrepancies=tuple(sorted(self._discrepancies, key=lambda one: _ORDER[one.verdict])),
            streams=streams,
            findings=found,
        )

    def _name_kinds(self, found: tuple[CheckFinding, ...]) -> None:
        """Say of a figure that it is off by itself only where no other of its kind differs."""
        of_kind = {
            (question, one.metric, one.statistic): one
            for one in found
            for question in one.questions
        }
        for place, one in enumerate(self._discrepancies):
            if one.cause.code != "alone":
                continue
            question = str(Question(one.split, one.tag_set, one.time_range, one.granularity))
            names = ((one.metric, one.statistic), (one.metric, None), (None, None))
            kinds = (of_kind.get((question, *name)) for name in names)
            kind = next(filter(None, kinds), None)
            if kind is not None and kind.count > 1:
                code = "several" if kind.kind == "irregular" else "of_kind"
                cause = Cause(code, (("n", kind.count),))
                self._discrepancies[place] = replace(one, cause=cause)

    def _explain_left_out(self) -> None:
        """A series that two or more tables of a split could have and none has is left out of it."""
        for place, bucket in self._in_bucket:
            tables = self._tables[bucket]
            found = self._discrepancies[place]
            if tables[False] or tables[True] < 2 or found.verdict is not CheckVerdict.DIFFERS:
                continue
            self._discrepancies[place] = replace(
                found, verdict=CheckVerdict.EXPLAINED, cause=_LEFT_OUT
            )
            self._verdicts[CheckVerdict.DIFFERS] -= 1
            self._verdicts[CheckVerdict.EXPLAINED] += 1


def _unknown(table: StatedTable, found: Unknown) -> Discrepancy:
    """A value that we have no definition for; it stands where the reply has it."""
    source = table.source
    value = found.value if isinstance(found.value, int | float) else None
    metric, _, statistic = found.path.partition(".")
    return Discrepancy(
        split=source.split,
        tag_set=source.tag_set,
        time_range=source.time_range,
        granularity=source.granularity,
        series=found.series,
        start_of_interval=found.start,
        metric=metric,
        statistic=statistic or None,
        stated=value,
        recomputed=None,
        difference=None,
        tolerance=0.0,
        verdict=CheckVerdict.NOT_COMPARABLE,
        cause=_UNDEFINED,
    )


def _discrepancies(judged: JudgedCells, behind: Behind) -> Iterator[tuple[int, Discrepancy]]:
    """Every figure of a table that does not agree, with the number of its series, by cell."""
    compared = judged.compared
    source = compared.table.source
    cells, figures = np.nonzero(judged.verdict.T != AGREES)
    deployments: dict[tuple[int, str], tuple[tuple[str, ...], int]] = {}
    ends = compared.ends
    tolerances = [judged.rounding.tolerance(figure) for figure in FIGURES]
    for cell, number in zip(cells.tolist(), figures.tolist(), strict=True):
        figure = FIGURES[number]
        series, start = int(compared.cells.series[cell]), int(compared.cells.start[cell])
        if (cell, figure.metric) not in deployments:
            deployments[cell, figure.metric] = behind.of_figure(
                series, start, int(ends[cell]), figure.metric
            )
        ids, size = deployments[cell, figure.metric]
        stated = _value(compared.stated[number], cell, figure.kind)
        ours = _value(compared.cells.columns[number], cell, figure.kind)
        yield (
            series,
            Discrepancy(
                split=source.split,
                tag_set=source.tag_set,
                time_range=source.time_range,
                granularity=source.granularity,
                series=compared.series[series][1],
                start_of_interval=as_date(start),
                metric=figure.metric,
                statistic=figure.statistic,
                stated=stated,
                recomputed=ours,
                difference=None if stated is None or ours is None else stated - ours,
                tolerance=tolerances[number],
                verdict=VERDICTS[judged.verdict[number, cell]],
                cause=judged.causes[judged.cause[number, cell]],
                deployment_ids=ids,
                deployments=size,
            ),
        )


def _value(column: Column, cell: int, kind: Kind) -> Value:
    if is_null(column[cell : cell + 1])[0]:
        return None
    return float(column[cell]) if kind in ("rate", "number") else int(column[cell])
