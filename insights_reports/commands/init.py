"""``init``: ask Octopus and the user what is needed, and write a configuration that works."""

import argparse
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from tzlocal import get_localzone_name

from insights_reports.commands.common import config_text, print_json
from insights_reports.commands.config import schema_text
from insights_reports.commands.questions import ask, choose
from insights_reports.config.delivery import Address
from insights_reports.config.file import load_config
from insights_reports.config.schedule import Schedule
from insights_reports.errors import ConfigError, UsageError
from insights_reports.octopus import Client, Connection, iana_zone
from insights_reports.octopus.resources import InsightsReport
from insights_reports.spelling.nearest import meant_or_all, same_but_for_case
from insights_reports.whole import whole

NAME = "insights-reports.yaml"
SCHEMA = "insights-reports.schema.json"


@dataclass(frozen=True)
class Rhythm:
    """A subscription's name for how often it comes, and when its runs begin."""

    name: str
    cron: str
    when: str


RHYTHMS = {
    "month": Rhythm("monthly", "15 6 1 * *", "06:15 on the first of each month"),
    "quarter": Rhythm("quarterly", "15 6 1 1,4,7,10 *", "06:15 on the first of each quarter"),
    "week": Rhythm("weekly", "15 6 * * 1", "06:15 on Mondays"),
    "year": Rhythm("yearly", "15 6 2 1 *", "06:15 on the second of January"),
}
_CREDENTIALS = (
    *("OCTOPUS_API_KEY", "OCTOPUS_API_KEY_FILE"),
    *("OCTOPUS_ACCESS_TOKEN", "OCTOPUS_SERVICE_ACCOUNT"),
)


def main(options: argparse.Namespace) -> int:
    """Write ``DIR/insights-reports.yaml``; an existing file is never overwritten.

    Raises:
        UsageError: when the file exists, or a value is missing and nobody can be asked.
        ConfigError: when a value given is not valid; nothing is written then.
        OctopusError: when Octopus is asked and cannot be, or has no such report.
    """
    path = Path(options.dir) / NAME
    if path.exists():
        raise UsageError(
            "There is a configuration already.", f"File: {path}", "Edit it, or choose another DIR."
        )
    values = _values(options)
    _write_if_valid(path, config_text("config.yaml.j2", values))
    _say(path, values, options)
    return 0


def _say(path: Path, values: dict[str, object], options: argparse.Namespace) -> None:
    """What was written, and the next two commands."""
    config = "" if path == Path(NAME) else f" --config {path}"
    check = f"insights-reports check{config}"
    run = f"insights-reports run {values['name']}{config} --dry-run"
    missing = [] if _can_connect() else ["OCTOPUS_API_KEY"]
    missing += ["SMTP_PASSWORD"] if values["username"] and "SMTP_PASSWORD" not in os.environ else []
    if options.json:
        written = [str(path), str(path.with_name(SCHEMA))]
        print_json({"files": written, "next": [check, run], "missing": missing})
        return
    print(f"Wrote {path}, and {SCHEMA} for editors. Next:")
    print(f"  {check}\n  {run}")
    if missing:
        print(f"Set {' and '.join(missing)} in the environment before.")


def _values(options: argparse.Namespace) -> dict[str, object]:
    url = options.url or os.environ.get("OCTOPUS_URL") or ask("Octopus server (URL)", "--url")
    url = Connection(url, None).url  # or it says what is wrong with it
    space = options.space or os.environ.get("OCTOPUS_SPACE") or None
    name, zone = _report(options, url, space)
    every = options.every or ask(
        "How often: month, quarter, week, year", "--every", default="month", check=_rhythm
    )
    rhythm = RHYTHMS[every]
    return {
        "url": url,
        "space": space,
        "report": name,
        "every": every,
        "name": rhythm.name,
        "cron": rhythm.cron,
        "when": rhythm.when,
        "zone": options.zone
        or ask("Time zone of the schedule", "--zone", default=zone, check=_zone),
        "folder": options.folder
        or ask("Folder that keeps editions", "--folder", default="reports"),
        **_mail(options),
    }


def _mail(options: argparse.Namespace) -> dict[str, object]:
    """Recipients and, if there are any, the mail server."""
    to = options.to
    if to is None:
        text = ask(
            "Recipients by mail, commas between (none)", "--to", default="", check=_addresses
        )
        to = [each.strip() for each in text.split(",") if each.strip()]
    given: dict[str, object] = {"to": to, "username": None}
    if not to:
        return given
    return given | {
        "smtp_host": options.smtp_host or ask("Mail server", "--smtp-host"),
        "security": _security_of(options),
        "smtp_port": options.smtp_port or ask("Its port", "--smtp-port", default="587"),
        "sender": options.sender or ask("Sender's address", "--sender", check=_address),
        "username": options.smtp_user
        or ask("User name there (none)", "--smtp-user", default="")
        or None,
    }


def _security_of(options: argparse.Namespace) -> str:
    words = ("starttls", "tls", "none")
    given: str | None = options.smtp_security
    if given is None:
        return words[choose("Encryption", "--smtp-security", words, default="starttls")]
    return given


def _report(options: argparse.Namespace, url: str, space: str | None) -> tuple[str, str]:
    """The report's name and the zone that is proposed: its own, if Octopus can be asked."""
    if options.offline or not _can_connect():
        if not options.offline:
            print("Octopus is not asked: there is no key in the environment.", file=sys.stderr)
        name = options.report or ask("Insights report (exact name or id)", "--report")
        return name, _zone_here()
    with ExitStack() as stack:
        client = stack.enter_context(Client(Connection.from_environment(url=url, space=space)))
        report = client.reports.get(options.report) if options.report else _chosen(client)
    return options.report or report.Name, _region(iana_zone(report.TimeZone).key)


def _chosen(client: Client) -> InsightsReport:
    reports = list(client.reports.list())
    names = [report.Name for report in reports]
    if not reports:
        raise UsageError(
            "There is no Insights report in this space.",
            f"Space: {client.space.Name}",
            "Make one in Octopus under Insights, or name another --space.",
        )
    if not sys.stdin.isatty() and len(names) > 1:
        there = ", ".join(repr(name) for name in names)
        raise UsageError("Insights report: not given.", f"There are: {there}", "Give --report.")
    only = names[0] if len(names) == 1 else None
    return reports[choose("Insights report", "--report", names, default=only)]


def _can_connect() -> bool:
    return any(os.environ.get(name, "").strip() for name in _CREDENTIALS)


def _rhythm(text: str) -> str:
    found = same_but_for_case(text, RHYTHMS)
    if found is None:
        raise ValueError(meant_or_all(text, RHYTHMS))
    return found


def _zone(text: str) -> str:
    try:
        return Schedule(cron="15 6 1 * *", zone=text).zone
    except ValidationError:
        raise ValueError("no region of the time-zone database, such as Europe/Vilnius") from None


def _address(text: str) -> str:
    try:
        return TypeAdapter(Address).validate_python(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"{text!r}: {reason}") from None


def _addresses(text: str) -> str:
    return ", ".join(_address(each.strip()) for each in text.split(",") if each.strip())


def _zone_here() -> str:
    return _region(get_localzone_name() or "UTC")


def _region(zone: str) -> str:
    """``zone`` if it is a region; the fixed zones that a schedule may not have become UTC."""
    return zone if "/" in zone and not zone.startswith("Etc/") else "UTC"


def _write_if_valid(path: Path, text: str) -> None:
    """The configuration and its schema, or neither."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as draft, whole(path.with_name(SCHEMA)) as schema:
            schema.write_text(schema_text(), encoding="utf-8")
            draft.write_text(text, encoding="utf-8")
            load_config(draft)
    except ConfigError as error:
        problems = tuple(each.replace(f"{draft}: ", "") for each in error.problems)
        raise ConfigError(
            "What was given makes no configuration.", problems, error.remedy
        ) from None
    except OSError as error:
        raise UsageError(
            "The configuration cannot be written.",
            f"DIR: {path.parent}: {error.strerror}",
            "Choose another DIR, or change its owner or mode.",
        ) from None
