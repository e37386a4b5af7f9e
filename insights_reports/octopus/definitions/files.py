"""Report definitions as files: one YAML a report, in the API's spelling, names instead of ids.

A file holds what a person decides. What the server decides (Id, SpaceId, Links) is not in it, so
that it can be applied to another space or server; a report is known by its Name.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from insights_reports.edition.files import slug
from insights_reports.errors import ConfigError
from insights_reports.octopus.client import Client
from insights_reports.octopus.reports import LAST_MODIFIED
from insights_reports.octopus.resources import InsightsReport, Named
from insights_reports.spelling.strict import parse_json

ID_LISTS = {
    "ProjectGroupIds": "projectgroups",
    "ProjectIds": "projects",
    "TenantIds": "tenants",
    "ChannelIds": "channels",
}
_SERVERS_OWN = ("Id", "SpaceId", "Links", *LAST_MODIFIED)
_MOST_BYTES = 1 << 20

Definition = dict[str, Any]
"""A report's JSON object without what the server decides."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing that a definition names: the kind's path and an id or a name."""

    kind: str
    text: str


def definition(report: InsightsReport) -> Definition:
    """The report's definition with ids, its texts cleaned."""
    raw = parse_json(json.dumps(report.raw).encode())
    return {key: value for key, value in raw.items() if key not in _SERVERS_OWN}


def mentions(definitions: Iterable[Definition]) -> set[Mention]:
    """What these definitions mention, by id or by name."""
    found = set()
    for each in definitions:
        for key, kind in ID_LISTS.items():
            found |= {Mention(kind, text) for text in each.get(key) or []}
        for group in each.get("EnvironmentGroups") or []:
            found |= {Mention("environments", text) for text in group["Environments"]}
    return found


def replaced(each: Definition, by: Mapping[Mention, str]) -> Definition:
    """The definition with every mention replaced, where there is something to replace it by."""

    def swap(kind: str, texts: Iterable[str] | None) -> list[str]:
        return [by.get(Mention(kind, text), text) for text in texts or []]

    changed: Definition = {
        key: swap(kind, each[key]) for key, kind in ID_LISTS.items() if key in each
    }
    if "EnvironmentGroups" in each:
        changed["EnvironmentGroups"] = [
            {**group, "Environments": swap("environments", group["Environments"])}
            for group in each["EnvironmentGroups"] or []
        ]
    return {**each, **changed}


class KnownNames:
    """The names and ids of what definitions mention, each asked for once.

    An id stays an id where its name is hidden from this account, could itself be taken for an id,
    or is a channel's: Octopus keeps the names of all the others unique in a space.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names: dict[Mention, str] = {}
        self._ids: dict[Mention, str] = {}

    def learn(self, definitions: Iterable[Definition]) -> None:
        """Look up the things that these definitions mention by id."""
        for kind, texts in _by_kind(mentions(definitions)):
            unknown = [text for text in texts if Mention(kind, text) not in self._ids]
            for thing in self._client.look_up(kind, Named, filter(_like_an_id, unknown)):
                self._ids[Mention(kind, thing.Id)] = thing.Id
                if kind != "channels" and not _like_an_id(thing.Name):
                    self._names[Mention(kind, thing.Id)] = thing.Name
                    self._ids[Mention(kind, thing.Name)] = thing.Id

    def named(self, each: Definition) -> Definition:
        """The definition with names instead of the ids that were learnt."""
        return replaced(each, self._names)

    def resolved(self, definitions: Mapping[Path, Definition]) -> dict[Path, Definition]:
        """The definitions with ids instead of names.

        Raises:
            ConfigError: with every name that is unknown, hidden from this account, or not unique.
        """
        self.learn(definitions.values())
        problems: dict[Mention, str] = {}
        for kind, texts in _by_kind(mentions(definitions.values())):
            unknown = [text for text in texts if Mention(kind, text) not in self._ids]
            for text, found in self._client.ids_by_name(kind, unknown).items():
                if len(found) == 1:
                    self._ids[Mention(kind, text)] = found[0]
                    self._names[Mention(kind, found[0])] = text
                else:
                    why = f"is the name of {', '.join(found)}" if found else "is unknown or hidden"
                    problems[Mention(kind, text)] = f"{kind}: {text!r} {why}"
        lines = tuple(
            f"{path}: {problems[mention]}"
            for path, each in definitions.items()
            for mention in sorted(mentions([each]) & problems.keys(), key=str)
        )
        if lines:
            raise ConfigError("The definitions name things that cannot be found.", lines)
        return {path: replaced(each, self._ids) for path, each in definitions.items()}


def _by_kind(found: set[Mention]) -> list[tuple[str, list[str]]]:
    kinds = sorted({mention.kind for mention in found})
    return [
        (kind, sorted(mention.text for mention in found if mention.kind == kind)) for kind in kinds
    ]


def _like_an_id(text: str) -> bool:
    return text.rpartition("-")[2].isdigit()


def pull(client: Client, folder: Path) -> list[Path]:
    """Write every report of the space to a file of its own in ``folder``; the files written."""
    definitions = [definition(report) for report in client.reports.list()]
    names = KnownNames(client)
    names.learn(definitions)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for each in definitions:
        path = folder / f"{slug(each['Name'])}.yaml"
        with path.open("w", encoding="utf-8") as file:
            _yaml().dump(names.named(each), file)
        written.append(path)
    return written


def load(folder: Path) -> dict[Path, Definition]:
    """The definitions in the files ``*.yaml`` and ``*.yml`` of a folder.

    Raises:
        ConfigError: with the problems of all files: not readable, no definition, a Name twice.
    """
    definitions: dict[Path, Definition] = {}
    problems = [] if folder.is_dir() else [f"{folder}: there is no such folder"]
    owners: dict[str, Path] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        value, problem = _load_file(path)
        name = value.get("Name", "")
        if problem:
            problems.append(f"{path}: {problem}")
        elif name in owners:
            problems.append(f"{path}: Name: {name!r} is also that of {owners[name].name}")
        owners[name] = path
        definitions[path] = value
    if problems:
        raise ConfigError("The definitions cannot be used.", tuple(problems))
    return definitions


def _load_file(path: Path) -> tuple[Definition, str]:
    """A file's definition, or what is wrong with it."""
    try:
        content = path.read_bytes()
        if len(content) > _MOST_BYTES:
            return {}, "the file is larger than 1 MiB"
        value = _yaml().load(content.decode())
    except (OSError, UnicodeDecodeError, YAMLError, RecursionError) as error:
        return {}, " ".join(str(error).split())[:300] or type(error).__name__
    problem = _problem(value)
    return ({}, problem) if problem else (value, "")


def _problem(value: Any) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("Name"), str):
        return "it is no report definition: Name is missing"
    own = [key for key in _SERVERS_OWN if key in value]
    if own:
        return f"{own[0]}: the server decides this; leave it out"
    for key in ID_LISTS:
        if not _are_texts(value.get(key)):
            return f"{key}: must be a list of names or ids"
    groups = value.get("EnvironmentGroups") or []
    if not isinstance(groups, list) or not all(
        isinstance(group, dict)
        and isinstance(group.get("Environments"), list)
        and _are_texts(group["Environments"])
        for group in groups
    ):
        return "EnvironmentGroups: each must have Environments, a list of names or ids"
    return ""


def _are_texts(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)  # YAML 1.2: no is a word, and a key twice is an error
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    return yaml
