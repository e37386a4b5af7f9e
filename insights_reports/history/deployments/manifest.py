"""The manifest: which files a history consists of, and what was merged into it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from insights_reports.errors import HistoryError
from insights_reports.history.deployments.schema import SCHEMA
from insights_reports.history.deployments.storage import Storage

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class PullEntry:
    """One pull: the deployments completed from ``start`` to ``end``, as Octopus told them at
    ``end``. ``scope`` tells which deployments the report was about; ``sha256`` is of the months."""

    id: str
    start: datetime
    end: datetime
    scope: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """One month (UTC) of data.

    ``pull_sha256`` is of what the last pull said of the month, whatever the file looks like:
    the next pull that says the same leaves the month alone. ``changes`` are files too.
    """

    file: str
    sha256: str
    size: int
    rows: int
    vanished: int
    pull_sha256: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Covered:
    """All deployments of ``scope`` completed from ``start`` to ``end`` are in the history."""

    scope: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class HistoryManifest:
    """``server``, ``space`` and ``report`` say whose deployments these are."""

    generation: int = 0
    server: str = ""
    space: str = ""
    report: str = ""
    pulls: tuple[PullEntry, ...] = ()
    covered: tuple[Covered, ...] = ()
    months: dict[str, Month] = field(default_factory=dict)

    @property
    def files(self) -> set[str]:
        """The names of all files that count."""
        return {
            name for month in self.months.values() for name in (month.file, *month.changes) if name
        }

    def known_from(self, scope: str, at: datetime) -> datetime | None:
        """Since when all deployments of ``scope`` are known without a gap up to ``at``."""
        found = [c.start for c in self.covered if c.scope == scope and c.start <= at <= c.end]
        return min(found, default=None)

    def with_pull(self, pull: PullEntry) -> "HistoryManifest":
        """The manifest after ``pull``: what it covers, the others no longer cover for sure."""
        later = [p.start for p in self.pulls if p.end > pull.end and p.scope != pull.scope]
        new = Covered(pull.scope, pull.start, min([pull.end, *later]))
        others = (_cut(c, pull) for c in self.covered)
        pulls = sorted((*self.pulls, pull), key=lambda p: (p.end, p.id))
        return replace(self, pulls=tuple(pulls), covered=_joined((*others, new)))


def _cut(covered: Covered, pull: PullEntry) -> Covered:
    """``covered`` as far as a pull of another scope did not replace it."""
    if covered.scope == pull.scope or pull.start >= covered.end:
        return covered
    return replace(covered, end=pull.start)


def _joined(every: Iterable[Covered]) -> tuple[Covered, ...]:
    joined: list[Covered] = []
    for one in sorted(every, key=lambda c: (c.scope, c.start)):
        last = joined[-1] if joined else None
        if one.start >= one.end:
            continue
        if last and last.scope == one.scope and one.start <= last.end:
            joined[-1] = replace(last, end=max(last.end, one.end))
        else:
            joined.append(one)
    return tuple(joined)


def dump(manifest: HistoryManifest) -> bytes:
    """The manifest as JSON, with the version of its layout."""
    value = {"schema": SCHEMA, **asdict(manifest)}
    return json.dumps(value, indent=1, default=_text, ensure_ascii=False).encode() + b"\n"


def load(content: bytes, where: object) -> HistoryManifest:
    """The manifest that `dump` wrote.

    Raises:
        HistoryError: when it is none, or of a newer version of this program.
    """
    try:
        said = json.loads(content)
        if said["schema"] > SCHEMA:
            raise HistoryError(
                "The history of deployments was written by a newer version.",
                f"{where}: schema {said['schema']}, this program knows {SCHEMA}",
                "Upgrade Insights Reports.",
            )
        return HistoryManifest(
            said["generation"],
            said["server"],
            said["space"],
            said["report"],
            tuple(PullEntry(**_instants(pull)) for pull in said["pulls"]),
            tuple(Covered(**_instants(covered)) for covered in said["covered"]),
            {
                name: Month(**{**month, "changes": tuple(month["changes"])})
                for name, month in said["months"].items()
            },
        )
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(
            "The manifest of the history cannot be read.",
            f"{where}/{NAME}: {type(error).__name__}: {error}",
            "It was altered, or the disk is failing. Restore it from a copy.",
        ) from None


def fetch(store: Storage) -> tuple[HistoryManifest, bytes | None]:
    """The manifest and its bytes; where there is none yet, an empty one and None."""
    try:
        content = store.read(NAME)
    except FileNotFoundError:
        return HistoryManifest(), None
    return load(content, store), content


def _instants(value: dict[str, Any]) -> dict[str, Any]:
    texts = ("start", "end")
    return {**value, **{name: datetime.fromisoformat(value[name]) for name in texts}}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} in a manifest")
