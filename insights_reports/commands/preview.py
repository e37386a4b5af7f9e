"""``preview``: an edition in the browser while its templates are worked on; it delivers nothing."""

import argparse
import os
import socket
from contextlib import ExitStack

import uvicorn

from insights_reports.commands.common import as_of
from insights_reports.commands.preview_pages import PreviewedEdition, make_app
from insights_reports.config.file import find_config, load_config
from insights_reports.errors import UsageError
from insights_reports.formats.html.templates_check import check_templates
from insights_reports.formats.pdf import render as pdf
from insights_reports.formats.pdf.child import OF_A_PAGE
from insights_reports.owed.periods import periods_wanted
from insights_reports.pipeline.compute import compute
from insights_reports.pipeline.make import pull_for, recorded
from insights_reports.pipeline.progress import clear_line, terminal_progress
from insights_reports.pipeline.render import templates_of
from insights_reports.pipeline.runs import Run, start_run
from insights_reports.pipeline.settings import logo_of

_HOST = "127.0.0.1"
_LAST_ANSWERS = 1  # second for them after Ctrl-C; a question for changes may wait longer


def main(options: argparse.Namespace) -> int:
    """Pull and compose once, then serve on the loopback interface until Ctrl-C."""
    run = _composed(options)
    templates = templates_of(run.config)
    with ExitStack() as stack:
        listener = stack.enter_context(_listen(options.port))
        render_page = stack.enter_context(pdf.render_pool(1, OF_A_PAGE, templates))
        render_pdf = stack.enter_context(pdf.render_pool(1, templates=templates))
        edition = PreviewedEdition(run, templates, render_page, render_pdf)
        host, port = listener.getsockname()
        print(f"Preview of {edition.title}: http://{host}:{port}/")
        print("Stop it with Ctrl-C.", flush=True)
        config = uvicorn.Config(
            make_app(edition, names={f"{host}:{port}", f"localhost:{port}"}),
            log_level="critical",  # requests, and those that Ctrl-C cut, are not worth a line each
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )
        try:
            uvicorn.Server(config).run([listener])
        except KeyboardInterrupt:
            return 0
    return 0


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((_HOST, port))
    except OSError as error:
        said = os.strerror(error.errno) if error.errno else error
        raise UsageError(
            "The preview cannot be served.", f"--port {port}: {said}", "Choose another."
        ) from None


def _composed(options: argparse.Namespace) -> Run:
    """A run whose documents are made; it delivers nothing."""
    config_path = find_config(options.config)
    config = load_config(config_path)
    if config.templates:  # what cannot be used is said before anything is pulled
        check_templates(config.resolve(config.templates))
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
