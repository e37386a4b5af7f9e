"""The steps that `editions.py` measures; each call is a process of its own and prints one line."""

import base64
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from markupsafe import Markup

from insights_reports.cli import collect_rarely

ZONE = "Europe/Berlin"


def edition(run: str) -> str:
    """From the sealed pull of a run to its files; prints how many, and the CPU seconds a stage, the
    first of which is the start of this process with all that it imports."""
    from insights_reports.pipeline.compute import compute
    from insights_reports.pipeline.render import render_all
    from insights_reports.pipeline.runs import Run, open_run

    stages = {"start": _cpu()}

    @contextmanager
    def stage(self: Run, name: str) -> Iterator[None]:
        begun = _cpu()
        yield
        stages[name] = _cpu() - begun

    Run.stage = stage  # type: ignore[method-assign]
    opened = open_run(Path(run))
    compute(opened)
    with opened.stage("render"):
        files = render_all(opened)
    shown = ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items())
    return f"{len(files)} | {shown}"


def _cpu() -> float:
    """Processor seconds so far, of this process and of the children that it has waited for."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def table() -> str:
    """A plain table of 300 rows and 7 columns as a PDF, for the second time in this process; prints
    the CPU seconds."""
    from weasyprint import HTML

    row = "<tr>" + "".join(f"<td>cell {column}</td>" for column in range(7)) + "</tr>"
    style = "body{font:9pt sans-serif}table{width:100%}td{border:1px solid #ccc;padding:2px}"
    html = f"<style>{style}</style><table>{row * 300}</table>"
    HTML(string=html).write_pdf()
    begun = _cpu()
    HTML(string=html).write_pdf()
    return f"{_cpu() - begun:.2f}"


def page(document: str, target: str) -> str:
    """The HTML that we lay out ourselves, with its style sheet inside."""
    from insights_reports.edition.document import load
    from insights_reports.formats.charts.fonts import font_face_css
    from insights_reports.formats.html.templates import SHIPPED
    from insights_reports.formats.pdf import layout as pdf_layout

    loaded = load(Path(document).read_bytes())
    rules = pdf_layout._rules(loaded.brand.accent, SHIPPED)
    style = f"<style>@page{{size:A4}}{font_face_css((400, 500, 600))}{rules}</style></head>"
    html = pdf_layout._page(loaded, SHIPPED, pdf_layout._FITS[0], _as_image).replace(
        "</head>", style, 1
    )
    Path(target).write_text(html, encoding="utf-8")
    return str(len(html))


def _as_image(picture: Markup, alt: str) -> Markup:
    """A picture inside the page, so that the file stands alone."""
    data = base64.b64encode(picture.encode()).decode("ascii")
    return Markup('<img src="data:image/svg+xml;base64,{}" alt="{}">').format(data, alt)


def pdf(document: str) -> str:
    """The PDF, by the child process as a run has it; prints the pages."""
    from insights_reports.edition.document import load
    from insights_reports.formats.pdf import render as renderer

    target = Path(document).with_suffix(".benchmark.pdf")
    target.write_bytes(renderer.render(load(Path(document).read_bytes())))
    return pages(str(target))


def pages(path: str) -> str:
    import pikepdf

    with pikepdf.open(path) as opened:
        return str(len(opened.pages))


def sheet_nothing(table: str) -> str:
    """What the ways have in common: start, imports, reading the table."""
    import xlsxwriter  # noqa: F401

    return str(len(pd.read_parquet(table)))


def sheet_ours(table: str) -> str:
    """Our workbook; prints the peak memory in MB."""
    from insights_reports.formats.excel.export import deployments_workbook

    deployments_workbook(pd.read_parquet(table), ZONE)
    return str(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def sheet_xlsxwriter(table: str) -> str:
    """The same columns by XlsxWriter: texts as texts, instants and durations as numbers of days."""
    import xlsxwriter

    frame = pd.read_parquet(table)
    columns = [_values(frame[name]) for name in frame]
    columns.insert(0, _values(frame["completed"].dt.tz_convert(ZONE).dt.tz_localize(None)))
    target = Path(table).with_suffix(".benchmark.xlsx")
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(zip(*columns, strict=True)):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value == value:  # no NaN
                    sheet.write_number(number, column, value)
    return str(target.stat().st_size)


def _values(column: Any) -> Any:
    """As Excel has them: days since 1899-12-30, days, numbers, texts."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_localize(None)
    if column.dtype.kind == "M":
        column = column - pd.Timestamp("1899-12-30")
    if column.dtype.kind == "m":
        return (column / pd.Timedelta(days=1)).tolist()
    if column.dtype.kind in "fib":
        return column.astype(float).tolist()
    return column.astype(object).where(column.notna(), float("nan")).tolist()


def workbook(run: str, table: str) -> str:
    """The whole workbook of an edition's first document, with those rows; prints the processor
    seconds from here on and the peak memory in MB."""
    from insights_reports.edition.document import load
    from insights_reports.formats.excel import render as excel
    from insights_reports.formats.excel.rows import RowsFile

    document, begun = load((Path(run) / "documents" / "summary.json").read_bytes()), _cpu()
    excel.render(document, RowsFile(Path(table)))
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return f"{_cpu() - begun:.1f} s, {peak} MB"


def workbook_rows(run: str, table: str, many: str) -> str:
    """As many rows for a workbook: those of a run again and again, each with an id of its own."""
    own = pq.read_table(Path(run) / "workbook.parquet")
    times = -(-int(many) // own.num_rows)
    found = pa.concat_tables([own] * times).slice(0, int(many))
    at = found.schema.get_field_index("deployment_id")
    ids = pa.array([f"Deployments-{n}" for n in range(found.num_rows)], found.schema.field(at).type)
    pq.write_table(found.set_column(at, found.schema.field(at), ids), table)
    return str(found.num_rows)


def rows(reply: str, table: str) -> str:
    """The deployments table of a reply of ``/deployments``, kept for the steps of the raw sheet."""
    from insights_reports.octopus import read_deployments

    with Path(reply).open("rb") as file:
        deployments = read_deployments(file).table
    deployments.to_parquet(table)
    return str(len(deployments))


STEPS: dict[str, Callable[..., str]] = {
    "edition": edition,
    "table": table,
    "page": page,
    "pdf": pdf,
    "pages": pages,
    "rows": rows,
    "workbook-rows": workbook_rows,
    "workbook": workbook,
    "sheet-nothing": sheet_nothing,
    "sheet-ours": sheet_ours,
    "sheet-xlsxwriter": sheet_xlsxwriter,
}


if __name__ == "__main__":
    collect_rarely()  # as every command does
    print(STEPS[sys.argv[1]](*sys.argv[2:]))
