"""Forgetting by age: whole months, never one that the newest pull speaks of.

Nothing else needs them: an edition's seal has the older deployments that it was made from.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pandas as pd

from insights_reports.errors import HistoryError
from insights_reports.history.deployments import manifest as manifests
from insights_reports.history.deployments.manifest import Covered, HistoryManifest
from insights_reports.history.deployments.repair import show_current
from insights_reports.history.deployments.storage import Storage

_TRIES = 5  # when others merge at the same time


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The months that go (``2022-01``), oldest first, and how many deployments they hold."""

    months: tuple[str, ...] = ()
    deployments: int = 0


def to_forget(manifest: HistoryManifest, keep: int) -> Forgotten:
    """What goes when the ``keep`` months before the newest pull's month stay, and that month."""
    if not manifest.pulls:
        return Forgotten()
    border = _border(manifest, keep)
    old = {name: month for name, month in manifest.months.items() if name < border}
    return Forgotten(tuple(sorted(old)), sum(month.rows for month in old.values()))


def forget(store: Storage, keep: int) -> Forgotten:
    """Let go what `to_forget` names. The manifest no longer names it; the files are removed by a
    later merge, a day after.

    Raises:
        HistoryError: when the history cannot be read or written, or others keep changing it.
    """
    for _ in range(_TRIES):
        before, content = manifests.fetch(store)
        going = to_forget(before, keep)
        if not going.months:
            return going
        after = replace(
            before,
            generation=before.generation + 1,
            months={n: m for n, m in before.months.items() if n not in going.months},
            covered=_still_covered(before.covered, _border(before, keep)),
        )
        if store.swap(manifests.NAME, manifests.dump(after), content):
            show_current(store, after)
            return going
    raise HistoryError(
        "The history of deployments is changed by others all the time.", str(store), "Run again."
    )


def _border(manifest: HistoryManifest, keep: int) -> str:
    """The first month that stays."""
    last = max(pull.end for pull in manifest.pulls).astimezone(UTC)
    return str(pd.Period(f"{last:%Y-%m}", "M") - keep)


def _still_covered(every: Iterable[Covered], border: str) -> tuple[Covered, ...]:
    first = datetime.fromisoformat(f"{border}-01").replace(tzinfo=UTC)
    return tuple(replace(c, start=max(c.start, first)) for c in every if c.end > first)
