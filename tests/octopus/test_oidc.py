"""A service account signs in with an identity token and no stored key."""

import json
from pathlib import Path

import pytest

from insights_reports.errors import BadReply, Refused, UsageError
from insights_reports.octopus import Client, Connection, ServiceAccount
from tests.octopus.faults import FaultServer, fault_server, reply

JWT = "eyJCANARY.IDENTITY.TOKEN"
ACCOUNT = "11111111-2222-3333-4444-555555555555"
GRANTED = {"access_token": "eyJACCESS.TOKEN", "token_type": "Bearer", "expires_in": 3600}


def client_of(server: FaultServer, folder: Path, endpoint: str = "") -> Client:
    server.behaviours.insert(0, reply({"token_endpoint": endpoint or f"{server.url}/token/v1"}))
    (folder / "token").write_text(JWT + "\n")
    environ = {
        "OCTOPUS_SERVICE_ACCOUNT": ACCOUNT,
        "OCTOPUS_IDENTITY_TOKEN_FILE": str(folder / "token"),
    }
    return Client(Connection.from_environment(server.url, environ=environ))


def test_the_token_is_exchanged_and_the_access_token_used(tmp_path: Path) -> None:
    with fault_server(reply(GRANTED), reply({"Id": "Users-1"})) as server:
        with client_of(server, tmp_path) as client:
            assert client.me().Id == "Users-1"
        discovery, exchange, me = server.requests
    assert discovery.startswith(b"GET /.well-known/openid-configuration ")
    assert b"Authorization" not in discovery + exchange
    assert exchange.startswith(b"POST /token/v1 ")
    assert json.loads(exchange.partition(b"\r\n\r\n")[2]) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "audience": ACCOUNT,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "subject_token": JWT,
    }
    assert b"Authorization: Bearer eyJACCESS.TOKEN\r\n" in me
    assert JWT.encode() not in me


def test_octopus_words_on_a_token_it_does_not_take_without_the_token(tmp_path: Path) -> None:
    no = {"error": "invalid_request", "error_description": f"No identity matches {JWT}."}
    with (
        fault_server(reply(no, status="400 Bad Request")) as server,
        pytest.raises(Refused, match="No identity matches") as caught,
    ):
        client_of(server, tmp_path)
    assert JWT not in str(caught.value)


def test_the_token_goes_to_no_other_address(tmp_path: Path) -> None:
    with fault_server(reply(GRANTED)) as elsewhere, fault_server() as server:
        with pytest.raises(BadReply, match="another address"):
            client_of(server, tmp_path, f"{elsewhere.url}/token")
        assert elsewhere.requests == []
        with pytest.raises(BadReply, match="another address"):
            client_of(server, tmp_path, f"{server.url}.evil.example/token")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with fault_server(reply({})) as server, pytest.raises(BadReply, match="access_token"):
        client_of(server, tmp_path)
    environ = {"OCTOPUS_SERVICE_ACCOUNT": ACCOUNT}
    with pytest.raises(UsageError, match="OCTOPUS_IDENTITY_TOKEN_FILE"):
        Connection.from_environment("http://localhost", environ=environ)
    with pytest.raises(UsageError, match="cannot be read"):
        ServiceAccount(ACCOUNT, tmp_path / "none").identity_token()
