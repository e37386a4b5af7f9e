"""What `check` looks at on this machine: folders, the state, the mail server, own templates."""

import tempfile
from pathlib import Path

from insights_reports.config.delivery import Notify, RemoteStorage
from insights_reports.config.model import Config
from insights_reports.delivery import FolderDestination, GraphTransport, Holders
from insights_reports.delivery.mail.carriers import connected
from insights_reports.delivery.mail.smtp import NoConversation
from insights_reports.delivery.notices import AppriseTarget, read_targets
from insights_reports.delivery.storage.places import look
from insights_reports.errors import ConfigError, DeliveryError, UsageError
from insights_reports.formats.html.templates_check import check_templates
from insights_reports.formats.pdf.child import OF_A_PAGE
from insights_reports.formats.pdf.render import render_pool
from insights_reports.pipeline.destinations import place_of, transport
from insights_reports.pipeline.render import templates_of
from insights_reports.pipeline.sample import sample_document, sample_entry
from insights_reports.pipeline.settings import logo_of
from insights_reports.pipeline.state import state_of


def own_templates(config: Config, folder: Path) -> str:
    """Which of the shipped files are replaced. All are templates, and a made-up edition is rendered
    with them as PDF, page, mail and in an index, in bounds of memory and time.

    Raises:
        ConfigError: when one cannot be used.
        RenderError: when one fails.
    """
    replaced = check_templates(folder)
    templates, document = templates_of(config), sample_document()
    with render_pool(1, OF_A_PAGE, templates) as render:
        render(document)
        render(document, "web")
        render(document, "mail")
        made = document.identity.generated.at
        render([sample_entry(document)], "index", title="Sample", generated=made)
    return f"{folder}, in place of {', '.join(replaced) or 'none of the shipped files'}"


def logo(config: Config) -> str:
    """The logo's path, when it can be used."""
    logo_of(config)
    return str(config.company.logo)


def folder(path: Path) -> str:
    """A folder that exists can be written to, or can be made where its parent can.

    Raises:
        DeliveryError: when it cannot.
    """
    reason = _unwritable(path)
    if reason:
        raise DeliveryError(
            "The folder cannot be written.", reason, "Change its owner or mode, or its path."
        )
    return str(path)


def state(config: Config) -> str:
    """The state's folder can be written, as `folder`.

    Raises:
        UsageError: when it cannot.
    """
    path = state_of(config)
    reason = _unwritable(path)
    if reason:
        raise UsageError(
            "The state's folder cannot be written.",
            reason,
            "Change its owner or mode, or name another folder by `state:`.",
        )
    return str(path)


def _unwritable(path: Path) -> str:
    """Why nothing can be written into ``path``; "" when it can."""
    place = next(each for each in (path, *path.parents) if each.exists())
    if not place.is_dir():
        return f"{place}: it is a file"
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return f"{path}: nothing can be written into {place}: {error.strerror}"
    return ""


def storage(config: Config, name: str, chosen: RemoteStorage) -> str:
    """Storage elsewhere can be signed in to and listed; nothing is written."""
    place = place_of(config, name, chosen)
    if isinstance(place, FolderDestination):
        return folder(place.path)
    return look(place, Holders(state_of(config) / "holders"))


def notices(config: Config, notify: Notify) -> str:
    """Whom operators' notices go to; the addresses of Apprise are read, nothing is sent.

    Raises:
        ConfigError: when a file of addresses cannot be used.
        UsageError: when a notice would reach nobody.
    """
    told = list(notify.mail) if config.mail else []
    if notify.apprise_file is not None:
        told += [target.label for target in _targets(config.resolve(notify.apprise_file))]
    if not told:
        raise UsageError(
            "A notice to the operators would reach nobody.",
            f"{config.path}: notify",
            "Give `mail:` (and the mail server) or `apprise_file:`, or leave `notify:` out.",
        )
    return f"{', '.join(told)}, when {', '.join(notify.on)}"


def _targets(path: Path) -> tuple[AppriseTarget, ...]:
    key = f"notify.apprise_file: {path}"
    try:
        return read_targets(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError("The operators cannot be told.", (f"{key}: {reason}",), "") from None


def mail_server(config: Config) -> str:
    """The mail server lets us in, signed in as a run would be; no mail is sent.

    Raises:
        ConfigError: when its settings cannot be used.
        DeliveryError: when it does not let us in.
    """
    if config.mail is None:
        raise ConfigError("There is no mail server.")
    given = transport(config, config.mail)
    by_graph = isinstance(given, GraphTransport)
    where = given.sender if isinstance(given, GraphTransport) else f"{given.host}:{given.port}"
    try:
        with connected(given) as server:
            size = f", at most {server.largest:,} bytes a mail" if server.largest else ""
    except NoConversation as error:
        raise DeliveryError(
            "The mail server cannot be used.",
            f"{where}: {error}",
            "Check `mail.graph:`, the application's secret and its permissions."
            if by_graph
            else "Check `mail:` (host, port, security, username), the password and the network.",
        ) from None
    if isinstance(given, GraphTransport):
        return f"{where}, by Microsoft Graph"
    signed_in = f", signed in as {given.username}" if given.username else ""
    return f"{given.host}:{given.port}, {given.security}{signed_in}{size}"
