"""A run from each source, end to end: what the reader is told, and what a later run finds again."""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from insights_reports.delivery import read_manifests
from insights_reports.formats.words.words import Words
from insights_reports.octopus.resources import InsightsReport, read
from insights_reports.pipeline.compute import some_tenants
from insights_reports.pipeline.load import load
from insights_reports.server import RunningServer
from tests.conftest import Command, Done
from tests.pipeline.conftest import REPORT, Configure
from tests.proxies import one_more, proxy

Run = Callable[..., Done]
OWN: dict[str, Any] = {
    "ProjectGroupIds": ["ProjectGroups-1"],
    "EnvironmentGroups": [{"Name": "Production", "Environments": ["Environments-5"]}],
    "TimeZone": "Europe/Berlin",
}


def page(config: Path, verdict: str = "none stated") -> str:
    (manifest,) = read_manifests(config.parent / "reports")
    assert manifest.about.verdict == verdict
    path = config.parent / "reports" / manifest.folder / "monthly-2026-09-summary.html"
    return html.unescape(path.read_text(encoding="utf-8"))


def test_a_run_without_insights_says_where_its_figures_come_from(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    config = configure(source="core", definition=OWN)
    unlicensed = {"/insights/reports": 404}
    with proxy(server, lambda path, body: body, refuse=unlicensed) as url:
        done = run(config, "--url", url)
    assert done.status == 0, done.err
    assert "Octopus stated no figures to compare with" in done.out
    text = page(config)
    assert "whatever retention policies delete" in text
    assert "Values stated for single deployments" not in text
    assert "Octopus states no figures for these deployments" in text
    (sealed,) = (config.parent / "state" / "pulls").iterdir()
    again = load(sealed)
    assert (again.definition.Name, again.definition.Id) == (REPORT, "configuration")
    assert set(again.deployments.table["environment_id"]) == {"Environments-5"}
    assert list(again.stated) == []


ENVIRONMENTS = [f"Environments-{number}" for number in range(1, 6)]
EVERYWHERE = OWN | {
    "ProjectGroupIds": ["ProjectGroups-1", "ProjectGroups-2"],
    "EnvironmentGroups": [{"Name": "All", "Environments": ENVIRONMENTS}],
}


def test_what_octopus_states_of_each_project_is_checked(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    config = configure(source="project", definition=EVERYWHERE)
    with proxy(server, lambda path, body: body, refuse={"/insights/reports": 404}) as url:
        done = run(config, "--url", url)
    assert done.status == 0, done.err + done.out
    text = page(config, "agrees")
    (sealed,) = (config.parent / "state" / "pulls").iterdir()
    again = load(sealed)
    (table,) = again.stated
    assert len(table.names) == len(set(table.names)) == len(again.combinations) > 20
    assert f"What it states of {len(again.combinations)} combinations" in text
    assert "Values stated for single deployments" in text


@pytest.mark.parametrize("mode", ["Untenanted", "Tenanted"])
def test_some_tenants_are_checked_one_by_one(
    configure: Configure, run: Run, server: RunningServer, mode: str
) -> None:
    definition = EVERYWHERE | {"TenantMode": mode, "ProjectGroupIds": ["ProjectGroups-1"]}
    config = configure(source="project", definition=definition)
    done = run(config)
    (sealed,) = (config.parent / "state" / "pulls").iterdir()
    again = load(sealed)
    tenants = again.deployments.table["tenant_id"]
    assert tenants.notna().all() if mode == "Tenanted" else tenants.isna().all()
    filters = {one.tenant_filter for one in again.combinations}
    assert filters == {"SingleTenant" if mode == "Tenanted" else "Untenanted"}
    assert done.status == 0, done.err + done.out
    assert done.out.splitlines()[0].endswith("figures agree"), done.out


def test_a_wrong_figure_of_a_project_is_found(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    config = configure(source="project", definition=EVERYWHERE)
    with proxy(server, one_more("/Projects-3/insights/metrics")) as url:
        done = run(config, "--url", url)
    assert done.status == 1
    (checked,) = (config.parent / "state" / "runs").glob("*/cross-check.json")
    found = json.loads(checked.read_text())
    wrong = [one for one in found["discrepancies"] if one["verdict"] == "differs"]
    assert {one["metric"] for one in wrong} == {"NumberOfSuccessfulDeployments"}
    assert all(one["stated"] == one["recomputed"] + 1 for one in wrong)
    page(config, "differs")


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


def test_a_file_that_ends_before_its_period_makes_no_final_edition(
    configure: Configure, run: Run, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "download.csv"
    assert command("deployments", REPORT, "--output", file).status == 0
    head, *rows = file.read_text("utf-8-sig").splitlines()
    early = [row for row in rows if "2026-09-2" not in row and "2026-09-30" not in row]
    early = [row for row in early if "2026-10-" not in row]
    file.write_text("\n".join([head, *early, early[0]]), encoding="utf-8")
    config = configure(source="file", file=file.name)
    done = run(config)
    assert done.status == 0, done.err
    assert "(provisional)" in done.out
    text = page(config)
    assert "19 September 2026" in text
    assert "stated more than once, counted once" in text


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
        said = command("check", configure(), "--url", url).out
        assert "`source: core` works with this key" in said
        assert "`source: project`" not in said


@pytest.mark.parametrize("source", ["project", "core"])
def test_check_names_what_the_definition_names_and_is_gone(
    configure: Configure, command: Command, source: str
) -> None:
    gone = {
        "ProjectIds": ["Projects-99"],
        "ProjectGroupIds": ["ProjectGroups-1", "ProjectGroups-9"],
    }
    done = command("check", configure(source=source, definition=OWN | gone))
    assert done.status == 0, done.out
    assert "projects (not there: ProjectGroups-9, Projects-99)" in done.out


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
    (own / "mail.html.j2").unlink()
    (own / "index.html.j2").write_text("{{ policy }}{{ groups[0][1][0].more }}")
    done = command("check", config, "--url", server.url)
    assert done.status == 4
    assert "index.html.j2, line 1: UndefinedError" in done.out
    (own / "mail.html.j2").write_text("{{ document.no_such_field.more }}")  # shows when rendered
    done = command("check", config, "--url", server.url)
    assert done.status in (2, 4)
    assert "mail.html.j2" in done.out


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"AllTenants": True}, None),
        ({"TenantMode": "Untenanted", "TenantIds": ["Tenants-1"]}, None),
        ({"TenantIds": ["Tenants-1", "Tenants-2"]}, "takes the 2 tenants that it names; one that"),
        ({"TenantTags": ["Region/Europe"]}, "takes those with its 1 tag, and those it names"),
    ],
)
def test_page_one_says_which_tenants_the_report_takes(
    choice: dict[str, Any], said: str | None
) -> None:
    definition = read(InsightsReport, OWN | {"Id": "own", "Name": "Own"} | choice)
    found = [Words("en").phrase(phrase) for phrase in some_tenants(definition)]
    assert [said in each for each in found if said] == ([True] if said else [])
    assert len(found) == bool(said)
