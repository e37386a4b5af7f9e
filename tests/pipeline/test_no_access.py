"""A look-up that is refused costs the splits that need it, and nothing else."""

import html
import json
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from insights_reports.delivery import read_manifests
from insights_reports.pipeline.load import load
from insights_reports.server import RunningServer
from tests.conftest import Command
from tests.pipeline.conftest import REPORT, Configure
from tests.pipeline.test_sources import Run
from tests.proxies import proxy

REFUSED = {
    "ProjectGroup": ("/projectgroups", "project-group"),
    "TenantTagSet": ("/tagsets", "tenant-tag-set"),
}

STATED = {"None", "Project", "EnvironmentGroup"}  # that of the group that page one speaks of, too


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("split", REFUSED)
def test_a_refused_look_up_leaves_the_other_splits(
    configure: Configure, run: Run, server: RunningServer, split: str, status: int
) -> None:
    path, name = REFUSED[split]
    config = configure(splits=["Project", split], formats=["html"])
    with proxy(server, lambda path, body: body, refuse={path: status}) as url:
        done = run(config, "--url", url)
    assert done.status == 1, done.err
    assert f"No access to what these splits need: {split}." in done.out
    (manifest,) = read_manifests(config.parent / "reports")
    folder = config.parent / "reports" / manifest.folder
    pages = {page.name: html.unescape(page.read_text("utf-8")) for page in folder.glob("*.html")}
    assert "No access: this account may not view" in pages["monthly-2026-09-summary.html"]
    assert "No access: this account may not view" in pages[f"monthly-2026-09-{name}.html"]
    by_project = pages["monthly-2026-09-project.html"].split('<section id="project"')[1]
    assert "No access: this" not in by_project.split("</section>")[0]
    (sealed,) = (config.parent / "state" / "pulls").iterdir()
    again = load(sealed)
    assert again.lookups.no_access == (split,)
    assert {table.source.split for table in again.stated} == STATED


def test_no_access_is_said_in_every_format(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    config = configure(splits=["TenantTagSet"], formats=["html", "pdf", "xlsx"], layout="one")
    with proxy(server, lambda path, body: body, refuse={"/tenants": 403}) as url:
        assert run(config, "--url", url).status == 1
    (manifest,) = read_manifests(config.parent / "reports")
    folder = config.parent / "reports" / manifest.folder
    (pdf,), (book,) = folder.glob("*.pdf"), folder.glob("*.xlsx")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(pdf).pages).split())
    assert text.count("No access: this account may not view the tenants") >= 2
    cells = [
        str(cell.value)
        for sheet in openpyxl.load_workbook(book)
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert any("No access: this account may not view the tenants" in cell for cell in cells)


def test_metrics_need_only_what_their_split_needs(
    command: Command, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = {"/tenants": 403, "/tagsets": 404, "/projectgroups": 403, "/environments": 403}
    with proxy(server, lambda path, body: body, refuse=everything) as url:
        monkeypatch.setenv("OCTOPUS_URL", url)
        for split in ("None", "Project", "Environment"):
            done = command("metrics", REPORT, "--split", split, "--json")
            assert done.status == 0, done.err
            assert json.loads(done.out)["Series"]
        done = command("metrics", REPORT, "--split", "ProjectGroup")
    assert done.status == 3
    assert "projectgroups" in done.err
    assert len(done.err.splitlines()) <= 3


def test_other_failures_of_a_look_up_still_end_the_run(
    configure: Configure, run: Run, server: RunningServer, tmp_path: Path
) -> None:
    with proxy(server, lambda path, body: body, refuse={"/tagsets": 401}) as url:
        assert run(configure(), "--url", url).status == 3
