"""``init``: write a commented configuration and say what to do next."""

import argparse
import os
import sys
from pathlib import Path

from tzlocal import get_localzone_name

from insights_reports.commands.common import config_text
from insights_reports.config_file import load_config
from insights_reports.errors import UsageError

NAME = "insights-reports.yaml"


def main(options: argparse.Namespace) -> int:
    """Write ``DIR/insights-reports.yaml``; an existing file is never overwritten.

    Raises:
        UsageError: when the file exists, or a value is missing and nobody can be asked.
        ConfigError: when a value given is not valid; nothing is written then.
    """
    path = Path(options.dir) / NAME
    if path.exists():
        raise UsageError(
            "There is a configuration already.", f"File: {path}", "Edit it, or choose another DIR."
        )
    text = config_text("config.yaml.j2", _values(options))
    _write_if_valid(path, text)
    print(f"Wrote {path}. Next:")
    print(f"  OCTOPUS_API_KEY=API-… insights-reports check {path}")
    print(f"  OCTOPUS_API_KEY=API-… insights-reports run monthly --config {path} --dry-run")
    return 0


def _values(options: argparse.Namespace) -> dict[str, object]:
    to = options.to or []
    values = {
        "url": options.url or os.environ.get("OCTOPUS_URL") or _ask("Octopus server", "--url"),
        "space": options.space or os.environ.get("OCTOPUS_SPACE"),
        "report": options.report or _ask("Insights report (exact name or id)", "--report"),
        "to": to,
        "zone": _zone(),
    }
    if to:
        values["smtp_host"] = options.smtp_host or _ask("Mail server", "--smtp-host")
        values["sender"] = options.sender or _ask("Sender's address", "--sender")
    return values


def _ask(what: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: not given.", f"Option: {option}", "Give it on the command line.")
    print(f"{what}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _zone() -> str:
    """This machine's zone as a region; the fixed zones that a schedule may not have become UTC."""
    zone = get_localzone_name() or "UTC"
    return zone if "/" in zone and not zone.startswith("Etc/") else "UTC"


def _write_if_valid(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}-draft.yaml")
    try:
        draft.write_text(text, encoding="utf-8")
        load_config(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
