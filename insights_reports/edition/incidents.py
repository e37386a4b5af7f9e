"""What happened one by one: recoveries, failures that had not recovered, releases that wait, slow
releases, failures by release, and rework."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.edition.attempts import by_attempt, by_release
from insights_reports.edition.counted import DURATIONS
from insights_reports.edition.document import ColumnKind, Dots, Section, Table
from insights_reports.edition.facts import Facts
from insights_reports.edition.listing import Columns, Rows, listing, name_of, text_of
from insights_reports.edition.path import first_successes
from insights_reports.edition.recovery_dots import recovery_dots
from insights_reports.edition.values import (
    Figure,
    Instant,
    Metric,
    Name,
    Phrase,
    Statistic,
    Usual,
)
from insights_reports.metrics import compare_versions
from insights_reports.metrics.streams import stream_order

FEW = 30  # deployments of a period below which all of them are listed on page one
FIRST = 5  # rows of the longest recoveries on page one
_LONGEST, _SLOWEST, _MOST = 10, 8, 50
_NULL = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Incidents:
    """The incidents of a scope; ``groups`` are its path, production last."""

    facts: Facts
    everything: Facts
    groups: tuple[str, ...]

    def section(self, usual: Usual | None) -> Section:
        """All of them; the longest recoveries in full. ``usual`` is the range of their median."""
        tables = (
            self.recoveries(_LONGEST, "all-recoveries"),
            recovery_dots(self.facts, *self._recoveries, usual),
            self.unrecovered(),
            by_attempt(self.facts),
            by_release(self.facts),
            self.waiting(),
            self.slowest(),
            self.rework(),
        )
        blocks = tuple(each for each in tables if isinstance(each, Dots) or (each and each.rows))
        lead = None if blocks else Phrase("incidents.none")
        title = Phrase("section.incidents")
        return Section("incidents", title, lead, blocks, message=self._message())

    def _message(self) -> Phrase | None:
        """What had not recovered; else how long it took at most; None without a recovery."""
        open_ones, ticks = self._open_streams, self._recoveries[1]
        if open_ones:
            return Phrase("incidents.message.open", {"n": len(open_ones)})
        if not ticks.size:
            return None
        longest = Figure(Metric.TIME_TO_RECOVERY, Statistic.MAX, int(ticks[0]))
        return Phrase("incidents.message.recovered", {"longest": longest})

    @cached_property
    def _recoveries(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """The rows of the period's recoveries and their ticks, the longest first."""
        ticks = self.facts.ticks(Metric.TIME_TO_RECOVERY)
        rows = np.flatnonzero((ticks != _NULL) & self.facts.within(self.facts.windows.now))
        rows = rows[np.lexsort((rows, -ticks[rows]))]
        return rows, ticks[rows]

    def recoveries(self, top: int, id: str = "recoveries") -> Table | None:
        """From the first failure to the next success of the stream, the longest first."""
        rows, ticks = self._recoveries
        if not rows.size:
            return None
        own = self._columns
        found: Rows = []
        for row, took in zip(rows.tolist(), ticks.tolist(), strict=True):
            after = Figure(Metric.TIME_TO_RECOVERY, Statistic.MAX, took)
            failed = own["completed"][row] - own["time_to_recovery"][row]
            attempts = own["deployments_until_recovery"][row]
            found.append(
                (
                    *self._where(row),
                    name_of(own["recovered_from_version"][row]),
                    self._instant(failed),
                    None if pd.isna(attempts) else int(attempts),
                    after,
                )
            )
        columns = (*_WHERE, ("release", _TEXT), ("failed_at", _AT), ("failures", _N), ("after", _D))
        title = Phrase("incidents.recoveries.title")
        return self._table(id, title, columns, found, top)

    def recovered(self) -> Phrase:
        """Whether a success had followed every failure when the period ended."""
        facts, open_ones = self.facts, self._open_streams
        if open_ones:
            return Phrase("incidents.not_recovered", {"n": len(open_ones)})
        failed = (facts.failed & facts.within(facts.windows.now)).any()
        return Phrase(f"incidents.{'all_recovered' if failed else 'nothing_failed'}")

    def unrecovered(self) -> Table | None:
        """The streams whose last deployment of the period had failed."""
        found: Rows = []
        table = self.facts.inputs.deployments
        for last, first, attempts, success in self._open_streams:
            found.append(
                (
                    *self._where(last),
                    name_of(table["release_version"].iloc[last]),
                    self._instant(table["completed"].iloc[first]),
                    attempts,
                    None if success is None else name_of(table["release_version"].iloc[success]),
                    None if success is None else self._instant(table["completed"].iloc[success]),
                )
            )
        if not found:
            return None
        columns = (
            *_WHERE,
            ("release", _TEXT),
            ("since_instant", _AT),
            ("attempts", _N),
            ("recovered_by", _TEXT),
            ("recovered_at", _AT),
        )
        title = Phrase("incidents.unrecovered.title")
        return self._table("unrecovered", title, columns, found, _MOST)

    @cached_property
    def _open_streams(self) -> list[tuple[int, int, int, int | None]]:
        """Of each stream that ends the period failing: its last row, the first of the run, how many
        failed in it, and the success that followed later, if any."""
        facts = self.facts
        order, stream, _ = stream_order(facts.inputs.deployments)
        counted = facts.counted[order]
        order, stream = order[counted], stream[counted]
        ended = facts.days[order] < np.datetime64(facts.windows.now.end)
        begun = facts.days[order] >= np.datetime64(facts.windows.now.start)
        failed = facts.failed[order]
        found = []
        for begin, end in _runs(stream):
            inside = np.flatnonzero(ended[begin:end])
            if not inside.size:
                continue
            last = begin + int(inside[-1])
            if not failed[last] or not begun[last]:
                continue
            first = last
            while first > begin and failed[first - 1]:
                first -= 1
            later = [at for at in range(last + 1, end) if not failed[at]]
            success = int(order[later[0]]) if later else None
            found.append((int(order[last]), int(order[first]), last - first + 1, success))
        return sorted(found, key=lambda each: each[1])

    def waiting(self) -> Table | None:
        """Releases that succeeded in the group before production, are newer than what production
        has, and were not tried there."""
        if len(self.groups) < 2:
            return None
        found: Rows = [
            (
                Name(self._project(project), project),
                name_of(version),
                self._instant(since),
                _waited(self._end - since),
            )
            for project, version, since in self.waits
        ]
        if not found:
            return None
        columns = (
            ("slice.project", ColumnKind.NAME),
            ("release", _TEXT),
            ("ready_since", _AT),
            ("waited", _D),
        )
        title = Phrase(
            "incidents.waiting.title",
            {"n": len(found), "before": Name(self.groups[-2]), "last": Name(self.groups[-1])},
        )
        return self._table("waiting", title, columns, found, _LONGEST)

    @cached_property
    def waits(self) -> list[tuple[str, str, datetime]]:
        """The waiting releases at the end of the period, the longest first: project id, version,
        since when."""
        if len(self.groups) < 2:
            return []
        end = self._end
        firsts = first_successes(self.everything, self.groups[-2:])
        firsts = firsts.where(firsts < end)
        tried, newest = self._tried(end), _newest(firsts[1].dropna().index)
        ready = firsts[0][firsts[0].notna() & firsts[1].isna()]
        found = []
        for project, version, since in ready.reset_index().itertuples(index=False):
            if (project, version) in tried:
                continue
            if _is_newer(str(version), newest.get(project)):
                found.append((str(project), str(version), since.to_pydatetime(warn=False)))
        return sorted(found, key=lambda each: each[2])

    @property
    def _end(self) -> pd.Timestamp:
        return pd.Timestamp(self.facts.windows.now.end).tz_localize(self.facts.inputs.tz)

    def _tried(self, end: pd.Timestamp) -> set[tuple[object, object]]:
        """The releases that were deployed to production at all, by then."""
        table = self.facts.inputs.deployments
        before = (table["completed"] < end).to_numpy()
        pairs = table.loc[before, ["project_id", "release_version"]].astype("object")
        return set(pairs.itertuples(index=False, name=None))

    def _project(self, project: str) -> str | None:
        table = self.everything.inputs.deployments
        names = table["project_name"][(table["project_id"] == project).to_numpy()]
        return text_of(names.iloc[-1]) if len(names) else None

    def slowest(self) -> Table | None:
        """The deployments of the period with the longest lead times."""
        facts = self.facts
        ticks = facts.ticks(Metric.LEAD_TIME)
        rows = np.flatnonzero((ticks != _NULL) & facts.within(facts.windows.now))
        if not rows.size:
            return None
        rows = rows[np.lexsort((rows, -ticks[rows]))][:_SLOWEST]
        table = facts.inputs.deployments
        found: Rows = [
            (
                *self._where(row),
                name_of(table["release_version"].iloc[row]),
                self._instant(table["completed"].iloc[row]),
                Figure(Metric.LEAD_TIME, Statistic.MAX, int(ticks[row])),
            )
            for row in rows.tolist()
        ]
        columns = (*_WHERE, ("release", _TEXT), ("completed_at", _AT), ("lead_time", _D))
        title = Phrase("incidents.slowest.title")
        return self._table("slowest", title, columns, found, _SLOWEST)

    def all_deployments(self) -> Table | None:
        """Every deployment of the period, where they are few."""
        facts = self.facts
        rows = np.flatnonzero(facts.within(facts.windows.now) & facts.counted)
        if not 0 < rows.size < FEW:
            return None
        table = facts.inputs.deployments
        rows = rows[np.argsort(facts.days[rows], kind="stable")]
        found: Rows = [
            (
                *self._where(row),
                name_of(table["release_version"].iloc[row]),
                self._instant(table["completed"].iloc[row]),
                Phrase("incidents.failed" if facts.failed[row] else "incidents.succeeded"),
                *(self._duration(row, metric) for metric in DURATIONS),
            )
            for row in rows.tolist()
        ]
        columns = (
            *_WHERE,
            ("release", _TEXT),
            ("completed_at", _AT),
            ("outcome", _TEXT),
            ("lead_time", _D),
            ("recovery", _D),
        )
        title = Phrase("incidents.all_deployments.title", {"n": len(found)})
        made = self._table("all-deployments", title, columns, found, FEW)
        return replace(made, notes=(self.recovered(),))

    def _duration(self, row: int, metric: Metric) -> Figure | None:
        """A measure of one deployment, if it has it."""
        ticks = int(self.facts.ticks(metric)[row])
        return None if ticks == _NULL else Figure(metric, Statistic.MAX, ticks)

    def rework(self) -> Table | None:
        """The rollbacks and hotfixes of the period, and the redeploys, which are no rework."""
        facts = self.facts
        proven = facts.rework_in(facts.windows.now)
        kinds = dict.fromkeys(proven.hotfixes.tolist(), "hotfix")
        kinds |= dict.fromkeys(proven.rollbacks.tolist(), "rollback")
        again = [row for row in proven.redeploys.tolist() if row not in kinds]
        rows = [*sorted(kinds), *again]
        if not rows:
            return None
        own = self._columns
        found: Rows = [
            (
                *self._where(row),
                name_of(own["release_version"][row]),
                self._instant(own["completed"][row]),
                Phrase(f"incidents.{kinds.get(row, 'redeploy')}"),
                Name(str(own["deployment_id"][row])),
            )
            for row in rows
        ]
        columns = (
            *_WHERE,
            ("release", _TEXT),
            ("completed_at", _AT),
            ("kind", _TEXT),
            ("deployment", ColumnKind.ID),
        )
        return self._table("rework", Phrase("incidents.rework.title"), columns, found, _LONGEST)

    # --- cells -------------------------------------------------------------------------------

    @cached_property
    def _columns(self) -> dict[str, Any]:
        """The columns as arrays, of which one value after the other is asked for."""
        table = self.facts.inputs.deployments
        return {str(name): table[name].array for name in table.columns}

    def _where(self, row: int) -> tuple[Name, Name]:
        own = self._columns
        return tuple(  # type: ignore[return-value]
            Name(text_of(own[f"{thing}_name"][row]), str(own[f"{thing}_id"][row]))
            for thing in ("project", "environment")
        )

    @cached_property
    def _one_place(self) -> bool:
        """Whether all deployments are of one environment, which the scope names."""
        return self.facts.inputs.deployments["environment_id"].nunique() == 1

    def _instant(self, moment: datetime) -> Instant:
        at = pd.Timestamp(moment).to_pydatetime(warn=False)
        return Instant(at, self.facts.inputs.zone)

    def _table(
        self,
        id: str,
        title: Phrase,
        columns: Columns,
        rows: Rows,
        top: int,
    ) -> Table:
        if self._one_place and columns[: len(_WHERE)] == _WHERE:
            columns = (*columns[:1], *columns[len(_WHERE) :])
            rows = [(*row[:1], *row[len(_WHERE) :]) for row in rows]
        subtitle = Phrase(f"incidents.subtitle.{id.replace('-', '_')}")
        return listing(id, title, subtitle, columns, rows, top)


_TEXT, _AT, _N, _D = (
    ColumnKind.TEXT,
    ColumnKind.INSTANT,
    ColumnKind.COUNT,
    ColumnKind.DURATION,
)
_WHERE = (("slice.project", ColumnKind.NAME), ("slice.environment", ColumnKind.TEXT))


def _waited(span: pd.Timedelta) -> Figure:
    return Figure(Metric.LEAD_TIME, Statistic.MAX, int(span.as_unit("ns").value) // 100)


def _newest(releases: pd.Index) -> dict[object, str]:
    """The newest version of each project."""
    newest: dict[object, str] = {}
    for project, version in releases:
        if _is_newer(str(version), newest.get(project)):
            newest[project] = str(version)
    return newest


def _is_newer(version: str, known: str | None) -> bool:
    """Whether it is a version, and newer than the one known, if any."""
    if known is None:
        return compare_versions(version, version) == 0
    return compare_versions(version, known) == 1


def _runs(stream: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Where each stream begins and ends in its order."""
    if not len(stream):
        return
    edges = np.flatnonzero(np.diff(stream)) + 1
    yield from zip([0, *edges.tolist()], [*edges.tolist(), len(stream)], strict=True)
