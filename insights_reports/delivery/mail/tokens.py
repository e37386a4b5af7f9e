"""Access tokens for XOAUTH2 from Microsoft and Google, by their own libraries."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights_reports.deadline import Deadline, WatchedAdapter
from insights_reports.delivery.graph import proxies_for
from insights_reports.delivery.mail.sign_in import NoToken
from insights_reports.delivery.scrub import Scrubber

_SECONDS = 30.0  # of one wait
_WHOLE = 60.0  # seconds of one exchange
_MICROSOFT = "login.microsoftonline.com"
_OUTLOOK = "https://outlook.office365.com/.default"
_GMAIL = "https://mail.google.com/"
_GOOGLE = "https://oauth2.googleapis.com/token"


@dataclass(frozen=True, slots=True)
class MicrosoftToken:
    """The token of an application (client credentials) for ``scope``; for SMTP it needs the
    permission SMTP.SendAsApp.

    It signs in with the secret in ``secret_file``, or with the RSA key and the certificate in the
    PEM files ``key_file`` and ``certificate_file``. ``host`` and ``ca_bundle`` are for national
    clouds and tests.
    """

    tenant: str
    client: str
    secret_file: Path | None = None
    key_file: Path | None = None
    certificate_file: Path | None = None
    host: str = _MICROSOFT
    ca_bundle: Path | None = None
    scope: str = _OUTLOOK

    def __call__(self) -> str:
        """Raises NoToken, without any secret."""
        try:
            import msal
        except ImportError:
            raise NoToken("Sign-in by Microsoft needs insights-reports[microsoft]") from None
        credential, scrub = self._credential()
        try:
            application = msal.ConfidentialClientApplication(
                self.client,
                client_credential=credential,
                authority=f"https://{self.host}/{self.tenant}",
                instance_discovery=False if self.host != _MICROSOFT else None,
                http_client=_session(self.ca_bundle),
            )
            reply: dict[str, Any] = application.acquire_token_for_client([self.scope])
        except Exception as error:  # of any of the libraries below it
            raise NoToken(f"Microsoft gives no token: {scrub.line(str(error))}") from None
        if "access_token" not in reply:
            said = f"{reply.get('error')}: {reply.get('error_description')}"
            raise NoToken(f"Microsoft gives no token: {scrub.line(said)}")
        return str(reply["access_token"])

    def _credential(self) -> tuple[Any, Scrubber]:
        try:
            if self.secret_file:
                secret = self.secret_file.read_text(encoding="utf-8").strip()
                return secret, Scrubber((secret,))
            if self.key_file and self.certificate_file:
                key = self.key_file.read_text(encoding="ascii")
                certificate = self.certificate_file.read_text(encoding="ascii")
                return {"private_key": key, "public_certificate": certificate}, Scrubber((key,))
        except (OSError, UnicodeDecodeError) as error:
            raise NoToken(f"A file for the sign-in cannot be read: {error}") from None
        raise NoToken("The sign-in by Microsoft has no secret and no certificate")


@dataclass(frozen=True, slots=True)
class GoogleToken:
    """The token of a service account that may act for ``mailbox`` (domain-wide delegation).

    The account's file names where tokens are fetched; only Google's own address is taken, because
    it receives a signed assertion. ``token_uri`` and ``ca_bundle`` are for tests.
    """

    service_account_file: Path
    mailbox: str
    token_uri: str = _GOOGLE
    ca_bundle: Path | None = None

    def __call__(self) -> str:
        """Raises NoToken, without any secret."""
        try:
            from google.auth.transport.requests import Request
            from google.oauth2 import service_account
        except ImportError:
            raise NoToken("Sign-in by Google needs insights-reports[google]") from None
        try:
            account = json.loads(self.service_account_file.read_bytes())
            key = str(account["private_key"])
        except (OSError, ValueError, KeyError, TypeError):
            raise NoToken(f"{self.service_account_file} is no service account's file") from None
        if account.get("token_uri", self.token_uri) != self.token_uri:
            raise NoToken(f"{self.service_account_file} names another token_uri than Google's")
        try:
            read: Any = service_account.Credentials.from_service_account_info
            credentials = read(account, scopes=[_GMAIL], subject=self.mailbox)
            credentials.refresh(Request(_session(self.ca_bundle)))
        except Exception as error:  # of any of the libraries below it
            reason = Scrubber((key,)).line(str(error))
            raise NoToken(f"Google gives no token: {reason}") from None
        return str(credentials.token)


def _session(ca_bundle: Path | None) -> Any:
    """An HTTP session that verifies, follows no redirect, reads no ~/.netrc and has deadlines."""
    import requests

    class Bounded(requests.Session):
        def request(self, *args: Any, **named: Any) -> requests.Response:
            named["timeout"] = min(float(named.get("timeout") or _SECONDS), _SECONDS)
            named["allow_redirects"] = False
            named["proxies"] = proxies_for(str(named.get("url") or args[1]))
            with Deadline(_WHOLE) as exchange:
                answer = super().request(*args, **named)
                if exchange.passed:  # what was cut off may look like an answer
                    raise requests.Timeout("no end of it in time")
                return answer

    session = Bounded()
    session.trust_env = False
    session.mount("https://", WatchedAdapter())
    if ca_bundle:
        session.verify = str(ca_bundle)
    return session
