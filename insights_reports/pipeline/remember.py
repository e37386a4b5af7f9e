"""Remembering: each pull goes into the history of its report, and an edition may look farther back
than Octopus does. The cross-check sees the pull alone."""

import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

import pandas as pd

from insights_reports.config.model import Config
from insights_reports.edition.files import slug
from insights_reports.errors import UsageError
from insights_reports.history.deployments import (
    BucketPlace,
    Forgotten,
    MergeResult,
    Owner,
    PullEntry,
    Root,
    Storage,
    forget,
    known_from,
    merge,
    read,
    store_in,
    with_history,
)
from insights_reports.metrics import Period
from insights_reports.metrics.periods import add_months
from insights_reports.octopus.resources import InsightsReport
from insights_reports.pipeline.load import Pulled
from insights_reports.pipeline.sources import OWN_ID

FOLDER = "history"  # in the state
_PERIODS = 13  # that an edition looks at: edition/windows.py
_CHOOSING = ("ProjectGroupIds", "ProjectIds", "ChannelIds", "TenantIds", "TenantTags")


@dataclass(frozen=True)
class KnownDeployments:
    """The deployments that an edition may speak of: those of the pull with ``older`` ones before
    them, and the first local day whose deployments are all known (None: as the pull says)."""

    deployments: pd.DataFrame
    older: pd.DataFrame
    known_from: date | None


def root_of(config: Config) -> Root:
    """Where the histories lie: in the state, or in the bucket of `history:`."""
    given = config.history
    if given.url is None:
        return config.resolve(config.state) / FOLDER
    ca_bundle = config.resolve(given.ca_bundle) if given.ca_bundle else None
    return BucketPlace(given.url, given.endpoint, given.region, ca_bundle)


def remember(pulled: Pulled, root: Root, pull_id: str, now: datetime) -> MergeResult:
    """Merge the pull into the history of its report. A file's deployments are not Octopus's word
    on a time that it covers, and are not remembered.

    Raises:
        HistoryError: when the history cannot be read or written.
    """
    if pulled.source == "file":
        return MergeResult()
    entry = PullEntry(pull_id, border(pulled), pulled.as_of, scope(pulled))
    store = history_of(pulled, root)
    rows = pulled.deployments.table
    return merge(rows, store, entry, owner=owner(pulled), swept_at=now)


def forget_old(pulled: Pulled, root: Root, config: Config) -> None:
    """Let go what the configuration does not keep of the report's history, and say what.

    Raises:
        HistoryError: when the history cannot be read or written.
    """
    if config.history.months:
        gone = forget(history_of(pulled, root), config.history.months)
        if gone.months:
            print(f"insights-reports: {said_of(gone, config.history.months)}", file=sys.stderr)


def said_of(gone: Forgotten, keep: int) -> str:
    """What goes of a history, in words."""
    first, last = gone.months[0], gone.months[-1]
    span = first if first == last else f"{first} to {last}"
    return f"the history keeps {keep} months: {span} forgotten, {gone.deployments:,} deployments."


def remember_file(pulled: Pulled, root: Root, pull_id: str, now: datetime) -> MergeResult:
    """Add the deployments of a file that the history of its report lacks, and change nothing else:
    a file was made earlier, and perhaps of a part only.

    Raises:
        HistoryError: when the history cannot be read or written.
        UsageError: when the file has no deployment.
    """
    rows = pulled.deployments.table
    if rows.empty:
        raise UsageError("The file has no deployment.", pull_id, "")
    first, last = rows["completed"].min(), rows["completed"].max()
    begin = first.tz_convert(pulled.zone).normalize() + pd.DateOffset(days=1)  # not cut: the next
    entry = PullEntry(pull_id, begin.to_pydatetime(), last.to_pydatetime(), scope(pulled))
    store = history_of(pulled, root)
    return merge(rows, store, entry, owner=owner(pulled), swept_at=now, only_add=True)


def recall(pulled: Pulled, root: Root, period: Period) -> KnownDeployments:
    """The deployments that an edition of ``period`` looks at, as they were known when the pull was
    made: the history's, before the first day that the pull covers.

    Raises:
        HistoryError: when a file of the history is missing or was altered.
    """
    begin, store, table = border(pulled), history_of(pulled, root), pulled.deployments.table
    since = known_from(store, scope(pulled), begin)
    if since is None or since >= begin:
        return KnownDeployments(table, table.iloc[:0], pulled.known_from)
    wanted = datetime.combine(_earliest(period), time(), pulled.zone)
    older = read(store, max(since, min(wanted, begin)), begin, at=pulled.as_of)
    return known_of(pulled, older, _first_whole_day(since, pulled))


def known_of(pulled: Pulled, older: pd.DataFrame, since: date | None) -> KnownDeployments:
    """The pull's deployments with ``older`` ones before them."""
    return KnownDeployments(with_history(pulled.deployments.table, older), older, since)


def history_of(pulled: Pulled, root: Root) -> Storage:
    """The history of the report that was pulled."""
    whose, address = owner(pulled), urlsplit(pulled.url)
    server = slug(f"{address.netloc}{address.path}".rstrip("/").lower())
    return store_in(root, f"{server}/{slug(whose.space.lower())}/{slug(whose.report.lower())}")


def owner(pulled: Pulled) -> Owner:
    """Whose history the pull belongs to. A report that Octopus does not know goes by its name."""
    definition = pulled.definition
    report = definition.Id if definition.Id != OWN_ID else f"{OWN_ID} {definition.Name}"
    return Owner(pulled.url, pulled.space.Id, report)


def border(pulled: Pulled) -> datetime:
    """The instant from which on a pull has all deployments: `/deployments` gives the last twelve
    whole months and this one, in the report's zone."""
    today = pulled.as_of.astimezone(pulled.zone).date()
    first = pulled.known_from or add_months(today.replace(day=1), -12)
    return datetime.combine(first, time(), pulled.zone).astimezone(UTC)


def scope(pulled: Pulled) -> str:
    """What tells apart the deployments that a report is about: two pulls of one scope can be put
    together to one history."""
    source = "insights" if pulled.source == "file" else pulled.source
    said = {"source": source, **chosen(pulled.definition)}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def chosen(definition: InsightsReport) -> dict[str, object]:
    """The fields of a definition that choose deployments, whatever their order."""
    raw = definition.model_dump()
    environments = {e for group in definition.EnvironmentGroups for e in group.Environments}
    return {
        **{name: sorted(raw.get(name) or ()) for name in _CHOOSING},
        **({"AllTenants": True} if definition.AllTenants else {}),
        "TenantMode": definition.TenantMode,
        "Environments": sorted(environments),
    }


def _earliest(period: Period) -> date:
    """The first day that an edition of the period looks at."""
    trend = Period.containing("month", period.end - timedelta(days=1)).trailing(_PERIODS)
    return min(period.trailing(_PERIODS)[0].start, period.year_before().start, trend[0].start)


def _first_whole_day(since: datetime, pulled: Pulled) -> date:
    local = since.astimezone(pulled.zone)
    return local.date() + timedelta(days=local.time() > time())
