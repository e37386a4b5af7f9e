"""What a finding says, as short texts: the same on the page, on paper and in a mail."""

from dataclasses import dataclass

from insights_reports.edition.document import Document, Finding, FindingLine
from insights_reports.edition.reasons import FEW
from insights_reports.edition.values import Metric, Missing, Name, Part, Statistic, Unit
from insights_reports.formats.words.brief import (
    brief_text,
    briefly,
    since_text,
    since_words,
    usual_range,
)
from insights_reports.formats.words.tile import tone, triangle
from insights_reports.formats.words.words import Words

_TOLD = 0.0005  # a part of a rate that is printed as at least 0.1 points


@dataclass(frozen=True, slots=True)
class LineText:
    """One measure: ``what`` ("31 of 110 failed (28.2 %)") after its triangle, the ``usual`` range
    with and without its word, the figure ``before`` and the first ``week``."""

    mark: str
    what: str
    tone: str
    usual: str
    range: str
    before: str
    week: str


@dataclass(frozen=True, slots=True)
class FindingText:
    """``since`` in words, ``part`` as "+6.9" and with its unit in ``points``, or "", and what has
    the same cause."""

    name: str
    since: str
    part: str
    points: str
    tone: str
    lines: tuple[LineText, ...]
    same_cause: str


def finding_text(words: Words, finding: Finding) -> FindingText:
    """A finding as pages and mails say it."""
    dated = next((m.judged.since for m in finding.measures if m.judged.since is not None), None)
    causes = "; ".join(briefly(words, each) for each in finding.same_cause)
    part = "" if finding.part is None else _part(words, finding.part)
    return FindingText(
        name=words.value(finding.subject),
        since=since_words(words, dated),
        part=part,
        points=words.text("show.findings.part", part=Name(part)) if part else "",
        tone=tone(finding.verdict),
        lines=tuple(_line(words, each) for each in finding.measures),
        same_cause=words.text("show.findings.same_cause", causes=Name(causes)) if causes else "",
    )


def _part(words: Words, part: Part) -> str:
    """Signed and without its unit, which stands beside it; "" for next to nothing."""
    said = words.difference(part.size, part.unit) if abs(part.size) >= _TOLD else ""
    return said.partition("\u00a0")[0]


def _line(words: Words, line: FindingLine) -> LineText:
    usual = usual_range(words, line.judged.usual)
    return LineText(
        mark=triangle(line.judged.side),
        what=_said(words, line),
        tone=tone(line.judged.verdict),
        usual=words.text("show.usual", range=Name(usual)) if usual else "",
        range=usual,
        before=brief_text(words, line.before),
        week=since_text(words, line.judged.since),
    )


def _said(words: Words, line: FindingLine) -> str:
    """What is called for the last eight periods alone is as usual by itself, so that they are
    said."""
    what, counted = _what(words, line), line.judged.counted
    if counted is None:
        return what
    return words.text("show.line.counted", what=Name(what), counted=counted)


def _what(words: Words, line: FindingLine) -> str:
    figure = line.figure
    if figure.value is not None and figure.unit is Unit.RATE and figure.n is not None:
        failed = round(figure.value * figure.n)
        if figure.n < FEW:
            return words.text(f"show.line.{figure.metric}_few", n=failed, total=figure.n)
        rate = Name(brief_text(words, figure))
        return words.text(f"show.line.{figure.metric}", n=failed, total=figure.n, rate=rate)
    if figure.metric is Metric.DEPLOYMENT_FREQUENCY:
        key = "per_week" if figure.statistic is Statistic.PER_WEEK else "count"
        return words.text(f"show.line.{key}", n=Name(brief_text(words, figure)))
    label = Name(words.text(f"show.metric.{figure.metric}"))
    if figure.missing is Missing.TOO_FEW and figure.n:
        return words.text("show.line.few", label=label, n=figure.n)
    return words.text("show.line.value", label=label, value=Name(brief_text(words, figure)))


def findings_title(words: Words, document: Document) -> str:
    """``4 findings, Checkout first``."""
    found = document.findings
    if not found:
        return words.text("show.findings.none")
    return words.text("show.findings.title", n=len(found), first=found[0].subject)
