"""The key goes to Octopus's own address and nowhere else: no other origin, no text, no pickle."""

import contextlib
import json
import logging
import pickle
import re
import socket
import ssl
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from insights_reports.errors import BadReply, OctopusError, UsageError
from insights_reports.octopus import Client, Connection, Credential, Limits
from tests.octopus import faults
from tests.octopus.faults import Behaviour, fault_server, raw, reply

CANARY = "API-CANARY0123456789CANARY"
TOKEN = "eyJCANARY.TOKEN-0123456789"
ME = {"Id": "Users-1", "Username": "reports"}
LIMITS = Limits(attempts=2, first_wait=0.01, longest_wait=0.01, deadline=0.5)


def connection(url: str, **given: str) -> Connection:
    return Connection.from_environment(url, environ=given or {"OCTOPUS_API_KEY": CANARY})


@pytest.mark.parametrize(
    "credential", [{"OCTOPUS_API_KEY": CANARY}, {"OCTOPUS_ACCESS_TOKEN": TOKEN}]
)
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_leads_the_key_nowhere(code: int, credential: dict[str, str]) -> None:
    with fault_server(reply(ME)) as elsewhere:
        to = f"http://localhost:{elsewhere.port}/api/users/me"
        with (
            fault_server(faults.redirect(code, to)) as octopus,
            Client(connection(octopus.url, **credential)) as client,
            pytest.raises(BadReply, match=f"new address: {to}"),
        ):
            client.me()
        with (
            fault_server(faults.redirect(code, to)) as octopus,
            Client(connection(octopus.url, **credential)) as client,
            pytest.raises(BadReply, match="redirect"),
        ):
            client.reports.create({"Name": "New"})
        assert b"CANARY" in octopus.requests[0]
        assert elsewhere.requests == []


def test_the_key_is_not_for_a_port_that_begins_the_same() -> None:
    with fault_server(reply(ME)) as server, Client(connection(server.url[:-1])) as client:
        session = client._source._transport._session  # type: ignore[attr-defined]
        session.get(f"{server.url}/api/users/me", timeout=5)
        assert b"CANARY" not in server.requests[0]


def test_a_netrc_entry_does_not_replace_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with (
        fault_server(reply(ME)) as server,
        Client(connection(server.url, OCTOPUS_ACCESS_TOKEN=TOKEN)) as client,
    ):
        assert client.me().Username == "reports"
        assert f"Bearer {TOKEN}".encode() in server.requests[0]


FAILURES: dict[str, Behaviour] = {
    "closed": faults.close,
    "cut": raw(b"{", faults.JSON, "Content-Length: 99"),
    "slow": faults.drip(b"x" * 100, 0.05),
    "no JSON": reply(body=b"no"),
    "bad header": raw(b"{}", "Content-Length: 1", "Content-Length: 2"),
    "redirect": faults.redirect(302, f"http://localhost/?apikey={CANARY}"),
    "401 that repeats the key": reply(
        {"ErrorMessage": f"The key {CANARY} is unknown.", "Errors": [CANARY, TOKEN]},
        status="401 Unauthorized",
    ),
    "wrong form that repeats the key": reply({"Id": 5, "Username": CANARY}),
}


@pytest.mark.parametrize(
    "credential", [{"OCTOPUS_API_KEY": CANARY}, {"OCTOPUS_ACCESS_TOKEN": TOKEN}]
)
@pytest.mark.parametrize("failure", FAILURES)
def test_no_error_log_or_pickle_has_the_key(
    failure: str, credential: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    (secret,) = credential.values()
    caplog.set_level(logging.DEBUG)
    with (
        fault_server(FAILURES[failure]) as server,
        Client(connection(server.url, **credential), limits=LIMITS) as client,
        pytest.raises(OctopusError) as caught,
    ):
        client.me()
    error = caught.value
    texts = [str(error), repr(error), caplog.text, "".join(traceback.format_exception(error))]
    texts += [repr(vars(error)), repr(client), repr(connection(server.url, **credential))]
    assert not [text for text in texts if secret in text]
    assert secret.encode() not in pickle.dumps(error)
    chain: BaseException | None = error
    while chain is not None:  # what a debugger or a crash reporter would follow
        assert secret not in repr(vars(chain)) + str(chain)
        assert secret.encode() not in pickle.dumps(getattr(chain, "request", None))
        chain = chain.__context__
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.status, type(copy)) == (str(error), error.status, type(error))


def test_a_connection_is_not_pickled() -> None:
    octopus = connection("https://octopus.example")
    assert CANARY not in repr(octopus) + str(octopus) + repr(octopus.credential)
    for thing in (octopus, octopus.credential):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(thing)


@pytest.mark.parametrize(
    "key", ["API-canary-canary", f"{CANARY} {CANARY}", "CANARY", f"{CANARY}\nX: y"]
)
def test_a_key_of_another_form_is_refused_without_printing_it(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        connection("https://octopus.example", OCTOPUS_API_KEY=key)
    assert "canary" not in str(caught.value).lower()


def test_a_key_file_may_end_in_a_line_break(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(CANARY + "\r\n")
    found = connection("https://octopus.example", OCTOPUS_API_KEY_FILE=str(file))
    assert found.credential == Credential("X-Octopus-ApiKey", CANARY)
    with pytest.raises(UsageError, match="cannot be read"):
        connection("https://octopus.example", OCTOPUS_API_KEY_FILE=str(tmp_path / "none"))


def test_only_what_is_given_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTOPUS_API_KEY", CANARY)
    with pytest.raises(UsageError, match="Given: none"):
        Connection.from_environment("https://octopus.example", environ={})
    monkeypatch.setenv("OCTOPUS_URL", "https://octopus.example/octo/")
    monkeypatch.setenv("OCTOPUS_SPACE", "Second Space\n")
    found = Connection.from_environment()
    assert (found.url, found.space) == ("https://octopus.example/octo", "Second Space")


def test_exactly_one_credential() -> None:
    with pytest.raises(UsageError, match="Given: none"):
        connection("https://octopus.example", OCTOPUS_API_KEY=" ")
    with pytest.raises(UsageError, match="Given: OCTOPUS_API_KEY, OCTOPUS_ACCESS_TOKEN"):
        connection("https://octopus.example", OCTOPUS_API_KEY=CANARY, OCTOPUS_ACCESS_TOKEN=TOKEN)


@pytest.mark.parametrize(
    "url",
    [
        "octopus.example",
        "ftp://x",
        "https:///",
        "https://u:p@x",
        "https://x/?apikey=1",
        "http://x:y",
        "http://[",
        "https://x/app#/Spaces-1",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        connection(url)
    said = str(caught.value)
    assert not any(secret in said for secret in ("u:p", "apikey=1", "#/Spaces-1"))
    assert "@" in url or re.split("[?#]", url)[0] in said


class _Me(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(str(self.headers))
        body = json.dumps(ME).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Secure:
    """A server behind TLS, the headers it saw, and the certificates that vouch for it."""

    port: int
    seen: list[str]
    ca_bundle: str

    def connection(self, host: str = "127.0.0.1", **more: str) -> Connection:
        environ = {"OCTOPUS_API_KEY": CANARY}
        return Connection.from_environment(f"https://{host}:{self.port}", None, environ, **more)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    seen: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (_Me,), {"seen": seen}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Secure(server.server_port, seen, str(tmp_path / "ca.pem"))
    server.shutdown()
    server.server_close()


def test_tls_is_verified_before_the_key_is_sent(secure: Secure) -> None:
    for unproven in (
        secure.connection(),
        secure.connection("localhost", ca_bundle=secure.ca_bundle),
    ):
        with Client(unproven) as client, pytest.raises(OctopusError, match="certificate"):
            client.me()
    assert secure.seen == []
    with Client(secure.connection(ca_bundle=secure.ca_bundle)) as client:
        assert client.me().Username == "reports"
    assert CANARY in secure.seen[0]


def test_a_proxy_sees_nothing_of_what_goes_through_tls(secure: Secure) -> None:
    passed: list[bytes] = []

    def tunnel(client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", secure.port)) as octopus:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=pump, args=(octopus, client), daemon=True).start()
            pump(client, octopus)

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                passed.append(data)
                target.sendall(data)

    with fault_server(tunnel) as proxy:
        through = secure.connection(ca_bundle=secure.ca_bundle, proxy=proxy.url)
        with Client(through) as client:
            assert client.me().Username == "reports"
        head = proxy.requests[0]
    assert head.startswith(f"CONNECT 127.0.0.1:{secure.port} ".encode())
    assert CANARY in secure.seen[0]
    assert len(passed) > 2
    assert CANARY.encode() not in head + b"".join(passed)


def test_a_proxy_is_used_when_named_and_its_password_is_not_shown() -> None:
    with fault_server(reply(ME)) as proxy:
        through = Connection.from_environment(
            "http://octopus.invalid/octo/",
            environ={"OCTOPUS_API_KEY": CANARY},
            proxy=f"http://user:CANARYPASSWORD@127.0.0.1:{proxy.port}",
        )
        with Client(through) as client:
            assert client.me().Id == "Users-1"
        assert proxy.requests[0].startswith(b"GET http://octopus.invalid/octo/api/users/me ")
        assert "CANARYPASSWORD" not in repr(through)
