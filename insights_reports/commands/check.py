"""``check``: would a run succeed? Everything is looked at, nothing is changed."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from insights_reports.commands import check_here as here
from insights_reports.commands import check_slices
from insights_reports.commands.check_schedules import check_zone, next_runs, warnings
from insights_reports.commands.common import as_of, print_json
from insights_reports.config.delivery import Destination, Eml, Folder, RemoteStorage
from insights_reports.config.file import find_config, load_config
from insights_reports.config.model import Config, Subscription
from insights_reports.errors import InsightsReportsError, UsageError
from insights_reports.octopus import Client, iana_zone
from insights_reports.octopus.resources import InsightsReport
from insights_reports.octopus.sources import core, project
from insights_reports.octopus.sources.combinations import combinations
from insights_reports.octopus.sources.population import Population, population
from insights_reports.pipeline.calendars import calendar_of
from insights_reports.pipeline.make import connection, source_of
from insights_reports.pipeline.pull import choose_tag_sets
from insights_reports.pipeline.slice_targets import refuse_unknown_slices
from insights_reports.pipeline.sources import define
from insights_reports.spelling.nearest import meant_or_all


@dataclass(frozen=True)
class LookResult:
    """What one look found: ``error`` is None when all is well."""

    what: str
    detail: str
    error: InsightsReportsError | None = None
    warnings: tuple[str, ...] = ()


def main(options: argparse.Namespace) -> int:
    """Print a line for each thing looked at; the exit status is the gravest found.

    Raises:
        ConfigError: when the configuration has problems: nothing else is looked at then.
        UsageError: when two configurations are named.
    """
    path = find_config(_named(options))
    config = load_config(path)
    found = [LookResult("configuration", f"{path}, {_counted(len(config.subscriptions))}")]
    if not options.json:
        _print(found[0])
    for finding in _findings(config, options):
        found.append(finding)
        if not options.json:
            _print(finding)
    status = max(each.error.exit_status if each.error else 0 for each in found)
    if options.json:
        print_json({"exitStatus": status, "findings": [_plain(each) for each in found]})
    return status


def _named(options: argparse.Namespace) -> str | None:
    """The configuration that is named, by position or by ``--config``."""
    if options.file and options.config:
        raise UsageError(
            "Two configurations are named.",
            f"{options.file}, --config {options.config}",
            "Keep one.",
        )
    named: str | None = options.file or options.config
    return named


def _counted(subscriptions: int) -> str:
    return f"{subscriptions} subscription{'s' if subscriptions > 1 else ''}"


def _print(finding: LookResult) -> None:
    if finding.error is None:
        print(f"ok    {finding.what}: {finding.detail}")
        for warning in finding.warnings:
            print(f"warn  {finding.what}: {warning}")
    else:
        reason = "\n      ".join(str(finding.error).splitlines())
        print(f"FAIL  {finding.what}: {reason}")


def _plain(finding: LookResult) -> dict[str, Any]:
    """One finding in docs/json.md's shape."""
    error = finding.error
    about = {"what": finding.what, "ok": error is None}
    if error is None:
        return {**about, "detail": finding.detail, "warnings": list(finding.warnings)}
    problem = {"what": error.what, "which": error.which, "remedy": error.remedy}
    return {**about, "problem": problem, "exitStatus": error.exit_status}


def _findings(config: Config, options: argparse.Namespace) -> Iterator[LookResult]:
    yield _look("state", partial(here.state, config))
    if config.templates is not None:
        folder = config.resolve(config.templates)
        yield _look("templates", partial(here.own_templates, config, folder))
    if config.company.logo is not None:
        yield _look("logo", partial(here.logo, config))
    for name, subscription in config.subscriptions.items():
        yield _schedule(config, name, subscription, as_of(options))
    yield from _octopus(config, options)
    for name, destination in config.destinations.items():
        look = _destination(config, name, destination)
        if look is not None:
            yield _look(f"destination {name}", look)
    for name, subscription in config.subscriptions.items():
        if subscription.slices and (outbox := subscription.slices.eml):
            look = partial(here.folder, config.resolve(outbox.path))
            yield _look(f"mails of {name}", look)
    if config.mail is not None:
        yield _look("mail server", partial(here.mail_server, config))
    if config.notify is not None:
        yield _look("notices", partial(here.notices, config, config.notify))


def _schedule(config: Config, name: str, subscription: Subscription, now: datetime) -> LookResult:
    found = _look(f"schedule {name}", partial(next_runs, config, subscription, now))
    if found.error is not None:
        return found
    return replace(found, warnings=tuple(warnings(config, subscription, now)))


def _destination(config: Config, name: str, chosen: Destination) -> Callable[[], str] | None:
    """The look at a destination; None for recipients, whose mail server is looked at once."""
    if isinstance(chosen, Folder | Eml):
        return partial(here.folder, config.resolve(chosen.path))
    return (
        partial(here.storage, config, name, chosen) if isinstance(chosen, RemoteStorage) else None
    )


def _look(what: str, look: Callable[[], str]) -> LookResult:
    try:
        return LookResult(what, look())
    except InsightsReportsError as error:
        return LookResult(what, "", error)


def _octopus(config: Config, options: argparse.Namespace) -> Iterator[LookResult]:
    try:
        client = Client(connection(config, url=options.url, space=options.space))
    except InsightsReportsError as error:
        yield LookResult("connection", "", error)
        return
    with client:
        account = _look("connection", lambda: _account(client))
        yield account
        if account.error is None:
            for name, subscription in config.subscriptions.items():
                look = partial(_report, client, config, subscription, as_of(options))
                yield _look(f"subscription {name}", look)


def _account(client: Client) -> str:
    server, user, space = client.server(), client.me(), client.space
    return f"Octopus {server.Version}, space {space.Name!r}, as {user.Username!r}"


def _report(client: Client, config: Config, subscription: Subscription, now: datetime) -> str:
    """The definition, its zone, and the permission to read the figures, or their source."""
    if not (subscription.deliver_to or subscription.slices):
        raise UsageError(
            "Its editions would be delivered to nobody.",
            f"report {subscription.report!r}: deliver_to is empty",
            f"{meant_or_all('', config.destinations)} Name some of them in `deliver_to:`.",
        )
    source = source_of(config, subscription)
    report = define(client, subscription.report, source["definition"])
    zone = iana_zone(report.TimeZone)
    if calendar := calendar_of(config, subscription):
        check_zone(calendar, zone, now)
    if subscription.source == "insights":
        _some_projects(report)
        client.metrics(report.Id, split="None", time_range="LastMonth", granularity="Monthly")
        found = ""
    elif subscription.file:
        found = f", source file: {_readable(config.resolve(subscription.file))}"
    else:
        found = f", source {subscription.source}: {_source(client, report, subscription.source)}"
    refuse_unknown_slices(client, report, subscription)
    if subscription.slices:
        found += f", {check_slices.look(client, report, subscription)}"
    if subscription.tag_sets:
        choose_tag_sets(client.tag_sets(), subscription.tag_sets)
    return f"report {report.Id} {report.Name!r}, {report.TimeZone} is {zone.key}{found}"


def _source(client: Client, report: InsightsReport, source: str) -> str:
    """What the source would read; one request for it is made for real."""
    if source == "core":
        core.try_one(client)
        chosen = core.chosen_of(client, report)
        return f"{len(chosen.projects)} projects{_gone(chosen)}"
    chosen = population(client, report)
    tried = project.try_one(client, chosen)
    asked = sum(1 for _ in combinations(chosen))
    return f"{len(chosen.projects)} projects{_gone(chosen)}, {asked} requests such as {tried.key}"


def _gone(chosen: Population) -> str:
    """What the definition names and is deleted, or hidden from this account."""
    return f" (not there: {', '.join(chosen.missing)[:200]})" if chosen.missing else ""


def _some_projects(report: InsightsReport) -> None:
    """Raises UsageError when the report is about no project: its editions would be empty."""
    if not (report.ProjectIds or report.ProjectGroupIds or report.raw.get("ChannelIds")):
        raise UsageError(
            "The report has no project.",
            f"{report.Id} {report.Name!r}: no projects, project groups or channels",
            "Choose some in Octopus, or another report.",
        )


def _readable(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(
            "The file of deployments cannot be opened.", f"file: {path}: {error.strerror}"
        ) from None
    return path
