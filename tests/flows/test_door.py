"""The door of Prefect's server, attacked: one server of ours that runs, and real requests.

Whoever reaches the server without a password learns nothing and starts nothing; with the operator's
no one can do more than read, start and cancel, and no run goes where the configuration does not.
"""

import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from insights_reports.errors import ServerGone, UsageError
from insights_reports.scheduling.own_server import own_server
from insights_reports.server import RunningServer
from tests.flows.prefect_servers import (
    Prefect,
    Scheduler,
    scheduler,
    server_process,
    wait_until,
    write_config,
)

pytestmark = pytest.mark.slow
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    home = tmp_path_factory.mktemp("prefect") / "home"
    gone: list[ServerGone] = []
    with own_server(home, 0, gone.append) as address:
        yield Prefect(address, home)
    assert not gone


@pytest.fixture(scope="module")
def environment(prefect: Prefect, server: RunningServer) -> dict[str, str]:
    return {
        "PREFECT_API_URL": f"{prefect.url}/api",
        "PREFECT_API_AUTH_STRING": prefect.address.inner,
        "PREFECT_HOME": str(prefect.home.parent / "client"),
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "OCTOPUS_URL": server.url,
        "OCTOPUS_API_KEY": server.api_key,
    }


@pytest.fixture(scope="module")
def acme(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[Scheduler]:
    """`schedule` with the subscription monthly, and one whose calendar nobody knows."""
    atlantis = {"on": "first-working-day", "at": "06:15", "zone": "Europe/Vilnius",
                "holidays": {"country": "XX"}}  # fmt: skip
    bad = {"report": "R", "schedule": atlantis, "since": "2026-01-01"}
    config = write_config(tmp_path_factory.mktemp("acme"), "ACME", "monthly", bad=bad)
    with scheduler(config, **environment) as running:
        running.wait_for("insights-edition/ACME-monthly: 15 6 1 1 *")
        yield running


@pytest.fixture
def monthly(prefect: Prefect, acme: Scheduler) -> str:
    """The path of the deployment in Prefect's API."""
    found = prefect.deployment("ACME-monthly")
    assert found is not None
    return f"/api/deployments/{found['id']}"


# Who knocks


def test_without_a_password_nothing_is_said_but_that_it_lives(prefect: Prefect) -> None:
    assert prefect.ask("GET", "/api/health", auth=("", "")).status_code == 200
    for method, path in (
        ("GET", "/api/flows/name/insights-edition"),
        ("POST", "/api/flow_runs/filter"),
        ("POST", "/api/deployments/"),
        ("GET", "/api/admin/settings"),
        ("GET", "/api/admin/version"),
    ):
        for wrong in (("", ""), ("operator", "guessed"), ("insights-reports", "")):
            assert prefect.ask(method, path, auth=wrong, json={}).status_code == 401, path


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4200", "127.0.0.1.evil.example", "localhost.evil", ""]
)
def test_a_name_that_was_bound_to_this_machine_is_refused(prefect: Prefect, host: str) -> None:
    """DNS rebinding: the address is the loopback's, the name an attacker's."""
    reply = prefect.ask("POST", "/api/flow_runs/filter", json={}, headers={"Host": host})
    assert reply.status_code == 400


@pytest.mark.parametrize("key", ["operator", "inner"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_origin_is_refused_even_with_the_password(
    prefect: Prefect, key: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        auth = getattr(prefect, key)
        reply = prefect.ask(method, "/api/flow_runs/filter", json={}, headers=headers, auth=auth)
        assert reply.status_code == 403
        assert "access-control-allow-origin" not in reply.headers


def test_its_own_page_may_ask(prefect: Prefect) -> None:
    own = {"Origin": prefect.url, "Sec-Fetch-Site": "same-origin"}
    assert prefect.ask("POST", "/api/flow_runs/filter", json={}, headers=own).status_code == 200


def test_every_reply_says_what_its_page_may_do(prefect: Prefect) -> None:
    for path in ("/", "/api/health", "/docs", "/api/nothing"):
        headers = prefect.ask("GET", path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"


def said_to_socket(prefect: Prefect, path: str, token: str, **more: Any) -> dict[str, Any]:
    url = prefect.url.replace("http", "ws") + path
    with connect(url, subprotocols=["prefect"], open_timeout=20, **more) as socket:  # type: ignore[list-item]
        socket.send(json.dumps({"type": "auth", "token": token}))
        return dict(json.loads(socket.recv(timeout=20)))


def test_websockets_know_the_same_door(prefect: Prefect) -> None:
    operator, out = ":".join(prefect.operator), "/api/events/out"
    for token in (operator, prefect.address.inner):
        reply = said_to_socket(prefect, out, token, origin=prefect.url)
        assert reply["type"] == "auth_success"
    for origin in ("http://evil.example", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            said_to_socket(prefect, out, operator, origin=origin)
    with pytest.raises(InvalidStatus, match="400"):
        host = {"Host": "evil.example"}
        said_to_socket(prefect, out, operator, additional_headers=host)
    # Prefect closes a socket to which a wrong password was said; the operator may write to none.
    for path, token in ((out, "operator:guessed"), ("/api/events/in", operator)):
        with pytest.raises(ConnectionClosed):
            said_to_socket(prefect, path, token)


# What the operator may


def test_the_operator_reads_starts_and_cancels(prefect: Prefect, monthly: str) -> None:
    """As the page does it; the run makes an edition and leaves it where it was made."""
    assert prefect.ask("GET", monthly).json()["name"] == "ACME-monthly"
    wanted = {"request": {"subscription": "monthly", "dry_run": True, "note": "a look"}}
    asked = {"parameters": wanted, "enforce_parameter_schema": True, "job_variables": {}}
    state = prefect.ended(prefect.start(monthly, asked))
    assert state["type"] == "COMPLETED", state
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2099-01-01T00:00:00Z"}}
    run = f"/api/flow_runs/{prefect.start(monthly, asked | {'state': later})}"
    prefect.ask("POST", f"{run}/set_state", json={"state": {"type": "CANCELLED"}, "force": True})
    assert prefect.ask("GET", run).json()["state_type"] == "CANCELLED"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "{monthly}", {"entrypoint": "evil.py:edition"}),
        ("PATCH", "{monthly}", {"path": "/tmp"}),
        ("DELETE", "{monthly}", None),
        ("POST", "{monthly}/pause_deployment", {}),
        ("POST", "{monthly}/create_flow_run/bulk", [{}]),
        ("POST", "{monthly}/create_flow_run", {"job_variables": {"command": "touch /tmp/x"}}),
        ("POST", "{monthly}/create_flow_run", {"enforce_parameter_schema": False}),
        ("POST", "{monthly}/create_flow_run", {"parameters": {"config": "/tmp/evil.yaml"}}),
        ("POST", "{monthly}/create_flow_run", {"state": {"type": "COMPLETED"}}),
        ("POST", "/api/flows/", {"name": "evil"}),
        ("POST", "/api/deployments/", {"name": "evil", "entrypoint": "evil.py:f"}),
        ("POST", "/api/automations/", {}),
        ("POST", "/api/work_pools/", {"name": "evil", "type": "process"}),
        ("POST", "/api/variables/", {"name": "a", "value": 1}),
        ("POST", "/api/admin/database/clear", {"confirm": True}),
        ("GET", "/api/variables/name/a", None),
        ("POST", "/api/block_documents/filter", {"include_secrets": True}),
        ("POST", "//api/deployments/", {}),
        ("POST", "/api/flows/filter/%2e%2e/%2e%2e/deployments/", {}),
    ],
)
def test_the_operator_changes_nothing(
    prefect: Prefect, monthly: str, method: str, path: str, body: Any
) -> None:
    reply = prefect.ask(method, path.format(monthly=monthly), json=body)
    assert reply.status_code == 403, reply.text
    assert "operator's password is not good for this" in reply.json()["detail"]
    after = prefect.ask("GET", monthly).json()
    assert after["entrypoint"].endswith("edition.py:make_edition")
    assert not after["paused"]


def test_the_settings_that_the_page_reads_show_the_operator_no_password(prefect: Prefect) -> None:
    reply = prefect.ask("GET", "/api/admin/settings")
    assert reply.json()["server"]["api"]["auth_string"] == "**********"
    assert prefect.inner[1] not in reply.text


def test_two_passwords_at_once_are_refused(prefect: Prefect) -> None:
    _, _, port = prefect.url.rpartition(":")
    request = (
        f"DELETE /api/flows/{uuid4()} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Authorization: Basic a\r\nAuthorization: Basic b\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as sent:
        sent.sendall(request.encode())
        assert b" 400 " in sent.recv(100)


def test_a_body_that_is_too_large_is_refused(prefect: Prefect, monthly: str) -> None:
    huge = {"parameters": {"request": {"note": "x" * 600_000}}}
    assert prefect.ask("POST", f"{monthly}/create_flow_run", json=huge).status_code == 403


# What a run may be asked for


@pytest.mark.parametrize(
    "request_",
    [
        {"subscription": "monthly", "config": "/tmp/evil.yaml"},
        {"subscription": "monthly", "url": "http://127.0.0.1:1"},
        {"subscription": "../evil"},
        {"subscription": "monthly", "send_test_to": "me@evil.example"},
        {"subscription": "monthly", "period": "2026-13"},
    ],
)
def test_a_foreign_configuration_is_refused_before_a_run_exists(
    prefect: Prefect, monthly: str, request_: dict[str, Any]
) -> None:
    asked = {"parameters": {"request": request_}}
    reply = prefect.ask("POST", f"{monthly}/create_flow_run", json=asked)
    assert reply.status_code == 409, reply.text


def test_with_the_check_of_parameters_switched_off_the_flow_refuses(
    prefect: Prefect, monthly: str, tmp_path: Path
) -> None:
    """Only the inner password can switch it off. The configuration of the attacker is not read, so
    the key of Octopus does not go to the address in it."""
    inner = prefect.inner
    with socket.create_server(("127.0.0.1", 0)) as listener:
        evil = write_config(tmp_path, None, "monthly")
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        evil.write_text(json.dumps(json.loads(evil.read_text()) | {"octopus": {"url": url}}))
        forged = [
            {"request": {"subscription": "monthly", "config": str(evil)}},
            {"request": {"subscription": "monthly"}, "config": str(evil)},
        ]
        states = []
        for one in forged:
            asked = {"parameters": one, "enforce_parameter_schema": False}
            states.append(prefect.ended(prefect.start(monthly, asked, inner))["type"])
        assert states == ["FAILED", "CRASHED"]
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


# Whose deployments they are


def test_configurations_on_one_server_never_replace_each_other(
    prefect: Prefect, monthly: str, acme: Scheduler, environment: dict[str, str], tmp_path: Path
) -> None:
    before = prefect.ask("GET", monthly).json()
    nameless = write_config(tmp_path / "beta", None, "monthly")
    with scheduler(nameless, **environment) as beta:
        beta.wait_for("insights-edition/beta-")
    impostor = write_config(tmp_path / "impostor", "ACME", "monthly")
    with scheduler(impostor, **environment) as running:
        assert running.process.wait(60) == 2
    wait_until(lambda: "No subscription can be served" in "".join(running.said), "the reason")
    assert any("belongs to another configuration" in line for line in running.said)
    after = prefect.ask("GET", monthly).json()
    for key in ("id", "tags", "entrypoint", "path", "parameters"):
        assert after[key] == before[key], key
    assert "acme" not in str(after["parameters"])


def test_one_bad_subscription_stops_no_other(acme: Scheduler, prefect: Prefect) -> None:
    acme.wait_for("bad: NOT SCHEDULED: The calendar has no holidays. country: 'XX' is unknown")
    assert prefect.deployment("ACME-monthly") is not None


def test_a_new_start_sweeps_dead_runs_and_unschedules_what_is_gone(
    prefect: Prefect, environment: dict[str, str], tmp_path: Path
) -> None:
    """A run that no process works on any more would hold its place for ever."""
    config = write_config(tmp_path, "GAMMA", "kept", "gone")
    with scheduler(config, **environment) as first:
        first.wait_for("insights-edition/GAMMA-gone")
        first.process.send_signal(signal.SIGKILL)  # no time to tidy up
        first.process.wait()
    kept, gone = prefect.deployment("GAMMA-kept"), prefect.deployment("GAMMA-gone")
    assert kept is not None
    assert gone is not None
    runs = {state: running_run(prefect, kept["id"], state) for state in ("RUNNING", "PENDING")}
    runs["gone"] = running_run(prefect, gone["id"], "RUNNING")
    write_config(tmp_path, "GAMMA", "kept")
    with scheduler(config, **environment) as second:
        second.wait_for("GAMMA-gone: no longer in the configuration")
        for run in runs.values():
            found = prefect.ask("GET", f"/api/flow_runs/{run}").json()
            assert found["state_type"] == "CRASHED", found
            assert "stopped in mid-run" in found["state"]["message"]
        assert prefect.deployment("GAMMA-gone") is None
        after = prefect.deployment("GAMMA-kept")
        assert after is not None
        assert not after["paused"]
        assert second.end() == 0
    after = prefect.deployment("GAMMA-kept")
    assert after is not None
    assert not after["paused"]  # a stop pauses nothing


def running_run(prefect: Prefect, deployment: str, state: str) -> str:
    """A run in a state that its process left behind when it was killed."""
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2099-01-01T00:00:00Z"}}
    run = prefect.start(f"/api/deployments/{deployment}", {"state": later}, prefect.inner)
    set_state = {"state": {"type": state}, "force": True}
    prefect.ask("POST", f"/api/flow_runs/{run}/set_state", json=set_state, auth=prefect.inner)
    return run


# The server of our own


def test_nobody_else_reads_its_files_and_no_process_list_shows_a_password(prefect: Prefect) -> None:
    for path in (prefect.address.door, *prefect.home.glob("prefect.db*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(prefect.home.stat().st_mode) == 0o700
    secrets = [prefect.operator[1].encode(), prefect.inner[1].encode()]
    child = server_process()
    for name in ("environ", "cmdline"):
        content = Path(f"/proc/{child}/{name}").read_bytes()
        assert not any(secret in content for secret in secrets)
    environment = Path(f"/proc/{child}/environ").read_bytes()
    assert b"API_KEY" not in environment
    assert b"PREFECT" not in environment


def test_a_server_that_dies_is_started_again_on_the_same_address(prefect: Prefect) -> None:
    before = server_process()
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{before}/cwd").exists(), "the end of the server")
    # The address never refuses: who asks meanwhile waits until the new one answers.
    assert prefect.ask("POST", "/api/flow_runs/filter", json={}).status_code == 200
    assert server_process() != before


def test_a_port_in_use_is_said_at_once(prefect: Prefect, tmp_path: Path) -> None:
    port = int(prefect.url.rpartition(":")[2])
    refused = own_server(tmp_path / "home", port, on_end=lambda _: None)
    with pytest.raises(UsageError, match="The port cannot be used") as failure, refused:
        pass
    assert failure.value.which == f"--port: 127.0.0.1:{port}: Address already in use"
