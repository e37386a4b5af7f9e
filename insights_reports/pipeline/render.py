"""Rendering: from the documents in a run's folder to files beside them.

Each file is rendered by itself, from a path to a path, so that workers can share the work.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from insights_reports.config.model import Config
from insights_reports.edition.document import Document, load
from insights_reports.edition.files import File, file_name
from insights_reports.errors import InsightsReportsError, RenderError
from insights_reports.formats.excel import render as excel
from insights_reports.formats.excel.rows import RowsFile
from insights_reports.formats.html import render as html
from insights_reports.formats.html.templates import SHIPPED, Templates, open_templates
from insights_reports.formats.pdf import render as pdf
from insights_reports.formats.pdf.child import Kind
from insights_reports.pipeline.data import data_files
from insights_reports.pipeline.runs import WORKBOOK_ROWS, Run

WORKERS = 2
Render = Callable[[str, str], Path]
MakePage = Callable[..., bytes]


def files_wanted(run: Run) -> list[tuple[str, str]]:
    """(document, format) of every file of the run's edition."""
    return [(d, f) for d in run.about.documents for f in run.subscription.formats]


def dealt(wanted: Sequence[tuple[str, str]], parts: int) -> list[list[tuple[str, str]]]:
    """The files dealt into at most so many parts, each with its share of every format."""
    by_format = sorted(wanted, key=lambda each: each[1])
    return [part for start in range(parts) if (part := by_format[start::parts])]


@contextmanager
def renderer(run: Run, workers: int = WORKERS) -> Iterator[Render]:
    """A function that renders one document of ``run`` in one format and returns the file's path;
    threads may call it at the same time. PDFs are laid out by so many child processes at most,
    which it keeps.

    The function raises RenderError, naming the document, the format and the reason.

    Raises:
        ConfigError: when the company's own templates cannot be used.
    """
    with renderers(run.config, workers) as render_for:
        yield render_for(run)


@contextmanager
def renderers(config: Config, workers: int = WORKERS) -> Iterator[Callable[[Run], Render]]:
    """What gives the `renderer` of each of several runs, which share the child processes.

    Raises: as `renderer`.
    """
    templates = templates_of(config)
    with pdf.render_pool(workers, templates=templates) as render_pdf:

        def render_for(run: Run) -> Render:
            run.files.mkdir(exist_ok=True)
            formats: dict[str, Callable[[Document], bytes]] = {
                "pdf": render_pdf,
                "html": lambda document: (
                    render_pdf(document, "web")
                    if templates.own
                    else html.render(document, templates)
                ),
                "xlsx": lambda document: excel.render(document, _rows_for(document, run)),
            }
            return lambda name, format: _render_file(run, name, format, formats[format])

        yield render_for


def templates_of(config: Config) -> Templates:
    """The company's own templates, or the shipped ones.

    Raises:
        ConfigError: as `open_templates`.
    """
    return open_templates(config.resolve(config.templates)) if config.templates else SHIPPED


def page_maker(config: Config, kind: Kind, shipped: MakePage) -> MakePage:
    """What makes pages of a kind: ``shipped`` with the shipped templates, and with a company's own
    a child process with the bounds of a run.

    Raises:
        ConfigError: as `open_templates`.
    """
    templates = templates_of(config)
    return partial(pdf.render, kind=kind, templates=templates) if templates.own else shipped


def render_all(run: Run) -> list[Path]:
    """Render every file of the run's edition; their paths in its order.

    Raises:
        RenderError: when one of them could not be rendered.
    """
    with renderer(run) as render:
        return render_by(render, run)


def render_by(render: Render, run: Run) -> list[Path]:
    """As `render_all`, by a renderer of the run."""
    with ThreadPoolExecutor(WORKERS) as threads:
        return list(threads.map(lambda wanted: render(*wanted), files_wanted(run)))


def render_part(run: Run, wanted: Sequence[tuple[str, str]]) -> list[Path]:
    """Render these files alone, one after the other; their paths.

    Raises:
        RenderError: as `render_all`.
    """
    with renderer(run, 1) as render:
        return [render(*each) for each in wanted]


def _render_file(run: Run, name: str, format: str, render: Callable[[Document], bytes]) -> Path:
    document = load((run.documents / f"{name}.json").read_bytes())
    try:
        content = render(document)
    except InsightsReportsError:
        raise
    except Exception as error:
        raise RenderError(
            f"{format.upper()} could not be rendered.",
            f"Document {name!r} of {run.subscription_name}: {type(error).__name__}: {error}",
            f"The document is kept: {run.documents / name}.json",
        ) from error
    period = document.identity.period.name
    path = run.files / file_name(run.subscription_name, period, name, format)
    path.write_bytes(content)
    return path


def _rows_for(document: Document, run: Run) -> RowsFile | None:
    """The deployments stand in the first workbook of an edition alone."""
    first = document.edition[0] if document.edition else document.name
    return RowsFile(run.folder / WORKBOOK_ROWS) if document.name == first else None


def rendered_files(run: Run) -> Iterator[File]:
    """The files that were rendered, in the order of the edition, and then its data."""
    period = run.about.period
    for document, format in files_wanted(run):
        name = file_name(run.subscription_name, period, document, format)
        yield File(name, document, (run.files / name).read_bytes())
    yield from data_files(run)
