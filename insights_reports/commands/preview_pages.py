"""The pages of the preview, and what it answers to which request.

The edition's pages are byte for byte what a run would deliver. They stand in a frame of a page of
the preview's own, whose script asks for changes and reloads the frame. Every request renders anew.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insights_reports.assets import TEMPLATES
from insights_reports.delivery import Edition
from insights_reports.edition.document import Document, load
from insights_reports.errors import InsightsReportsError
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.html.templates_check import check_templates
from insights_reports.formats.mail import render as mail
from insights_reports.formats.pdf.render import RenderOne
from insights_reports.pipeline.deliver import lone_index
from insights_reports.pipeline.runs import Run

_LONGEST_WAIT = 20.0  # seconds until a question for changes is answered though there is none
_BETWEEN_LOOKS = 0.3  # seconds
_FRAME_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
_FRAME_POLICY += "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
}


@dataclass(frozen=True)
class PreviewedEdition:
    """One composed edition, rendered whenever a part of it is asked for, in bounds of memory and
    time; ``render_page`` has the narrower ones. What `check` would refuse is not rendered."""

    run: Run
    templates: Templates
    render_page: RenderOne
    render_pdf: RenderOne

    @cached_property
    def documents(self) -> list[str]:
        return list(self.run.about.documents)

    @property
    def title(self) -> str:
        return f"{self.run.subscription_name} {self.run.about.period}"

    def page(self, name: str) -> bytes:
        """The web page of one of ``documents``."""
        self._check()
        return self.render_page(self._document(name), "web")

    def pdf(self, name: str) -> bytes:
        """The PDF of one of ``documents``."""
        self._check()
        return self.render_pdf(self._document(name))

    def mail(self) -> bytes:
        """The mail with its picture inside, which mail programs would find beside it."""
        self._check()
        return mail.page(self._document(self.documents[0]), partial(self.render_page, kind="mail"))

    def index(self) -> bytes:
        """The index of a folder in which this edition is the only one."""
        self._check()
        edition = Edition(self.run.about, ())
        return lone_index(self.run, edition, partial(self.render_page, kind="index"))

    def problems(self) -> list[str]:
        """What is wrong with any template, whichever page is looked at."""
        first = self.documents[0]
        made: list[Callable[[], bytes]] = [
            partial(self.page, first),
            self.mail,
            self.index,
            partial(self.pdf, first),
        ]
        found = []
        for make in made:
            try:
                make()
            except InsightsReportsError as error:
                found.append(str(error))
        return list(dict.fromkeys(found))

    def _check(self) -> None:
        if self.templates.own:
            check_templates(self.templates.own)

    def _document(self, name: str) -> Document:
        return load((self.run.documents / f"{name}.json").read_bytes())

    def stamp(self) -> str:
        """Changes whenever a template, style sheet or script does."""
        folders = [TEMPLATES, *([self.templates.own] if self.templates.own else [])]
        found = hashlib.sha256()
        for path in sorted(path for folder in folders for path in folder.rglob("*.*")):
            if path.suffix in (".j2", ".css", ".js"):
                found.update(f"{path} {_state(path)}\n".encode())
        return found.hexdigest()[:16]


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:  # an editor is just replacing it
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def make_app(edition: PreviewedEdition, names: Collection[str]) -> Starlette:
    """The preview as an ASGI application that goes by ``names`` (host and port) alone."""
    pages = _Pages(edition)
    return Starlette(
        routes=[
            Route("/", pages.frame),
            Route("/preview.css", pages.own_file),
            Route("/preview.js", pages.own_file),
            Route("/changed", pages.changed),
            Route("/problems", pages.problems),
            Route("/mail.html", pages.mail),
            Route("/index.html", pages.index),
            Route("/{file}", pages.document),
        ],
        middleware=[Middleware(_OneHost, names=names)],
        exception_handlers={404: _no_such_page, InsightsReportsError: _said},
    )


class _Pages:
    """What a GET gets."""

    def __init__(self, edition: PreviewedEdition) -> None:
        self._edition = edition

    def frame(self, _: Request) -> Response:
        page = SHIPPED.render(
            "preview.html.j2",
            title=self._edition.title,
            documents=self._edition.documents,
            stamp=self._edition.stamp(),
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": _FRAME_POLICY})

    def own_file(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        return Response(
            SHIPPED.text(name), media_type="text/css" if name.endswith("css") else "text/javascript"
        )

    async def changed(self, request: Request) -> Response:
        since = request.query_params.get("since", "")
        end = time.monotonic() + _LONGEST_WAIT
        while (stamp := await run_in_threadpool(self._edition.stamp)) == since:
            if time.monotonic() >= end or await request.is_disconnected():
                break
            await asyncio.sleep(_BETWEEN_LOOKS)
        return PlainTextResponse(stamp)

    def problems(self, _: Request) -> Response:
        return PlainTextResponse("\n\n".join(self._edition.problems()))

    def mail(self, _: Request) -> Response:
        return HTMLResponse(self._edition.mail())

    def index(self, _: Request) -> Response:
        return HTMLResponse(self._edition.index())

    def document(self, request: Request) -> Response:
        name, _, format = request.path_params["file"].rpartition(".")
        if name in self._edition.documents and format == "html":
            return HTMLResponse(self._edition.page(name))
        if name in self._edition.documents and format == "pdf":
            return Response(self._edition.pdf(name), media_type="application/pdf")
        raise HTTPException(404)


def _no_such_page(_: Request, __: Exception) -> Response:
    return PlainTextResponse("There is no such page.", 404)


def _said(_: Request, error: Exception) -> Response:
    """A template that fails is an answer, too."""
    return PlainTextResponse(str(error), 500)


class _OneHost:
    """Answers only requests that name the preview by its loopback address, so that no page of
    another site can reach it through a name of its own; and no answer is kept."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app = self._app
        if scope["type"] == "http" and Headers(scope=scope).get("host", "").lower() not in (
            self._names
        ):
            app = PlainTextResponse("Not this host.", 421)
        await app(scope, receive, send_with_headers)
