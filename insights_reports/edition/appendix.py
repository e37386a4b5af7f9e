"""The appendix: every discrepancy, every deployment that was not used, every negative lead time."""

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.result import (
    CheckFinding,
    CheckVerdict,
    Discrepancy,
    StreamDiscrepancy,
)
from insights_reports.edition.differing import of_one_kind
from insights_reports.edition.document import (
    Block,
    ColumnKind,
    Exclusion,
    Prose,
    Section,
    Table,
)
from insights_reports.edition.facts import Facts
from insights_reports.edition.listing import listing
from insights_reports.edition.strip import exclusions
from insights_reports.edition.values import (
    Day,
    Figure,
    Instant,
    Metric,
    Name,
    Phrase,
    Statistic,
    Value,
)

_SHOWN = 50
_MOST_IDS = 3


def discrepancies(facts: Facts) -> Section:
    """The stated figures and stream values that do not agree with ours, those that differ first."""
    check, zone = facts.inputs.check, facts.inputs.zone
    blocks: list[Block] = []
    if check.findings:
        kinds = [_kind(each, check.discrepancies) for each in check.findings]
        title = Phrase("table.kinds.title")
        blocks.append(listing("kinds-of-differences", title, None, _KINDS, kinds, _SHOWN))
    if check.discrepancies:
        rows = [_discrepancy(each, zone) for each in check.discrepancies]
        title = Phrase("table.discrepancies.title")
        shown = 0 if check.findings else _SHOWN
        blocks.append(listing("discrepancies-table", title, None, _DISCREPANCY, rows, shown))
    if check.streams.discrepancies:
        rows = [_stream_discrepancy(each, zone) for each in check.streams.discrepancies]
        title = Phrase("table.stream_discrepancies.title")
        blocks.append(
            listing("stream-discrepancies-table", title, None, _STREAM_DISCREPANCY, rows, _SHOWN)
        )
    if not blocks:
        compared = check.figures + check.streams.figures
        said = "discrepancies.none" if compared else "discrepancies.nothing_stated"
        blocks.append(Prose((Phrase(said),)))
    streams = check.streams
    lead = None
    if streams.figures:
        counts: dict[str, Value] = {
            "n": streams.figures,
            "agrees": streams.agrees,
            "differs": streams.differs,
            "explained": streams.explained,
            "not_comparable": streams.not_comparable,
        }
        lead = Phrase("discrepancies.lead", counts)
    return Section("discrepancies", Phrase("section.discrepancies"), lead, tuple(blocks))


_KINDS = (
    ("difference", ColumnKind.TEXT),
    ("differing", ColumnKind.COUNT),
    ("compared", ColumnKind.COUNT),
    ("example", ColumnKind.NAME),
    ("interval", ColumnKind.DAY),
    ("stated", ColumnKind.TEXT),
    ("recomputed", ColumnKind.TEXT),
)
_DISCREPANCY = (
    ("series", ColumnKind.NAME),
    ("split", ColumnKind.TEXT),
    ("range", ColumnKind.TEXT),
    ("interval", ColumnKind.DAY),
    ("measure", ColumnKind.TEXT),
    ("stated", ColumnKind.TEXT),
    ("recomputed", ColumnKind.TEXT),
    ("check", ColumnKind.TEXT),
    ("reason", ColumnKind.TEXT),
    ("ids", ColumnKind.TEXT),
)
_STREAM_DISCREPANCY = (
    ("deployment", ColumnKind.ID),
    ("measure", ColumnKind.TEXT),
    ("stated", ColumnKind.TEXT),
    ("recomputed", ColumnKind.TEXT),
    ("check", ColumnKind.TEXT),
    ("reason", ColumnKind.TEXT),
)


def _kind(found: CheckFinding, every: Sequence[Discrepancy]) -> tuple[Value, ...]:
    """The differences of one kind: what they have in common, how many, and the first of them."""
    first = next((each for each in every if _is_of(each, found)), None)
    said: tuple[Value, ...] = (of_one_kind(found), found.count, found.compared)
    if first is None:
        return (*said, None, None, None, None)
    spelled, start = first.to_json(), first.start_of_interval
    return (
        *said,
        Name(first.series, ""),
        None if start is None else Day(start),
        _spelled(spelled["stated"]),
        _spelled(spelled["recomputed"]),
    )


def _is_of(one: Discrepancy, found: CheckFinding) -> bool:
    of = (found.metric in (None, one.metric), found.statistic in (None, one.statistic))
    return all(of) and one.verdict is CheckVerdict.DIFFERS


def _discrepancy(found: Discrepancy, zone: str) -> tuple[Value, ...]:
    """Both values are shown as Octopus spells them: rounded, they could look alike."""
    spelled = found.to_json()
    ids = ", ".join(found.deployment_ids[:_MOST_IDS])
    more = "" if found.deployments <= _MOST_IDS else f" + {found.deployments - _MOST_IDS}"
    return (
        Name(found.series, ""),
        Name(" / ".join(part for part in (found.split, found.tag_set) if part)),
        Name(f"{found.time_range} / {found.granularity}"),
        None if found.start_of_interval is None else Day(found.start_of_interval),
        Name(" / ".join(part for part in (found.metric, found.statistic) if part)),
        _spelled(spelled["stated"]),
        _spelled(spelled["recomputed"]),
        found.verdict,
        _reason(found.cause, zone),
        Name(ids + more),
    )


def _stream_discrepancy(found: StreamDiscrepancy, zone: str) -> tuple[Value, ...]:
    spelled = found.to_json()
    return (
        Name(found.deployment_id),
        Name(found.field),
        _spelled(spelled["stated"]),
        _spelled(spelled["recomputed"]),
        found.verdict,
        _reason(found.cause, zone),
    )


def _reason(cause: Cause, zone: str) -> Phrase:
    """The cause in the words of the edition's language."""
    facts = {name: _fact(name, value, zone) for name, value in cause.facts}
    return Phrase(f"cause.{cause.code}", facts)


def _fact(name: str, value: int | str, zone: str) -> Value:
    if isinstance(value, int):
        return value
    if name == "day":
        return Day(date.fromisoformat(value))
    return Instant(datetime.fromisoformat(value), zone)


def _spelled(value: object) -> Value:
    if value is None:
        return None
    return Name(f"{value:.10g}" if isinstance(value, float) else str(value))


def excluded(facts: Facts) -> Section:
    """The deployments of the period that were not used, by reason, and the negative lead times."""
    blocks: list[Block] = []
    for number, (reason, rows) in enumerate(exclusions(facts), start=1):
        if not reason.key.startswith("exclusion.outside"):
            title = Phrase("table.exclusions.title", {"reason": reason})
            blocks.append(_deployments(facts, f"exclusions-{number}", title, rows))
    for each in facts.inputs.dropped:
        blocks.append(_dropped(each))
    negative = facts.within(facts.windows.now) & _negative(facts)
    if negative.any():
        title = Phrase("table.negative.title")
        blocks.append(_deployments(facts, "negative-lead-times", title, negative, lead_times=True))
    lead = Phrase("exclusions.lead") if blocks else None
    if not blocks:
        said = "exclusions.none" if len(facts.inputs.deployments) else "exclusions.nothing_read"
        blocks.append(Prose((Phrase(said),)))
    return Section("exclusions", Phrase("section.exclusions"), lead, tuple(blocks))


def _dropped(exclusion: Exclusion) -> Table:
    """Rows of the reply that are in no table of deployments: of them the ids are known."""
    title = Phrase("table.exclusions.title", {"reason": exclusion.reason})
    rows = [(Name(id),) for id in exclusion.ids]
    id = exclusion.reason.key.replace(".", "-").replace("_", "-")
    return listing(id, title, None, _DEPLOYMENT[:1], rows, _SHOWN)


def _negative(facts: Facts) -> NDArray[np.bool_]:
    ticks = facts.ticks(Metric.LEAD_TIME)
    negative: NDArray[np.bool_] = (ticks < 0) & (ticks != np.iinfo(np.int64).min)
    return negative


_DEPLOYMENT = (
    ("deployment", ColumnKind.ID),
    ("slice.project", ColumnKind.NAME),
    ("slice.environment", ColumnKind.NAME),
    ("slice.tenant", ColumnKind.NAME),
    ("release", ColumnKind.TEXT),
    ("state", ColumnKind.TEXT),
    ("completed", ColumnKind.INSTANT),
)


def _deployments(
    facts: Facts,
    id: str,
    title: Phrase,
    rows: NDArray[np.bool_],
    *,
    lead_times: bool = False,
) -> Table:
    """The deployments themselves, by completion."""
    chosen = facts.inputs.deployments[rows].sort_values("completed", kind="stable")
    columns = [*_DEPLOYMENT, *([("lead_time", ColumnKind.DURATION)] if lead_times else [])]
    found = [_deployment(each, facts.inputs.zone) for each in chosen.to_dict("records")]  # type: ignore[arg-type]
    if lead_times:
        found = [
            (*cells, Figure(Metric.LEAD_TIME, Statistic.MIN, int(lead.value) // 100))
            for cells, lead in zip(found, chosen["lead_time"], strict=True)
        ]
    return listing(id, title, None, columns, found, _SHOWN)


def _deployment(row: dict[str, object], zone: str) -> tuple[Value, ...]:
    completed = row["completed"]
    at = completed.to_pydatetime(warn=False) if isinstance(completed, pd.Timestamp) else None
    return (
        Name(str(row["deployment_id"])),
        *(_named(row, thing) for thing in ("project", "environment", "tenant")),
        _text(row["release_version"]),
        _text(row["task_state"]),
        None if at is None else Instant(at, zone),
    )


def _named(row: dict[str, object], thing: str) -> Value:
    key, name = row[f"{thing}_id"], row[f"{thing}_name"]
    if not isinstance(key, str):
        return None
    return Name(name if isinstance(name, str) else None, key)


def _text(value: object) -> Value:
    return Name(value) if isinstance(value, str) else None
