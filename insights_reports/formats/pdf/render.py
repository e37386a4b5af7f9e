"""The edition as a PDF, laid out in a child process with limits on memory, processor and time; and
in the same bounds the pages that a company's own templates make."""

import errno
import os
import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from insights_reports.edition.document import Document, dump
from insights_reports.errors import RenderError, no_room
from insights_reports.formats.html.index import IndexEntry, dump_entries
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.pdf.child import Child, Failed, Kind, ProcessLimits
from insights_reports.formats.pdf.libraries import explained

_DEFAULT = ProcessLimits()
_NAMES: dict[Kind, str] = {
    "pdf": "PDF",
    "web": "web page",
    "mail": "mail",
    "index": "index page",
}
_TEMPLATES: dict[Kind, str] = {
    "pdf": "report/print.html.j2",
    "web": "report/web.html.j2",
    "mail": "mail.html.j2",
    "index": "index.html.j2",
}
Shown = Document | Sequence[IndexEntry]


class RenderOne(Protocol):
    """Makes one file of a document, by default the PDF, or of the entries of an index; ``given`` is
    what else `mail.html_part` and `index.render` take."""

    def __call__(self, shown: Shown, kind: Kind = "pdf", **given: Any) -> bytes: ...


def render(
    shown: Shown,
    limits: ProcessLimits = _DEFAULT,
    templates: Templates = SHIPPED,
    kind: Kind = "pdf",
    **given: Any,
) -> bytes:
    """As `RenderOne`, by a child that lives for this file only.

    Raises:
        RenderError: when it exceeds a limit, or the layout fails; names the document.
    """
    with render_pool(1, limits, templates) as render_one:
        return render_one(shown, kind, **given)


@contextmanager
def render_pool(
    workers: int, limits: ProcessLimits = _DEFAULT, templates: Templates = SHIPPED
) -> Iterator[RenderOne]:
    """A function that renders like `render`, with up to ``workers`` children that are kept for the
    next file; threads may call it at the same time. A child that broke is replaced."""
    seats: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
    for _ in range(workers):
        seats.put(None)

    def render_one(shown: Shown, kind: Kind = "pdf", **given: Any) -> bytes:
        try:
            try:
                return attempt(shown, kind, given)
            except Failed as failed:
                if not failed.killed:
                    raise
                return attempt(shown, kind, given)  # once more: it was none of the document's doing
        except Failed as failed:
            raise _error(shown, kind, failed, templates) from None
        except OSError as error:
            raise no_room("The PDF renderer cannot work.", error.strerror or str(error)) from None

    def attempt(shown: Shown, kind: Kind, given: dict[str, Any]) -> bytes:
        child = seats.get()
        try:
            child = child or Child(limits, templates)
            json = dump(shown) if isinstance(shown, Document) else dump_entries(shown)
            return child.render(json, kind, **given)
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


def _error(shown: Shown, kind: Kind, failed: Failed, templates: Templates) -> RenderError:
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
        remedy = f"Look for a {what} in {_TEMPLATES[kind]} or what it includes, in {templates.own}"
    return RenderError(
        f"The {_NAMES[kind]} could not be rendered.", f"{_said(shown)}: {problem}", remedy
    )


def _said(shown: Shown) -> str:
    if isinstance(shown, Document):
        return f"document {shown.name!r} of {shown.identity.subscription!r}"
    return "the list of all editions in a folder"
