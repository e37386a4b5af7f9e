"""The OpenAPI document, and replies held against it by schemathesis."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from insights_reports.server import RunningServer, running_server
from tests.server.conftest import MAIN, Api
from tests.server.hand import AS_OF

EXAMPLES = 300 if os.environ.get("THOROUGH") == "1" else 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A server of its own, whose reports may be changed."""
    with running_server(as_of=AS_OF) as running:
        yield running


@pytest.fixture(scope="module")
def document(server: RunningServer) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")


@pytest.mark.slow
def test_no_input_breaks_the_server(
    document: schemathesis.BaseSchema, server: RunningServer
) -> None:
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        _attack(found.ok(), server)


def _attack(operation: Any, server: RunningServer) -> None:
    """Send what schemathesis makes up for one operation, valid or not."""

    @given(case=_cases(operation), real=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def attack(case: schemathesis.Case[Any], real: bool) -> None:
        # Made-up names alone would seldom get past an unknown space or report.
        if real:
            report = "InsightsReports-3" if case.method == "DELETE" else "InsightsReports-2"
            known = {"spaceId": "Spaces-1", "reportId": report}
            case.path_parameters.update(
                {key: value for key, value in known.items() if key in case.path_parameters}
            )
        case.call_and_validate(checks=CHECKS, headers={"X-Octopus-ApiKey": server.api_key})

    attack()


def _cases(operation: Any) -> st.SearchStrategy[schemathesis.Case[Any]]:
    good, bad = (
        operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode
    )
    cases: st.SearchStrategy[schemathesis.Case[Any]] = good | bad
    return cases


@pytest.mark.parametrize(
    "path",
    [
        MAIN,
        f"{MAIN}/deployments",
        f"{MAIN}/metrics?timeRange=LastQuarter&split=Tenant&granularity=Daily",
        f"{MAIN}/metrics?timeRange=LastYear&split=TenantTagSet&tenantTagSetId=TagSets-2",
        "/api/Spaces-1/insights/reports",
        "/api/Spaces-1/projects",
        "/api/Spaces-1/tenants/all",
        "/api/spaces",
    ],
)
def test_real_replies_have_the_documented_shape(
    document: schemathesis.BaseSchema, api: Api, path: str
) -> None:
    template, _, _ = path.partition("?")
    for real, name in (("Spaces-1", "{spaceId}"), ("InsightsReports-1", "{reportId}")):
        template = template.replace(real, name)
    operation = document[template]["GET"]
    operation.validate_response(api.get(path))


def test_the_seven_operations_are_documented(document: schemathesis.BaseSchema) -> None:
    prefix = "/api/{spaceId}/insights/reports"
    offered = {
        (path, method)
        for path, methods in document.raw_schema["paths"].items()
        for method in methods
        if path.startswith(prefix)
    }
    assert {
        (prefix, "get"),
        (prefix, "post"),
        (f"{prefix}/{{reportId}}", "get"),
        (f"{prefix}/{{reportId}}", "put"),
        (f"{prefix}/{{reportId}}", "delete"),
        (f"{prefix}/{{reportId}}/deployments", "get"),
        (f"{prefix}/{{reportId}}/metrics", "get"),
    } <= offered
