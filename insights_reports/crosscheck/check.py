"""Every figure that Octopus states against ours, and each one's verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, tzinfo

import numpy as np
import pandas as pd

from insights_reports.crosscheck.accumulating import accumulating_lead_time
from insights_reports.crosscheck.behind import Behind
from insights_reports.crosscheck.causes import (
    Context,
    Hidden,
    Hints,
    before_the_data,
    do_not_promote,
    edge_intervals,
    restricted_key,
)
from insights_reports.crosscheck.comparison import Book, Compared, compare
from insights_reports.crosscheck.inference import infer
from insights_reports.crosscheck.intervals import as_date
from insights_reports.crosscheck.judging import Judged
from insights_reports.crosscheck.likely import name_likeliest
from insights_reports.crosscheck.moving import Moving, moves
from insights_reports.crosscheck.result import CrossCheck
from insights_reports.crosscheck.stated import StatedMetrics, StatedTable, read_stated
from insights_reports.crosscheck.streams import check_streams
from insights_reports.crosscheck.totals import Totals
from insights_reports.metrics import Conventions, Lookups
from insights_reports.metrics.periods import add_months

_NAMES = ("project_name", "channel_name", "environment_name", "tenant_name")
_DEFAULTS = Conventions()
_NO_HINTS = Hints()


def cross_check(
    deployments: pd.DataFrame,
    stated: Iterable[StatedMetrics],
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
        stated: the replies of ``/metrics``; each question once.
        zone: the report's time zone.
        as_of: when the figures were asked for (aware).
        base: the conventions to start from; those that Octopus leaves open are inferred.
        earlier: the deployments as pulled before the figures, to tell what moved meanwhile.
        hints: what is known beside the deployments.

    Raises:
        BadReply: when a reply is not what the API promises.
        UsageError: when a tag set is not among the look-ups.
    """
    tables = [read_stated(one) for one in stated]
    inferred = infer(tables, deployments, zone=zone, lookups=lookups, as_of=as_of, base=base)
    book = Book(deployments, zone, lookups, inferred)
    restricted = hints.restricted or any(_hides_names(deployments, name) for name in _NAMES)
    context = Context(
        book,
        deployments,
        lookups,
        inferred,
        zone,
        as_of,
        _data_start(book, zone, as_of),
        restricted,
        hints,
    )
    found = None if earlier is None else moves(earlier, deployments, zone)
    check = _Check(context, Moving(found, book, inferred, zone))
    for table in sorted(tables, key=_by_split):
        check.add(table)
    streams, evidence = check_streams(deployments, inferred.conventions)
    return check.totals.result(inferred, streams, (evidence,))


class _Check:
    """Judges table by table; what the tables of one split share is made once."""

    def __init__(self, context: Context, moving: Moving) -> None:
        self._context, self._moving = context, moving
        self._behind: tuple[tuple[str, str | None], Behind] | None = None
        self._hidden = Hidden()
        self.totals = Totals()

    def add(self, table: StatedTable) -> None:
        """Give every figure of a table its verdict."""
        inferred = self._context.inferred
        compared = compare(table, self._context.book, inferred)
        judged = Judged(compared, inferred.rounding)
        self._hidden.note(compared)
        behind = None
        if judged.differs.any():
            behind = self._deployments(compared)
            self._find_causes(judged, behind)
        self.totals.add(judged, behind)

    def _find_causes(self, judged: Judged, behind: Behind) -> None:
        """Each rule in turn, the most certain first; what is left gets its likeliest cause."""
        context = self._context
        self._moving.judge(judged)
        edge_intervals(judged, context)
        do_not_promote(judged, context)
        accumulating_lead_time(judged, context, behind)
        before_the_data(judged, context)
        restricted_key(judged, context, self._hidden)
        compared = judged.compared
        name_likeliest(judged, len(context.book.series(compared.split, compared.tag_set)))

    def _deployments(self, compared: Compared) -> Behind:
        """The deployments of the table's split, kept for its other tables."""
        key = (compared.split, compared.tag_set)
        if self._behind is None or self._behind[0] != key:
            context = self._context
            behind = Behind(context.deployments, context.book, *key, context.lookups)
            self._behind = key, behind
        return self._behind[1]


def _by_split(table: StatedTable) -> tuple[bool, str, str, str]:
    """All deployments in one series first: the other splits are held against what it shows."""
    source = table.source
    return source.split != "None", source.split, source.tag_set or "", source.granularity


def _data_start(book: Book, zone: tzinfo, as_of: datetime) -> date:
    """The first day that the deployments cover: that of 12 whole months and this month, or
    earlier (docs/octopus-rest-api/insights, "Get deployment level insights metrics")."""
    promised = add_months(as_of.astimezone(zone).date().replace(day=1), -12)
    days = book.days[book.days != np.iinfo(np.int64).min]
    return min(promised, as_date(days.min())) if len(days) else promised


def _hides_names(deployments: pd.DataFrame, column: str) -> bool:
    """Whether something has an id but no name."""
    has_id = deployments[column.replace("_name", "_id")].notna()
    return bool((has_id & deployments[column].isna()).any())
