"""Signing in without a stored key: an identity token is exchanged for an access token.

https://octopus.com/docs/octopus-rest-api/openid-connect/other-issuers
"""

import dataclasses
from typing import Any

import orjson

from insights_reports.errors import BadReply, Invalid, Refused
from insights_reports.octopus.connection import Connection, Credential, ServiceAccount
from insights_reports.octopus.wire.body import Body
from insights_reports.octopus.wire.transport import Granted, Limits, Transport
from insights_reports.spelling.strict import json_object

_DISCOVERY = "/.well-known/openid-configuration"
_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:jwt"  # noqa: S105 - a type, not a token

_LONGEST_LIFE = 1e9  # seconds


def signed_in(connection: Connection, limits: Limits | None = None) -> Transport:
    """Requests with the connection's credential. A service account's is an access token, good for
    about an hour; when it has expired the identity token, read from its file again, is exchanged
    for a new one.

    Raises:
        Refused: when Octopus does not take the identity token.
        UsageError: when the file of the token cannot be read.
    """
    account = connection.credential
    if not isinstance(account, ServiceAccount):
        return Transport(connection, limits)

    def sign_in() -> Granted:
        anonymous = dataclasses.replace(connection, credential=None)
        with Transport(anonymous, limits) as transport:
            return _exchange(transport, connection.url, account)

    return Transport(connection, limits, sign_in)


def _exchange(transport: Transport, url: str, account: ServiceAccount) -> Granted:
    endpoint = _text(transport.get(_DISCOVERY, None, _object), "token_endpoint")
    if not endpoint.startswith(f"{url}/"):
        raise BadReply(
            "Octopus names a token endpoint at another address; the token is not sent there.",
            f"token_endpoint: {endpoint[:200]}",
            "Check OCTOPUS_URL, and the server's own address in its configuration.",
        )
    identity = account.identity_token()
    request = {
        "grant_type": _GRANT,
        "audience": account.id,
        "subject_token_type": _TOKEN_TYPE,
        "subject_token": identity.secret,
    }
    try:
        reply = transport.send("POST", endpoint.removeprefix(url), orjson.dumps(request))
    except (Invalid, Refused) as error:
        raise Refused(
            "Octopus did not accept the identity token of the service account.",
            identity.hide_in(error.which),
            "Check the service account's id and its OpenID Connect identities in Octopus.",
            status=error.status,
        ) from None
    granted = json_object(reply)
    token = _text(granted, "access_token")
    credential = Credential.access_token(token, "The access token that Octopus gave")
    return Granted(credential, _seconds(granted.get("expires_in")))


def _object(body: Body) -> dict[str, Any]:
    return json_object(body.read())


def _seconds(expires_in: Any) -> float | None:
    """The token's life, should Octopus state one that makes sense."""
    if not isinstance(expires_in, int | float) or not 0 < expires_in < _LONGEST_LIFE:
        return None
    return float(expires_in)


def _text(reply: dict[str, Any], name: str) -> str:
    value = reply.get(name)
    if not isinstance(value, str):
        raise BadReply("Octopus's reply to signing in lacks something.", f"Missing: {name}")
    return value
