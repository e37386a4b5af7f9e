"""The conventions that Octopus's documentation leaves open: what this edition follows, and how the
server's own figures decided what its stated figures follow."""

import re

from insights_reports.crosscheck.result import Candidate, Evidence
from insights_reports.edition.document import Block, Column, ColumnKind, Prose, Table
from insights_reports.edition.facts import Facts
from insights_reports.edition.values import Name, Phrase, Value

# fmt: off
_CONVENTIONS = frozenset((
    "week-start", "counted-as-failed", "lastmonth", "lastquarter", "lastyear",
    "rounding-of-durations", "decimals-of-numbers", "rate", "rounding-of-rates",
    "rate-of-no-deployments", "statistics-of-no-values", "median", "percentile",
    "empty-intervals", "stream-durations",
))
_WAYS = frozenset((
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    "no-other-state", "n-months-back", "from-the-first-of-the-month",
    "n-months-back-and-a-day-less", "n-months-back-to-the-instant", "n-days-back", "n-days",
    "n-weeks-back", "without-today", "the-days-stated", "edges-clipped", "edges-whole",
    "second", "millisecond", "microsecond", "tick-of-n-ns", "half-to-even",
    "half-away-from-zero", "half-up", "towards-zero", "down", "up", "nearest", "all-digits",
    "n-decimals", "failed-total", "failed-successful", "in-percent", "null", "zero", "linear",
    "nearest-rank", "floor-rank", "lower", "higher", "exclusive", "absent", "stated",
))
# fmt: on
_COLUMNS = (
    ("convention", ColumnKind.TEXT),
    ("chosen", ColumnKind.TEXT),
    ("figures", ColumnKind.COUNT),
    ("explained", ColumnKind.COUNT),
    ("next", ColumnKind.TEXT),
    ("next_explained", ColumnKind.COUNT),
)


def conventions(facts: Facts) -> tuple[Block, ...]:
    """Those of this edition in words, and those of the server as a table, where there are any."""
    own = _own(facts)
    evidence = facts.inputs.check.evidence
    return (own, _table(evidence)) if evidence else (own,)


def _own(facts: Facts) -> Prose:
    followed = facts.settings.conventions
    items = [
        (Phrase("convention.week_start"), Phrase(f"convention.week.{followed.week_start}")),
        (
            Phrase("convention.percentile"),
            Phrase(f"convention.percentile_method.{followed.percentile}"),
        ),
    ]
    for state in sorted(followed.count_as_failed):
        counted = Phrase("convention.state", {"state": Name(state)})
        items.append((Phrase("convention.failed"), counted))
    return Prose(title=Phrase("method.conventions"), items=tuple(items))


def _table(evidence: tuple[Evidence, ...]) -> Table:
    rows = tuple(_row(each) for each in evidence)
    return Table(
        id="conventions",
        title=Phrase("table.conventions.title"),
        subtitle=Phrase("table.conventions.subtitle"),
        columns=tuple(Column(Phrase(f"column.{name}"), kind) for name, kind in _COLUMNS),
        rows=rows,
        total_rows=len(rows),
        notes=(Phrase("note.conventions"),),
    )


def _row(evidence: Evidence) -> tuple[Value, ...]:
    second = _next(evidence)
    return (
        _convention(evidence.convention),
        _way(evidence.chosen),
        evidence.figures,
        evidence.explained,
        None if second is None else _way(second.name),
        None if second is None else second.explained,
    )


def _next(evidence: Evidence) -> Candidate | None:
    """The best candidate that was not chosen."""
    others = [one for one in evidence.candidates if one.name != evidence.chosen]
    return max(others, key=lambda one: one.explained, default=None)


def _convention(name: str) -> Value:
    """Its phrase; a convention of a later version goes by the cross-check's own words."""
    key = _slug(name)
    return Phrase(f"convention.name.{key}") if key in _CONVENTIONS else Name(name)


def _way(name: str) -> Value:
    """A candidate part by part: "2 decimals, half up"."""
    first, *rest = (_part(part) for part in name.split(", "))
    for part in rest:
        first = Phrase("convention.comma", {"one": first, "other": part})
    return first


def _part(part: str) -> Value:
    """A part has at most one number in it, n; the names of states stay as Octopus spells them."""
    key = _slug(re.sub(r"\d+", "n", part))
    if key not in _WAYS:
        return Name(part)
    number = re.search(r"\d+", part)
    values: dict[str, Value] = {"n": int(number[0])} if number else {}
    return Phrase(f"convention.way.{key}", values)


def _slug(words: str) -> str:
    return re.sub(r"[^a-z]+", "-", words.lower())
