"""Every figure that Octopus states against ours, and each one's verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from functools import partial
from typing import cast

import numpy as np
import pandas as pd

from insights_reports.crosscheck.causes.accumulated_lead_time import accumulating_lead_time
from insights_reports.crosscheck.causes.deployments_behind import Behind
from insights_reports.crosscheck.causes.edges import (
    Context,
    Hints,
    before_the_data,
    do_not_promote,
    edge_intervals,
)
from insights_reports.crosscheck.causes.hidden_deployments import Hidden, restricted_key
from insights_reports.crosscheck.causes.judged import JudgedCells
from insights_reports.crosscheck.causes.likeliest import name_likeliest
from insights_reports.crosscheck.causes.moved_data import Moving, moves
from insights_reports.crosscheck.compare import OurTables, compare
from insights_reports.crosscheck.conventions.infer import infer
from insights_reports.crosscheck.result import CrossCheck
from insights_reports.crosscheck.streams import check_streams
from insights_reports.crosscheck.tables.intervals import as_date
from insights_reports.crosscheck.totals import Totals
from insights_reports.metrics import Conventions, Lookups, Split
from insights_reports.metrics.periods import add_months
from insights_reports.spelling.stated import StatedMetrics, StatedTable, read_stated

_NAMES = ("project_name", "channel_name", "environment_name", "tenant_name")
_DEFAULTS = Conventions()
_NO_HINTS = Hints()


def cross_check(
    deployments: pd.DataFrame,
    stated: Iterable[StatedMetrics | StatedTable],
    *,
    zone: tzinfo,
    lookups: Lookups,
    as_of: datetime,
    base: Conventions = _DEFAULTS,
    earlier: pd.DataFrame | None = None,
    hints: Hints = _NO_HINTS,
) -> CrossCheck:
    """Compare all stated figures with those recomputed from the deployments.

    Args:
        deployments: the deployments table of docs/architecture.md, pulled after the figures.
        stated: the replies of ``/metrics``, as they came or as columns; each question once.
        zone: the report's time zone.
        as_of: when the figures were asked for (aware).
        base: the conventions to start from; those that Octopus leaves open are inferred.
        earlier: the deployments as pulled before the figures, to tell what moved meanwhile.
        hints: what is known beside the deployments.

    Raises:
        BadReply: when a reply is not what the API promises.
        UsageError: when a tag set is not among the look-ups.
    """
    checker = Checker(
        deployments,
        [one if isinstance(one, StatedTable) else read_stated(one) for one in stated],
        zone=zone,
        lookups=lookups,
        as_of=as_of,
        base=base,
        earlier=earlier,
        hints=hints,
    )
    totals = Totals()
    for table in sorted(checker.tables, key=_by_split):
        behind = partial(checker.deployments_behind, table)
        totals.add(checker.judge(table), behind, checker.inferred.conventions.week_start)
    streams, evidence = check_streams(deployments, checker.inferred.conventions)
    return totals.result(checker.inferred, streams, (evidence,))


class Checker:
    """Judges table by table; what the tables share is made once. Arguments as of `cross_check`.

    The conventions are inferred from ``tables``; any table may then be judged under them.
    """

    def __init__(
        self,
        deployments: pd.DataFrame,
        tables: list[StatedTable],
        *,
        zone: tzinfo,
        lookups: Lookups,
        as_of: datetime,
        base: Conventions = _DEFAULTS,
        earlier: pd.DataFrame | None = None,
        hints: Hints = _NO_HINTS,
    ) -> None:
        found = None if earlier is None else moves(earlier, deployments, zone)
        self.tables = tables
        self.inferred = infer(
            tables,
            deployments,
            zone=zone,
            lookups=lookups,
            as_of=as_of,
            base=base,
            unsettled=None if found is None else found.days,
        )
        book = OurTables(deployments, zone, lookups, self.inferred)
        self._context = Context(
            book,
            deployments,
            lookups,
            self.inferred,
            zone,
            as_of,
            _data_start(book, zone, as_of),
            hints.restricted or any(_hides_names(deployments, name) for name in _NAMES),
            hints,
        )
        self._moving = Moving(found, book, self.inferred, zone)
        self._behind: tuple[tuple[str, str | None], Behind] | None = None
        self._hidden = Hidden()

    def judge(self, table: StatedTable) -> JudgedCells:
        """Give every figure of a table its verdict."""
        compared = compare(table, self._context.book, self.inferred)
        judged = JudgedCells(compared, self.inferred.rounding)
        self._hidden.note(compared)
        if judged.differs.any():
            self._find_causes(judged)
        return judged

    def _find_causes(self, judged: JudgedCells) -> None:
        """Each rule in turn, the most certain first; what is left gets its likeliest cause."""
        context, compared = self._context, judged.compared
        self._moving.judge(judged)
        edge_intervals(judged, context)
        do_not_promote(judged, context)
        accumulating_lead_time(judged, context, self.deployments_behind(compared.table))
        before_the_data(judged, context)
        if context.restricted:
            restricted_key(judged, self._hidden)
        name_likeliest(judged, len(context.book.series(compared.split, compared.tag_set)))

    def deployments_behind(self, table: StatedTable) -> Behind:
        """The deployments of the table's split, kept for its other tables."""
        split, tag_set = cast(Split, table.source.split), table.source.tag_set
        if self._behind is None or self._behind[0] != (split, tag_set):
            context = self._context
            behind = Behind(context.deployments, context.book, split, tag_set, context.lookups)
            self._behind = (split, tag_set), behind
        return self._behind[1]


def _by_split(table: StatedTable) -> tuple[bool, str, str, str]:
    """All deployments in one series first: the other splits are held against what it shows."""
    source = table.source
    return source.split != "None", source.split, source.tag_set or "", source.granularity


def _data_start(book: OurTables, zone: tzinfo, as_of: datetime) -> date:
    """The first day that the deployments cover: that of 12 whole months and this month, or
    earlier (docs/octopus-rest-api/insights, "Get deployment level insights metrics")."""
    promised = add_months(as_of.astimezone(zone).date().replace(day=1), -12)
    days = book.days[book.days != np.iinfo(np.int64).min]
    return min(promised, as_date(days.min())) if len(days) else promised


def _hides_names(deployments: pd.DataFrame, column: str) -> bool:
    """Whether something has an id but no name."""
    has_id = deployments[column.replace("_name", "_id")].notna()
    return bool((has_id & deployments[column].isna()).any())
