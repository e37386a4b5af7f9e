"""What differs from the figures that Octopus states, one sentence for each kind of difference."""

from collections.abc import Iterator

from insights_reports.crosscheck import CrossCheck
from insights_reports.crosscheck.result import CheckFinding
from insights_reports.edition.values import Name, Part, Phrase, Unit, Value

_KEYS = {
    "constant factor": "factor",
    "constant offset": "offset",
    "shifted interval": "shift",
    "other statistic": "statistic",
    "other population": "population",
}


def kinds(check: CrossCheck) -> Iterator[Phrase]:
    """A sentence for each finding of the cross-check, the largest first; where there is but one,
    also whether all else agrees."""
    only = len(check.findings) == 1 and check.agrees + check.differs == check.figures
    for found in check.findings:
        said = _said(found)
        yield Phrase("check.kind.all_else", {"finding": said}) if only else said


def _said(found: CheckFinding) -> Phrase:
    key = _KEYS.get(found.kind, found.kind)
    facts = found.facts
    values: dict[str, Value] = {"what": _what(found), "many": _many(found), "n": found.count}
    if key in ("factor", "shift", "population"):
        key = f"{key}_{facts['direction']}"
    if found.kind == "constant factor":
        values["percent"] = float(f"{facts['percent'] or 0:.4g}")
    if found.kind == "constant offset":
        values["size"] = Part(found.amount or 0, Unit(found.unit))
    if found.other is not None:
        values["other"] = Name(found.other)
    return Phrase(f"check.kind.{key}", values)


def _what(found: CheckFinding) -> Phrase:
    """``FailureRate, LastYear, Monthly``: which figures, of which questions."""
    parts = (part for part in (found.metric, found.statistic) if part)
    measure = Name(" / ".join(parts)) if found.metric else Phrase("check.kind.several")
    values: dict[str, Value] = {"measure": measure, "question": Name(found.questions[0])}
    more = len(found.questions) - 1
    return Phrase("check.kind.what_more" if more else "check.kind.what", values | {"more": more})


def _many(found: CheckFinding) -> Phrase:
    values: dict[str, Value] = {"n": found.count, "compared": found.compared}
    return Phrase("check.kind.all" if found.count >= found.compared else "check.kind.some", values)
