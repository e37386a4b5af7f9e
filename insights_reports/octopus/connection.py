"""Where Octopus is and how to prove who asks: address, credential, space, certificates, proxy.

https://octopus.com/docs/octopus-rest-api#authentication
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from insights_reports.errors import UsageError

_API_KEY = re.compile(r"API-[A-Z\d]+", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]+")
_CREDENTIALS = (
    "OCTOPUS_API_KEY",
    "OCTOPUS_API_KEY_FILE",
    "OCTOPUS_ACCESS_TOKEN",
    "OCTOPUS_SERVICE_ACCOUNT",
)
_LONGEST_KEY_FILE = 10_000


@dataclass(frozen=True, repr=False, slots=True)
class Credential:
    """One request header and its secret value, which no text and no pickle carries."""

    header: str
    value: str

    @classmethod
    def api_key(cls, key: str, source: str = "OCTOPUS_API_KEY") -> "Credential":
        """Raises UsageError, without the key in it, when ``key`` is no API key."""
        key = key.strip()
        if not _API_KEY.fullmatch(key):
            raise UsageError(
                "The Octopus API key does not have the form of one.",
                f"{source}: it has {len(key)} characters; a key is API- and capitals or digits.",
                "Create a key in Octopus under Profile, My API Keys, or for a service account.",
            )
        return cls("X-Octopus-ApiKey", key)

    @classmethod
    def access_token(cls, token: str, source: str = "OCTOPUS_ACCESS_TOKEN") -> "Credential":
        """Raises UsageError, without the token in it, when ``token`` cannot stand in a header."""
        token = token.strip()
        if not _TOKEN.fullmatch(token):
            raise UsageError(
                "The Octopus access token has characters that no token has.",
                f"{source}: it has {len(token)} characters.",
                "Give the token alone, without the word Bearer.",
            )
        return cls("Authorization", f"Bearer {token}")

    @property
    def secret(self) -> str:
        """The key or token alone."""
        return self.value.removeprefix("Bearer ")

    def hide_in(self, text: str) -> str:
        """``text`` without the secret, should someone have put it there."""
        return text.replace(self.secret, "(hidden)")

    def __repr__(self) -> str:
        return f"Credential({self.header}: hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is never pickled; read it from the environment again.")


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account's id (a GUID) and the file with the token that proves to be it, which a
    CI system or a cloud writes anew every few minutes."""

    id: str
    token_file: Path

    def identity_token(self) -> Credential:
        return Credential.access_token(
            _file_text("OCTOPUS_IDENTITY_TOKEN_FILE", self.token_file), "The identity token"
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """``url`` without a trailing slash (a virtual directory is part of it), ``space`` by name, slug
    or id (None: the default space), ``ca_bundle`` a PEM file, ``proxy`` an address. Without a
    ``credential`` requests are anonymous."""

    url: str
    credential: Credential | ServiceAccount | None
    space: str | None = None
    ca_bundle: str | Path | None = None
    proxy: str | None = field(default=None, repr=False)  # may hold a password

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _checked_url(self.url))
        if self.ca_bundle is not None and not Path(self.ca_bundle).is_file():
            raise UsageError(
                "The file of certificates does not exist.",
                f"File: {self.ca_bundle}",
                "Name a PEM file by --ca-bundle, OCTOPUS_CA_BUNDLE or octopus.ca_bundle.",
            )

    @classmethod
    def from_environment(
        cls,
        url: str | None = None,
        space: str | None = None,
        environ: Mapping[str, str] | None = None,
        ca_bundle: str | Path | None = None,
        proxy: str | None = None,
    ) -> "Connection":
        """The connection that the arguments and, where they are None, the environment describe.

        OCTOPUS_URL, OCTOPUS_SPACE, OCTOPUS_CA_BUNDLE, OCTOPUS_PROXY, and one of OCTOPUS_API_KEY,
        OCTOPUS_API_KEY_FILE, OCTOPUS_ACCESS_TOKEN and OCTOPUS_SERVICE_ACCOUNT (its id, with
        OCTOPUS_IDENTITY_TOKEN_FILE).

        Raises:
            UsageError: when one is missing or malformed. The message never holds the secret.
        """
        variables = os.environ if environ is None else environ
        given = {name: value for name, value in variables.items() if value.strip()}
        address = url or given.get("OCTOPUS_URL", "")
        if not address:
            raise UsageError(
                "It is not said where Octopus is.",
                "Neither --url nor OCTOPUS_URL is given.",
                "Set OCTOPUS_URL, for example to https://example.octopus.app",
            )
        return cls(
            address,
            _credential(given),
            space or given.get("OCTOPUS_SPACE", "").strip() or None,
            ca_bundle or given.get("OCTOPUS_CA_BUNDLE"),
            proxy or given.get("OCTOPUS_PROXY"),
        )


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        valid = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        valid = False
    if not valid or "@" in parts.netloc or parts.query or parts.fragment:
        plain = re.split("[?#]", url.strip())[0][:80]
        shown = "" if "@" in url else f"{plain!r}: "  # the rest may hold a password or a key
        raise UsageError(
            "The address of Octopus cannot be used.",
            f"{shown}it must be http or https, a host, and at most a path: no user, query or #.",
            "Give the address up to, not including, /app or /api: https://example.octopus.app",
        )
    return parts.geturl().rstrip("/")


def _credential(given: Mapping[str, str]) -> Credential | ServiceAccount:
    names = [name for name in _CREDENTIALS if name in given]
    if len(names) != 1:
        raise UsageError(
            "Exactly one credential for Octopus is needed.",
            f"Given: {', '.join(names) or 'none'}",
            f"Set one of {', '.join(_CREDENTIALS)}.",
        )
    (name,) = names
    if name == "OCTOPUS_ACCESS_TOKEN":
        return Credential.access_token(given[name])
    if name == "OCTOPUS_API_KEY":
        return Credential.api_key(given[name])
    if name == "OCTOPUS_API_KEY_FILE":
        return Credential.api_key(_file_text(name, Path(given[name])), name)
    token_file = given.get("OCTOPUS_IDENTITY_TOKEN_FILE")
    if token_file is None:
        raise UsageError(
            "The identity token of the service account is missing.",
            "OCTOPUS_IDENTITY_TOKEN_FILE is not set.",
            "Set it to the file that holds the token.",
        )
    return ServiceAccount(given[name].strip(), Path(token_file))


def _file_text(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_KEY_FILE).decode("ascii", "replace")
    except OSError as error:
        raise UsageError(
            "The file with the credential for Octopus cannot be read.",
            f"{name}: {path} ({error.strerror})",
        ) from None
