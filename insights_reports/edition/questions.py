"""Questions to ask: by rule, one for a finding, and only where a finding supports it."""

from collections.abc import Iterator, Sequence

from insights_reports.edition.document import Finding, FindingLine, Tile
from insights_reports.edition.incidents import Incidents
from insights_reports.edition.reasons import usual_phrase, when_phrase
from insights_reports.edition.values import ChangeVerdict, Metric, Name, Phrase, Value

MOST = 4
_MOST_DISPUTED = 3
_WORSE = (ChangeVerdict.WORSE, ChangeVerdict.FEWER)


def questions(
    findings: Sequence[Finding], tiles: Sequence[Tile], incidents: Incidents, *, disputed: bool
) -> tuple[Phrase, ...]:
    """In the order of the findings; a sentence where nothing is worse."""
    asked = [question for finding in findings for question in _asked(finding, incidents)]
    if asked:
        return tuple(asked[: _MOST_DISPUTED if disputed else MOST])
    return tuple(_calm(findings, tiles))


def _calm(findings: Sequence[Finding], tiles: Sequence[Tile]) -> Iterator[Phrase]:
    words = [tile.verdict for tile in tiles]
    if ChangeVerdict.WORSE in words:
        return
    missed = [
        tile
        for tile in tiles
        if tile.target is not None
        and tile.target.met is False
        and tile.verdict is ChangeVerdict.USUAL
    ]
    if not any(word.outside or word is ChangeVerdict.USUAL for word in words):
        return  # nothing could be judged, so that nothing is said to be as usual
    yield Phrase("question.none")
    for tile in missed:
        values: dict[str, Value] = {
            "metric": Phrase(f"metric.{tile.figure.metric}"),
            "target": tile.target.target if tile.target else None,
        }
        yield Phrase("question.missed", values)
    better = ChangeVerdict.BETTER in words or any(
        each.verdict is ChangeVerdict.BETTER for each in findings
    )
    if better:
        yield Phrase("question.better")


def _asked(finding: Finding, incidents: Incidents) -> Iterator[Phrase]:
    """The first rule that fits."""
    lines = {line.metric: line for line in finding.measures if line.judged.verdict in _WORSE}
    for metric in (
        Metric.FAILURE_RATE,
        Metric.DEPLOYMENT_FREQUENCY,
        Metric.LEAD_TIME,
        Metric.TIME_TO_RECOVERY,
    ):
        if metric in lines:
            yield _question(finding, lines[metric], incidents)
            return


def _question(finding: Finding, line: FindingLine, incidents: Incidents) -> Phrase:
    values: dict[str, Value] = {
        "slice": finding.subject,
        "now": line.figure,
        "before": line.before,
    }
    if line.metric is Metric.FAILURE_RATE:
        total = line.figure.n or 0
        values |= {"failed": round(float(line.figure.value or 0) * total), "total": total}
    key = f"question.{line.metric}"
    since = when_phrase(line.judged.since)
    usual = usual_phrase(line.judged.usual)
    if line.judged.counted is not None:
        return _together(values, line, since)
    if line.metric is Metric.DEPLOYMENT_FREQUENCY:
        waiting = sum(project == finding.row for project, _, _ in incidents.waits)
        if finding.split == "project" and waiting:
            group = Name(incidents.groups[-2])
            return Phrase(f"{key}.waiting", values | {"n": waiting, "group": group})
        return Phrase(f"{key}.plain", values)
    if since is not None and usual is not None:
        return Phrase(f"{key}.since", values | {"since": since, "usual": usual})
    if usual is not None:
        return Phrase(f"{key}.usual", values | {"usual": usual})
    return Phrase(f"{key}.plain", values)


def _together(values: dict[str, Value], line: FindingLine, since: Phrase | None) -> Phrase:
    """Of what only the last eight periods together show, it is these that are said."""
    asked = Phrase(f"question.{line.metric}.together", values)
    if since is not None:
        asked = Phrase(f"question.{line.metric}.together_since", values | {"since": since})
    return Phrase(
        "question.together",
        {"slice": values["slice"], "asked": asked, "counted": line.judged.counted},
    )
