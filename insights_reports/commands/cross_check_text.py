"""A cross-check as lines of text for a terminal, like the report of a test run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.result import (
    CheckFinding,
    CheckVerdict,
    CrossCheck,
    Discrepancy,
    Evidence,
    StreamCheck,
    spell_duration,
)
from insights_reports.spelling.figures import POSITION

_IDS = 5
_TITLES = {
    CheckVerdict.DIFFERS: "Differs",
    CheckVerdict.EXPLAINED: "Explained",
    CheckVerdict.NOT_COMPARABLE: "Not comparable",
}
_EXAMPLES = 3


def report_lines(check: CrossCheck, most: int = 100) -> list[str]:
    """The summary, the conventions with their evidence, then every figure that differs.

    Of more than ``most`` figures that differ the first are shown, and how many there are is said.
    What is explained or cannot be compared is shown by its reason, with examples.
    """
    return [
        *_summary(check),
        "",
        "Conventions, by this server's own figures",
        *_conventions(check.evidence),
        *_findings(check),
        *_differing(check, most),
        *_reasons(check, CheckVerdict.EXPLAINED),
        *_reasons(check, CheckVerdict.NOT_COMPARABLE),
        *_streams(check.streams, most),
    ]


def _summary(check: CrossCheck) -> Iterator[str]:
    yield f"Cross-check: {check.verdict.value}"
    yield (
        f"{check.figures:,} figures: {check.agrees:,} agree, {check.differs:,} differ, "
        f"{check.explained:,} explained, {check.not_comparable:,} not comparable"
    )


def _conventions(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    width = max((len(one.convention) for one in evidence), default=0)
    for one in evidence:
        if not one.figures:
            yield f"  {one.convention:<{width}}  {one.chosen} (nothing stated tells)"
            continue
        line = f"  {one.convention:<{width}}  {one.chosen}: {_of(one)}"
        others = [other for other in one.candidates if other.name != one.chosen]
        if others:
            best = max(others, key=lambda other: other.explained)
            line += f"; next, {best.name}: {best.explained:,}"
        yield line


def _of(evidence: Evidence) -> str:
    return f"explains {evidence.explained:,} of {evidence.figures:,}"


def _findings(check: CrossCheck) -> Iterator[str]:
    """What the differences have in common, a line each, and whether all else agrees."""
    if not check.findings:
        return
    yield ""
    yield f"What differs, by kind ({len(check.findings):,})"
    rest = check.differs - check.findings[0].count
    for number, one in enumerate(check.findings):
        line = f"  {_name_of(one)}, {_questions(one)}: {_said(one)}"
        alone = number == 0 and not rest and check.agrees + check.differs == check.figures
        yield f"{line}; all else agrees" if alone else line


def _name_of(one: CheckFinding) -> str:
    if one.metric is None:
        return "several metrics"
    if one.statistic is None:
        single = (one.metric, None) in POSITION
        return one.metric if single else f"{one.metric}, several statistics"
    return f"{one.metric}.{one.statistic}"


def _questions(one: CheckFinding) -> str:
    shown = "; ".join(one.questions[:_EXAMPLES])
    more = len(one.questions) - _EXAMPLES
    return f"{shown} and {more} more" if more > 0 else shown


def _said(one: CheckFinding) -> str:
    facts = one.facts
    many = f"all {one.count:,}" if one.count >= one.compared else f"{one.count:,}"
    many += "" if one.count >= one.compared else f" of {one.compared:,}"
    amount = abs(one.amount or 0.0)
    size = spell_duration(amount) if one.unit == "duration" else f"{amount:.6g}"
    which = "more" if facts["direction"] == "above" else "fewer"
    said = {
        "constant factor": f"stated {facts['percent'] or 0.0:.4g} % {facts['direction']} ours",
        "constant offset": f"stated {size} {facts['direction']} ours",
        "shifted interval": f"stated are ours of an interval {facts['direction']}",
        "other statistic": f"stated are ours of {one.other}",
        "other population": f"stated are of {which} deployments than ours",
        "irregular": "differ, with nothing in common",
    }
    return f"{many} {said[one.kind]}" if one.kind in said else "one differs by itself"


def _differing(check: CrossCheck, most: int) -> Iterator[str]:
    found = [one for one in check.discrepancies if one.verdict is CheckVerdict.DIFFERS]
    if not found:
        return
    yield ""
    yield f"{_TITLES[CheckVerdict.DIFFERS]} ({len(found):,})"
    for place, group in groupby(found[:most], key=_place):
        yield f"  {place}"
        for one in group:
            yield f"    {_values(one)}"
            yield f"      {one.cause}"
            yield f"      {_deployments(one)}"
    if len(found) > most:
        yield f"  … {most:,} of {len(found):,} shown; --json lists all of them"


def _place(one: Discrepancy) -> str:
    split = f"{one.split} {one.tag_set}" if one.tag_set else one.split
    series = "(restricted)" if one.series is None else printable(one.series)
    start = f", from {one.start_of_interval}" if one.start_of_interval else ""
    return f"{split} / {one.time_range} / {one.granularity}: {series}{start}"


def _values(one: Discrepancy) -> str:
    def spell(value: object) -> str:
        if value is None:
            return "null"
        return str(spell_duration(value) if one.kind == "duration" else value)

    name = f"{one.metric}.{one.statistic}" if one.statistic else one.metric
    line = f"{name}: stated {spell(one.stated)}, recomputed {spell(one.recomputed)}"
    if one.difference is not None:
        line += f" (off by {spell(one.difference)}, tolerance {spell(one.tolerance)})"
    return line


def _deployments(one: Discrepancy) -> str:
    if not one.deployments:
        return "no deployments of ours behind it"
    shown = ", ".join(printable(text) for text in one.deployment_ids[:_IDS])
    more = one.deployments - min(len(one.deployment_ids), _IDS)
    return f"{one.deployments:,} deployments: {shown}{f' and {more:,} more' if more > 0 else ''}"


def _reasons(check: CrossCheck, verdict: CheckVerdict) -> Iterator[str]:
    found = [one for one in check.discrepancies if one.verdict is verdict]
    if not found:
        return
    yield ""
    yield f"{_TITLES[verdict]} ({len(found):,})"
    by_cause: dict[Cause, list[Discrepancy]] = {}
    for one in found:
        by_cause.setdefault(one.cause, []).append(one)
    for cause, some in sorted(by_cause.items(), key=lambda item: -len(item[1])):
        yield f"  {len(some):,} figures: {cause}"
        for one in some[:_EXAMPLES]:
            yield f"    {_place(one)}: {_values(one)}"


def _streams(streams: StreamCheck, most: int) -> Iterator[str]:
    yield ""
    yield (
        f"Stream values of each deployment: {streams.figures:,} figures: {streams.agrees:,} agree, "
        f"{streams.differs:,} differ, {streams.not_comparable:,} not comparable"
    )
    for one in streams.discrepancies[:most]:
        stated, ours = (
            spell_duration(value) if one.field.startswith("Time") else value
            for value in (one.stated, one.recomputed)
        )
        place = f"{printable(one.deployment_id)} {one.field}"
        yield printable(f"  {place}: stated {stated}, recomputed {ours}")
    if len(streams.discrepancies) > most:
        yield f"  … {most:,} of {len(streams.discrepancies):,} shown; --json lists all of them"


def printable(text: str) -> str:
    """A name from Octopus without anything that a terminal would obey."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text)
