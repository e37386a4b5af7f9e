"""Merging a pull into the history: months that say the same are skipped, nothing is overwritten.

What Octopus now says otherwise is an edit, what it does not say any more has vanished; the version
before goes to the month's changes either way. Crash anywhere: the old manifest is whole.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pandas as pd

from insights_reports.errors import HistoryError
from insights_reports.history.deployments import manifest as manifests
from insights_reports.history.deployments import parquet
from insights_reports.history.deployments.changed import MonthChange, change_of, fill_of
from insights_reports.history.deployments.manifest import HistoryManifest, Month, PullEntry
from insights_reports.history.deployments.months import MonthPart, cut, nothing
from insights_reports.history.deployments.moved import ids_of, moves_between
from insights_reports.history.deployments.repair import show_current, sweep
from insights_reports.history.deployments.schema import SCHEMA, to_arrow
from insights_reports.history.deployments.storage import Storage

_TRIES = 5  # of a merge, when others merge at the same time


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What a merge did, in deployments. ``months`` were written anew; ``known`` says that this very
    pull had been merged before, and nothing was done."""

    added: int = 0
    edited: int = 0
    vanished: int = 0
    returned: int = 0
    months: tuple[str, ...] = ()
    known: bool = False

    @classmethod
    def of(cls, month: str, change: MonthChange) -> "MergeResult":
        """What ``change`` did to one month."""
        return cls(change.added, change.edited, change.vanished, change.returned, (month,))

    def plus(self, other: "MergeResult") -> "MergeResult":
        return MergeResult(
            self.added + other.added,
            self.edited + other.edited,
            self.vanished + other.vanished,
            self.returned + other.returned,
            self.months + other.months,
        )


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose deployments a history holds: the server's address, the ids of space and report."""

    server: str = ""
    space: str = ""
    report: str = ""


def merge(
    table: pd.DataFrame,
    store: Storage,
    pull: PullEntry,
    *,
    owner: Owner = Owner(),
    swept_at: datetime | None = None,
    only_add: bool = False,
) -> MergeResult:
    """Merge the deployments of ``pull`` into the history in ``store``.

    Args:
        table: the deployments table of docs/architecture.md, all of it that ``pull`` covers.
        pull: its id, from when to when, and its scope.
        owner: whose deployments these are; a history of another's is refused.
        swept_at: when given, files that do not count and were written a day before are removed.

        only_add: add what is missing and change nothing else, as for a pull that is older than one
            that was merged.

    Raises:
        HistoryError: when the history cannot be read or written, or others keep changing it.
    """
    parts = dict(cut(to_arrow(table)))
    for _ in range(_TRIES):
        before, content = manifests.fetch(store)
        _check_owner(before, owner, store)
        if any(known.id == pull.id for known in before.pulls):
            return MergeResult(known=True)
        after, result = _merged(parts, store, before, pull, owner, only_add)
        if store.swap(manifests.NAME, manifests.dump(after), content):
            show_current(store, after)
            if swept_at is not None:
                sweep(store, after, swept_at - timedelta(days=1))
            return result
    raise HistoryError(
        "The history of deployments is changed by others all the time.", str(store), "Run again."
    )


def _check_owner(before: HistoryManifest, owner: Owner, store: Storage) -> None:
    there = Owner(before.server, before.space, before.report)
    if before.generation and there != owner:
        raise HistoryError(
            "This history is of another report.",
            f"{store}: {there.server} {there.space} {there.report}",
            "Give each report a history of its own.",
        )


def _merged(
    parts: dict[str, MonthPart],
    store: Storage,
    before: HistoryManifest,
    pull: PullEntry,
    owner: Owner,
    only_add: bool,
) -> tuple[HistoryManifest, MergeResult]:
    """The manifest after the merge, whose files are written, and what changed."""
    months = dict(before.months)
    result = MergeResult()

    for task in _tasks(parts, store, before, pull, only_add):  # one at a time: memory
        change, month = task.change(), before.months.get(task.month)
        if change.any:
            result = result.plus(MergeResult.of(task.month, change))
            month = _written(store, task.month, month, change, owner)
        if month is not None:
            months[task.month] = replace(month, pull_sha256=task.said)
    after = replace(
        before,
        generation=before.generation + 1,
        server=owner.server,
        space=owner.space,
        report=owner.report,
        months=dict(sorted(months.items())),
    )
    after = after.with_pull(replace(pull, sha256=_hash_of(parts)))
    return after, result


@dataclass(frozen=True, slots=True)
class _Task:
    """A month that the pull changes, or says otherwise than the last one; ``said`` is the hash of
    what it says, ``change`` works out what changes."""

    month: str
    said: str
    change: Callable[[], MonthChange]


def _tasks(
    parts: dict[str, MonthPart],
    store: Storage,
    before: HistoryManifest,
    pull: PullEntry,
    only_add: bool,
) -> Iterator[_Task]:
    spoken_of = {name: parts.get(name) or nothing() for name in _spoken_of(parts, before, pull)}
    if only_add or any(other.end > pull.end for other in before.pulls):
        known = ids_of(store, before)
        for name, part in spoken_of.items():
            old = before.months.get(name)
            said = old.pull_sha256 if old else part.sha256
            yield _Task(name, said, partial(fill_of, store, old, part, known, pull, before.pulls))
        return
    differing = {
        name: part
        for name, part in spoken_of.items()
        if name not in before.months or before.months[name].pull_sha256 != part.sha256
    }
    moves = moves_between(store, before, differing, _month_of(pull.start))
    for name in sorted({*differing, *moves.left}):
        old, judged = before.months.get(name), _judged(name, pull)
        part = spoken_of.get(name) or nothing()
        said = part.sha256 if name in spoken_of or old is None else old.pull_sha256
        change = partial(change_of, store, old, part, moves, name, pull, judged=judged)
        yield _Task(name, said, change)


def _judged(month: str, pull: PullEntry) -> bool:
    """Whether a deployment of this month that the pull lacks has vanished: the first month is cut
    by the border of what the pull covers."""
    return _month_of(pull.start) < month <= _month_of(pull.end)


def _written(
    store: Storage, name: str, month: Month | None, change: MonthChange, owner: Owner
) -> Month:
    """The month after ``change``, its files written."""
    about = {"schema": str(SCHEMA), "month": name, **asdict(owner)}
    content = parquet.write(change.data, about)
    file = parquet.name_of("data", name, content)
    store.create(file, content)
    changes = month.changes if month else ()
    if len(change.superseded):
        versions = parquet.write(change.superseded, about)
        changes += (parquet.name_of("changes", name, versions),)
        store.create(changes[-1], versions)
    return Month(
        file,
        hashlib.sha256(content).hexdigest(),
        len(content),
        len(change.data),
        len(change.data) - change.data.column("vanished_at").null_count,
        "",
        changes,
    )


def _spoken_of(parts: dict[str, MonthPart], before: HistoryManifest, pull: PullEntry) -> list[str]:
    first, last = _month_of(pull.start), _month_of(pull.end)
    return sorted({*parts, *(name for name in before.months if first <= name <= last)})


def _month_of(instant: datetime) -> str:
    return pd.Timestamp(instant).tz_convert("UTC").strftime("%Y-%m")


def _hash_of(parts: dict[str, MonthPart]) -> str:
    said = "".join(f"{name} {part.sha256}\n" for name, part in sorted(parts.items()))
    return hashlib.sha256(said.encode()).hexdigest()
