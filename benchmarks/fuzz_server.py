"""Thousands of made-up requests against the embedded server, held against its OpenAPI document.

    python benchmarks/fuzz_server.py --cases 5000

schemathesis makes valid and invalid requests for each operation; in half of them the names of the
space, the report and other documents are real ones, or few would get past the first look-up. Prints
how many there were and how they were answered, and ends with status 1 when a reply was a 5xx or not
as the document says.
"""

import argparse
import sys
import time
from collections import Counter
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from server_history import AS_OF

from insights_reports.server import RunningServer, running_server

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_IDS = {
    "projects": "Projects-1",
    "projectgroups": "ProjectGroups-1",
    "environments": "Environments-2",
    "tenants": "Tenants-3",
    "tagsets": "TagSets-1",
    "channels": "Channels-1",
    "releases": "Releases-1001",
    "deployments": "Deployments-10001",
    "tasks": "ServerTasks-50001",
    "interruptions": "Interruptions-1",
    "events": "Events-200004",
    "progression": "Projects-1",
    "lifecycles": "Lifecycles-1",
    "users": "Users-1",
    "deploymentfreezes": "DeploymentFreezes-1",
}


class Attack:
    """The operations of one server, and what came of them."""

    def __init__(self, server: RunningServer, cases: int) -> None:
        self.server = server
        self.statuses: Counter[int] = Counter()
        self.failures: dict[str, str] = {}
        document = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")
        operations = [
            found.ok() for found in document.get_all_operations() if isinstance(found, Ok)
        ]
        self.operations = len(operations)
        turn = 0
        while operations and (missing := cases - self.statuses.total()) > 0:
            turn += 1
            examples = -(-missing // len(operations))
            # An operation without parameters soon has no further cases.
            operations = [each for each in operations if self._attack(each, examples, turn)]

    def _attack(self, operation: Any, examples: int, turn: int) -> bool:
        """Whether there were as many cases as asked for."""
        before = self.statuses.total()
        good, bad = (
            operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode
        )

        @seed(turn)
        @given(case=good | bad, real=st.booleans())
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        def attack(case: schemathesis.Case[Any], real: bool) -> None:
            if real:
                known = _known(case)
                case.path_parameters.update(
                    {name: known[name] for name in case.path_parameters if name in known}
                )
            self._send(case)

        attack()
        return self.statuses.total() - before >= examples

    def _send(self, case: schemathesis.Case[Any]) -> None:
        response = case.call(headers={"X-Octopus-ApiKey": self.server.api_key})
        self.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=_CHECKS)
        except BaseExceptionGroup as group:
            first = str(group.exceptions[0]).splitlines()[0]
            what = f"{case.method} {case.path}: {response.status_code} {first}"
            self.failures.setdefault(what, case.as_curl_command())


def _known(case: schemathesis.Case[Any]) -> dict[str, str]:
    """Names of documents that there are, by the parameter; DELETE has one of its own."""
    kind = case.path.split("/{id}")[0].rsplit("/", 1)[-1]
    return {
        "spaceId": "Spaces-1",
        "reportId": "InsightsReports-3" if case.method == "DELETE" else "InsightsReports-2",
        "id": _IDS.get(kind, "Spaces-1"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=5000)
    arguments = parser.parse_args()
    start = time.perf_counter()
    with running_server(as_of=AS_OF) as server:
        attack = Attack(server, arguments.cases)
    seconds, cases = time.perf_counter() - start, sum(attack.statuses.values())
    print(f"{cases:,} cases for {attack.operations} operations in {seconds:.0f} s")
    print("Statuses:", ", ".join(f"{s}: {n:,}" for s, n in sorted(attack.statuses.items())))
    print(f"5xx: {sum(n for s, n in attack.statuses.items() if s >= 500)}")
    print(f"Kinds of contract failures: {len(attack.failures)}")
    for what, request in attack.failures.items():
        print(f"  {what}\n    {request}")
    return 1 if attack.failures or any(status >= 500 for status in attack.statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
