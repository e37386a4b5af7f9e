"""The documentation, under test."""

import os
import pty
import re
import shlex
import socket
import subprocess
import sys
from dataclasses import is_dataclass
from datetime import UTC, datetime
from inspect import isfunction
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from ruamel.yaml import YAML

from insights_reports.cli import build_parser
from insights_reports.config.file import load_config
from insights_reports.config.model import Subscription
from insights_reports.edition.document import Document
from insights_reports.formats.html.parts import Parts
from insights_reports.server import RunningServer, running_server
from tests.conftest import AS_OF

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def code(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_library_page_runs_from_top_to_bottom(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OCTOPUS_URL", server.url)
    monkeypatch.setenv("OCTOPUS_API_KEY", server.api_key)
    monkeypatch.chdir(tmp_path)
    from insights_reports.octopus import Client, Connection, to_api

    with Client(Connection.from_environment()) as client:
        table = client.deployments("InsightsReports-1").table
    (tmp_path / "deployments.json").write_bytes(b"".join(to_api(table, "x")))
    names: dict[str, object] = {}
    for block in code("docs/library.md", "python"):
        exec(
            block.replace("datetime.now(UTC)", f"datetime.fromisoformat({AS_OF.isoformat()!r})"),
            names,
        )
    assert len(names["busy"]) > 10  # type: ignore[arg-type]
    assert names["check"].figures > 1000  # type: ignore[attr-defined]
    assert names["check"].verdict == "agrees"  # type: ignore[attr-defined]


_COMMAND = re.compile(r"(?:^|[|&;] *|\bexec )(?:\S+=\S* )*(?:\S*/)?insights-reports ([^#|;&>]*)")


def test_the_commands_in_blocks_are_ones_that_there_are() -> None:
    """Each option and argument is taken; what a shell would fill in, and what may be left out in
    brackets, is left out."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for block in re.findall(r"^```(?:sh|text)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            plain = re.sub(r"\$\(.*\)|\[.*?\]", "", block.replace("\\\n", " "))
            found += [each for line in plain.splitlines() for each in _COMMAND.findall(line)]
    assert len(found) > 15
    for command in found:
        build_parser().parse_args(shlex.split(command))  # or it ends with 2, and says why


@pytest.mark.slow
def test_the_tutorial_runs_as_it_is_written(tmp_path: Path) -> None:
    """Each block in a shell, against the server that the tutorial itself starts."""
    exports, serve, *commands = code("docs/tutorial.md", "sh")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = str(sock.getsockname()[1])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    kept = {name: of for name, of in os.environ.items() if not name.startswith("OCTOPUS")}

    def shell(block: str) -> list[str]:
        return ["bash", "-euc", f"{exports}\n{block}".replace("8065", port)]

    def settings() -> dict[str, Any]:
        return {"cwd": tmp_path, "env": kept | {"PATH": path}, "text": True}

    serving = shell(serve.replace("insights-reports", "exec insights-reports"))
    with subprocess.Popen(serving, stdout=subprocess.PIPE, **settings()) as server:
        assert server.stdout is not None
        assert f":{port}" in server.stdout.readline()
        try:
            for block in commands:
                done = subprocess.run(shell(block), capture_output=True, **settings())
                assert done.returncode == 0, (block, done.stdout, done.stderr)
        finally:
            server.terminate()
    assert len(list((tmp_path / "reports").rglob("*.pdf"))) == 3
    assert (tmp_path / "reports" / "index.html").is_file()
    assert "archive: sent" in done.stdout


@pytest.mark.slow
def test_the_commands_of_the_readme_run_as_they_are_written(tmp_path: Path) -> None:
    """All but the scheduler, which serves until it is stopped; questions are answered at a
    terminal, and it is now."""
    (block,) = [each for each in code("README.md", "") if "insights-reports init" in each]
    export, *lines = block.strip().splitlines()
    assert export == "export OCTOPUS_URL=https://octopus.example.com OCTOPUS_API_KEY=API-…"
    assert lines.pop().startswith("insights-reports schedule")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ours, theirs = pty.openpty()
    os.write(ours, b"1\n" + b"\n" * 6)  # the first report; what is proposed
    with running_server(as_of=datetime.now(UTC)) as server:
        own = {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key, "PATH": path}
        for line in lines:
            done = subprocess.run(
                ["bash", "-euc", line],
                cwd=tmp_path,
                env=os.environ | own,
                stdin=theirs,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert (tmp_path / "reports" / "index.html").is_file()


@pytest.mark.parametrize("block", code("docs/howto.md", "yaml"))
def test_the_configurations_of_the_how_tos_are_valid(block: str, tmp_path: Path) -> None:
    mail = (
        ""
        if block.startswith("mail:") or "mail:\n  host" in block
        else "mail: {host: h.example, sender: a@example.com}\n"
    )
    rest = "" if "subscriptions:" in block else "subscriptions: {a: {report: b}}\n"
    text = f"{mail}{block}{rest}"
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    assert load_config(tmp_path / "c.yaml").mail is not None


def test_every_page_stands_in_the_site() -> None:
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.name for path in (ROOT / "docs").glob("*.md")]
    assert [page for page in pages if f" {page}\n" not in site] == []


def test_the_subscription_of_the_readme_is_valid() -> None:
    (block,) = code("README.md", "yaml")
    (entry,) = YAML(typ="safe", pure=True).load(block)["subscriptions"].values()
    assert Subscription.model_validate(entry).every == "month"


def test_the_command_line_page_names_every_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "insights_reports", "--help"], capture_output=True, text=True
    )
    commands = re.findall(r"^    ([a-z-]+)", done.stdout, re.MULTILINE)
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert len(commands) >= 13
    assert [command for command in commands if f"`{command}" not in page] == []


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("docs/cli.md", [sys.executable, "-m", "insights_reports", "--help"]),
        ("CONTRIBUTING.md", ["make", "--silent", "help"]),
    ],
)
def test_the_help_that_a_page_quotes_is_what_is_printed(page: str, command: list[str]) -> None:
    """``UPDATE_GOLDEN=1`` writes it anew."""
    told = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=True)
    if os.environ.get("UPDATE_GOLDEN"):
        (quoted,) = code(page, "text")
        text = (ROOT / page).read_text(encoding="utf-8")
        (ROOT / page).write_text(text.replace(quoted, done.stdout), encoding="utf-8")
    assert code(page, "text") == [done.stdout]


def test_the_index_names_every_page() -> None:
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert sorted(page for page in pages if f"]({page}" not in text) == []


def test_the_page_on_templates_names_every_function_that_they_get() -> None:
    page = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
    functions = [name for name, of in vars(Parts).items() if isfunction(of) and name[0] != "_"]
    assert len(functions) > 15
    assert [name for name in functions if f"`p.{name}(" not in page] == []


def types_of(kind: Any, found: dict[str, type]) -> dict[str, type]:
    """Every dataclass that a value of ``kind`` may hold, by name."""
    if is_dataclass(kind) and isinstance(kind, type) and kind.__name__ not in found:
        found[kind.__name__] = kind
        for each in get_type_hints(kind).values():
            types_of(each, found)
    for part in get_args(kind):
        types_of(part, found)
    return found


def spelled(kind: Any) -> str:
    """``tuple of Phrase``, ``text or none``."""
    if isinstance(kind, UnionType) or get_origin(kind) is Union:
        parts = [part for part in get_args(kind) if part is not NoneType]
        none = " or none" if NoneType in get_args(kind) else ""
        return " or ".join(map(spelled, parts)) + none
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if get_origin(kind) is tuple:
        of = dict.fromkeys(spelled(part) for part in get_args(kind) if part is not Ellipsis)
        return f"several ({', '.join(of)})" if of else "several"
    if get_args(kind):
        return f"table of {' to '.join(map(spelled, get_args(kind)[-2:]))}"
    plain = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}
    return str(plain.get(kind.__name__, kind.__name__))


def test_the_page_on_templates_lists_every_field_of_the_document() -> None:
    """``UPDATE_GOLDEN=1`` writes the table anew."""
    path = ROOT / "docs" / "templates.md"
    page = path.read_text(encoding="utf-8")
    rows = [
        f"| `{name}` | "
        + ", ".join(f"`{field}` {spelled(of)}" for field, of in get_type_hints(kind).items())
        + " |"
        for name, kind in sorted(types_of(Document, {}).items())
    ]
    table = "| type | fields |\n|---|---|\n" + "".join(f"{row}\n" for row in rows)
    before, quoted, after = re.split(r"(\| type \| fields \|\n(?:\|.*\n)*)", page)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(before + table + after, encoding="utf-8")
        quoted = table
    assert len(rows) > 20
    assert quoted == table


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (document.parent / t).exists()]
    assert missing == []
