"""The installed wheel works without the clone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from insights_reports import __version__
from insights_reports.pipeline.seal import versions
from insights_reports.server import RunningServer
from tests.conftest import AS_OF

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's contents, as pip would install them."""
    uv = shutil.which("uv") or str(ROOT / ".setup" / "uv" / "bin" / "uv")
    if not Path(uv).exists():
        pytest.skip("uv is not here to build the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    command = [uv, "build", "--wheel", "--out-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    shutil.unpack_archive(wheel, site, "zip")
    return site


def run_installed(
    installed: Path, folder: Path, *arguments: str, key: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run the wheel's command in an empty folder; the clone is not on the path."""
    code = (
        "import sys, insights_reports as i; assert sys.argv[1] in i.__file__; sys.argv[1:2] = [];"
    )
    code += "from insights_reports.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, str(installed), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed), "OCTOPUS_API_KEY": key},
        capture_output=True,
        text=True,
    )


def test_templates_flows_and_configuration_are_in_the_wheel(installed: Path) -> None:
    shipped = installed / "insights_reports" / "_shipped"
    for folder in ("templates", "flows", "config"):
        ours = {
            path.relative_to(ROOT / folder)
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        wheels = {
            path.relative_to(shipped / folder)
            for path in (shipped / folder).rglob("*")
            if path.is_file()
        }
        assert wheels == ours
    assert not (installed / "flows").exists()


def test_the_wheel_prints_the_complete_example(installed: Path, tmp_path: Path) -> None:
    said = run_installed(installed, tmp_path, "config", "example")
    assert said.stdout == (ROOT / "config" / "insights-reports.yaml").read_text(encoding="utf-8")


def test_a_seal_of_the_wheel_knows_its_templates_and_its_code(installed: Path) -> None:
    """By the same digests as in the clone: an edition may be made again by either."""
    code = "import json; from insights_reports.pipeline.seal import versions as v; "
    code += "print(json.dumps(v()))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=installed,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(said.stdout) == versions()


def test_the_wheel_says_its_version_and_that_it_has_types(installed: Path) -> None:
    (metadata,) = installed.glob("insights_reports-*.dist-info/METADATA")
    assert f"\nVersion: {__version__}\n" in metadata.read_text(encoding="utf-8")
    assert (installed / "insights_reports" / "py.typed").exists()


def test_the_wheel_makes_an_edition_in_an_empty_folder(
    installed: Path, tmp_path: Path, server: RunningServer
) -> None:
    made = run_installed(
        installed, tmp_path, "init", "--url", server.url, "--report", "InsightsReports-1"
    )
    assert made.returncode == 0, made.stderr
    now = ["--as-of", AS_OF.isoformat()]
    done = run_installed(installed, tmp_path, "run", "monthly", *now, key=server.api_key)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "reports").rglob("*.pdf"))) == 7
    assert (tmp_path / "reports" / "index.html").is_file()
