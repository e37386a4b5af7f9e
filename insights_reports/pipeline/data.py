"""The edition as data: the files beside those that people read."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from insights_reports.edition.document import Document
from insights_reports.edition.files import File, file_name
from insights_reports.formats.data.documents import json_schema, to_json
from insights_reports.formats.data.figures import dictionary, to_csv, to_parquet
from insights_reports.pipeline.runs import Run

DOCUMENT = "data"
"""The name that the index and the manifest have for these files."""


def write_data(
    run: Run, period: str, figures: pd.DataFrame, documents: Sequence[Document]
) -> list[str]:
    """Write the edition's data into the run's files; their names."""
    run.files.mkdir(exist_ok=True)
    contents = {
        ("figures", "parquet"): to_parquet(figures),
        ("figures", "csv"): to_csv(figures),
        ("figures-dictionary", "json"): dictionary(),
        ("edition", "json"): to_json(documents),
        ("edition-schema", "json"): json_schema(),
    }
    names = []
    for (what, extension), content in contents.items():
        names.append(file_name(run.subscription_name, period, what, extension))
        (run.files / names[-1]).write_bytes(content)
    return names


def data_paths(run: Run) -> list[Path]:
    """The paths of the edition's data."""
    return [run.files / name for name in run.about.data]


def data_files(run: Run) -> Iterator[File]:
    """The edition's data as files to deliver."""
    for path in data_paths(run):
        yield File(path.name, DOCUMENT, path.read_bytes())
