"""One server with the made-up company for the whole session, and clients for its two keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from insights_reports.server import RunningServer, running_server
from tests.server.hand import AS_OF, Hand

MAIN = "/api/Spaces-1/insights/reports/InsightsReports-1"


class Api(requests.Session):
    """A session that knows the server's address and sends a key."""

    def __init__(self, url: str, key: str | None) -> None:
        super().__init__()
        self.url = url
        self.trust_env = False
        if key:
            self.headers["X-Octopus-ApiKey"] = key

    def request(self, method: str, url: str, **more: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, self.url + url, timeout=30, **more)


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    with running_server(as_of=AS_OF) as running:
        yield running


@pytest.fixture
def api(server: RunningServer) -> Iterator[Api]:
    with Api(server.url, server.api_key) as session:
        yield session


@pytest.fixture(scope="session")
def strict() -> Iterator[Api]:
    """The server that requires what the strictest known Octopus requires."""
    with (
        running_server(as_of=AS_OF, strict=True) as running,
        Api(running.url, running.api_key) as session,
    ):
        yield session


@pytest.fixture
def restricted(server: RunningServer) -> Iterator[Api]:
    with Api(server.url, server.restricted_key) as session:
        yield session


@pytest.fixture
def nobody(server: RunningServer) -> Iterator[Api]:
    with Api(server.url, None) as session:
        yield session


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path / "hand.sqlite")
