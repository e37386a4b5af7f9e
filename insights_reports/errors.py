"""Every error that a user can meet, with the exit status it ends a command with.

A message has at most three lines: what went wrong, which thing it was, what to do. It never holds
a secret. Each attribute has a default, because exceptions cross process borders by pickling.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_SECRETS = ("OCTOPUS_API_KEY", "OCTOPUS_ACCESS_TOKEN", "SMTP_PASSWORD", "WEBHOOK_SECRET")


def without_secrets(text: str) -> str:
    """The last line of defence; no message is meant to hold a secret in the first place."""
    for name in _SECRETS:
        secret = os.environ.get(name, "").strip()
        if len(secret) >= 5:
            text = text.replace(secret, f"<{name}>")
    return text


class InsightsReportsError(Exception):
    """An expected failure. ``what`` happened, ``which`` thing (name and value), the ``remedy``."""

    exit_status = 1

    def __init__(self, what: str = "", which: str = "", remedy: str = "") -> None:
        super().__init__(what, which, remedy)
        self.what = what
        self.which = which
        self.remedy = remedy

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, self.which, self.remedy) if line)


class UsageError(InsightsReportsError):
    """The command, or a value given to it, cannot be understood."""

    exit_status = 2


class ConfigError(UsageError):
    """The configuration has problems: all of them at once, each with file, key and remedy."""

    def __init__(self, what: str = "", problems: tuple[str, ...] = (), remedy: str = "") -> None:
        super().__init__(what, "\n".join(problems), remedy)
        self.problems = problems

    def __reduce__(self) -> tuple[type, tuple[str, tuple[str, ...], str]]:
        return type(self), (self.what, self.problems, self.remedy)


class OctopusError(InsightsReportsError):
    """Octopus could not be reached, refused, or answered with something we cannot use.

    ``retryable`` tells whether the same request may succeed when it is made again later;
    ``status`` is the HTTP status, if there was one.
    """

    exit_status = 3

    def __init__(
        self,
        what: str = "",
        which: str = "",
        remedy: str = "",
        *,
        retryable: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(what, which, remedy)
        self.retryable = retryable
        self.status = status

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.what, self.which, self.remedy), self.__dict__


class Unreachable(OctopusError):
    """No connection, a connection that broke, or no answer before the deadline."""


class Refused(OctopusError):
    """The credentials were not accepted (401) or lack a permission (403)."""


class NotFound(OctopusError):
    """The thing asked for does not exist, or this account may not see it (404)."""


class NotAvailable(OctopusError):
    """This server does not offer Insights reports (licence or version)."""


class Invalid(OctopusError):
    """Octopus rejected what was sent (400, 409); its own words are in the message."""


class BadReply(OctopusError):
    """The reply is not what the API promises: a login page, cut short, or not JSON."""


class NoData(InsightsReportsError):
    """Nothing is known of the period that was asked for."""


class PullError(InsightsReportsError):
    """What was read from Octopus cannot be kept, or is not what was kept."""

    exit_status = 3


class HistoryError(InsightsReportsError):
    """The history of deployments cannot be kept, or is not what was kept."""

    exit_status = 3


class HistoryUnwritable(HistoryError):
    """The history lies where this account may not write: a matter of the set-up."""

    exit_status = 2


class RenderError(InsightsReportsError):
    """A file could not be rendered."""

    exit_status = 4


def no_room(what: str, reason: str) -> RenderError:
    """``what`` could not be done in the folder for temporary files."""
    return RenderError(
        what,
        f"{tempfile.gettempdir()}: {reason}",
        "Free some space for temporary files, or set TMPDIR to another folder.",
    )


class DeliveryError(InsightsReportsError):
    """At least one destination did not take what was owed to it."""

    exit_status = 5


class ServerGone(InsightsReportsError):
    """Prefect's server ended, or does not answer: schedules cannot be served."""

    exit_status = 5


@contextmanager
def keeping(path: object) -> Iterator[None]:
    """Turn what the operating system says about writing ``path``, a part of a pull, into our own
    error: it is no fault of the network, and asking again would not mend it.

    Raises:
        PullError: for every OSError.
    """
    try:
        yield
    except OSError as error:
        raise PullError(
            "The pull cannot be written.",
            f"{path}: {error.strerror or error}",
            "Check the free space and the rights of the folder.",
        ) from None
