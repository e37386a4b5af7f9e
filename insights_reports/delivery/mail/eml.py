"""Messages as .eml files in a folder, for others to send or to look at."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import TracebackType

from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.mail.smtp import NoConversation, ServerReply
from insights_reports.delivery.storage import files_at
from insights_reports.edition.files import slug


class EmlFolder:
    """Takes messages as a mail server does. Each file is named by its message, so that the same
    message written again is the same file: none can be there twice."""

    largest: int | None = None

    def __init__(self, path: Path, holders: Holders) -> None:
        self._path = path
        self._holders = holders

    def __enter__(self) -> "EmlFolder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def send(self, recipient: str, content: bytes, hand_over: Callable[[], None]) -> ServerReply:
        """Write ``content`` at one stroke.

        Raises:
            NoConversation: when it cannot be written.
        """
        try:
            with files_at.open_root(self._path) as folder:
                files_at.sweep(folder, datetime.now(UTC), self._holders)
                name = _name(recipient, content)
                files_at.replace(folder, name, content, self._holders)
        except OSError as error:
            raise NoConversation(
                f"The folder {self._path} cannot be written: {error.strerror or error}"
            ) from None
        return ServerReply(250, f"written as {name}")

    def reset(self) -> None: ...
    def cut(self) -> None: ...


def _name(recipient: str, content: bytes) -> str:
    head = message_from_bytes(content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=default)
    key = slug(str(head["X-Insights-Reports-Key"]).replace("/", "-"))
    digest = hashlib.sha256(str(head["Message-ID"]).encode()).hexdigest()[:8]
    return f"{key}-{slug(recipient)}-{digest}.eml"
