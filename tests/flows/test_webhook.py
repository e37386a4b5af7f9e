"""Octopus's webhook on a real `schedule`: who is let in, and that a train starts one run."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from insights_reports.config.file import load_config
from insights_reports.delivery import RunRecord
from insights_reports.pipeline.state import open_ledger
from insights_reports.server import running_server
from tests.conftest import run_command
from tests.flows.prefect_servers import Scheduler, scheduler, wait_until, write_config
from tests.server.live import KEY, live_server

HEADER = "X-Insights-Reports-Secret"
SECRET = "c0ffee-c0ffee-c0ffee-c0ffee"
TRAINS = {"webhook": {"subscriptions": ["monthly"], "quiet_minutes": 1}}
QUICK = (  # here a train has ended after 25 seconds; runs are fetched ten ahead
    "from datetime import timedelta; from insights_reports.config.runners import ReleaseTrains; "
    "ReleaseTrains.quiet = timedelta(seconds=25)"
)


@pytest.mark.slow
def test_a_release_train_starts_one_run_when_it_has_ended(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    config = write_config(tmp_path, None, "monthly", "other", top=TRAINS)
    with running_server(as_of=now) as octopus:
        secrets = {"OCTOPUS_URL": octopus.url, "OCTOPUS_API_KEY": octopus.api_key}
        more = {**secrets, "WEBHOOK_SECRET": SECRET}
        with scheduler(config, "--webhook", "0", before=QUICK, **more) as running:
            url = address(running)
            first, second = events_of(octopus.url, octopus.api_key)
            knock(url, first)
            begun = time.monotonic()
            while time.monotonic() < begun + 30:  # longer than the train would wait for one event
                assert post(url, payload(second)).status_code == 202
                assert made(config) == []
                time.sleep(2)
            wait_until(lambda: [run.outcome for run in made(config)] == ["done"], "a run", running)
            assert post(url, payload(second)).status_code == 202  # sent again: nothing new
            time.sleep(28)
            (run,) = made(config)
            assert SECRET not in "".join(running.said)
            assert running.end() == 0
    assert (run.trigger, run.period) == ("webhook", f"{now:%Y-%m}")
    (about,) = (tmp_path / "state").rglob("edition.json")
    assert json.loads(about.read_text())["status"] == "provisional"


@pytest.mark.slow
def test_a_subscription_of_the_embedded_server_starts_a_run(tmp_path: Path) -> None:
    """A deployment ends while both run: the server calls, and the edition is made."""
    config = write_config(tmp_path, None, "monthly", top=TRAINS)
    with live_server(tmp_path, (75, "Web", "Production", "Success")) as octopus:
        more = {"OCTOPUS_URL": octopus, "OCTOPUS_API_KEY": KEY, "WEBHOOK_SECRET": SECRET}
        with scheduler(config, "--webhook", "0", before=QUICK, **more) as running:
            event = {
                "Filter": {"EventCategories": ["DeploymentSucceeded"]},
                "WebhookURI": address(running),
                "WebhookHeaderKey": HEADER,
                "WebhookHeaderValue": SECRET,
            }
            reply = requests.post(
                f"{octopus}/api/Spaces-1/subscriptions",
                json={"Name": "Insights Reports", "EventNotificationSubscription": event},
                headers={"X-Octopus-ApiKey": KEY},
                timeout=60,
            )
            assert reply.status_code == 201
            assert made(config) == []
            wait_until(lambda: [run.outcome for run in made(config)] == ["done"], "a run", running,
                       seconds=240)  # fmt: skip
            assert running.end() == 0
    (run,) = made(config)
    assert run.trigger == "webhook"
    assert "could not be told" not in (tmp_path / "server.log").read_text()


def address(running: Scheduler) -> str:
    running.wait_for("insights-edition/")
    (line,) = (line for line in running.said if "Octopus's webhook: POST " in line)
    url = line.split()[-1]
    wait_until(lambda: is_there(url.removesuffix("webhook") + "health"), "an answer", running)
    return url


def is_there(url: str) -> bool:
    try:
        return requests.get(url, timeout=30).ok
    except requests.ConnectionError:
        return False


def events_of(url: str, key: str) -> list[Any]:
    """Two events, as Octopus's audit has them."""
    query = {"eventCategories": "DeploymentSucceeded", "take": "2"}
    reply = requests.get(
        f"{url}/api/Spaces-1/events", params=query, headers={"X-Octopus-ApiKey": key}, timeout=60
    )
    return list(reply.json()["Items"])


def payload(event: Any) -> bytes:
    """As a subscription of Octopus sends it."""
    about = {"ServerUri": "", "Subscription": {"Id": "Subscriptions-1"}, "Event": event}
    sent = {"Timestamp": "2026-11-28T21:00:00+00:00", "EventType": "SubscriptionPayload"}
    return json.dumps({**sent, "Payload": about}).encode()


def post(url: str, body: bytes, **headers: str) -> requests.Response:
    return requests.post(url, body, headers={HEADER: SECRET, **headers}, timeout=60)


def knock(url: str, event: Any) -> None:
    """Who is not let in; none of it starts anything."""
    body = payload(event)
    assert requests.post(url, body, timeout=60).status_code == 401
    for wrong in ("", SECRET[:-1], SECRET.upper(), f"{SECRET}, {SECRET}"):
        assert post(url, body, **{HEADER: wrong}).status_code == 401, wrong
    assert post(url, body, Host="evil.example").status_code == 400
    assert post(url, b" " * 300_000).status_code == 413
    assert post(url, b"{}").status_code == 400
    assert requests.get(url, headers={HEADER: SECRET}, timeout=60).status_code == 405
    assert post(f"{url}/../metrics", body).status_code == 404


def made(config: Path) -> list[RunRecord]:
    with open_ledger(load_config(config)) as ledger:
        return [
            run
            for name in ("monthly", "other")
            for run in ledger.runs.latest(name)
            if run.period  # not that it is served
        ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"Payload": null}',
        b'{"Payload": {"Event": {"Id": 7}}}',
        b'{"Payload": {"Event": {"Id": "Events-1/../../x"}}}',
        b'{"Payload": {"Event": {"Id": "Events-1\\n"}}}',
        b"\xff",
    ],
)
def test_what_is_no_event(body: bytes) -> None:
    from insights_reports.scheduling.webhook import event_id

    assert event_id(body) is None
    assert event_id(payload({"Id": "Events-17"})) == "Events-17"


def test_which_runs_it_began() -> None:
    from insights_reports.scheduling.webhook import is_webhook

    assert is_webhook("acme/monthly/webhook/Events-17", "acme")
    for key in (None, "", "acme/monthly/2026-10/1", "beta/monthly/webhook/Events-17"):
        assert not is_webhook(key, "acme")


@pytest.mark.parametrize(
    ("top", "where", "secret", "said"),
    [
        ({}, "8067", SECRET, "Nothing is to begin by a webhook."),
        (TRAINS, "8067", "short", "WEBHOOK_SECRET: 5 characters"),
        (TRAINS, "8067", "", "WEBHOOK_SECRET: 0 characters"),
        (TRAINS, "x:y:z", SECRET, "--webhook: 'x:y:z': not [HOST:]PORT"),
        (TRAINS, "99999", SECRET, "The webhook cannot be answered there."),
        (TRAINS, "192.0.2.1:8067", SECRET, "Cannot assign requested address"),
        (
            {"webhook": {"subscriptions": ["none"]}},
            "8067",
            SECRET,
            "webhook.subscriptions[0]: 'none' is no subscription with a schedule",
        ),
        (
            {"work_pool": {"name": "reports"}},
            "8067",
            SECRET,
            "name: is required, because workers of work_pool tell its runs by it",
        ),
    ],
)
def test_what_is_refused_before_anything_starts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    top: dict[str, Any],
    where: str,
    secret: str,
    said: str,
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    config = write_config(tmp_path, None, "monthly", top=top)
    done = run_command("schedule", "--config", str(config), "--webhook", where)
    assert done.status == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 3
