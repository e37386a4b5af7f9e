"""Pruning: what no edition and no delivery needs any more leaves the state.

Never what is owed, what the newest revision of an edition that is kept was made from, or what a
run that may still be at work has. Neither the ledger nor the history loses anything.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from insights_reports.config.model import Config
from insights_reports.delivery import EditionRow
from insights_reports.delivery.ledger.runs import RUNNING
from insights_reports.errors import PullError
from insights_reports.metrics.periods import add_months
from insights_reports.pipeline.state import open_ledger, state_of

_RUN = re.compile("[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")
_EVERY_RUN = 1_000_000
_AT_WORK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Keep:
    """Which editions keep all that they were made from: those made since an instant, or the last so
    many periods of each subscription."""

    since: datetime | None = None
    editions: int | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """A folder of a run or of a pull that goes, and what it frees in bytes."""

    path: Path
    size: int


def months_before(now: datetime, months: int) -> datetime:
    """The same time of day ``months`` earlier."""
    return datetime.combine(add_months(now.date(), -months), now.timetz())


def to_prune(config: Config, keep: Keep, now: datetime) -> list[Removal]:
    """What can go from the folders ``runs`` and ``pulls`` of the state.

    Raises:
        DeliveryError: when the ledger cannot be read.
    """
    state = state_of(config)
    with open_ledger(config) as ledger:
        editions, owed = ledger.editions(), ledger.deliveries(owed=True)
        runs = ledger.runs.latest(limit=_EVERY_RUN)
    at_work = {run.run_id for run in runs if run.outcome == RUNNING}
    owing = {(r.key.subscription, r.key.period, r.key.revision) for r in owed}
    needed = {e.run_id for e in editions if (e.subscription, e.period, e.revision) in owing}
    needed |= {edition.run_id for edition in _kept(editions, keep)} | at_work
    # Whoever shares the pull of a run that goes has it in his own seal.
    folders = [*_folders(state / "runs"), *_folders(state / "pulls")]
    border = keep.since or now - _AT_WORK
    return [
        Removal(path, size_of([path]))
        for path in folders
        if path.name not in needed and _begun(path) < border
    ]


def prune(removals: Iterable[Removal]) -> None:
    """Remove them. A folder that is removed halfway loses its manifest first, so that nobody takes
    it for whole.

    Raises:
        PullError: when one cannot be removed.
    """
    for removal in removals:
        for manifest in (removal.path / "manifest.json", removal.path / "seal" / "manifest.json"):
            manifest.unlink(missing_ok=True)
        try:
            shutil.rmtree(removal.path)
        except OSError as error:
            raise PullError(
                "A folder of the state cannot be removed.",
                f"{removal.path}: {error.strerror or error}",
                "Check its rights and prune again.",
            ) from None


def size_of(folders: Iterable[Path]) -> int:
    """The bytes on the disk below the folders; a file with several names counts once."""
    seen: dict[tuple[int, int], int] = {}
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else ():
            if path.is_file() and not path.is_symlink():
                about = path.stat()
                seen[about.st_dev, about.st_ino] = about.st_size
    return sum(seen.values())


def _kept(editions: list[EditionRow], keep: Keep) -> Iterator[EditionRow]:
    if keep.since is not None:
        yield from (edition for edition in editions if edition.made_at >= keep.since)
        return
    periods: dict[str, dict[str, None]] = {}
    for edition in reversed(editions):  # the newest first
        known = periods.setdefault(edition.subscription, {})
        if edition.period in known or len(known) < (keep.editions or 0):
            known[edition.period] = None
            yield edition


def _folders(parent: Path) -> list[Path]:
    """The folders of runs: all others are not ours."""
    found = parent.iterdir() if parent.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and _RUN.fullmatch(path.name))


def _begun(path: Path) -> datetime:
    """When the run or the pull in the folder was begun: its name says it."""
    return datetime.strptime(path.name[:15] + "+0000", "%Y%m%dT%H%M%S%z")
