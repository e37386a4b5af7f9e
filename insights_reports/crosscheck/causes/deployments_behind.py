"""The deployments behind a figure: those of one series completed on some days."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights_reports.crosscheck.compare import OurTables
from insights_reports.metrics import Lookups, Split
from insights_reports.metrics.splits import membership
from insights_reports.metrics.zones import completions
from insights_reports.spelling.figures import FIGURES, METRICS, POSITION, Integers, Mask

SHOWN = 50


class Behind:
    """The deployments of one split by series, day and instant of completion.

    Series are numbered as in the book; ``series`` is how many there are. Arrays are by row of the
    deployments: ``days`` since 1970, ``completed`` and ``lead_time`` in nanoseconds.
    """

    def __init__(
        self,
        deployments: pd.DataFrame,
        book: OurTables,
        split: Split,
        tag_set: str | None,
        lookups: Lookups,
    ) -> None:
        members = membership(deployments, split, lookups, tag_set)
        rows = np.arange(len(deployments)) if members.rows is None else members.rows
        completed = completions(deployments)
        self.days, self.completed = book.days, completed.view(np.int64)
        place = {key: number for number, (key, _) in enumerate(book.series(split, tag_set))}
        numbers = np.array([place[key] for key in members.keys], dtype=np.int64)
        codes = numbers[members.codes]
        self.series = len(place)
        order = np.lexsort((self.completed[rows], codes))
        self._rows: Integers = rows[order]
        self._first = np.searchsorted(codes[order], np.arange(len(place) + 1))
        self._ids = deployments["deployment_id"].array
        self._has_value = {
            metric: deployments[_column(metric)].notna().to_numpy()
            for metric in METRICS
            if (metric, "Mean") in POSITION
        }
        lead_time = deployments["lead_time"].dt.as_unit("ns").to_numpy(dtype="timedelta64[ns]")
        self.lead_time: Integers = lead_time.view(np.int64)

    def of_series(self, series: int) -> Integers:
        """All the rows of a series, by completion."""
        return self._rows[self._first[series] : self._first[series + 1]]

    def of_figure(
        self, series: int, start: int, end: int, metric: str
    ) -> tuple[tuple[str, ...], int]:
        """The ids of the first deployments that count in a figure of the days ``[start, end)``,
        and how many there are."""
        if series >= self.series:
            return (), 0
        rows = self.of_series(series)
        days = self.days[rows]
        rows = rows[np.searchsorted(days, start) : np.searchsorted(days, end)]
        has_value: Mask | None = self._has_value.get(metric)
        if has_value is not None:
            rows = rows[has_value[rows]]
        return tuple(str(one) for one in self._ids[rows[:SHOWN]]), len(rows)


def _column(metric: str) -> str:
    return FIGURES[POSITION[metric, "Mean"]].column.removesuffix("_mean")
