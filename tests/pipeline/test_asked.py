"""How much is asked of Octopus, how much of it at once, and that the record of a run says so."""

import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from insights_reports.octopus import Connection
from insights_reports.octopus.sources import SourceName
from insights_reports.pipeline.pull import Wanted, pull
from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Done
from tests.pipeline.conftest import REPORT, Configure
from tests.proxies import proxy

Run = Callable[..., Done]


class Watched:
    """Passes replies on, after a pause that differs from one to the next; counts those under way
    and keeps the paths that were asked for."""

    def __init__(self, seed: int = 1, longest: float = 0.0) -> None:
        self.paths: list[str] = []
        self.most = 0
        self.under_way = 0
        self._random = random.Random(seed)
        self._longest = longest
        self._lock = threading.Lock()

    def __call__(self, path: str, body: bytes) -> bytes:
        with self._lock:
            self.paths.append(path)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            pause = self._random.random() * self._longest
        time.sleep(pause)
        with self._lock:
            self.under_way -= 1
        return body

    def counts(self, part: str) -> int:
        return sum(part in path for path in self.paths)


def sealed(server: RunningServer, folder: Path, watched: Watched, **wanted: Any) -> dict[str, Any]:
    """The manifest of a pull through `watched`."""
    with proxy(server, watched) as url:
        where = Connection.from_environment(url, environ={"OCTOPUS_API_KEY": server.api_key})
        pull(where, Wanted(REPORT, **wanted), folder, as_of=AS_OF, progress=lambda what: None)
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def test_the_seal_is_the_same_whatever_the_order_of_arrival(
    server: RunningServer, tmp_path: Path
) -> None:
    found = []
    for at_once, seed in ((1, 1), (4, 2), (4, 3)):
        watched = Watched(seed, longest=0.2)
        splits = ("None", "Environment")
        manifest = sealed(server, tmp_path / str(seed), watched, splits=splits, at_once=at_once)
        assert watched.counts("/metrics") == 18
        assert watched.most <= at_once
        assert (watched.most > 1) == (at_once > 1)
        found.append({key: manifest[key] for key in ("replies", "columns")})
    assert found[0] == found[1] == found[2]
    assert len(found[0]["replies"]) > 18


@pytest.mark.parametrize("source", ["insights", "project", "core"])
def test_the_record_counts_what_every_source_asks(
    server: RunningServer, tmp_path: Path, source: SourceName
) -> None:
    watched = Watched()
    ranges = {"ranges": ("LastMonth",), "granularities": ("Monthly",)}
    manifest = sealed(server, tmp_path / "pull", watched, source=source, splits=("None",), **ranges)
    asked = manifest["metadata"]["asked"]
    assert asked["requests"] == len(watched.paths)
    assert asked["bytes"] > 100_000
    assert asked["seconds"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scope", "headline", "questions"),
    [
        ("edition", {}, 8),  # of the group that page one speaks of, too
        ("edition", {"headline": "all"}, 6),
        ("everything", {"headline": "all"}, 27),
    ],
)
def test_the_scope_of_the_cross_check(
    configure: Configure,
    run: Run,
    server: RunningServer,
    scope: str,
    headline: dict[str, str],
    questions: int,
) -> None:
    wanted = {"splits": ["Project", "Environment"], "cross_check": {"scope": scope}}
    config = configure(**wanted, **headline)
    watched = Watched()
    with proxy(server, watched) as url:
        done = run(config, "--url", url)
    assert done.status == 0, done.err
    assert watched.counts("/metrics") == questions  # with the split None
    (log,) = (config.parent / "state" / "runs").glob("*/run.log")
    assert f"asked of Octopus: {len(watched.paths)} requests, " in log.read_text()
