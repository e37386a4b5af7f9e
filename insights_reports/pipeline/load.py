"""Loading: a sealed pull back as values. Nothing here asks Octopus again; the client gives the
recorded replies to the same questions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import TypeAdapter

from insights_reports.edition.values import Phrase
from insights_reports.history.columns import kept_deployments, kept_stated
from insights_reports.history.pulls import Pull
from insights_reports.metrics import Lookups
from insights_reports.octopus import Client, Deployments, iana_zone, read_deployments
from insights_reports.octopus.resources import (
    DeploymentFreeze,
    InsightsReport,
    Server,
    Space,
    User,
)
from insights_reports.octopus.sources import SourceName
from insights_reports.octopus.sources.combinations import Combination
from insights_reports.octopus.wire.questions import reply_name
from insights_reports.pipeline.combinations import StatedByCombination, labels, remembered
from insights_reports.pipeline.pull import (
    DEPLOYMENTS,
    EARLIER,
    LookedUp,
    Mentioned,
    Wanted,
    look_up,
    requests,
    wanted_tag_sets,
)
from insights_reports.pipeline.sealed import opener
from insights_reports.pipeline.sources import define, dropped, gaps, known_from, known_until
from insights_reports.spelling.stated import Question, StatedTable


@dataclass(frozen=True)
class Stated:
    """What Octopus states, one reply at a time: at a million deployments all of them at once would
    fill the memory."""

    sealed: Pull
    report_id: str
    questions: tuple[Question, ...]

    def answers(self, wanted: Callable[[Question], bool]) -> "Stated":
        """What Octopus states in answer to some of the questions."""
        return replace(self, questions=tuple(one for one in self.questions if wanted(one)))

    def __iter__(self) -> Iterator[StatedTable]:
        with Client.sealed(opener(self.sealed), self.sealed.metadata["space"]) as client:
            for question in self.questions:
                kept = self.sealed.columns(reply_name(question))
                table = kept and kept_stated(kept, question)
                yield table or next(client.stated_all(self.report_id, [question]))


@dataclass(frozen=True)
class StatedOfSlice:
    """What is stated of one slice, as if it were all that the report is about."""

    tables: tuple[StatedTable, ...]

    def answers(self, wanted: Callable[[Question], bool]) -> "StatedOfSlice":
        """What is stated in answer to some of the questions."""
        return StatedOfSlice(tuple(each for each in self.tables if wanted(each.source)))

    def __iter__(self) -> Iterator[StatedTable]:
        return iter(self.tables)


@dataclass(frozen=True)
class Pulled:
    """What a pull holds. ``earlier`` is the reading of the deployments before the last one, when
    the two differed; ``tag_sets`` the ids of those wanted; ``moved`` the look-ups that changed
    while they were read; ``gaps`` and ``known_from`` what its ``source`` cannot know;
    ``freezes`` what Octopus says of days without deployments, None if this account may not know;
    ``combinations`` the questions behind ``stated`` where there is no report to ask about."""

    definition: InsightsReport
    zone: ZoneInfo
    deployments: Deployments
    earlier: pd.DataFrame | None
    lookups: Lookups
    tag_sets: tuple[str, ...]
    stated: Stated | StatedByCombination | StatedOfSlice
    as_of: datetime
    url: str
    server: Server
    account: User
    space: Space
    moved: tuple[str, ...]
    source: SourceName = "insights"
    gaps: tuple[Phrase, ...] = ()
    known_from: date | None = None
    known_until: date | None = None
    combinations: tuple[Combination, ...] = ()
    freezes: tuple[DeploymentFreeze, ...] | None = ()


def load(folder: Path) -> Pulled:
    """The pull that was sealed in ``folder``.

    Raises:
        InsightsReportsError: when a file of it is missing or was altered.
        OctopusError: when a reply in it cannot be understood.
    """
    sealed = Pull(folder)
    about = sealed.metadata
    source = about["source"]  # empty for Insights
    wanted = TypeAdapter(Wanted).validate_python(about["wanted"])
    with Client.sealed(opener(sealed), about["space"]) as client:
        definition = define(client, wanted.report, wanted.definition)
        ids, denied = Mentioned(**about["ids"]), about.get("denied", ())
        found = look_up(client, ids, denied, freezes=wanted.freezes)
        tag_sets = wanted_tag_sets(found, wanted)
        asked = requests(wanted, tag_sets, found.no_access)
        zone = iana_zone(definition.TimeZone)
        deployments = _with(_deployments(sealed, client, definition.Id), dropped(source))
        combinations = tuple(remembered(source))
        return Pulled(
            definition=definition,
            zone=zone,
            deployments=deployments,
            earlier=_earlier(sealed),
            lookups=lookups(definition, found),
            tag_sets=tuple(tag_set.Id for tag_set in tag_sets),
            stated=StatedByCombination(
                sealed, combinations, zone.key, labels(deployments.table, combinations)
            )
            if combinations
            else Stated(sealed, definition.Id, tuple(asked)),
            combinations=combinations,
            freezes=found.known_freezes,
            as_of=datetime.fromisoformat(about.get("asOf") or about["as_of"]),  # version 0.1
            url=about["url"],
            server=client.server(),
            account=client.me(),
            space=client.space,
            moved=tuple(about["moved"]),
            source=wanted.source,
            gaps=tuple(gaps(source)) if source else (),
            known_from=known_from(source) if source else None,
            known_until=_last_whole_day(about, zone) or (known_until(source) if source else None),
        )


def _last_whole_day(about: Mapping[str, Any], zone: ZoneInfo) -> date | None:
    """The last local day that was over when it was pulled, of a pull that speaks for later."""
    pulled_at = about.get("pulledAt")
    if pulled_at is None:
        return None
    return datetime.fromisoformat(pulled_at).astimezone(zone).date() - timedelta(days=1)


def _deployments(sealed: Pull, client: Client, report_id: str) -> Deployments:
    path = sealed.columns(DEPLOYMENTS)
    kept = path and kept_deployments(path)
    if not kept:
        return client.deployments(report_id)
    table, about = kept
    dropped = TypeAdapter(dict[str, tuple[str, ...]]).validate_python(about["dropped"])
    return Deployments(str(about["reportName"]), table, dropped)


def _with(deployments: Deployments, more: dict[str, tuple[str, ...]]) -> Deployments:
    """The deployments, and what their source left out before it was sealed."""
    return replace(deployments, dropped={**deployments.dropped, **more})


def lookups(definition: InsightsReport, found: LookedUp) -> Lookups:
    """What the deployments do not say themselves, in the shape that the metrics take."""
    return Lookups(
        project_groups={project.Id: project.ProjectGroupId for project in found.projects},
        project_group_names={group.Id: group.Name for group in found.groups},
        environment_groups=tuple(
            (group.Name, tuple(group.Environments)) for group in definition.EnvironmentGroups
        ),
        tenant_tags={tenant.Id: tuple(tenant.TenantTags) for tenant in found.tenants},
        tag_sets={tag_set.Id: tag_set.Name for tag_set in found.tag_sets},
        no_access=found.no_access,
    )


def _earlier(sealed: Pull) -> pd.DataFrame | None:
    if EARLIER not in sealed.names:
        return None
    with sealed.open(EARLIER) as file:
        return read_deployments(file).table
