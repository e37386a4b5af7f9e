"""The strip of page one: what the cross-check says, and which deployments were used."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.crosscheck import CrossCheck
from insights_reports.edition.differing import kinds
from insights_reports.edition.document import CheckStrip, Exclusion, Exclusions
from insights_reports.edition.facts import Facts
from insights_reports.edition.no_access import denied, sentence
from insights_reports.edition.settings import Settings
from insights_reports.edition.stated import counted_as_failed
from insights_reports.edition.values import Day, Name, Phrase, Span, Value

_MOST_IDS = 100
_THINGS = ("project", "channel", "environment", "tenant")


def strip(facts: Facts, main: Facts | None = None) -> CheckStrip:
    """The strip, the same on every document of an edition. ``main`` are the facts of the scope that
    page one speaks of; without it, all of them."""
    check = facts.inputs.check
    return CheckStrip(
        verdict=check.verdict,
        figures=check.figures,
        agrees=check.agrees,
        explained=check.explained,
        differs=check.differs,
        not_comparable=check.not_comparable,
        sentence=_sentence(check, facts.settings.limit),
        ledger=ledger(facts),
        findings=tuple(kinds(check)),
        line=_line(facts, main or facts),
        gaps=tuple(_gaps(facts)),
    )


def _line(facts: Facts, main: Facts) -> Phrase | None:
    """The one line of a check that agrees: how many figures, how many deployments were read and how
    many of them page one counts."""
    check = facts.inputs.check
    if not check.figures or check.differs:
        return None
    found = ledger(facts)
    used = int((main.within(main.windows.now) & main.counted).sum())
    values: dict[str, Value] = {
        "figures": check.figures,
        "agrees": check.agrees,
        "read": found.read,
        "used": used,
    }
    key = "all" if check.agrees == check.figures else "some"
    line, counted = Phrase(f"check.line.{key}", values), counted_as_failed(main)
    line = Phrase("check.line.count_as_failed", {"line": line, **counted}) if counted else line
    return _aimless(facts.settings, line)


def _aimless(settings: Settings, said: Phrase) -> Phrase:
    """The same, and that there is no target where none is set at all."""
    if settings.targets or settings.slice_targets:
        return said
    return Phrase("check.line.no_target", {"line": said})


def _sentence(check: CrossCheck, limit: int) -> Phrase:
    """The verdict in a sentence; ``limit`` is how many differences the subscription tolerates."""
    values: dict[str, Value] = {
        "figures": check.figures,
        "agrees": check.agrees,
        "explained": check.explained,
        "differs": check.differs,
        "not_comparable": check.not_comparable,
        "limit": limit,
    }
    key = check.verdict.name.lower()
    if check.figures and check.figures == check.agrees:
        key = "all"
    elif check.differs and check.differs <= limit:
        key = "tolerated"
    return Phrase(f"check.sentence.{key}", values)


def ledger(facts: Facts) -> Exclusions:
    """Every deployment that was read: used, or not used and why."""
    deployments, dropped = facts.inputs.deployments, facts.inputs.dropped
    excluded = [Exclusion(reason, n, ids) for reason, n, ids in _excluded(facts)]
    used = len(deployments) - sum(each.deployments for each in excluded)
    excluded += [replace(each, ids=each.ids[:_MOST_IDS]) for each in dropped]
    return Exclusions(
        read=used + sum(each.deployments for each in excluded), used=used, excluded=tuple(excluded)
    )


def _excluded(facts: Facts) -> Iterator[tuple[Phrase, int, tuple[str, ...]]]:
    ids = facts.inputs.deployments["deployment_id"]
    for reason, rows in exclusions(facts):
        listed = not reason.key.startswith("exclusion.outside")
        first = tuple(str(each) for each in ids[rows][:_MOST_IDS]) if listed else ()
        yield reason, int(rows.sum()), first


def exclusions(facts: Facts) -> Iterator[tuple[Phrase, NDArray[np.bool_]]]:
    """The reasons for which deployments were not used, each with its rows; no row has two."""
    inputs, now = facts.inputs, facts.windows.now
    undated = np.isnat(facts.days)
    if undated.any():
        yield Phrase("exclusion.undated"), undated
    inside = facts.within(now)
    period = Span(inputs.period.name, inputs.period.start, inputs.period.end)
    later = facts.within(period) & ~inside
    if later.any():
        yield Phrase("exclusion.day_not_complete"), later
    outside = ~(inside | later | undated)
    if outside.any():
        yield Phrase("exclusion.outside", {"period": period}), outside
    other = inside & ~facts.counted
    states = inputs.deployments["task_state"].astype("object")
    for state in sorted({str(each) for each in states[other]}):
        yield (
            Phrase("exclusion.state", {"state": Name(state)}),
            other & (states == state).to_numpy(),
        )


def _gaps(facts: Facts) -> Iterator[Phrase]:
    inputs = facts.inputs
    hidden = sum(_restricted(inputs.deployments, thing) for thing in _THINGS)
    if hidden:
        yield Phrase("gap.restricted", {"n": hidden})
    if unseen(facts):
        yield Phrase("gap.unseen")
    for split in denied(facts):
        yield sentence(split)
    if not facts.whole.known(facts.windows.now):
        yield Phrase("gap.before_data", {"day": Day(inputs.first_day)})
    yield from inputs.gaps


def unseen(facts: Facts) -> bool:
    """Whether Octopus counts deployments that this account may not see."""
    return any(each.cause.code == "restricted" for each in facts.inputs.check.discrepancies)


def _restricted(deployments: pd.DataFrame, thing: str) -> int:
    """How many things of a kind have an id and no name."""
    hidden = deployments[f"{thing}_id"].notna() & deployments[f"{thing}_name"].isna()
    return int(deployments[f"{thing}_id"][hidden].nunique())
