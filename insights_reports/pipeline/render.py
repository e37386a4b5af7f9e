"""Rendering: from the documents in a run's folder to files beside them.

Each file is rendered by itself, from a path to a path, so that processes can share the work.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pandas as pd

from insights_reports.edition.document import Document, load
from insights_reports.edition.files import File, file_name
from insights_reports.errors import InsightsReportsError, RenderError
from insights_reports.pipeline.runs import Run, open_run


def files_wanted(run: Run) -> list[tuple[str, str]]:
    """(document, format) of every file of the run's edition."""
    documents = cast(list[str], run.read("edition.json")["documents"])
    return [(d, f) for d in documents for f in run.subscription.formats]


def render_file(folder: Path, document_name: str, format: str) -> Path:
    """Render one document of the run in ``folder`` in one format; returns the file's path.

    Raises:
        RenderError: naming the document, the format and the reason.
    """
    run = open_run(folder)
    document = load((run.documents / f"{document_name}.json").read_bytes())
    try:
        content = _RENDERERS[format](document, run)
    except InsightsReportsError:
        raise
    except Exception as error:
        raise RenderError(
            f"{format.upper()} could not be rendered.",
            f"Document {document_name!r} of {run.subscription_name}: "
            f"{type(error).__name__}: {error}",
            f"The document is kept: {run.documents / document_name}.json",
        ) from error
    name = file_name(run.subscription_name, document.identity.period.name, document.name, format)
    path = run.files / name
    run.files.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def rendered_files(run: Run) -> Iterator[File]:
    """The files that were rendered, in the order of the edition."""
    period = str(run.read("edition.json")["period"])
    for document, format in files_wanted(run):
        name = file_name(run.subscription_name, period, document, format)
        yield File(name, document, (run.files / name).read_bytes())


def _pdf(document: Document, run: Run) -> bytes:
    from insights_reports.formats import pdf

    return pdf.render(document)


def _html(document: Document, run: Run) -> bytes:
    from insights_reports.formats import html

    return html.render(document)


def _xlsx(document: Document, run: Run) -> bytes:
    from insights_reports.formats import excel

    return excel.render(document, pd.read_parquet(run.folder / "deployments.parquet"))


_RENDERERS: dict[str, Callable[[Document, Run], bytes]] = {
    "pdf": _pdf,
    "html": _html,
    "xlsx": _xlsx,
}


@contextmanager
def render_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that render. They start from a server of forks that has not imported Prefect, and
    do not import this process's main module again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["insights_reports.pipeline.render"])
    with _main_kept_out(), ProcessPoolExecutor(workers, mp_context=context) as pool:
        wait([pool.submit(os.getpid) for _ in range(workers)])
        yield pool


@contextmanager
def _main_kept_out() -> Iterator[None]:
    """Without ``__spec__`` and ``__file__`` of the main module, its children cannot import it."""
    main = sys.modules["__main__"]
    names = {"__spec__", "__file__"} & main.__dict__.keys()
    kept = {name: main.__dict__[name] for name in names}
    main.__spec__ = None
    main.__dict__.pop("__file__", None)
    try:
        yield
    finally:
        main.__dict__.update(kept)
