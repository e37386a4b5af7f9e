"""What moved between two makings of one edition: deployments, names, the report's definition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from insights_reports.edition.values import Name, Phrase, Value

_EDITABLE = (
    *("task_state", "had_guided_failure", "completed", "release_version"),
    *("project_id", "channel_id", "environment_id", "tenant_id"),
)
_DERIVED = ("lead_time", "time_since_previous", "time_to_recovery", "deployments_until_recovery")
_THINGS = ("project", "channel", "environment", "tenant")
_MOST_IDS = 5  # in a sentence


@dataclass(frozen=True)
class Subject:
    """What an edition spoke about: the deployments of its period (a deployments table), the
    report's definition, and names by id of what deployments do not name themselves."""

    deployments: pd.DataFrame
    definition: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that Octopus says of a deployment otherwise than before."""

    id: str
    column: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A thing that Octopus calls by another name than before, by its id."""

    id: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Redefined:
    """A field of the report's definition, and what it held."""

    field: str
    before: Any
    now: Any


@dataclass(frozen=True)
class PullDifferences:
    """Deployment ids that arrived late or are gone; edits, one a deployment and column; renamed
    things; changed fields of the definition; and of how many deployments Octopus states another
    lead time, gap or recovery, which follow from the others."""

    late: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    redefined: tuple[Redefined, ...] = ()
    derived: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        parts = (self.late, self.gone, self.edits, self.renamed, self.redefined, self.derived)
        return any(parts)


def differences(before: Subject, now: Subject) -> PullDifferences:
    """What is otherwise in ``now`` than it was ``before``."""
    old, new = (each.deployments.set_index("deployment_id") for each in (before, now))
    both = new.index.intersection(old.index)
    was, become = old.loc[both], new.loc[both]
    return PullDifferences(
        late=tuple(new.index.difference(old.index)),
        gone=tuple(old.index.difference(new.index)),
        edits=tuple(_edits(was, become)),
        renamed=tuple(_renamed(before, now)),
        redefined=tuple(_redefined(before.definition, now.definition)),
        derived={c: n for c in _DERIVED if (n := int(_differ(was[c], become[c]).sum()))},
    )


def sentences(found: PullDifferences) -> Iterator[Phrase]:
    """What a reader is told, each in a sentence."""
    for key, ids in (("late", found.late), ("gone", found.gone)):
        if ids:
            yield Phrase(f"revision.{key}", _several(ids))
    by = sorted(found.edits, key=lambda e: (e.column, e.before, e.now))
    states = [edit for edit in by if edit.column == "task_state"]
    for (before, now), edits in groupby(states, lambda e: (e.before, e.now)):
        values: dict[str, Value] = {"before": Name(before), "now": Name(now)}
        yield Phrase("revision.state", _several([e.id for e in edits]) | values)
    others = tuple(dict.fromkeys(edit.id for edit in by if edit.column != "task_state"))
    if others:
        yield Phrase("revision.edited", _several(others))
    for thing in found.renamed[:_MOST_IDS]:
        texts: dict[str, Value] = {"id": Name(thing.id), "now": Name(thing.now)}
        yield Phrase("revision.renamed", {**texts, "before": Name(thing.before)})
    if found.redefined:
        fields = Name(", ".join(each.field for each in found.redefined))
        yield Phrase("revision.redefined", {"fields": fields})


def _several(ids: "list[str] | tuple[str, ...]") -> dict[str, Value]:
    more = ", …" if len(ids) > _MOST_IDS else ""
    return {"n": len(ids), "ids": Name(", ".join(ids[:_MOST_IDS]) + more)}


def _edits(was: pd.DataFrame, become: pd.DataFrame) -> Iterator[Edit]:
    for column in _EDITABLE:
        rows = np.flatnonzero(_differ(was[column], become[column]))
        pairs = zip(was[column].iloc[rows], become[column].iloc[rows], strict=True)
        for id, (before, now) in zip(was.index[rows], pairs, strict=True):
            yield Edit(str(id), column, _text(before), _text(now))


def _differ(before: "pd.Series[Any]", now: "pd.Series[Any]") -> Any:
    """Where two columns differ; null equals null."""
    old, new = before.astype(object).to_numpy(), now.astype(object).to_numpy()
    nothing = pd.isna(old) & pd.isna(new)
    return (old != new) & ~nothing


def _renamed(before: Subject, now: Subject) -> Iterator[Renamed]:
    old, new = _names(before), _names(now)
    for id in sorted(old.keys() & new.keys()):
        if old[id] != new[id]:
            yield Renamed(id, old[id], new[id])


def _names(subject: Subject) -> dict[str, str]:
    found = dict(subject.names)
    for thing in _THINGS:
        pairs = subject.deployments[[f"{thing}_id", f"{thing}_name"]].dropna().drop_duplicates()
        found |= {str(id): str(name) for id, name in pairs.itertuples(index=False)}
    return found


def _redefined(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Redefined]:
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield Redefined(name, before.get(name), now.get(name))


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
