"""``--json``: every command has it or is named as one without; what is printed is what
docs/json.schema.json and docs/json.md say."""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from insights_reports.cli import build_parser
from tests.conftest import AS_OF, Command
from tests.pipeline.conftest import SMALL

DOCS = Path(__file__).parents[1] / "docs"
SCHEMA = json.loads((DOCS / "json.schema.json").read_text(encoding="utf-8"))
PAGE = (DOCS / "json.md").read_text(encoding="utf-8")
SERVING = {"server", "preview", "schedule"}
WITHOUT = SERVING | {"completion", "config example", "config schema", "deployments"}
BY_CHOICE = {"baseline", "editions", "ledger", "config"}  # their action is a choice, not a parser
NOW = f"--as-of={AS_OF.isoformat()}"


def leaves(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, bool]]:
    """(``history import``, whether it has --json) of every command."""
    actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for each in actions:
        for word, below in each.choices.items():
            yield from leaves(below, f"{name} {word}".strip())
    if not actions or not actions[0].required:
        has = any("--json" in action.option_strings for action in parser._actions)
        choices = [a.choices for a in parser._actions if a.dest == "action" and a.choices]
        words = choices[0] if name in BY_CHOICE and choices else [""]
        yield from ((f"{name} {word}".strip(), has) for word in words)


COMMANDS = dict(leaves(build_parser()))


def test_every_command_has_json_or_is_named_as_one_without() -> None:
    assert {name for name, has in COMMANDS.items() if not has} - {"config schema"} == WITHOUT - {
        "config schema"
    }
    said = PAGE.split("Without `--json` are only")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z ]+)`", said)) == WITHOUT


def test_every_document_has_a_schema_and_a_row() -> None:
    with_json = {name for name in COMMANDS if name not in WITHOUT}
    ways = {"rerun": ("rerun --as-sealed", "rerun --restate")}
    wanted = {each for name in with_json for each in ways.get(name, (name,))}
    assert set(SCHEMA["commands"]) == wanted
    for schema in SCHEMA["commands"].values():
        Draft202012Validator.check_schema({**schema, "$defs": SCHEMA["$defs"]})
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    named = set(re.findall(r"`([^`]+)`", " ".join(rows)))
    as_the_api = {name for name in wanted if re.match(r"reports (list|get|create|update)$", name)}
    free = {"metrics", "history query", *as_the_api}
    assert {name for name in wanted - free if name not in named} - {"reports apply"} == set()


def test_a_document_that_is_wrong_is_told() -> None:
    """So that the test below can fail."""
    with pytest.raises(AssertionError):
        hold("history verify", {"ok": True})
    with pytest.raises(AssertionError):
        hold("deliveries", [{"more": 1}])


def hold(name: str, document: Any) -> None:
    schema = {**SCHEMA["commands"][name], "$defs": SCHEMA["$defs"]}
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors = list(checker.iter_errors(document))
    assert not errors, (name, errors[0].message[:400], list(errors[0].absolute_path))


@pytest.mark.slow
def test_what_is_printed_is_what_the_schema_says(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command but the two that need Prefect: the demo and `deploy`."""
    monkeypatch.chdir(tmp_path)
    state = {
        "state": "state",
        "history": {"keep": "36m"},
        "destinations": {"archive": {"type": "folder", "path": "reports"}},
    }
    monthly = {**SMALL, "deliver_to": ["archive"], "release": "by_hand"}
    text = json.dumps({**state, "subscriptions": {"monthly": monthly}})
    (tmp_path / "insights-reports.yaml").write_text(text, encoding="utf-8")
    held: set[str] = set()

    def ask(line: str, name: str = "", *more: str, status: int = 0) -> Any:
        words = [*line.split(), *more]
        done = command(*words, "--json")
        assert done.status == status, (line, done.err)
        name = name or next(n for n in (" ".join(words[:2]), words[0]) if n in SCHEMA["commands"])
        document = json.loads(done.out)
        hold(name, document)
        held.add(name)
        return document

    (made,) = ask(f"run monthly {NOW}")
    ask(f"run monthly {NOW} --url http://127.0.0.1:9", status=3)
    assert made["held"]
    ask("release monthly/2026-09 --by me")
    ask("editions list")
    ask("editions show monthly/2026-09")
    ask("editions open monthly/2026-09")
    ask("deliveries")
    ask("status")
    ask("rerun monthly/2026-09 --as-sealed --out again", "rerun --as-sealed")
    ask(f"rerun monthly/2026-09 --restate {NOW}", "rerun --restate")
    (tmp_path / "state" / "ledger.sqlite").unlink()
    assert ask("ledger rebuild")["entered"]
    assert ask("prune --keep 1d --dry-run --as-of 2040-01-01T00:00:00Z")["folders"]
    listed = ask("baseline list")
    ask("baseline propose")
    which = (listed[0]["series"], listed[0]["measure"])
    more = ("--from", "2026-05", "--reason", "new")
    ask("baseline accept monthly", "baseline accept", *which, *more)
    ask(f"history import InsightsReports-2 {NOW}")
    ask("history list")
    ask("history verify")
    ask("history prune --dry-run")
    ask("history repair")
    ask("history export all.csv --report InsightsReports-2")
    ask("history query --report InsightsReports-2", "history query", "SELECT 1 AS one")
    ask(f"check {NOW}")
    ask("config show")
    ask("doctor")
    ask(f"metrics InsightsReports-3 {NOW}")
    ask(f"cross-check InsightsReports-3 --split None --time-range LastMonth {NOW}")
    (report, *_) = ask("reports list")
    ask(f"reports get {report['Id']}")
    new = {k: report[k] for k in ("ProjectGroupIds", "EnvironmentGroups", "TimeZone")}
    (tmp_path / "new.json").write_text(json.dumps({"Name": "Schema", **new}), encoding="utf-8")
    created = ask("reports create new.json")
    ask(f"reports update {created['Id']} new.json")
    ask("reports pull definitions")
    ask("reports plan definitions")
    ask("reports apply definitions --yes")
    ask(f"reports delete {created['Id']} --yes")
    assert command("deployments", "InsightsReports-2", "-o", "some.csv").status == 0
    ask("server import some.csv --data some.sqlite")
    (tmp_path / "new").mkdir()
    ask(
        "init new --report InsightsReports-1 --to a@example.com --smtp-host localhost "
        "--sender reports@example.com --smtp-user me --every month --zone UTC --folder reports"
    )
    assert set(SCHEMA["commands"]) - held == {"demo", "deploy"}
