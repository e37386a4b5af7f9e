"""From the configuration to destinations: addresses, credentials, the mail server.

Secrets are read here, where they are used, and nowhere kept.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from insights_reports.config.delivery import (
    Eml,
    Folder,
    Mail,
    Microsoft,
    Outbox,
    Recipients,
    RemoteStorage,
    SlicesPolicy,
)
from insights_reports.config.model import Config
from insights_reports.config.slices import SEPARATOR
from insights_reports.delivery import (
    Destination,
    FolderDestination,
    GraphAccount,
    GraphTransport,
    MailDestination,
    MailTransport,
    Secret,
    StorageDestination,
)
from insights_reports.delivery.mail.sign_in import CommandToken
from insights_reports.delivery.mail.tokens import GoogleToken, MicrosoftToken
from insights_reports.delivery.storage.places import Place
from insights_reports.errors import ConfigError

RECIPIENTS = "recipients"
"""What the ledger calls the destination of a slice's mails."""


def destination_of(config: Config, name: str) -> Destination:
    """The destination ``name`` of ``config``.

    Raises:
        ConfigError: when its settings cannot be used (a missing password).
    """
    chosen = config.destinations[name]
    if not isinstance(chosen, Recipients):
        return place_of(config, name, chosen)
    if isinstance(chosen, Eml):
        found = _into(config, chosen, name, chosen.to, chosen)
    else:
        found = _by_mail(config, name, chosen.to, chosen)
    return replace(found, new_recipients=chosen.new_recipients)


def destinations_of_slice(config: Config, name: str) -> list[Destination]:
    """Where the editions of the slice ``name`` (teams@web-shop) go: a folder of its own in every
    place of its subscription, and its recipients.

    Raises: as `destination_of`.
    """
    subscription, slice = config.find(name), config.slice_of(name)
    if subscription is None or subscription.slices is None or slice is None:
        raise KeyError(name)
    found: list[Destination] = [
        of_slice(place_of(config, each, chosen), name)
        for each in subscription.deliver_to
        if not isinstance(chosen := config.destinations[each], Recipients)
    ]
    policy = subscription.slices
    if to := policy.recipients[slice]:
        found.append(
            _into(config, policy.eml, RECIPIENTS, to, policy)
            if policy.eml
            else _by_mail(config, RECIPIENTS, to, policy)
        )
    return found


def _by_mail(
    config: Config, name: str, to: Sequence[str], chosen: Recipients | SlicesPolicy
) -> MailDestination:
    unknown = chosen.on_unknown
    return mailing(
        config, name, to, chosen.attach, documents=_documents(chosen), on_unknown=unknown
    )


def _into(
    config: Config,
    outbox: Outbox,
    name: str,
    to: Sequence[str],
    chosen: Recipients | SlicesPolicy,
) -> MailDestination:
    """Mails as files."""
    return MailDestination(
        name=name,
        recipients=tuple(to),
        transport=MailTransport("localhost", 25, outbox.sender, security="none"),
        attach=chosen.attach,
        documents=_documents(chosen),
        eml_folder=config.resolve(outbox.path),
    )


def _documents(chosen: Recipients | SlicesPolicy) -> tuple[str, ...] | None:
    return None if chosen.documents == "all" else ("summary",)


def of_slice(place: Place, name: str) -> Place:
    """The folder of the slice ``name`` in a place. It has an index page of its own: who may read
    one slice need not know of the others."""
    subscription, _, slice = name.partition(SEPARATOR)
    below = f"{subscription}/{slice}"
    public = place.public_url and f"{place.public_url.rstrip('/')}/{below}"
    if isinstance(place, FolderDestination):
        return replace(place, path=place.path / subscription / slice, public_url=public)
    return replace(place, url=f"{place.url}/{below}", public_url=public)


def place_of(config: Config, name: str, chosen: Folder | RemoteStorage) -> Place:
    """The place that keeps editions under ``name``.

    Raises: as `destination_of`.
    """
    if isinstance(chosen, Folder):
        path = config.resolve(chosen.path)
        return FolderDestination(name, path, chosen.public_url, chosen.folders)
    key = f"destinations.{name}"
    try:
        return StorageDestination(
            name=name,
            url=chosen.url,
            public_url=chosen.public_url,
            folders=chosen.folders,
            endpoint=chosen.endpoint,
            region=chosen.region,
            ca_bundle=config.resolve(chosen.ca_bundle) if chosen.ca_bundle else None,
            key_file=config.resolve(chosen.key_file) if chosen.key_file else None,
            password=_secret(config, chosen.password_file, f"{key}.password_file"),
            known_hosts=_text(config, chosen.known_hosts, f"{key}.known_hosts"),
            host_key=chosen.host_key,
            graph=graph_account(config, chosen.graph, chosen.ca_bundle) if chosen.graph else None,
        )
    except ValueError as error:
        raise ConfigError(
            "A destination cannot be used.", (f"{config.path}: {key}: {error}",), ""
        ) from None


def places_of(config: Config) -> dict[str, Place]:
    """All places that keep editions.

    Raises: as `destination_of`.
    """
    return {
        name: place_of(config, name, chosen)
        for name, chosen in config.destinations.items()
        if not isinstance(chosen, Recipients)
    }


def mailing(
    config: Config,
    name: str,
    recipients: Sequence[str],
    attach: Sequence[str],
    *,
    documents: tuple[str, ...] | None = ("summary",),
    on_unknown: str = "resend",
) -> MailDestination:
    """Recipients of mails by the configuration's mail server.

    Raises: as `destination_of`.
    """
    if config.mail is None:
        raise ConfigError("There is no mail server.", (f"{config.path}: mail: is required",), "")
    return MailDestination(
        name=name,
        recipients=tuple(recipients),
        transport=transport(config, config.mail),
        attach=tuple(attach),
        documents=documents,
        on_unknown="hold" if on_unknown == "hold" else "resend",
    )


def transport(config: Config, mail: Mail) -> MailTransport | GraphTransport:
    """The settings of the mail server or the mailbox, with the password or the source of tokens.

    Raises:
        ConfigError: when a file cannot be read or the settings contradict each other.
    """
    try:
        if mail.graph:
            return GraphTransport(
                sender=mail.sender,
                account=graph_account(config, mail.graph, mail.ca_bundle),
                sender_name=config.company.name,
                reply_to=mail.reply_to,
                owner=mail.owner,
            )
        return MailTransport(
            host=mail.host or "",
            port=mail.port,
            sender=mail.sender,
            sender_name=config.company.name,
            security=mail.security,
            username=mail.username,
            password=None if mail.auth else _password(config, mail),
            token=_token(config, mail) if mail.auth else None,
            owner=mail.owner,
            reply_to=mail.reply_to,
            ca_bundle=config.resolve(mail.ca_bundle) if mail.ca_bundle else None,
        )
    except ValueError as error:
        raise ConfigError(
            "The mail server's settings cannot be used.", (f"{config.path}: mail: {error}",), ""
        ) from None


def _token(config: Config, mail: Mail) -> Callable[[], str] | None:
    """Where access tokens come from."""
    auth = mail.auth
    if auth is None:
        return None
    if auth.microsoft:
        return _microsoft(config, auth.microsoft, None)
    if auth.google:
        return GoogleToken(config.resolve(auth.google.service_account_file), mail.username or "")
    return CommandToken(auth.oauth_token_command)


def graph_account(config: Config, given: Microsoft, ca_bundle: Path | None) -> GraphAccount:
    """Microsoft Graph, signed in to as an application."""
    token = replace(_microsoft(config, given, ca_bundle), scope=f"{given.endpoint}/.default")
    return GraphAccount(token, given.endpoint, token.ca_bundle)


def _microsoft(config: Config, given: Microsoft, ca_bundle: Path | None) -> MicrosoftToken:
    files = (given.secret_file, given.key_file, given.certificate_file, ca_bundle)
    secret, key, certificate, bundle = (config.resolve(f) if f else None for f in files)
    return MicrosoftToken(
        given.tenant, given.client, secret, key, certificate, given.authority, bundle
    )


def _password(config: Config, mail: Mail) -> Secret | None:
    if mail.username is None:
        return None
    found = _secret(config, mail.password_file, "mail.password_file")
    given = found.reveal() if found else os.environ.get("SMTP_PASSWORD", "").strip()
    if not given:
        raise ConfigError(
            "There is no mail password.",
            (f"{config.path}: mail.username is set",),
            "Set SMTP_PASSWORD in the environment, or mail.password_file.",
        )
    return Secret(given)


def _secret(config: Config, path: Path | None, key: str) -> Secret | None:
    text = _text(config, path, key)
    return Secret(text.strip()) if text and text.strip() else None


def _text(config: Config, path: Path | None, key: str) -> str | None:
    if path is None:
        return None
    try:
        return config.resolve(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(
            "A file that the configuration names cannot be read.",
            (f"{config.path}: {key}: {config.resolve(path)}: {reason}",),
            "",
        ) from None
