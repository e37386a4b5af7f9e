"""Notices to the operators of the reports, never to their readers: by mail, and by Apprise.

A notice is tried once. What becomes of it decides nothing: a channel that fails is named, and the
others are tried.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape

from insights_reports.delivery.destinations import GraphTransport, MailTransport, Secret
from insights_reports.delivery.mail.carriers import connected
from insights_reports.delivery.mail.message import build
from insights_reports.delivery.mail.smtp import Interrupted, NoConversation
from insights_reports.delivery.receipts import InlineImage, Key

# Schemes that carry a text to people; others of Apprise's run programs or write files.
SCHEMES = frozenset(
    (
        *("discord", "gchat", "gotify", "gotifys", "json", "jsons", "mailto", "mailtos"),
        *("matrix", "matrixs", "mmost", "mmosts", "msteams", "ntfy", "ntfys", "opsgenie"),
        *("pagerduty", "pover", "rocket", "rockets", "slack", "splunk", "syslog", "tgram"),
        *("victorops", "webexteams", "workflows", "zulip"),
    )
)


class NoticeKind(StrEnum):
    """What happened: nothing was delivered, some of it was not, an edition waits for somebody's
    word, one that is due for an hour is not with everybody, or all is well again."""

    FAILED = "failed"
    PARTIAL = "partial"
    HELD = "held"
    OVERDUE = "overdue"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told. ``run_id`` makes each notice of its own; ``lines`` are its text."""

    kind: NoticeKind
    subscription: str
    period: str
    run_id: str
    lines: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"Insights Reports: {self.subscription} {self.period}: {self.kind}"


@dataclass(frozen=True, slots=True)
class AppriseTarget:
    """An address of Apprise's with the label by which messages name it; the address is a secret."""

    label: str
    url: Secret


@dataclass(frozen=True, slots=True)
class _Body:
    subject: str
    text: str
    html: str
    images: tuple[InlineImage, ...] = ()


def read_targets(text: str) -> tuple[AppriseTarget, ...]:
    """The addresses in a file: one a line, ``label = URL``; lines with # are comments.

    Raises:
        ValueError: when a line is no such pair or its scheme is not of `SCHEMES`.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        label, _, url = (part.strip() for part in line.partition("="))
        scheme = url.partition("://")[0].lower()
        if not label or not url or "://" in label:
            raise ValueError(f"line {number} is not `label = URL`")
        if scheme not in SCHEMES:
            raise ValueError(f"line {number} ({label}): the scheme {scheme!r} is not allowed")
        found.append(AppriseTarget(label, Secret(url)))
    return tuple(found)


def by_mail(
    notice: Notice, transport: MailTransport | GraphTransport, to: Sequence[str], now: datetime
) -> list[str]:
    """Mail ``notice`` to the operators; what failed, in words."""
    text = "\r\n".join(notice.lines)
    body = _Body(notice.title, text, f"<pre>{escape(text)}</pre>")
    problems = []
    try:
        with connected(transport) as server:
            for address in to:
                # A period of its own for each run, so that no server takes two notices for one.
                mark = hashlib.sha256(f"{notice.run_id} {notice.kind}".encode()).hexdigest()[:12]
                key = Key(notice.subscription, f"notice-{mark}", 1, "operators", address)
                content = build(key, transport, now, body, ())
                answer = server.send(address, content, _no_matter)
                if answer.refused:
                    problems.append(f"{address}: {answer}")
                    server.reset()
    except (NoConversation, Interrupted) as error:
        problems.append(f"{', '.join(to)}: {error}")
    return problems


def _no_matter(_: str = "") -> None:
    """A notice is tried once: nobody asks what became of it."""


def by_apprise(notice: Notice, targets: Sequence[AppriseTarget]) -> list[str]:
    """Send ``notice`` to each target; the labels of those that failed, in words.

    Apprise follows redirects and then believes that it posted: where it matters, mail as well.
    """
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it writes tokens at lower levels
    grave = notice.kind in (NoticeKind.FAILED, NoticeKind.PARTIAL)
    problems = []
    for target in targets:
        asset = apprise.AppriseAsset(
            app_id="Insights Reports", app_desc="", app_url="", async_mode=False
        )
        sender = apprise.Apprise(asset=asset)
        sent = sender.add(target.url.reveal()) and sender.notify(
            title=notice.title,
            body="\n".join(notice.lines),
            notify_type=apprise.NotifyType.FAILURE if grave else apprise.NotifyType.INFO,
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not sent:
            problems.append(f"{target.label}: not taken")
    return problems
