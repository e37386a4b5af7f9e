"""A run from each source, end to end: what the reader is told, and what a later run finds again."""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from insights_reports.delivery import read_manifests
from insights_reports.pipeline.load import load
from insights_reports.server import RunningServer
from tests.conftest import Command, Done
from tests.pipeline.conftest import REPORT, Configure
from tests.proxies import proxy

Run = Callable[..., Done]
OWN: dict[str, Any] = {
    "ProjectGroupIds": ["ProjectGroups-1"],
    "EnvironmentGroups": [{"Name": "Production", "Environments": ["Environments-5"]}],
    "TimeZone": "Europe/Berlin",
}


def page(config: Path) -> str:
    (manifest,) = read_manifests(config.parent / "reports")
    assert manifest.verdict == "none stated"
    path = config.parent / "reports" / manifest.folder / "monthly-2026-09-summary.html"
    return html.unescape(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("source", "said", "checks_streams"),
    [
        ("project", "project by project", True),  # Octopus states the values of its streams
        ("core", "which retention policies delete", False),
    ],
)
def test_a_run_without_insights_reports_says_where_its_figures_come_from(
    configure: Configure,
    run: Run,
    server: RunningServer,
    source: str,
    said: str,
    checks_streams: bool,
) -> None:
    config = configure(source=source, definition=OWN)
    unlicensed = {"/insights/reports": 404}
    with proxy(server, lambda path, body: body, refuse=unlicensed) as url:
        done = run(config, "--url", url)
    assert done.status == 0, done.err
    assert "Octopus stated no figures to compare with" in done.out
    text = page(config)
    assert said in text
    assert ("Values stated for single deployments" in text) == checks_streams
    assert "Octopus states no figures for these deployments" in text
    (sealed,) = (config.parent / "state" / "pulls").iterdir()
    again = load(sealed)
    assert (again.definition.Name, again.definition.Id) == (REPORT, "configuration")
    assert set(again.deployments.table["environment_id"]) == {"Environments-5"}
    assert list(again.stated) == []


@pytest.mark.parametrize("extension", ["csv", "json", "parquet"])
def test_a_run_from_a_file_that_this_program_wrote(
    configure: Configure, run: Run, command: Command, extension: str, tmp_path: Path
) -> None:
    file = tmp_path / f"download.{extension}"
    assert command("deployments", REPORT, "--output", file).status == 0
    config = configure(source="file", file=file.name)
    done = run(config)
    assert done.status == 0, done.err
    assert f"from the file {file.name}, as it is" in page(config)


def test_a_report_of_octopus_defines_what_another_source_reads(
    configure: Configure, run: Run
) -> None:
    """All deployments of both sources are the same, so all counts on both summaries are."""
    config = configure(source="core")
    assert run(config).status == 0
    (first,) = (config.parent / "state" / "pulls").iterdir()
    config = configure()
    assert run(config).status == 0
    (second,) = set((config.parent / "state" / "pulls").iterdir()) - {first}
    core, insights = load(first), load(second)
    assert core.definition == insights.definition
    assert core.lookups == insights.lookups
    ids = [set(each.deployments.table["deployment_id"]) for each in (core, insights)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("status", [402, 403, 404])
def test_a_server_without_the_licence_is_told_with_the_remedy(
    configure: Configure, run: Run, server: RunningServer, status: int
) -> None:
    unlicensed = {"/insights/reports": status}
    with proxy(server, lambda path, body: body, refuse=unlicensed) as url:
        done = run(configure(), "--url", url)
    assert done.status == 3
    assert str(status) in done.err
    assert "`source: project`" in done.err
    assert "docs/sources.md" in done.err
    assert len(done.err.splitlines()) <= 3


def test_a_definition_that_octopus_would_reject_is_refused_before_anything_is_read(
    configure: Configure, run: Run
) -> None:
    done = run(configure(source="core", definition=OWN | {"TimeZone": "Atlantis"}))
    assert done.status == 2
    assert "Atlantis" in done.err
    assert "`definition:`" in done.err


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"source": "file"}, "`source: file` and `file:` go together"),
        ({"file": "some.csv"}, "`source: file` and `file:` go together"),
        ({"definition": OWN}, "is for the sources project, core and file"),
        ({"source": "core", "definition": {**OWN, "ProjectGroupIds": []}}, "names no project"),
        ({"source": "core", "definition": {**OWN, "EnvironmentGroups": []}}, "no environment"),
        ({"source": "xml"}, "source"),
    ],
)
def test_a_configuration_that_contradicts_itself_is_refused(
    configure: Configure, run: Run, settings: dict[str, Any], said: str
) -> None:
    done = run(configure(**settings))
    assert done.status == 2
    assert said in done.err


def test_check_looks_at_the_source_of_a_subscription(
    configure: Configure, command: Command, server: RunningServer, tmp_path: Path
) -> None:
    unlicensed = {"/insights/": 404}
    with proxy(server, lambda path, body: body, refuse=unlicensed) as url:
        config = configure(source="core", definition=OWN)
        done = command("check", config, "--url", url)
        assert done.status == 0, done.out
        assert re.search(r"source core: [2-9] projects", done.out)
        config = configure(source="file", file="nothing.csv", definition=OWN)
        done = command("check", config, "--url", url)
        assert done.status == 2
        assert str(tmp_path / "nothing.csv") in done.out
        assert "`source: project`" in command("check", configure(), "--url", url).out


def test_check_looks_at_own_templates(
    configure: Configure, command: Command, server: RunningServer, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    config = configure()
    config.write_text(json.dumps(json.loads(config.read_text()) | {"templates": "own"}))
    (own / "index.css").write_text("body{}")
    done = command("check", config, "--url", server.url)
    assert done.status == 0, done.out
    assert f"ok    templates: {own}, in place of index.css" in done.out
    (own / "mail.html.j2").write_text("{% if %}")
    done = command("check", config, "--url", server.url)
    assert done.status == 2
    assert "FAIL  templates: The templates have 1 problem." in done.out
    assert "mail.html.j2, line 1" in done.out
    (own / "mail.html.j2").write_text("{{ document.no_such_field.more }}")  # shows when rendered
    done = command("check", config, "--url", server.url)
    assert done.status in (2, 4)
    assert "mail.html.j2" in done.out
