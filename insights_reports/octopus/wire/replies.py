"""Octopus's refusals as our errors, with its own words whole.

The form of an error's body: https://octopus.com/docs/octopus-rest-api (ErrorMessage, Errors).
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal

import requests
import urllib3

from insights_reports.errors import (
    BadReply,
    Invalid,
    NotAvailable,
    NotFound,
    OctopusError,
    Refused,
    Unreachable,
)
from insights_reports.spelling.strict import parse_json
from insights_reports.spelling.text import clean_text

RETRYABLE = frozenset({429, 500, 502, 503, 504})
ATTEMPTS_AT_500 = 3
"""A fault of the server itself may pass, but mostly stays: it is asked twice more."""
_LONGEST_WORDS = 4000

_KINDS: dict[int, tuple[type[OctopusError], str, str]] = {
    400: (Invalid, "Octopus rejected what was sent.", ""),
    401: (
        Refused,
        "Octopus did not accept the credentials.",
        "Check the API key: it may have expired, or belong to another server.",
    ),
    402: (NotAvailable, "This server's licence does not cover what was asked for.", ""),
    403: (
        Refused,
        "Octopus refused: the account lacks a permission.",
        "Give the account the role Insights report manager, or the permission named above.",
    ),
    404: (
        NotFound,
        "Octopus knows no such thing, or this account may not see it.",
        "Check the id, the space, and the account's permissions.",
    ),
    409: (Invalid, "Octopus rejected what was sent: it conflicts with what is there.", ""),
    422: (Invalid, "Octopus rejected what was sent.", ""),
    429: (
        Unreachable,
        "Octopus limits the rate of requests, and stayed at its limit.",
        "Use a service account of its own for reports, or try again later.",
    ),
    503: (Unreachable, "Octopus is starting or not available.", "Try again later."),
}
_OTHER = (Unreachable, "Octopus, or what stands before it, failed.", "Try again later.")


def check_status(response: requests.Response, request: str, words: Callable[[], bytes]) -> None:
    """Return when the reply is one to read; raise the fitting error when it is not.

    ``request`` names it (``GET https://…``); ``words`` reads the body of an error.

    Raises:
        OctopusError: of the class that fits the status, with ErrorMessage and Errors.
    """
    status = response.status_code
    if 300 <= status < 400:
        address = clean_text(response.headers.get("Location", "(not stated)"))[:300]
        raise BadReply(
            "Octopus answered with a redirect, which is not followed: the key is for one address.",
            f"{request} ({status}); new address: {address}",
            "If that is where Octopus is, set OCTOPUS_URL to it.",
            status=status,
        )
    if status == 206:
        raise BadReply(
            "Only a part came back, which nobody asked for.",
            f"{request} (206)",
            "Look for a cache or proxy between here and Octopus.",
            retryable=True,
            status=status,
        )
    if 200 <= status < 300:
        return
    kind, what, remedy = _KINDS.get(status, _OTHER)
    said = _octopus_words(words())
    raise kind(
        what,
        f"{request} ({status})" + (f": {said}" if said else ""),
        remedy,
        retryable=status in RETRYABLE,
        status=status,
    )


def _octopus_words(body: bytes) -> str:
    """ErrorMessage and Errors of an error's body, in one line; nothing when it has another form."""
    try:
        value = parse_json(body)
    except BadReply:
        return ""
    if not isinstance(value, dict):
        return ""
    errors = value.get("Errors")
    parts = [value.get("ErrorMessage"), *(errors if isinstance(errors, list) else [])]
    parts.append(value.get("error_description"))  # when signing in, as OAuth has it
    distinct = dict.fromkeys(part.strip() for part in parts if isinstance(part, str))
    return clean_text(" ".join(part for part in distinct if part))[:_LONGEST_WORDS]


Media = Literal["json", "xml", "csv", "image"]
ACCEPT: dict[Media, str] = {
    "json": "application/json",
    "xml": "application/xml, text/xml",
    "csv": "text/csv",
    "image": "image/*",
}


def check_media(headers: Mapping[str, str], status: int, request: str, media: Media) -> None:
    """Raises BadReply when a successful reply is by its own word not of the kind that was asked
    for: a login page."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if status == 204:
        raise BadReply("Octopus answered with nothing.", f"{request} (204)", status=status)
    if kind and not (kind.endswith((f"/{media}", f"+{media}")) or kind.startswith(f"{media}/")):
        page = "a login page or another web page" if kind == "text/html" else clean_text(kind)[:80]
        raise BadReply(
            f"Instead of {media.upper()}, {page} came back.",
            f"{request} ({status})",
            "Check OCTOPUS_URL, and whether a proxy or a login stands before Octopus.",
            status=status,
        )


def check_framing(headers: Mapping[str, str], request: str) -> None:
    """Raises BadReply when a reply ends just where its connection does, and so may have been cut
    between two elements. A length, chunks, or the checksum of gzip tell the end from a break."""
    if not {"content-length", "transfer-encoding", "content-encoding"} & {*map(str.lower, headers)}:
        raise BadReply(
            "Octopus's reply does not say where it ends, so it cannot be known to be whole.",
            f"{request}: neither Content-Length nor chunks",
            "Look for an old proxy between here and Octopus.",
            retryable=True,
        )


def broken_connection(error: Exception, request: str) -> OctopusError:
    """The error for a connection that could not be made, or that broke."""
    if _has_cause(error, requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        said = re.sub(r" \(_ssl\.c:\d+\)", "", str(_innermost(error)))
        if "WRONG_VERSION_NUMBER" in said:
            return Unreachable(
                "The server does not speak TLS there.",
                f"{request}: {said}",
                "Give the port that speaks HTTPS, or http:// in OCTOPUS_URL if it is plain HTTP.",
            )
        return Unreachable(
            "The server's certificate was not accepted.",
            f"{request}: {said}",
            "If your company signs it, give its certificates with OCTOPUS_CA_BUNDLE.",
        )
    if _has_cause(error, urllib3.exceptions.InvalidHeader, requests.exceptions.InvalidHeader):
        return BadReply("Octopus's reply has a header that contradicts itself.", request)
    return Unreachable(
        "The connection to Octopus could not be made, or broke.",
        f"{request}: {_innermost(error)}",
        "Check OCTOPUS_URL, the network and the proxy; then try again.",
        retryable=True,
    )


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        reasons = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
        error = next((item for item in reasons if isinstance(item, BaseException)), None)
    return chain


def _has_cause(error: Exception, *kinds: type[BaseException]) -> bool:
    return any(isinstance(item, kinds) for item in _chain(error))


def _innermost(error: Exception) -> str:
    last = _chain(error)[-1]
    return clean_text(f"{type(last).__name__} {last}".strip())[:200]
