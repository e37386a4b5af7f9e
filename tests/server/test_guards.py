"""Who gets in: keys, tokens and the Host header."""

import http.client
from urllib.parse import urlsplit

import pytest

from insights_reports.errors import UsageError
from insights_reports.server import RunningServer, serve
from tests.server.conftest import Api

REPORTS = "/api/Spaces-1/insights/reports"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Octopus-ApiKey": ""},
        {"X-Octopus-ApiKey": "API-WRONG"},
        {"Authorization": "Bearer API-WRONG"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic QVBJ"},
        {"X-Octopus-ApiKey": "\u00e9".encode("latin-1")},
    ],
)
def test_without_a_good_key_nothing_is_shown(nobody: Api, headers: dict[str, str]) -> None:
    for path in (
        REPORTS,
        "/api/spaces",
        "/api/users/me",
        "/api/Spaces-9/projects",
        "/api/serverstatus",
    ):
        refused = nobody.get(path, headers=headers)
        assert refused.status_code == 401
        assert refused.json()["ErrorMessage"] in (
            "The API key you provided was not valid.",
            "You must be logged in to request this resource. "
            "Please provide a valid API key or log in again.",
        )


def test_a_key_comes_as_header_token_or_parameter(server: RunningServer, nobody: Api) -> None:
    key = server.api_key
    assert nobody.get(REPORTS, headers={"X-Octopus-ApiKey": key}).status_code == 200
    assert nobody.get(REPORTS, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert nobody.get(REPORTS, params={"apikey": key}).status_code == 200


def test_a_key_is_in_no_representation(server: RunningServer) -> None:
    assert server.api_key not in repr(server)
    assert server.restricted_key not in repr(server)
    assert server.api_key.encode() not in server.data.read_bytes()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_another_host_is_refused(server: RunningServer, host: str) -> None:
    assert _status(server, host) == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST", "[::1]", "[::1]:8080"])
def test_this_machine_is_served(server: RunningServer, host: str) -> None:
    assert _status(server, host) == 200


def _status(server: RunningServer, host: str) -> int:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.putrequest("GET", "/api", skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_no_other_machine_is_served_unless_allowed(server: RunningServer) -> None:
    with pytest.raises(UsageError, match=r"0\.0\.0\.0"):
        serve(server.data, host="0.0.0.0", port=0, as_of=None, api_key="API-X")


def test_a_method_that_is_not_offered(api: Api) -> None:
    refused = api.patch(REPORTS)
    assert refused.status_code == 405
    assert "PATCH" in refused.json()["ErrorMessage"]
    assert "POST" in refused.headers["Allow"] or "GET" in refused.headers["Allow"]
