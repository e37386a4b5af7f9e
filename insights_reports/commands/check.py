"""``check``: would a run succeed? Everything is looked at, nothing is changed."""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from insights_reports.commands.check_schedules import check_zone, next_runs, warnings
from insights_reports.commands.common import as_of
from insights_reports.config import Config, Folder, Storage, Subscription
from insights_reports.config_file import find_config, load_config
from insights_reports.delivery import FolderDestination, Holders
from insights_reports.delivery.mail.smtp import MailServer, NoConversation
from insights_reports.delivery.storage.places import look
from insights_reports.errors import ConfigError, DeliveryError, InsightsReportsError, UsageError
from insights_reports.formats.html.templates_check import check_templates
from insights_reports.octopus import Client, iana_zone
from insights_reports.octopus.resources import InsightsReport
from insights_reports.octopus.sources import core, project
from insights_reports.octopus.sources.combinations import combinations
from insights_reports.octopus.sources.population import population
from insights_reports.pipeline.calendars import calendar_of
from insights_reports.pipeline.destinations import place_of, transport
from insights_reports.pipeline.make import connection, source_of
from insights_reports.pipeline.settings import logo_of
from insights_reports.pipeline.sources import define
from insights_reports.pipeline.state import state_of


@dataclass(frozen=True)
class Finding:
    """What one look found: ``error`` is None when all is well."""

    what: str
    detail: str
    error: InsightsReportsError | None = None
    warnings: tuple[str, ...] = ()


def main(options: argparse.Namespace) -> int:
    """Print a line for each thing looked at; the exit status is the gravest found.

    Raises:
        ConfigError: when the configuration has problems: nothing else is looked at then.
    """
    path = find_config(options.config)
    config = load_config(path)
    print(f"ok    configuration: {path}, {len(config.subscriptions)} subscriptions")
    status = 0
    for finding in _findings(config, options):
        if finding.error is None:
            print(f"ok    {finding.what}: {finding.detail}")
            for warning in finding.warnings:
                print(f"warn  {finding.what}: {warning}")
        else:
            reason = "\n      ".join(str(finding.error).splitlines())
            print(f"FAIL  {finding.what}: {reason}")
            status = max(status, finding.error.exit_status)
    return status


def _findings(config: Config, options: argparse.Namespace) -> Iterator[Finding]:
    if config.templates is not None:
        folder = config.resolve(config.templates)
        yield _look("templates", partial(_templates, folder))
    if config.company.logo is not None:
        yield _look("logo", partial(_logo, config))
    for name, subscription in config.subscriptions.items():
        yield _schedule(config, name, subscription, as_of(options))
    yield from _octopus(config, options)
    for name, destination in config.destinations.items():
        if isinstance(destination, Folder):
            path = config.resolve(destination.path)
            yield _look(f"destination {name}", partial(_folder, path))
        elif isinstance(destination, Storage):
            yield _look(f"destination {name}", partial(_storage, config, name, destination))
    if config.mail is not None:
        yield _look("mail server", lambda: _mail(config))


def _schedule(config: Config, name: str, subscription: Subscription, now: datetime) -> Finding:
    found = _look(f"schedule {name}", partial(next_runs, config, subscription, now))
    if found.error is not None:
        return found
    return replace(found, warnings=tuple(warnings(config, subscription, now)))


def _templates(folder: Path) -> str:
    """How many of the shipped files are replaced, and that all are templates."""
    replaced = check_templates(folder)
    return f"{folder}, in place of {', '.join(replaced) or 'none of the shipped files'}"


def _logo(config: Config) -> str:
    logo_of(config)
    return str(config.company.logo)


def _look(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except InsightsReportsError as error:
        return Finding(what, "", error)


def _octopus(config: Config, options: argparse.Namespace) -> Iterator[Finding]:
    try:
        client = Client(connection(config, url=options.url, space=options.space))
    except InsightsReportsError as error:
        yield Finding("connection", "", error)
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
    source = source_of(config, subscription)
    report = define(client, subscription.report, source["definition"])
    zone = iana_zone(report.TimeZone)
    if calendar := calendar_of(config, subscription):
        check_zone(calendar, zone, now)
    if subscription.source == "insights":
        client.metrics(report.Id, split="None", time_range="LastMonth", granularity="Monthly")
        found = ""
    elif subscription.file:
        found = f", source file: {_readable(config.resolve(subscription.file))}"
    else:
        found = f", source {subscription.source}: {_source(client, report, subscription.source)}"
    return f"report {report.Id} {report.Name!r}, {report.TimeZone} is {zone.key}{found}"


def _source(client: Client, report: InsightsReport, source: str) -> str:
    """What the source would read; one request for it is made for real."""
    if source == "core":
        core.try_one(client)
        return f"{len(core.chosen_of(client, report).projects)} projects"
    chosen = population(client, report)
    tried = project.try_one(client, chosen)
    asked = sum(1 for _ in combinations(chosen))
    return f"{len(chosen.projects)} projects, {asked} requests such as {tried.key}"


def _readable(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(
            "The file of deployments cannot be opened.", f"file: {path}: {error.strerror}"
        ) from None
    return path


def _folder(path: Path) -> str:
    """A folder that exists can be written to, or can be made where its parent can."""
    place = next(folder for folder in (path, *path.parents) if folder.is_dir())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise DeliveryError(
            "The folder cannot be written.",
            f"{place}: {error.strerror}",
            "Change its owner or mode.",
        ) from None
    return str(path)


def _storage(config: Config, name: str, chosen: Storage) -> str:
    """Storage elsewhere can be signed in to and listed; nothing is written."""
    place = place_of(config, name, chosen)
    if isinstance(place, FolderDestination):
        return str(place.path)
    return look(place, Holders(state_of(config) / "holders"))


def _mail(config: Config) -> str:
    if config.mail is None:
        raise ConfigError("There is no mail server.")
    given = transport(config, config.mail)
    try:
        with MailServer(given) as server:
            size = f", at most {server.largest:,} bytes a mail" if server.largest else ""
    except NoConversation as error:
        raise DeliveryError(
            "The mail server cannot be used.", f"{given.host}:{given.port}: {error}", ""
        ) from None
    return f"{given.host}:{given.port}, {given.security}{size}"
