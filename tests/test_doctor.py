"""``doctor`` and ``completion``, and what is said when a library of the system is missing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import shtab

from insights_reports import __version__
from insights_reports.formats.pdf.libraries import LIBRARIES, explained, missing_libraries
from tests.conftest import run_command


def test_a_sound_installation_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_command("doctor", "--json")
    assert done.status == 0, done.out
    value = json.loads(done.out)
    signs = {sign["what"]: sign for sign in value["signs"]}
    assert value["ok"] is True
    assert __version__ in signs["insights-reports"]["detail"]
    assert "weasyprint 70" in signs["libraries"]["detail"]
    assert set(signs) >= {"python", "extras", "PDF", "fonts", "time zones", "temporary folder"}
    assert "postgresql" in signs["extras"]["detail"].partition("; not installed")[0]
    text = run_command("doctor").out
    assert text.count("\nok    ") + 1 == len(signs)


def test_rights_that_are_too_wide_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "insights-reports.yaml").write_text("subscriptions: {a: {report: b}}")
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    state.chmod(0o755)
    done = run_command("doctor")
    assert done.status == 1
    assert f"FAIL  rights of the state: {state} is 755" in done.out
    assert f"chmod 700 {state}" in done.out
    state.chmod(0o700)
    assert run_command("doctor").status == 0


def test_a_configuration_with_problems_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("subscriptions: {a: {report: b, tpo: 3}}")
    done = run_command("doctor", "--config", tmp_path / "c.yaml")
    assert done.status == 1
    assert "did you mean top?" in done.out


def test_missing_libraries_name_the_packages_of_each_system() -> None:
    """All are here; one that is nowhere is missing."""
    assert missing_libraries() is None
    error = missing_libraries({**LIBRARIES, "Nonsense": ("libnonsense.so.7",)})
    assert error is not None
    assert error.which == "missing: Nonsense"
    assert error.exit_status == 4
    for word in ("apt install", "dnf install", "apk add", "brew install"):
        assert word in error.remedy


@pytest.mark.parametrize("library", ["libgobject-none", "libgobject-9.0-0"])
def test_the_last_words_of_a_renderer_without_libraries_are_understood(library: str) -> None:
    """As cffi words it: the real thing, provoked by a library that there is not."""
    code = f"import cffi; cffi.FFI().dlopen({library!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    error = explained(done.stderr.splitlines()[-1])
    assert error is not None
    assert library in error.which
    assert len(str(error).splitlines()) == 3
    assert explained("ValueError: no") is None


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh", "powershell"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    done = run_command("completion", shell)
    assert done.status == 0
    assert "cross-check" in done.out
    assert "dry-run" in done.out
    assert shell in shtab.SUPPORTED_SHELLS


def test_bash_takes_the_script() -> None:
    script = run_command("completion", "bash").out
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
