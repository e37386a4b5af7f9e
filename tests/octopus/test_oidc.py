"""A service account signs in with an identity token and no stored key."""

import json
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from insights_reports.errors import BadReply, Refused, UsageError
from insights_reports.octopus import Client, Connection, ServiceAccount
from insights_reports.octopus.wire import transport
from tests.octopus.faults import Behaviour, FaultServer, fault_server, reply

JWT = "eyJCANARY.IDENTITY.TOKEN"
ACCOUNT = "11111111-2222-3333-4444-555555555555"
GRANTED = {"access_token": "eyJACCESS.TOKEN", "token_type": "Bearer", "expires_in": 3600}


ME = {"Id": "Users-1"}
EXPIRED = reply({"ErrorMessage": "You must be logged in."}, status="401 Unauthorized")


def client_of(server: FaultServer, folder: Path, endpoint: str = "") -> Client:
    server.behaviours.insert(0, discovery(server, endpoint))
    (folder / "token").write_text(JWT + "\n")
    environ = {
        "OCTOPUS_SERVICE_ACCOUNT": ACCOUNT,
        "OCTOPUS_IDENTITY_TOKEN_FILE": str(folder / "token"),
    }
    return Client(Connection.from_environment(server.url, environ=environ))


def discovery(server: FaultServer, endpoint: str = "") -> Behaviour:
    return reply({"token_endpoint": endpoint or f"{server.url}/token/v1"})


def granted(number: int, **more: object) -> Behaviour:
    return reply({**GRANTED, "access_token": f"eyJACCESS.{number}", **more})


def asked(server: FaultServer) -> list[str]:
    """The requests as method, path and the number of the access token they carry."""
    found = []
    for request in server.requests:
        method, path, *_ = request.decode().split(" ")
        token = re.search(r"Authorization: Bearer eyJACCESS\.(\d)", request.decode())
        found.append(f"{method} {path}" + (f" {token[1]}" if token else ""))
    return found


SIGN_IN = ["GET /.well-known/openid-configuration", "POST /token/v1"]


def test_the_token_is_exchanged_and_the_access_token_used(tmp_path: Path) -> None:
    with fault_server(reply(GRANTED), reply(ME)) as server:
        with client_of(server, tmp_path) as client:
            assert client.me().Id == "Users-1"
        found, exchange, me = server.requests
    assert found.startswith(b"GET /.well-known/openid-configuration ")
    assert b"Authorization" not in found + exchange
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


def test_an_access_token_that_expired_in_a_long_run_is_replaced(tmp_path: Path) -> None:
    with fault_server(granted(1), reply(ME), EXPIRED) as server:
        server.behaviours += [discovery(server), granted(2), reply(ME), reply(ME)]
        with client_of(server, tmp_path) as client:
            client.me()
            (tmp_path / "token").write_text(f"{JWT}.NEW")  # a cloud writes it anew
            assert client.me().Id == "Users-1"
            client.me()
        me = "GET /api/users/me"
        assert asked(server) == [*SIGN_IN, f"{me} 1", f"{me} 1", *SIGN_IN, f"{me} 2", f"{me} 2"]
        assert b'"subject_token":"' + JWT.encode() + b'.NEW"' in server.requests[5]


def test_a_change_goes_on_with_a_new_token_too(tmp_path: Path) -> None:
    made = reply({"Id": "InsightsReports-9", "Name": "New"}, status="201 Created")
    with fault_server(granted(1), reply(ME), EXPIRED) as server:
        server.behaviours += [discovery(server), granted(2), made]
        with client_of(server, tmp_path) as client:
            client.me()
            assert client.reports.create({"Name": "New"}).Id == "InsightsReports-9"
        assert asked(server)[3:] == [
            "POST /api/Spaces-1/insights/reports 1",
            *SIGN_IN,
            "POST /api/Spaces-1/insights/reports 2",
        ]


def test_a_token_is_replaced_when_its_stated_life_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = SimpleNamespace(**vars(time))
    later.monotonic = lambda: time.monotonic() + 600
    with fault_server(granted(1, expires_in=600), reply(ME)) as server:
        server.behaviours += [discovery(server), granted(2), reply(ME)]
        with client_of(server, tmp_path) as client:
            client.me()
            monkeypatch.setattr(transport, "time", later)
            client.me()
        assert asked(server)[2:] == ["GET /api/users/me 1", *SIGN_IN, "GET /api/users/me 2"]


@pytest.mark.parametrize("life", [None, 0, -1, "soon", 10**400])
def test_a_life_that_makes_no_sense_ends_nothing(tmp_path: Path, life: object) -> None:
    with fault_server(granted(1, expires_in=life), reply(ME)) as server:
        with client_of(server, tmp_path) as client:
            client.me()
            client.me()
        assert len(server.requests) == 4


def test_a_token_that_never_worked_is_not_replaced(tmp_path: Path) -> None:
    with fault_server(granted(1), EXPIRED) as server, client_of(server, tmp_path) as client:
        for _ in range(2):
            with pytest.raises(Refused, match="You must be logged in"):
                client.me()
        assert asked(server) == [*SIGN_IN, "GET /api/users/me 1", "GET /api/users/me 1"]


def test_a_new_token_that_is_refused_as_well_ends_it(tmp_path: Path) -> None:
    with fault_server(granted(1), reply(ME), EXPIRED) as server:
        server.behaviours += [discovery(server), granted(2), EXPIRED]
        with client_of(server, tmp_path) as client:
            client.me()
            for _ in range(2):
                with pytest.raises(Refused, match="You must be logged in"):
                    client.me()
        me = "GET /api/users/me"
        assert asked(server)[2:] == [f"{me} 1", f"{me} 1", *SIGN_IN, f"{me} 2", f"{me} 2"]


def test_an_identity_token_that_is_refused_later_is_the_error(tmp_path: Path) -> None:
    no = reply(
        {"error": "invalid_request", "error_description": "It has expired."}, status="400 No"
    )
    with fault_server(granted(1), reply(ME), EXPIRED) as server:
        server.behaviours += [discovery(server), no]
        with client_of(server, tmp_path) as client:
            client.me()
            with pytest.raises(Refused, match="did not accept the identity token"):
                client.me()


def test_a_stored_key_is_not_exchanged_for_anything() -> None:
    environ = {"OCTOPUS_ACCESS_TOKEN": "eyJACCESS.1"}
    with fault_server(reply(ME), EXPIRED) as server:
        with Client(Connection.from_environment(server.url, environ=environ)) as client:
            client.me()
            with pytest.raises(Refused):
                client.me()
        assert len(server.requests) == 2
