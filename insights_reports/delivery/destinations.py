"""Where editions go: folders and mailboxes, and the mail server that carries the mail."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from insights_reports.edition.files import File
from insights_reports.spelling.folders import DEFAULT, Folders

_STORES = ("s3", "gs", "az", "sftp", "sharepoint", "onedrive")
LARGEST_MAIL = 10_000_000  # bytes as sent; base64 makes about 7.4 MB of files of it


class Secret:
    """A password that no printing, logging, copying or pickling lets out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled: read it where it is used")

    def __deepcopy__(self, memo: object) -> "Secret":
        return self


@dataclass(frozen=True, slots=True)
class MailTransport:
    """The mail server, and who sends.

    ``starttls`` is required, never merely tried; ``tls`` encrypts from the first byte; ``none`` is
    for a server on this machine, unless ``allow_plaintext``. ``ca_bundle`` is a PEM file that takes
    the place of the system's authorities. ``token`` fetches an access token for XOAUTH2, which is
    used instead of the password; it raises `mail.sign_in.NoToken` when there is none.

    Raises:
        ValueError: when the settings contradict each other or an address is not one.
    """

    host: str
    port: int
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: Secret | None = None
    token: Callable[[], str] | None = None
    sender_name: str = ""
    reply_to: str | None = None
    owner: str | None = None  # who takes recipients off the list
    ca_bundle: Path | None = None
    timeout: float = 30.0  # seconds for each command
    final_timeout: float = 600.0  # seconds for the answer to the whole message (RFC 5321, 4.5.3.2)
    allow_plaintext: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "sender", address(self.sender))
        if self.owner is not None:
            object.__setattr__(self, "owner", address(self.owner))
        if self.reply_to is not None:
            object.__setattr__(self, "reply_to", address(self.reply_to))
        if self.security == "none" and not (self.allow_plaintext or is_loopback(self.host)):
            raise ValueError(
                f"mail to {self.host} would travel unencrypted: use starttls or tls, "
                "or allow it explicitly"
            )
        if (self.password or self.token) and not self.username:
            raise ValueError("a password or a token needs a username")


@dataclass(frozen=True, slots=True)
class GraphAccount:
    """Microsoft Graph, and an application's way into it: ``token`` fetches an access token and
    raises `mail.sign_in.NoToken` when there is none. ``ca_bundle`` as in `MailTransport`.

    Raises:
        ValueError: when tokens would travel unencrypted.
    """

    token: Callable[[], str]
    endpoint: str = "https://graph.microsoft.com"
    ca_bundle: Path | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.endpoint).scheme != "https":
            raise ValueError(f"{self.endpoint} would be spoken to unencrypted: use https")


@dataclass(frozen=True, slots=True)
class GraphTransport:
    """A mailbox of Exchange Online that sends through Microsoft Graph; else as `MailTransport`.

    Raises:
        ValueError: when an address is not one.
    """

    sender: str
    account: GraphAccount
    sender_name: str = ""
    reply_to: str | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        for name in ("sender", "reply_to", "owner"):
            if (given := getattr(self, name)) is not None:
                object.__setattr__(self, name, address(given))


@dataclass(frozen=True, slots=True)
class FolderDestination:
    """A folder that keeps every revision of every edition, in ``folders`` of theirs. ``public_url``
    is where its readers find it, if they can."""

    name: str
    path: Path
    public_url: str | None = None
    folders: Folders = DEFAULT


@dataclass(frozen=True, slots=True)
class StorageDestination:
    """Storage elsewhere that keeps every revision of every edition, in ``folders`` below ``url``.

    ``s3://bucket/prefix``, ``gs://…`` and ``az://container/prefix`` take ``endpoint``, ``region``
    and ``ca_bundle``; their credentials come from the environment. ``sftp://user@host:port/path``
    takes ``key_file`` or ``password``, and requires ``known_hosts`` (the text of such a file) or
    ``host_key`` (a fingerprint, ``SHA256:…``). ``sharepoint://host/sites/NAME/LIBRARY/folder`` and
    ``onedrive://user@company/folder`` take ``graph``.

    Raises:
        ValueError: when the URL cannot be used or something is missing.
    """

    name: str
    url: str
    public_url: str | None = None
    endpoint: str | None = None
    region: str | None = None
    ca_bundle: Path | None = None
    key_file: Path | None = None
    password: Secret | None = None
    known_hosts: str | None = None
    host_key: str | None = None
    graph: GraphAccount | None = None
    folders: Folders = DEFAULT

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.rstrip("/"))
        parts = urlsplit(self.url)
        if parts.scheme not in _STORES or not parts.hostname:
            raise ValueError(f"{self.url!r} is no URL such as s3://bucket/reports or sftp://u@h/p")
        if parts.password is not None or any(mark in self.url for mark in "?#\\"):
            raise ValueError("the URL must hold no password, no ?, no # and no backslash")
        if self.endpoint:
            end = urlsplit(self.endpoint)
            if end.scheme != "https" and not is_loopback(end.hostname or ""):
                raise ValueError(f"{self.endpoint} would be spoken to unencrypted: use https")
        if self.is_graph and self.graph is None:
            raise ValueError("there is no way to sign in: give graph (tenant, client, secret_file)")
        if parts.scheme == "sharepoint" and len(parts.path.strip("/").split("/")) < 3:
            raise ValueError("the URL names no library: sharepoint://HOST/sites/NAME/LIBRARY")
        if parts.scheme == "onedrive" and not parts.username:
            raise ValueError("the URL names no user: onedrive://USER@COMPANY/folder")
        if self.is_sftp and not parts.username:
            raise ValueError("the URL names no user: sftp://user@host/path")
        if self.is_sftp and not (self.known_hosts or self.host_key):
            raise ValueError("the server's key is unknown: give known_hosts or host_key")
        if self.is_sftp and not (self.key_file or self.password):
            raise ValueError("there is no way to sign in: give key_file or password_file")

    @property
    def is_sftp(self) -> bool:
        return self.url.startswith("sftp:")

    @property
    def is_graph(self) -> bool:
        return self.url.startswith(("sharepoint:", "onedrive:"))


@dataclass(frozen=True, slots=True)
class MailDestination:
    """Recipients, each of whom gets a message of their own; addresses that differ only in case are
    one.

    ``attach`` are formats (pdf, xlsx, html); ``documents`` the documents of the edition whose files
    are attached, None for all. ``on_unknown`` says what happens when a connection broke before the
    server's answer to a whole message: ``resend`` it (the same bytes and Message-ID) or ``hold``
    it. ``new_recipients`` says whether who was added since gets an edition that others got before.

    Raises:
        ValueError: when an entry of ``recipients`` is not exactly one address.
    """

    name: str
    recipients: tuple[str, ...]
    transport: MailTransport | GraphTransport
    attach: tuple[str, ...] = ("pdf",)
    documents: tuple[str, ...] | None = ("summary",)
    on_unknown: Literal["resend", "hold"] = "resend"
    new_recipients: Literal["next", "now"] = "now"
    eml_folder: Path | None = None  # messages are written there instead of being sent
    largest: int = LARGEST_MAIL

    def __post_init__(self) -> None:
        written: dict[str, str] = {}
        for recipient in map(address, self.recipients):
            written.setdefault(recipient.lower(), recipient)
        object.__setattr__(self, "recipients", tuple(written.values()))

    def chosen(self, files: tuple[File, ...]) -> tuple[File, ...]:
        """Those of ``files`` that are to be attached."""
        return tuple(
            file
            for file in files
            if file.format in self.attach
            and (self.documents is None or file.document in self.documents)
        )


Destination = FolderDestination | StorageDestination | MailDestination


def address(text: str) -> str:
    """The one mail address that ``text`` is, in ASCII (RFC 5891 for its domain).

    Raises:
        ValueError: when it is none, or several, or its local part is not ASCII.
    """
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError(f"{text!r} is not one mail address: {error}") from None
    return str(found.ascii_email)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
