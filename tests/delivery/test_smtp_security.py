"""Encryption is required and verified before any secret is said, and no secret gets out."""

import base64
import copy
import pickle
import ssl
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from insights_reports.delivery import MailDestination, MailTransport, Secret, State
from insights_reports.delivery.mail.sign_in import CommandToken
from insights_reports.delivery.mail.smtp import MailServer, NoConversation
from tests.delivery.mail_servers import Postbox, mail_server
from tests.delivery.material import Office

PASSWORD = "CANARY-5e6f"
TOKEN = "CANARY-token-77aa"

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def server_context(
    authority: trustme.CA, *names: str, until: datetime | None = None
) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names, not_after=until).configure_cert(context)
    return context


@pytest.fixture
def starttls(authority: trustme.CA) -> Iterator[Postbox]:
    context = server_context(authority, "localhost", "127.0.0.1")
    with mail_server(starttls=context, password=PASSWORD) as postbox:
        yield postbox


def secure(postbox: Postbox, **settings: object) -> MailTransport:
    given = {"security": "starttls", "username": "reports", "password": Secret(PASSWORD)}
    return postbox.transport(**{**given, **settings})


def refusal(transport: MailTransport) -> str:
    with pytest.raises(NoConversation) as error, MailServer(transport):
        pass
    assert PASSWORD not in str(error.value)
    return str(error.value)


def test_a_login_over_starttls(tmp_path: Path, starttls: Postbox, ca_bundle: Path) -> None:
    office = Office(tmp_path, secure(starttls, ca_bundle=ca_bundle))
    assert [receipt.done for receipt in office.deliver()] == [True]
    assert starttls.logins == [PASSWORD]
    assert PASSWORD.encode() not in office.ledger_path.read_bytes()


def test_a_login_over_tls_from_the_first_byte(
    tmp_path: Path, authority: trustme.CA, ca_bundle: Path
) -> None:
    context = server_context(authority, "localhost", "127.0.0.1")
    with mail_server(tls=context, password=PASSWORD) as postbox:
        office = Office(tmp_path, secure(postbox, security="tls", ca_bundle=ca_bundle))
        assert [receipt.done for receipt in office.deliver()] == [True]


def test_an_unknown_authority_is_refused_before_the_login(starttls: Postbox) -> None:
    assert "certificate is not valid" in refusal(secure(starttls))
    assert starttls.logins == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_another_hosts_certificate_is_refused_before_the_login(
    authority: trustme.CA, ca_bundle: Path, security: str
) -> None:
    context = server_context(authority, "mail.example.org")
    given: dict[str, Any] = {"tls": context} if security == "tls" else {"starttls": context}
    # aiosmtpd's own first connection to a TLS server verifies nothing
    with mail_server(password=PASSWORD, **given) as postbox:
        said = refusal(secure(postbox, security=security, ca_bundle=ca_bundle))
        assert "certificate is not valid for 127.0.0.1" in said
        assert postbox.logins == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_expired_certificate_is_refused_before_the_login(
    authority: trustme.CA, ca_bundle: Path, security: str
) -> None:
    context = server_context(authority, "localhost", "127.0.0.1", until=datetime(2021, 1, 1))
    given: dict[str, Any] = {"tls": context} if security == "tls" else {"starttls": context}
    with mail_server(password=PASSWORD, **given) as postbox:
        said = refusal(secure(postbox, security=security, ca_bundle=ca_bundle))
        assert "certificate has expired" in said
        assert postbox.logins == []


def test_starttls_stripped_by_somebody_between_is_refused_before_the_login(
    tmp_path: Path, ca_bundle: Path
) -> None:
    with mail_server(password=PASSWORD) as postbox:
        office = Office(tmp_path, secure(postbox, ca_bundle=ca_bundle))
        (receipt,) = office.deliver()
        assert receipt.state is State.PLANNED
        assert "STARTTLS" in receipt.detail
        assert postbox.logins == []
        assert postbox.commands == []


def test_a_plain_server_where_tls_is_required_is_refused(ca_bundle: Path) -> None:
    with mail_server() as postbox:
        assert "No encrypted connection" in refusal(secure(postbox, security="tls"))


def test_a_refused_login_stops_all_until_the_next_run(
    tmp_path: Path, starttls: Postbox, ca_bundle: Path
) -> None:
    wrong = secure(starttls, ca_bundle=ca_bundle, password=Secret("WRONG-1234"))
    office = Office(tmp_path, wrong, recipients=("cto@example.com", "cfo@example.com"))
    receipts = office.deliver()
    assert [receipt.state for receipt in receipts] == [State.PLANNED, State.PLANNED]
    assert all("refuses the login: 535" in receipt.detail for receipt in receipts)
    assert all("WRONG" not in receipt.detail for receipt in receipts)
    assert starttls.logins == ["WRONG-1234"] * 2  # PLAIN, then LOGIN; not for each recipient
    assert starttls.commands == []
    office.transport = secure(starttls, ca_bundle=ca_bundle)
    assert [receipt.done for receipt in office.deliver()] == [True, True]


def test_a_refusal_that_repeats_the_password_shows_it_in_no_form(
    tmp_path: Path, ca_bundle: Path, starttls: Postbox
) -> None:
    office = Office(tmp_path, secure(starttls, ca_bundle=ca_bundle, password=Secret("wr0ng-Pass")))
    starttls.echo = True
    (receipt,) = office.deliver()
    assert "refuses the login" in receipt.detail
    assert "<secret>" in receipt.detail
    assert "wr0ng-Pass" not in receipt.detail
    assert base64.b64encode(b"\0reports\0wr0ng-Pass").decode() not in receipt.detail


def oauth(postbox: Postbox, ca_bundle: Path, script: str) -> MailTransport:
    command = (sys.executable, "-c", script)
    return secure(postbox, ca_bundle=ca_bundle, password=None, token=CommandToken(command))


def test_a_login_with_an_access_token(tmp_path: Path, starttls: Postbox, ca_bundle: Path) -> None:
    office = Office(tmp_path, oauth(starttls, ca_bundle, f"print({TOKEN!r})"))
    starttls.token = TOKEN
    assert [receipt.done for receipt in office.deliver()] == [True]
    assert starttls.logins == [f"user=reports\x01auth=Bearer {TOKEN}\x01\x01"]


def test_a_refused_token_is_a_refused_login(starttls: Postbox, ca_bundle: Path) -> None:
    said = refusal(oauth(starttls, ca_bundle, f"print({TOKEN!r})"))
    assert "refuses the login: 535" in said
    assert TOKEN not in said


def test_a_token_command_that_fails_shows_nothing_of_its_output(
    starttls: Postbox, ca_bundle: Path
) -> None:
    said = refusal(oauth(starttls, ca_bundle, f"import sys; print({TOKEN!r}); sys.exit({TOKEN!r})"))
    assert said == f"The command for the access token ended with status 1: {sys.executable}"


def test_a_token_command_that_is_not_there_is_named(starttls: Postbox, ca_bundle: Path) -> None:
    transport = replace(oauth(starttls, ca_bundle, ""), token=CommandToken(("/no/such/command",)))
    assert refusal(transport).endswith("cannot be run: No such file or directory: /no/such/command")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_that_cannot_be_used_is_named(
    tmp_path: Path, starttls: Postbox, content: str | None
) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    assert f"The CA bundle {path} cannot be used" in refusal(secure(starttls, ca_bundle=path))


def test_no_plain_text_to_another_machine_unless_allowed() -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        MailTransport("mail.example.com", 25, "reports@example.com", security="none")
    for host in ("localhost", "127.0.0.1", "::1"):
        MailTransport(host, 25, "reports@example.com", security="none")
    MailTransport("mail.example.com", 25, "a@example.com", security="none", allow_plaintext=True)


def test_no_printing_copying_or_pickling_lets_the_password_out() -> None:
    transport = MailTransport(
        "mail.example.com", 587, "a@example.com", username="a", password=Secret(PASSWORD)
    )
    destination = MailDestination("mail", ("b@example.com",), transport)
    for thing in (transport, destination, transport.password, asdict(destination)):
        assert PASSWORD not in f"{thing!r} {thing!s} {thing}"
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(thing)
    copied = copy.deepcopy(destination).transport
    assert isinstance(copied, MailTransport)
    again = copied.password
    assert again is not None
    assert again.reveal() == PASSWORD


@pytest.mark.parametrize(
    "text",
    [
        "a@example.com, evil@example.org",
        "@example.org",
        "a@",
        "a@example.org\r\nBcc: evil@example.org",
        "a@exam\x00ple.org",
        "Board <a@example.org>",
        "",
    ],
)
def test_what_is_not_exactly_one_address_is_refused(text: str) -> None:
    transport = MailTransport("localhost", 25, "a@example.com", security="none")
    with pytest.raises(ValueError, match="not one mail address"):
        MailDestination("mail", ("b@example.com", text), transport)
    with pytest.raises(ValueError, match="not one mail address"):
        replace(transport, sender=text)


def test_a_domain_in_any_script_goes_out_in_ascii() -> None:
    transport = MailTransport("localhost", 25, "a@example.com", security="none")
    destination = MailDestination("mail", ("cto@münchen.de",), transport)
    assert destination.recipients == ("cto@xn--mnchen-3ya.de",)


def test_a_password_without_a_username_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a username"):
        MailTransport("mail.example.com", 587, "a@example.com", password=Secret("x"))
