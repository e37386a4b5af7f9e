"""The mail server, the destinations, and who is told what."""

from pathlib import Path
from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    Field,
    field_validator,
    model_validator,
)

from insights_reports.config.slices import short_names
from insights_reports.config.strict import StrictModel
from insights_reports.spelling.folders import DEFAULT, Folders


def _one_address(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"not one e-mail address: {error}") from None


Address = Annotated[str, AfterValidator(_one_address)]


class Microsoft(StrictModel):
    """Sign-in as an application of Microsoft's Entra ID, by a secret or a certificate (PEM).
    ``authority`` and ``endpoint`` (of Graph) are for national clouds."""

    tenant: str
    client: str
    authority: str = "login.microsoftonline.com"
    endpoint: Annotated[str, Field(pattern="^https://[^/]+$")] = "https://graph.microsoft.com"
    secret_file: Path | None = None
    key_file: Path | None = None
    certificate_file: Path | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Microsoft":
        if bool(self.secret_file) == bool(self.key_file and self.certificate_file):
            raise ValueError("give `secret_file`, or `key_file` and `certificate_file`")
        return self


class Google(StrictModel):
    """Sign-in as a service account of Google that may act for the mailbox."""

    service_account_file: Path


class Auth(StrictModel):
    """Sign-in by access tokens (XOAUTH2); one of the three."""

    oauth_token_command: tuple[str, ...] = ()
    microsoft: Microsoft | None = None
    google: Google | None = None

    @model_validator(mode="after")
    def _one(self) -> "Auth":
        if sum(map(bool, (self.oauth_token_command, self.microsoft, self.google))) != 1:
            raise ValueError("give one of oauth_token_command, microsoft and google")
        return self


class Mail(StrictModel):
    """The mail server, or ``graph``: the sender's mailbox in Exchange Online by Microsoft Graph.
    The password comes from ``password_file`` or the variable SMTP_PASSWORD."""

    host: str | None = None
    graph: Microsoft | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address
    reply_to: Address | None = None
    username: str | None = None
    password_file: Path | None = None
    auth: Auth | None = None
    owner: Address | None = None
    allowed_domains: tuple[str, ...] = ()
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _signs_in(self) -> "Mail":
        if bool(self.host) == bool(self.graph):
            raise ValueError("give `host:`, a mail server, or `graph:`, Microsoft Graph")
        if self.graph and (self.username or self.password_file or self.auth):
            raise ValueError("`graph:` signs in by itself: no username, password_file or auth")
        if self.auth and not self.username:
            raise ValueError("`auth:` needs `username:`, the mailbox that sends")
        return self

    def may_receive(self, address: str) -> bool:
        """Whether mail may go to ``address``: into an allowed domain, if any is named."""
        domain = address.rpartition("@")[2].lower()
        return not self.allowed_domains or domain in {d.lower() for d in self.allowed_domains}


class Folder(StrictModel):
    """A folder that keeps every edition, with an index page; ``folders`` are those in which the
    revisions of an edition stand."""

    type: Literal["folder"]
    path: Path
    folders: Folders = DEFAULT
    public_url: str | None = None


class RemoteStorage(StrictModel):
    """Storage elsewhere: s3://, gs://, az://, sftp://, sharepoint:// or onedrive://, with an index
    page (docs/delivery.md); ``folders`` as of a folder."""

    type: Literal["storage"]
    url: str
    folders: Folders = DEFAULT
    public_url: str | None = None
    endpoint: str | None = None
    region: str | None = None
    ca_bundle: Path | None = None
    key_file: Path | None = None
    password_file: Path | None = None
    known_hosts: Path | None = None
    host_key: Annotated[str, Field(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")] | None = None
    graph: Microsoft | None = None


class Recipients(StrictModel):
    """Recipients of a mail, each of whom gets a message of their own."""

    type: Literal["mail"]
    to: Annotated[tuple[Address, ...], Field(min_length=1)]
    attach: tuple[Literal["pdf", "xlsx", "html"], ...] = ("pdf",)
    documents: Literal["summary", "all"] = "summary"
    on_unknown: Literal["resend", "hold"] = "resend"
    new_recipients: Literal["next", "now"] = "now"


class Outbox(StrictModel):
    """A folder of .eml files, for others to send."""

    path: Path
    sender: Address


class Eml(Recipients, Outbox):
    """Mails as .eml files in a folder, for others to send."""

    type: Literal["eml"]  # type: ignore[assignment]


Destination = Annotated[Folder | RemoteStorage | Recipients | Eml, Field(discriminator="type")]


class Notify(StrictModel):
    """The operators, who are told what the readers are not: by mail, and by Apprise (a file with
    one ``label = URL`` a line)."""

    mail: tuple[Address, ...] = ()
    apprise_file: Path | None = None
    on: tuple[Literal["failed", "partial", "held", "overdue", "recovered"], ...] = (
        "failed",
        "partial",
        "held",
        "overdue",
        "recovered",
    )


class SlicesPolicy(StrictModel):
    """One edition a slice, which has that slice's part alone, for its recipients.

    ``by`` is Project, ProjectGroup, EnvironmentGroup, Tenant, or the name or id of a tenant tag
    set. ``recipients`` has the addresses by the name or id of the slice; ``recipients_file`` is the
    same as YAML, or as CSV with the columns slice and recipient (docs/slices.md). With ``eml``
    the mails are written into a folder instead of being sent.
    """

    by: Annotated[str, Field(min_length=1)]
    recipients: Annotated[dict[str, tuple[Address, ...]], Field(default_factory=dict)]
    recipients_file: Path | None = None
    attach: tuple[Literal["pdf", "xlsx", "html"], ...] = ("pdf",)
    documents: Literal["summary", "all"] = "summary"
    on_unknown: Literal["resend", "hold"] = "resend"
    eml: Outbox | None = None

    @field_validator("recipients")
    @classmethod
    def _told_apart(cls, given: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        short_names(given)
        return given

    @model_validator(mode="after")
    def _some(self) -> "SlicesPolicy":
        if not self.recipients:
            raise ValueError("there is no slice: give `recipients:` or `recipients_file:`")
        return self


MailWhen = Literal["always", "changed", "deployments", "target_missed", "signal"]
