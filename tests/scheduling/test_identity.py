"""Whose deployments they are, and what still is at work."""

import subprocess
import sys
from pathlib import Path

import pytest

from insights_reports.config.model import Config
from insights_reports.errors import UsageError
from insights_reports.scheduling.identity import (
    at_work,
    identity,
    is_at_work,
    owner,
    sole_scheduler,
)


def named(path: Path, name: str | None = None) -> str:
    given = {"path": path, "name": name, "subscriptions": {"monthly": {"report": "R"}}}
    return identity(Config.model_validate(given))


def test_a_configuration_is_called_by_its_name_or_its_place(tmp_path: Path) -> None:
    one, other = tmp_path / "acme" / "a.yaml", tmp_path / "acme" / "b.yaml"
    assert named(one, "ACME") == "ACME"
    assert named(one).startswith("acme-")
    assert named(one) == named(tmp_path / "x" / ".." / "acme" / "a.yaml")
    assert len({named(one), named(other), named(tmp_path / "acme2" / "a.yaml")}) == 3
    # Prefect takes no name with these: % & > < / in them.
    assert named(tmp_path / "a%b <c>" / "a.yaml")[:5] == "a-b-c"
    assert len(named(Path("/insights-reports.yaml"))) == 6


@pytest.mark.parametrize("name", ["", "a/b", "a b", "-a", "a" * 41, "ä"])
def test_names_that_a_deployment_cannot_have(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        named(Path("a.yaml"), name)


def test_a_state_folder_keeps_its_tag(tmp_path: Path) -> None:
    home = tmp_path / "state" / "prefect"
    assert owner(home) == owner(home)
    assert owner(home) != owner(tmp_path / "other")


def test_one_process_serves_a_state_folder(tmp_path: Path) -> None:
    refused = pytest.raises(UsageError, match="Another `schedule`")
    with sole_scheduler(tmp_path / "prefect"), refused, sole_scheduler(tmp_path / "prefect"):
        pass
    with sole_scheduler(tmp_path / "prefect"):
        pass


def test_a_run_is_at_work_until_its_process_ends(tmp_path: Path) -> None:
    """However it ends: the kernel lets go of the lock."""
    script = (
        "import sys; from pathlib import Path\n"
        "from insights_reports.scheduling.identity import at_work\n"
        "with at_work(Path(sys.argv[1]), 'run'):\n"
        "    print('at work', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "at work\n"
    assert is_at_work(tmp_path, "run")
    assert not is_at_work(tmp_path, "another")
    child.kill()
    child.communicate()
    assert not is_at_work(tmp_path, "run")
    with at_work(tmp_path, "run"):
        pass
    assert not is_at_work(tmp_path, "run")
    assert not list((tmp_path / "at-work").iterdir())
