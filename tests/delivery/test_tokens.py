"""Access tokens from Microsoft and Google, against servers that speak their protocol over TLS."""

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from insights_reports.delivery.mail.sign_in import NoToken
from insights_reports.delivery.mail.tokens import GoogleToken, MicrosoftToken

TOKEN = {"access_token": "T0KEN", "expires_in": 3600}
SECRET = "CANARY~entra.secret-77"


@dataclass
class Authority:
    """What was asked of it, and what it answers."""

    host: str = ""
    ca_bundle: Path = Path()
    status: int = 200
    reply: dict[str, object] = field(default_factory=lambda: dict(TOKEN))
    asked: list[dict[str, list[str]]] = field(default_factory=list)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    ca, given = trustme.CA(), Authority()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"https://{given.host}/tenant"
            self._answer(200, {"issuer": base, "authorization_endpoint": f"{base}/authorize",
                               "token_endpoint": f"{base}/token"})  # fmt: skip

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given.asked.append(parse_qs(body))
            self._answer(given.status, given.reply)

        def _answer(self, status: int, reply: dict[str, object]) -> None:
            content = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    given.host = f"localhost:{server.server_port}"
    given.ca_bundle = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(given.ca_bundle))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield given
    server.shutdown()
    server.server_close()


@pytest.fixture
def microsoft(authority: Authority, tmp_path: Path) -> MicrosoftToken:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    return MicrosoftToken(
        "tenant", "client-id", secret, host=authority.host, ca_bundle=authority.ca_bundle
    )


def account(tmp_path: Path, **more: str) -> Path:
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "account.json"
    about = {"type": "service_account", "client_email": "a@b.iam", "private_key": key.decode()}
    path.write_text(json.dumps({**about, **more}))
    return path


def test_microsofts_token_by_a_secret(microsoft: MicrosoftToken, authority: Authority) -> None:
    assert microsoft() == "T0KEN"
    (asked,) = authority.asked
    assert asked["client_secret"] == [SECRET]
    assert asked["scope"] == ["https://outlook.office365.com/.default"]


def test_a_refusal_of_microsofts_names_the_reason_and_no_secret(
    microsoft: MicrosoftToken, authority: Authority
) -> None:
    authority.status = 401
    authority.reply = {"error": "invalid_client", "error_description": f"AADSTS7000215 {SECRET}"}
    with pytest.raises(NoToken) as error:
        microsoft()
    assert "invalid_client: AADSTS7000215 <secret>" in str(error.value)


def test_googles_token_by_a_service_account(tmp_path: Path, authority: Authority) -> None:
    uri = f"https://{authority.host}/token"
    token = GoogleToken(account(tmp_path, token_uri=uri), "box@example.com", uri)
    assert replace(token, ca_bundle=authority.ca_bundle)() == "T0KEN"
    assert authority.asked[0]["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]


def test_an_account_that_sends_its_assertion_elsewhere_is_refused(tmp_path: Path) -> None:
    path = account(tmp_path, token_uri="https://evil.example.com/token")
    with pytest.raises(NoToken, match="another token_uri"):
        GoogleToken(path, "box@example.com")()


def test_an_unknown_authority_of_the_connection_is_refused(
    microsoft: MicrosoftToken, authority: Authority
) -> None:
    with pytest.raises(NoToken, match="gives no token") as error:
        replace(microsoft, ca_bundle=None)()
    assert authority.asked == []
    assert SECRET not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoToken, match="no service account's file"):
        GoogleToken(tmp_path / "none.json", "box@example.com")()
    with pytest.raises(NoToken, match="cannot be read"):
        MicrosoftToken("tenant", "client", tmp_path / "none")()
