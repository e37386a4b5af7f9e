"""An edition again: the bytes that were sealed, or a refusal that says why not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from insights_reports.delivery import read_manifests
from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Done, run_command

REPORT = "Nordlicht delivery performance"
EDITION = "monthly/2026-09/r1"

# Forty days later, in another zone and language, with other hashes.
LATER = """
import sys, time
now = time.time
time.time = lambda: now() + 40 * 86400
from insights_reports.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, server: RunningServer) -> Path:
    """A configuration with a logo, a template of its own and an edition that was delivered."""
    folder = tmp_path_factory.mktemp("rerun")
    Image.new("RGB", (60, 30), "#0b5c73").save(folder / "logo.png")
    (folder / "own" / "report").mkdir(parents=True)
    (folder / "own" / "report" / "web.css").write_text("body { color: #123456 }")
    subscription = {"report": REPORT, "splits": ["Project"], "deliver_to": ["archive"]}
    said = {
        "company": {"name": "Nordlicht", "logo": "logo.png"},
        "templates": "own",
        "destinations": {"archive": {"type": "folder", "path": "reports"}},
        "subscriptions": {"monthly": {**subscription, "formats": ["pdf", "xlsx", "html"]}},
    }
    path = folder / "insights-reports.yaml"
    path.write_text(json.dumps(said), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCTOPUS_URL", server.url)
        patch.setenv("OCTOPUS_API_KEY", server.api_key)
        now = f"--as-of={AS_OF.isoformat()}"
        done = run_command("run", "monthly", "--config", str(path), now)
    assert done.status == 0, done.err
    return path


@pytest.fixture
def copied(config: Path, tmp_path: Path) -> Path:
    """The same, to be spoiled."""
    shutil.copytree(config.parent, tmp_path / "copy", copy_function=shutil.copyfile)
    return tmp_path / "copy" / config.name


def rerun(config: Path, out: Path) -> Done:
    arguments = ("rerun", EDITION, "--as-sealed", "--out", str(out), "--config", str(config))
    return run_command(*arguments)


def seal(config: Path) -> Path:
    (folder,) = (config.parent / "state" / "runs").glob("*/seal")
    return folder


def test_the_bytes_are_those_that_were_delivered_on_another_day_and_machine(
    config: Path, tmp_path: Path
) -> None:
    (manifest,) = read_manifests(config.parent / "reports")
    delivered = {file.name: file.sha256 for file in manifest.files}
    assert len(delivered) == 6 + 5
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OCTOPUS_")} | {
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "de_DE.UTF-8",
        "PYTHONHASHSEED": "4711",
        "OCTOPUS_URL": "http://127.0.0.1:9",  # nobody is asked
    }
    # What the edition was made with is not what is configured now.
    (config.parent / "own" / "report" / "web.css").write_text("body { color: red }")
    said = json.loads(config.read_text(encoding="utf-8"))
    said["company"]["name"] = "Renamed"
    config.write_text(json.dumps(said), encoding="utf-8")
    out = tmp_path / "again"
    options = ("--out", str(out), "--config", str(config))
    done = subprocess.run(
        [sys.executable, "-c", LATER, "rerun", EDITION, "--as-sealed", *options],
        capture_output=True,
        text=True,
        env=environment,
        cwd="/",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (archive,) = (config.parent / "reports").rglob("manifest.json")
    for name in delivered:
        assert (out / name).read_bytes() == (archive.parent / name).read_bytes()
    assert {path.name for path in out.iterdir()} == set(delivered)


def test_other_formulas_are_a_refusal_by_name(copied: Path, tmp_path: Path) -> None:
    manifest = seal(copied) / "manifest.json"
    said = json.loads(manifest.read_bytes())
    said["versions"] |= {"formulas": "0", "insights-reports": "0.0.9"}
    manifest.write_text(json.dumps(said))
    done = rerun(copied, tmp_path / "out")
    assert done.status == 4
    assert "formulas: version 0 then, 2 now" in done.err
    assert "Use insights-reports 0.0.9" in done.err
    assert not (tmp_path / "out").exists()


def test_other_bytes_are_a_refusal_that_says_what_changed_since(
    copied: Path, tmp_path: Path
) -> None:
    """As after an upgrade of templates: a language that words something else."""
    manifest = seal(copied) / "manifest.json"
    said = json.loads(manifest.read_bytes())
    said["files"]["monthly-2026-09-summary.pdf"] = "0" * 64
    said["versions"]["weasyprint"] = "60.0"
    manifest.write_text(json.dumps(said))
    done = rerun(copied, tmp_path / "out")
    assert done.status == 4
    assert "monthly-2026-09-summary.pdf would differ: made by weasyprint 60.0 (now " in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["configuration.json", "pull/deployments.gz", "older.parquet"])
def test_a_seal_that_was_altered_is_not_believed(copied: Path, tmp_path: Path, name: str) -> None:
    with (seal(copied) / name).open("ab") as file:
        file.write(b" ")
    done = rerun(copied, tmp_path / "out")
    assert done.status == 3
    assert f"{name}: not what was sealed" in done.err


def test_without_a_seal_it_is_said(copied: Path, tmp_path: Path) -> None:
    shutil.rmtree(seal(copied))
    done = rerun(copied, tmp_path / "out")
    assert done.status == 3
    assert "The edition has no seal." in done.err


@pytest.mark.parametrize("edition", ["monthly/2026-08", "monthly/2026-09/r2", "other/2026-09"])
def test_an_edition_that_was_never_made(config: Path, tmp_path: Path, edition: str) -> None:
    done = run_command("rerun", edition, "--as-sealed", "--config", str(config))
    assert done.status == 2
    assert "There is no such edition." in done.err


def test_the_seal_has_no_recipient_and_no_server(config: Path) -> None:
    text = (seal(config) / "configuration.json").read_text(encoding="utf-8")
    assert "archive" not in text
    assert "reports" not in json.loads(text)
