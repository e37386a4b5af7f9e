"""What applying definitions would do, said before it is done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from insights_reports.errors import BadReply, ConfigError
from insights_reports.octopus.client import Client
from insights_reports.octopus.definitions.files import (
    ID_LISTS,
    Definition,
    KnownNames,
    definition,
    load,
)
from insights_reports.octopus.reports import problems
from insights_reports.octopus.resources import InsightsReport
from insights_reports.spelling.text import iana_zone, windows_zone

_SETS = (*ID_LISTS, "TenantTags")
_ABSENT = {"TenantMode": "TenantedAndUntenanted"}
_SIGNS = {"create": "+", "change": "~", "delete": "-"}


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One change: to ``report`` (None: it is to be made), of these fields, from old to new.

    ``fields`` hold ids, as they are sent; ``shown`` are the same with names where they are known.
    """

    action: Literal["create", "change", "delete"]
    name: str
    report: InsightsReport | None
    fields: Mapping[str, tuple[Any, Any]]
    shown: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        place = f" ({self.report.Id})" if self.report else ""
        lines = [f"  {_SIGNS[self.action]} {_shown(self.name)}{place}"]
        lines += [
            f"      {key}: {self._change(key, *values)}" for key, values in self.shown.items()
        ]
        return "\n".join(lines)

    def _change(self, key: str, old: Any, new: Any) -> str:
        if self.action == "create":
            return _shown(new)
        if key not in _SETS:
            return f"{_shown(old)} -> {_shown(new)}"
        before, after = old or [], new or []
        added = [f"+ {_shown(text)}" for text in after if text not in before]
        return ", ".join(added + [f"- {_shown(text)}" for text in before if text not in after])


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the reports of a server as the definitions say; its text is for a terminal."""

    steps: tuple[PlanStep, ...]

    def __str__(self) -> str:
        if not self.steps:
            return "No changes. The reports on the server are as the definitions say."
        counts = ", ".join(
            f"{sum(step.action == action for step in self.steps)} to {action}" for action in _SIGNS
        )
        return "\n".join([*map(str, self.steps), "", f"Plan: {counts}."])


def plan(client: Client, folder: Path, *, delete: bool = False) -> Plan:
    """What would make the server's reports as the files in ``folder`` say.

    Fields that a file does not mention stay as they are. Reports without a file are deleted only
    when ``delete`` asks for it.

    Raises:
        ConfigError: with all problems of all files; nothing is planned then.
    """
    files = load(folder)
    current = _current(client)
    names = KnownNames(client)
    names.learn(map(definition, current.values()))
    wanted = names.resolved(files)
    _check(wanted)
    steps = [_step(each, current.get(each["Name"])) for each in wanted.values()]
    kept = {each["Name"] for each in wanted.values()}
    gone = [report for name, report in current.items() if delete and name not in kept]
    return Plan(
        (
            *(_with_names(names, step) for step in steps if step.fields),
            *(PlanStep("delete", report.Name, report, {}) for report in gone),
        )
    )


def _current(client: Client) -> dict[str, InsightsReport]:
    current: dict[str, InsightsReport] = {}
    for report in client.reports.list():
        if report.Name in current:
            raise ConfigError("Two reports on the server have one name.", (report.Name,))
        current[report.Name] = report
    return current


def apply(client: Client, what: Plan) -> None:
    """Do what the plan says.

    Raises:
        Invalid: when a report was changed on the server since the plan was made; the steps before
            it are done.
    """
    for step in what.steps:
        changes = {key: new for key, (_, new) in step.fields.items()}
        if step.report is None:
            client.reports.create(changes)
        elif step.action == "delete":
            client.reports.delete(step.report.Id)
        else:
            client.reports.update(step.report, changes)


def _check(wanted: Mapping[Path, Definition]) -> None:
    lines = tuple(
        f"{path}: {problem}"
        for path, each in wanted.items()
        for problem in problems({"SpaceId": "(this one)", **each})
    )
    if lines:
        raise ConfigError("The definitions are not valid.", lines)


def _step(wanted: Definition, report: InsightsReport | None) -> PlanStep:
    if report is None:
        fields = {key: (None, new) for key, new in wanted.items() if new is not None}
        return PlanStep("create", wanted["Name"], None, fields)
    before = definition(report)
    changed = {
        key: (before.get(key), new)
        for key, new in wanted.items()
        if _meaning(key, before.get(key)) != _meaning(key, new)
    }
    return PlanStep("change", report.Name, report, changed)


def _with_names(names: KnownNames, step: PlanStep) -> PlanStep:
    old, new = (
        names.named({key: values[side] for key, values in step.fields.items()}) for side in (0, 1)
    )
    return replace(step, shown={key: (old[key], new[key]) for key in step.fields})


def _meaning(key: str, value: Any) -> Any:
    """What is compared: the order of ids, the spelling of a zone and null for nothing are not."""
    if key in _SETS:
        return sorted(value or [])
    if key == "EnvironmentGroups":
        return [(group.get("Name"), sorted(group["Environments"])) for group in value or []]
    if key == "TimeZone" and (value is None or isinstance(value, str)):
        return _zone(value or "UTC")
    return value or _ABSENT.get(key)


def _zone(stated: str) -> str:
    """The zone's Windows id: Octopus takes both spellings and answers this one."""
    try:
        key = iana_zone(stated).key
    except BadReply:  # on the server, and unknown here
        return stated
    try:
        return windows_zone(key)
    except BadReply:
        return key


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
