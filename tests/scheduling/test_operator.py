"""What the operator's password is good for, request by request; `tests/flows/test_door.py` has the
same against a server that runs."""

import json
from typing import Any

import pytest

from insights_reports.scheduling.operator import Denied, filtered, has_body_to_filter, may_read

ID = "0190f0d2-5b1c-7a3e-9f00-0123456789ab"
START = f"/api/deployments/{ID}/create_flow_run"
STATE = f"/api/flow_runs/{ID}/set_state"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", f"/api/flow_runs/{ID}"),
        ("HEAD", "/api/flows/name/x"),
        ("GET", "/api/admin/settings"),
        ("POST", "/api/flow_runs/filter"),
        ("POST", "/api/flow_runs/paginate/"),
        ("POST", "/api/ui/flow_runs/count-task-runs"),
        ("POST", "/api/artifacts/latest/filter"),
    ],
)
def test_questions_pass(method: str, path: str) -> None:
    assert may_read(method, path)
    assert not has_body_to_filter(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/block_documents/"),
        ("GET", "/api/variables/name/x"),
        ("GET", "/api/block_types/slug/secret/block_documents"),
        ("POST", "/api/block_documents/filter"),
        ("POST", "/api/variables/filter"),
        ("POST", "/api/admin/database/clear"),
        ("POST", "/api/deployments/"),
        ("POST", "//api/deployments/filter"),
        ("POST", "/api/flows/filter/../../deployments/"),
        ("POST", "/api/flows/filter\n"),
        ("POST", f"/api/deployments/{ID}/pause_deployment"),
        ("POST", f"/api/deployments/{ID}/create_flow_run/bulk"),
        ("POST", "/api/deployments/get_scheduled_flow_runs"),
        ("POST", "/api/flow_runs/bulk_set_state"),
        ("POST", f"/api/flow_runs/{ID}/resume"),
        ("POST", "/api/work_pools/"),
        ("PATCH", f"/api/deployments/{ID}"),
        ("PATCH", START),
        ("DELETE", f"/api/flow_runs/{ID}"),
        ("PUT", "/api/automations/filter"),
        ("OPTIONS", "/api/flows/filter"),
        ("QUERY", "/api/flows/filter"),
    ],
)
def test_what_changes_something_does_not(method: str, path: str) -> None:
    assert not may_read(method, path)
    assert not has_body_to_filter(method, path)


def test_a_run_starts_as_the_page_sends_it() -> None:
    asked = {
        "name": "by hand",
        "tags": ["a"],
        "parameters": {"request": {"subscription": "monthly"}},
        "enforce_parameter_schema": True,
        "job_variables": {},
        "work_queue_name": None,
        "empirical_policy": {"retries": 99},
        "idempotency_key": "2026-10",
        "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": "2026-12-01T06:00:00Z"}},
    }
    assert has_body_to_filter("POST", START)
    sent = json.loads(filtered(START, json.dumps(asked).encode()))
    assert sent == {
        "name": "by hand",
        "tags": ["a"],
        "parameters": asked["parameters"],
        "enforce_parameter_schema": True,
        "idempotency_key": "operator/2026-10",
        "state": asked["state"],
    }
    # Whoever leaves the check of parameters out gets it.
    assert json.loads(filtered(START, b"{}"))["enforce_parameter_schema"] is True


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"job_variables": {"command": "sh -c id"}}, "job_variables"),
        ({"enforce_parameter_schema": False}, "check of parameters"),
        ({"enforce_parameter_schema": 0}, "check of parameters"),
        ({"enforce_parameter_schema": "false"}, "check of parameters"),
        ({"parameters": {"config": "/tmp/evil.yaml"}}, "only parameter"),
        ({"parameters": []}, "only parameter"),
        ({"infrastructure_document_id": ID}, "infrastructure_document_id"),
        ({"parent_task_run_id": ID}, "parent_task_run_id"),
        ({"context": {"a": 1}}, "context"),
        ({"entrypoint": "evil.py:f"}, "entrypoint"),
        ({"state": {"type": "COMPLETED"}}, "SCHEDULED"),
        ({"state": "SCHEDULED"}, "SCHEDULED"),
        ({"state": {}}, "SCHEDULED"),
    ],
)
def test_a_run_is_asked_for_nothing_more(more: dict[str, Any], said: str) -> None:
    body = {"parameters": {"request": {"subscription": "monthly"}}, **more}
    with pytest.raises(Denied, match=said):
        filtered(START, json.dumps(body).encode())


def test_of_two_values_of_a_key_only_the_one_that_was_checked_goes_on() -> None:
    body = b'{"enforce_parameter_schema": false, "enforce_parameter_schema": true}'
    assert b"false" not in filtered(START, body)


def test_a_run_is_cancelled_and_nothing_else() -> None:
    assert has_body_to_filter("POST", STATE)
    asked = {
        "state": {"type": "CANCELLING", "name": "x", "data": {"type": "pickle"}},
        "force": True,
    }
    sent = json.loads(filtered(STATE, json.dumps(asked).encode()))
    assert sent == {"state": {"type": "CANCELLING"}, "force": False}
    for type in ("COMPLETED", "SCHEDULED", "RUNNING", "cancelling", None, ["CANCELLED"]):
        with pytest.raises(Denied):
            filtered(STATE, json.dumps({"state": {"type": type}}).encode())


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b"{"])
def test_what_is_no_object_of_json(body: bytes) -> None:
    for path in (START, STATE):
        with pytest.raises(Denied):
            filtered(path, body)
