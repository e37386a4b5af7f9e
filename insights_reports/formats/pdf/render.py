"""The edition as a PDF, laid out in a child process with limits on memory, processor and time; and
in the same bounds the pages that a company's own templates make."""

import errno
import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from insights_reports.edition.document import Document, dump
from insights_reports.errors import RenderError, no_room
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.pdf.child import Child, Failed, Kind, ProcessLimits
from insights_reports.formats.pdf.libraries import explained

_DEFAULT = ProcessLimits()
_NAMES: dict[Kind, str] = {"pdf": "PDF", "web": "web page", "mail": "mail"}


class RenderOne(Protocol):
    """Makes one file of a document, by default the PDF."""

    def __call__(self, document: Document, kind: Kind = "pdf") -> bytes: ...


def render(
    document: Document, limits: ProcessLimits = _DEFAULT, templates: Templates = SHIPPED
) -> bytes:
    """The PDF, by a child that lives for this document only.

    Raises:
        RenderError: when it exceeds a limit, or the layout fails; names the document.
    """
    with render_pool(1, limits, templates) as render_one:
        return render_one(document)


@contextmanager
def render_pool(
    workers: int, limits: ProcessLimits = _DEFAULT, templates: Templates = SHIPPED
) -> Iterator[RenderOne]:
    """A function that renders like `render`, or the web page or the mail in the same bounds, with
    up to ``workers`` children that are kept for the next document; threads may call it at the same
    time. A child that broke is replaced."""
    seats: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
    for _ in range(workers):
        seats.put(None)

    def render_one(document: Document, kind: Kind = "pdf") -> bytes:
        try:
            try:
                return attempt(document, kind)
            except Failed as failed:
                if not failed.killed:
                    raise
                return attempt(document, kind)  # once more: it was none of the document's doing
        except Failed as failed:
            raise _error(document, kind, failed, templates) from None
        except OSError as error:
            raise no_room("The PDF renderer cannot work.", error.strerror or str(error)) from None

    def attempt(document: Document, kind: Kind) -> bytes:
        child = seats.get()
        try:
            child = child or Child(limits, templates)
            return child.render(dump(document), kind)
        except Failed as failed:
            if child is not None and not failed.alive:
                child.stop()
                child = None
            raise
        finally:
            seats.put(child)

    try:
        yield render_one
    finally:
        for _ in range(workers):
            child = seats.get()
            if child is not None:
                child.stop()


def _error(document: Document, kind: Kind, failed: Failed, templates: Templates) -> RenderError:
    problem = " ".join(str(failed).split())[:300]
    missing = explained(problem)
    if missing:
        return missing
    if (full := os.strerror(errno.ENOSPC)) in problem:
        return no_room(f"The {_NAMES[kind]} could not be rendered.", full)
    remedy = "This is a fault of ours: please report it."
    if failed.limit:
        remedy = "Show fewer rows or splits in it, or give the renderer more."
    if templates.own:
        what = "loop or a text without an end" if failed.limit else "fault"
        remedy = f"Look for a {what} in your own templates: {templates.own}"
    return RenderError(
        f"The {_NAMES[kind]} could not be rendered.",
        f"document {document.name!r} of {document.identity.subscription!r}: {problem}",
        remedy,
    )
