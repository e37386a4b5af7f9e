"""``reports``: the Insights report definitions in Octopus."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from insights_reports.commands.common import connection, print_json, print_table
from insights_reports.errors import UsageError
from insights_reports.octopus import Client
from insights_reports.octopus.definitions import files as definitions
from insights_reports.octopus.definitions.files import KnownNames
from insights_reports.octopus.definitions.plan import Plan, PlanStep, apply
from insights_reports.octopus.definitions.plan import plan as make_plan
from insights_reports.octopus.resources import InsightsReport
from insights_reports.spelling.nearest import meant_or_all


def main(options: argparse.Namespace) -> int:
    """Carry out one of the actions on the definitions."""
    with Client(connection(options)) as client:
        return _ACTIONS[options.action](client, options)


def _list(client: Client, options: argparse.Namespace) -> int:
    reports = list(client.reports.list())
    if options.json:
        print_json([_plain(report) for report in reports])
        return 0
    rows = [
        [
            report.Id,
            report.Name,
            str(len(report.ProjectGroupIds)),
            str(len(report.ProjectIds)),
            ", ".join(group.Name for group in report.EnvironmentGroups),
            report.TenantMode or "",
            report.TimeZone or "",
        ]
        for report in reports
    ]
    head = ["ID", "NAME", "GROUPS", "PROJECTS", "ENVIRONMENT GROUPS", "TENANT MODE", "TIME ZONE"]
    print_table(head, rows, right="llrr")
    return 0


def _get(client: Client, options: argparse.Namespace) -> int:
    print_json(_plain(client.reports.get(options.report)))
    return 0


_OCTOPUS_S_OWN = ("Links",)  # what `get` prints, too


def _create(client: Client, options: argparse.Namespace) -> int:
    path = Path(options.file)
    given = _read(options.file)
    _check_fields(path, given)
    resolved = KnownNames(client).resolved({path: given})[path]
    return _show(client.reports.create(resolved), "Created", options)


def _check_fields(path: Path, given: dict[str, Any]) -> None:
    known = [*InsightsReport.model_fields, *_OCTOPUS_S_OWN]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise UsageError(
            "A report has no such field.",
            f"{path}: {', '.join(unknown)}",
            meant_or_all(unknown[0], InsightsReport.model_fields),
        )


def _update(client: Client, options: argparse.Namespace) -> int:
    report = client.reports.get(options.report)
    return _show(client.reports.update(report, _read(options.file)), "Updated", options)


def _delete(client: Client, options: argparse.Namespace) -> int:
    report = client.reports.get(options.report)
    if not options.yes and not _agreed(f"Delete the Insights report {report.Name!r}? [y/N] "):
        raise UsageError("Nothing was deleted.", f"Report: {report.Id} {report.Name!r}", "")
    client.reports.delete(report.Id)
    if options.json:
        print_json({"deleted": report.Id})
    else:
        print(f"Deleted {report.Id} {report.Name!r}.")
    return 0


def _pull(client: Client, options: argparse.Namespace) -> int:
    paths = [str(path) for path in definitions.pull(client, Path(options.dir))]
    if options.json:
        print_json({"files": paths})
    else:
        print("\n".join(paths))
    return 0


def _plan(client: Client, options: argparse.Namespace) -> int:
    plan = make_plan(client, Path(options.dir), delete=options.delete)
    _say(plan, options, applied=False)
    return int(options.exit_code and bool(plan.steps))


def _say(plan: Plan, options: argparse.Namespace, *, applied: bool) -> None:
    """The plan as text, or in docs/json.md's shape."""
    if options.json:
        print_json({"applied": applied, "steps": [_step(step) for step in plan.steps]})
    else:
        print(plan)


def _step(step: PlanStep) -> dict[str, Any]:
    changes = [{"field": name, "before": a, "now": b} for name, (a, b) in step.fields.items()]
    about = {"action": step.action, "name": step.name, "id": step.report and step.report.Id}
    return {**about, "changes": changes}


def _apply(client: Client, options: argparse.Namespace) -> int:
    plan = make_plan(client, Path(options.dir), delete=options.delete)
    if not options.json:
        print(plan)
    if plan.steps and not options.yes and not _agreed("Make these changes? [y/N] "):
        raise UsageError("Nothing was changed.", f"Folder: {options.dir}", "")
    apply(client, plan)
    if options.json:
        _say(plan, options, applied=True)
    elif plan.steps:
        print("Applied.")
    return 0


_ACTIONS = {
    "list": _list,
    "get": _get,
    "create": _create,
    "update": _update,
    "delete": _delete,
    "pull": _pull,
    "plan": _plan,
    "apply": _apply,
}


def _show(report: InsightsReport, done: str, options: argparse.Namespace) -> int:
    if options.json:
        print_json(_plain(report))
    else:
        print(f"{done} {report.Id} {report.Name!r}.")
    return 0


def _plain(report: InsightsReport) -> dict[str, Any]:
    """The API's own resource, with the fields that we do not know."""
    return report.model_dump(mode="json")


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("This needs consent.", "Option: --yes", "Give it, or use a terminal.")
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _read(name: str) -> dict[str, Any]:
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8")
        value = (
            json.loads(text) if path.suffix == ".json" else YAML(typ="safe", pure=True).load(text)
        )
    except OSError as error:
        raise UsageError(
            "The file cannot be read.", f"{name}: {error.strerror}", "Name a file that is there."
        ) from None
    except (ValueError, YAMLError, RecursionError) as error:
        raise UsageError(
            "The file is neither JSON nor YAML.",
            f"{name}: {str(error).splitlines()[0]}",
            "`insights-reports reports get REPORT` prints one that is.",
        ) from None
    if not isinstance(value, dict):
        raise UsageError(
            "The file does not hold one report.",
            f"{name}: {'nothing' if value is None else 'a ' + type(value).__name__}",
            "Write an object in the API's spelling: Name, ProjectIds, EnvironmentGroups…",
        )
    return value
