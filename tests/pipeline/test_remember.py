"""The history in a run: each pull goes in, and editions look farther back than Octopus does."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from insights_reports.edition.document import Document, load
from insights_reports.edition.values import Figure
from insights_reports.history.deployments import LocalFolder, read
from insights_reports.server import RunningServer, running_server
from tests.conftest import AS_OF, Done, run_command
from tests.pipeline.conftest import Configure

Run = Callable[..., Done]
YEAR = timedelta(days=365)


def summary(config: Path) -> Document:
    """The summary of the last run."""
    folder = max((config.parent / "state" / "runs").iterdir(), key=lambda p: p.stat().st_mtime_ns)
    return load((folder / "documents" / "summary.json").read_bytes())


def history(config: Path) -> LocalFolder:
    (manifest,) = (config.parent / "state" / "history").rglob("manifest.json")
    return LocalFolder(manifest.parent)


def test_each_pull_is_remembered_once(configure: Configure, run: Run) -> None:
    config = configure()
    assert run(config, "--period", "2026-08..2026-09").status == 0
    said = json.loads((history(config).path / "manifest.json").read_bytes())
    (pull,) = said["pulls"]
    assert (pull["start"][:13], pull["end"]) == ("2025-09-30T22", AS_OF.isoformat())
    assert len(said["months"]) == 13
    rows = read(history(config), AS_OF - 2 * YEAR, AS_OF)
    assert len(rows) == sum(month["rows"] for month in said["months"].values())


LATER = AS_OF + timedelta(days=100)  # when Octopus gives the deployments from 2026-01-01 on


def sparks(document: Document) -> list[tuple[Figure, ...]]:
    return [tile.spark for tile in document.tiles]


def test_what_octopus_no_longer_gives_the_history_does(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config, data = configure(), tmp_path / "octopus.sqlite"

    def run_at(server: RunningServer, now: object, period: str) -> Document:
        monkeypatch.setenv("OCTOPUS_URL", server.url)
        monkeypatch.setenv("OCTOPUS_API_KEY", server.api_key)
        options = (f"--as-of={now.isoformat()}", "--period", period)  # type: ignore[attr-defined]
        done = run_command("run", "monthly", "--config", str(config), *options, "--dry-run")
        assert done.status == 0, done.err
        return summary(config)

    with running_server(as_of=AS_OF, data=data) as server:
        first = run_at(server, AS_OF, "2026-09")
        port = int(server.url.rpartition(":")[2])
    with running_server(as_of=LATER, data=data, port=port) as server:
        later = run_at(server, LATER, "2026-09")
        december = run_at(server, LATER, "2026-12")
        (config.parent / "state").rename(tmp_path / "another")
        without = run_at(server, LATER, "2026-09")
    assert sparks(later) == sparks(first)
    assert later.identity.revision == 1  # the same figures are no revision
    assert december.tiles[0].last_year is not None
    assert december.tiles[0].last_year.before.value
    known, forgotten = sparks(later)[0], sparks(without)[0]
    assert len(known) - len(forgotten) == 3  # October to December 2025
    assert forgotten == known[3:]
    # The cross-check sees the pull alone.
    assert later.check.figures == without.check.figures
    assert later.check.verdict == without.check.verdict
