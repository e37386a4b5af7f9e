"""The edition as a PDF, laid out in a child process with limits on memory, processor and time."""

import queue
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from insights_reports.edition.document import Document, dump
from insights_reports.errors import RenderError
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.pdf.child import Child, Failed, ProcessLimits
from insights_reports.formats.pdf.libraries import explained

_DEFAULT = ProcessLimits()


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
) -> Iterator[Callable[[Document], bytes]]:
    """A function that renders like `render`, with up to ``workers`` children that are kept for the
    next document; threads may call it at the same time. A child that broke is replaced."""
    seats: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
    for _ in range(workers):
        seats.put(None)

    def render_one(document: Document) -> bytes:
        try:
            try:
                return attempt(document)
            except Failed as failed:
                if not failed.killed:
                    raise
                return attempt(document)  # once more: it was none of the document's doing
        except Failed as failed:
            raise _error(document, failed, templates) from None
        except OSError as error:
            raise RenderError(
                "The PDF renderer cannot work.",
                f"{tempfile.gettempdir()}: {error.strerror or error}",
                "Free some space for temporary files, or set TMPDIR to another folder.",
            ) from None

    def attempt(document: Document) -> bytes:
        child = seats.get()
        try:
            child = child or Child(limits, templates)
            return child.render(dump(document))
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


def _error(document: Document, failed: Failed, templates: Templates) -> RenderError:
    problem = " ".join(str(failed).split())[:300]
    missing = explained(problem)
    if missing:
        return missing
    remedy = "This is a fault of ours: please report it."
    if templates.own:
        remedy = f"Look for the fault in your own templates: {templates.own}"
    if failed.limit:
        remedy = "Show fewer rows or splits in it, or give the renderer more."
    return RenderError(
        "The PDF could not be rendered.",
        f"document {document.name!r} of {document.identity.subscription!r}: {problem}",
        remedy,
    )
