"""What the operator's password is good for: to read, to start a run and to cancel one.

A password to Prefect's whole API is a shell: who may change a deployment's entrypoint or a run's
job variables, or switch the check of parameters off, runs code of their own. So a request by an
operator is held against a list, and of a body only what was understood goes on, written anew.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

OPERATOR = "operator"  # the user's name
LARGEST_BODY = 512 * 1024  # bytes; Prefect takes no larger parameters either

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KINDS = (
    "artifacts|automations|concurrency_limits|deployments|events|flow_runs|flows|logs|saved_searches"
    "|task_runs|task_workers|v2/concurrency_limits|work_pools|work_queues|artifacts/latest"
)
_ASKING = re.compile(
    rf"/api/(?:(?:{_KINDS})/(?:filter|count|paginate|history|lateness)"
    r"|events/count-by/[a-z]+|work_pools/[\w-]+/(?:queues|workers)/filter"
    rf"|flow_runs/{_UUID}/input/filter"
    r"|ui/(?:flow_runs/(?:count-task-runs|history)|flows/(?:count-deployments|next-runs)"
    r"|schemas/validate|task_runs/(?:count|dashboard/counts)))/?"
)
_START = re.compile(rf"/api/deployments/{_UUID}/create_flow_run/?")
_SET_STATE = re.compile(rf"/api/flow_runs/{_UUID}/set_state/?")
# Whatever may hold a secret. (The settings mask theirs, and the page cannot do without them.)
_HIDDEN = re.compile(r"/api/(?:block_\w+|variables)(?:/.*)?")
READABLE_SOCKETS = ("/api/events/out", "/api/logs/out")

_RUN = {"name", "tags", "parameters", "state", "enforce_parameter_schema", "idempotency_key"}
_PAGES_OWN = {
    "empirical_policy",
    "work_queue_name",
    "job_variables",
}  # sent by the page, for nothing
_CANCELLED = ("CANCELLING", "CANCELLED")


class Denied(Exception):
    """The operator's password is not good for this; the text says what it is."""


def may_read(method: str, path: str) -> bool:
    """Whether it is a question, that changes nothing."""
    if method in ("GET", "HEAD"):
        return not _HIDDEN.fullmatch(path)
    return method == "POST" and _ASKING.fullmatch(path) is not None


def has_body_to_filter(method: str, path: str) -> bool:
    """Whether it starts or cancels a run."""
    return method == "POST" and bool(_START.fullmatch(path) or _SET_STATE.fullmatch(path))


def filtered(path: str, body: bytes) -> bytes:
    """The body of a request that starts or cancels a run, written anew from what was understood.

    Raises:
        Denied: when it asks for more.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise Denied("the body is no JSON") from None
    if not isinstance(given, dict):
        raise Denied("the body is no object")
    allowed = _run(given) if _START.fullmatch(path) else _cancelled(given)
    return json.dumps(allowed).encode()


def _run(given: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in given.items() if value is not None}
    if more := sorted(given.keys() - _RUN - _PAGES_OWN):
        raise Denied(f"a run cannot be started with {more[0]}")
    if given.get("job_variables"):
        raise Denied("job_variables would run commands")
    if given.get("enforce_parameter_schema", True) is not True:
        raise Denied("the check of parameters cannot be switched off")
    parameters = given.get("parameters", {})
    if not isinstance(parameters, dict) or parameters.keys() - {"request"}:
        raise Denied("the only parameter is request")
    state = _state(given.get("state", {"type": "SCHEDULED"}), ("SCHEDULED",))
    kept = {key: given[key] for key in _RUN & given.keys()}
    if "idempotency_key" in kept:
        # Prefect has one run a key for ever; none of the scheduler's own keys can be taken so.
        kept["idempotency_key"] = f"{OPERATOR}/{kept['idempotency_key']}"
    return kept | {"state": state, "enforce_parameter_schema": True}


def _cancelled(given: Mapping[str, Any]) -> dict[str, Any]:
    if given.keys() - {"state", "force"}:
        raise Denied("a state is set with state alone")
    return {"state": _state(given.get("state"), _CANCELLED), "force": False}


def _state(given: object, types: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, dict) or given.get("type") not in types:
        raise Denied(f"the state can only be {' or '.join(types)}")
    kept = {key: given[key] for key in ("type", "message") if given.get(key)}
    details = given.get("state_details")
    if isinstance(details, dict) and details.get("scheduled_time"):
        kept["state_details"] = {"scheduled_time": details["scheduled_time"]}
    return kept
