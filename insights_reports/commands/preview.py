"""``preview``: an edition in the browser while its templates are worked on; nothing is delivered.

The pages are byte for byte what a run would deliver. They stand in a frame of a page of the
preview's own, whose script asks for changes and reloads the frame. Every request renders anew.
"""

import argparse
import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from insights_reports.assets import TEMPLATES
from insights_reports.commands.common import as_of
from insights_reports.config_file import find_config, load_config
from insights_reports.edition.document import Document, load
from insights_reports.errors import InsightsReportsError, UsageError
from insights_reports.formats.html import render as html
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.mail import render as mail
from insights_reports.formats.pdf import render as pdf
from insights_reports.owed.periods import periods_wanted
from insights_reports.pipeline.compute import compute
from insights_reports.pipeline.make import pull_for, recorded
from insights_reports.pipeline.progress import clear_line, terminal_progress
from insights_reports.pipeline.render import templates_of
from insights_reports.pipeline.runs import Run, start_run
from insights_reports.pipeline.settings import logo_of

_HOST = "127.0.0.1"
_LONGEST_WAIT = 20.0  # seconds until a question for changes is answered though there is none
_BETWEEN_LOOKS = 0.3  # seconds
_PLAIN = "text/plain; charset=utf-8"
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
_POLICY += "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def main(options: argparse.Namespace) -> int:
    """Pull and compose once, then serve on the loopback interface until Ctrl-C."""
    run = _composed(options)
    templates = templates_of(run.config)
    with pdf.render_pool(1, templates=templates) as render_pdf:
        preview = Preview(run, templates, render_pdf)
        with _serving(preview, options.port) as server:
            print(f"Preview of {preview.title}: http://{_HOST}:{server.server_port}/")
            print("Stop it with Ctrl-C.", flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                return 0
    return 0


def _composed(options: argparse.Namespace) -> Run:
    """A run whose documents are made; it delivers nothing."""
    config_path = find_config(options.config)
    config = load_config(config_path)
    templates_of(config)  # what cannot be used is said before anything is pulled
    logo_of(config)
    run = start_run(
        config_path,
        options.subscription,
        period=options.period,
        as_of=as_of(options),
        url=options.url,
        space=options.space,
        dry_run=True,
    )
    progress = terminal_progress(run.subscription_name)
    with recorded(run):
        _one_period(run)
        pull_for(run, progress)
        progress("figures and cross-check")
        compute(run)
        run.end("done", 0)
    clear_line()
    return run


def _one_period(run: Run) -> None:
    if len(periods_wanted(run.period, run.subscription, run.as_of)) > 1:
        raise UsageError(
            "A preview shows one edition.", f"--period: {run.period!r}", "Name one period."
        )


@dataclass(frozen=True)
class Answer:
    """What a request gets."""

    content: bytes
    media_type: str = "text/html; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK
    policy: str = "frame-ancestors 'self'"


@dataclass(frozen=True)
class Preview:
    """One composed edition, rendered whenever a part of it is asked for."""

    run: Run
    templates: Templates
    render_pdf: Callable[[Document], bytes]

    @cached_property
    def documents(self) -> list[str]:
        return list(self.run.about.documents)

    @property
    def title(self) -> str:
        return f"{self.run.subscription_name} {self.run.about.period}"

    def answer(self, path: str, since: str) -> Answer:
        """The answer to a GET; a template that fails is an answer, too."""
        try:
            return self._answer(path, since)
        except InsightsReportsError as error:
            return Answer(str(error).encode(), _PLAIN, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _answer(self, path: str, since: str) -> Answer:
        own: dict[str, Callable[[], Answer]] = {
            "/": lambda: Answer(self._frame().encode(), policy=_POLICY),
            "/preview.css": lambda: Answer(SHIPPED.text("preview.css").encode(), "text/css"),
            "/preview.js": lambda: Answer(SHIPPED.text("preview.js").encode(), "text/javascript"),
            "/changed": lambda: Answer(self._next_stamp(since).encode(), _PLAIN),
            "/mail.html": lambda: Answer(self._mail().encode()),
        }
        return own[path]() if path in own else self._edition(path)

    def _edition(self, path: str) -> Answer:
        name, _, format = path.removeprefix("/").rpartition(".")
        if name in self.documents and format == "html":
            return Answer(html.render(self._document(name), self.templates))
        if name in self.documents and format == "pdf":
            return Answer(self.render_pdf(self._document(name)), "application/pdf")
        return Answer(b"There is no such page.", _PLAIN, HTTPStatus.NOT_FOUND)

    def _frame(self) -> str:
        return SHIPPED.render(
            "preview.html.j2", title=self.title, documents=self.documents, stamp=self.stamp()
        )

    def _mail(self) -> str:
        """The mail with its picture inside, which mail programs would find beside it."""
        body = mail.render(self._document(self.documents[0]), templates=self.templates)
        page = body.html
        for image in body.images:
            data = base64.b64encode(image.png).decode("ascii")
            page = page.replace(f"cid:{image.cid}", f"data:image/png;base64,{data}")
        return page

    def _document(self, name: str) -> Document:
        return load((self.run.documents / f"{name}.json").read_bytes())

    def _next_stamp(self, since: str) -> str:
        """The stamp as soon as it is another than ``since``, at the latest after a while."""
        end = time.monotonic() + _LONGEST_WAIT
        while (stamp := self.stamp()) == since and time.monotonic() < end:
            time.sleep(_BETWEEN_LOOKS)
        return stamp

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


class _Server(ThreadingHTTPServer):
    """Answers only requests that name it by its loopback address, so that no page of another site
    can reach it through a name of its own."""

    def __init__(self, preview: Preview, port: int) -> None:
        super().__init__((_HOST, port), _Handler)
        self.preview = preview
        self.names = {f"{_HOST}:{self.server_port}", f"localhost:{self.server_port}"}


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if self.headers.get("Host", "").lower() not in self.server.names:
            answer = Answer(b"Not this host.", _PLAIN, HTTPStatus.MISDIRECTED_REQUEST)
        else:
            since = parse_qs(url.query).get("since", [""])[0]
            answer = self.server.preview.answer(url.path, since)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Content-Security-Policy", answer.policy)
        self.end_headers()
        self.wfile.write(answer.content)

    def handle(self) -> None:
        with suppress(ConnectionError):  # a tab that was closed
            super().handle()

    def log_message(self, format: str, *values: object) -> None:
        """Requests are not worth a line each."""


@contextmanager
def _serving(preview: Preview, port: int) -> Iterator[_Server]:
    try:
        server = _Server(preview, port)
    except OSError as error:
        raise UsageError(
            "The preview cannot be served.", f"--port {port}: {error.strerror}", "Choose another."
        ) from None
    with server:
        yield server
