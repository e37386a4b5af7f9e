"""Webhooks of subscriptions: real calls of what happens while the server runs."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from insights_reports.server.webhooks import _seconds
from tests.server.conftest import Api
from tests.server.live import KEY, live_server

SUBSCRIPTIONS = "/api/Spaces-1/subscriptions"


@dataclass
class Called:
    """A receiver that answers with each of ``statuses`` in turn, then 202."""

    statuses: list[int] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""

    def events(self, path: str) -> list[str]:
        return [body["Payload"]["Event"]["Id"] for at, _, body in self.calls if at == path]


@contextmanager
def receiver(*statuses: int) -> Iterator[Called]:
    called = Called(list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            called.calls.append((self.path, dict(self.headers), body))
            self.send_response(called.statuses.pop(0) if called.statuses else 202)
            self.send_header("Location", f"{called.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    called.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield called
    finally:
        server.shutdown()
        server.server_close()


def subscribe(api: Api, name: str, to: str, wanted: dict[str, Any], **more: Any) -> None:
    event = {
        "Filter": wanted,
        "WebhookURI": to,
        "WebhookHeaderKey": "X-Secret",
        "WebhookHeaderValue": "0123456789abcdef",
    }
    made = api.post(
        SUBSCRIPTIONS, json={"Name": name, "EventNotificationSubscription": event, **more}
    )
    assert made.status_code == 201, made.text


def number(api: Api, kind: str, name: str) -> str:
    (found,) = (
        each for each in api.get(f"/api/Spaces-1/{kind}/all").json() if each["Name"] == name
    )
    return str(found["Id"])


@pytest.mark.slow
def test_what_happens_is_told_to_who_wants_it(tmp_path: Path) -> None:
    """Three deployments end while it runs, one in another environment and one of another project;
    the first call of all is answered with 503, and made again."""
    future = ((45, "Web", "Production", "Success"), (45.2, "Web", "Test", "Success"),
              (45.4, "App", "Production", "Failed"))  # fmt: skip
    with (
        receiver(503) as called,
        live_server(tmp_path, *future) as url,
        Api(url, KEY) as api,
    ):
        production = number(api, "environments", "Production")
        succeeded = {"EventCategories": ["DeploymentSucceeded"]}
        subscribe(api, "All", f"{called.url}/all", {})
        subscribe(api, "Good", f"{called.url}/good", {**succeeded, "Environments": [production]})
        subscribe(api, "App", f"{called.url}/app", {"Projects": [number(api, "projects", "App")]})
        subscribe(api, "Off", f"{called.url}/off", {}, IsDisabled=True)
        subscribe(api, "Gone", "http://127.0.0.1:9/gone", succeeded)
        assert called.calls == []  # nothing has happened yet
        query = "eventCategories=DeploymentSucceeded,DeploymentFailed&take=3"
        deadline = time.monotonic() + 240
        while not (called.events("/good") and called.events("/app")):
            assert time.monotonic() < deadline, (tmp_path / "server.log").read_text()
            time.sleep(0.5)
        listed = [each["Id"] for each in api.get(f"/api/Spaces-1/events?{query}").json()["Items"]]
        app, test, web = listed
        while "Gone" not in (tmp_path / "server.log").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.5)
    assert called.events("/good") == [web]
    assert app in called.events("/app")
    assert test not in called.events("/app")
    assert {app, test, web} <= set(called.events("/all"))
    assert called.events("/off") == []
    everything = [(path, event) for path, _, _ in called.calls for event in called.events(path)]
    assert len(called.calls) == len(set(everything)) + 1  # the one that was refused
    check_form(called, web)
    said = (tmp_path / "server.log").read_text()
    assert f"subscription 'Gone' could not be told of {web}: ConnectionError" in said
    assert "0123456789abcdef" not in said


def check_form(called: Called, event: str) -> None:
    """As Octopus's documentation has it."""
    (sent,) = (each for each in called.calls if each[0] == "/good")
    _, headers, body = sent
    assert headers["X-Secret"] == "0123456789abcdef"
    assert headers["Content-Type"] == "application/json"
    assert list(body) == ["Timestamp", "EventType", "Payload"]
    assert body["EventType"] == "SubscriptionPayload"
    payload = body["Payload"]
    assert (payload["ServerUri"], payload["ServerAuditUri"]) == (None, None)
    assert payload["Subscription"]["Name"] == "Good"
    assert (payload["Event"]["Id"], payload["Event"]["Category"]) == (event, "DeploymentSucceeded")
    assert (payload["TotalEventsInBatch"], payload["EventNumberInBatch"]) == (1, 1)


@pytest.mark.slow
def test_a_redirect_is_not_followed_with_the_secret(tmp_path: Path) -> None:
    with (
        receiver(307, 302, 301) as called,
        live_server(tmp_path, (30, "Web", "Production", "Success")) as url,
        Api(url, KEY) as api,
    ):
        wanted = {"EventCategories": ["DeploymentSucceeded"]}
        subscribe(api, "Moved", f"{called.url}/moved", wanted)
        deadline = time.monotonic() + 240
        while "Moved" not in (tmp_path / "server.log").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.5)
    assert [path for path, _, _ in called.calls] == ["/moved"] * 3
    assert "it answered 301" in (tmp_path / "server.log").read_text()


@pytest.mark.parametrize(
    ("span", "seconds"), [("00:00:10", 10), ("01:02:03", 3_723), ("1.00:00:01", 86_401)]
)
def test_how_long_a_call_may_take(span: str, seconds: float) -> None:
    assert _seconds(span) == seconds
