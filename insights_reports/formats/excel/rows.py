"""The deployments of a workbook: a table, or a Parquet file that is read a batch at a time, so that
the rows of a year need not be in memory at once."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_BATCH = 8_192  # rows


class RowsFile:
    """A table of `edition.rows` that was written by pandas as Parquet; it is opened anew for each
    reading. ``len`` is how many rows it has."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __len__(self) -> int:
        return self._rows

    @cached_property
    def _rows(self) -> int:
        return int(pq.read_metadata(self._path).num_rows)

    def __getitem__(self, columns: list[str]) -> pd.DataFrame:
        """These columns of all rows."""
        with self._opened() as file:
            found: pd.DataFrame = file.read(columns, use_threads=False).to_pandas()
        pa.default_memory_pool().release_unused()
        return found

    def empty(self) -> pd.DataFrame:
        """All columns, and none of the rows."""
        found: pd.DataFrame = pq.read_schema(self._path).empty_table().to_pandas()
        return found

    def batches(self, start: int, stop: int) -> Iterator[pd.DataFrame]:
        """The rows from ``start`` to before ``stop``, so many at a time."""
        at = 0
        with self._opened() as file:
            for batch in file.iter_batches(_BATCH, use_threads=False):
                part = batch[max(start - at, 0) : max(stop - at, 0)]
                at += len(batch)
                if len(part):
                    yield part.to_pandas()

    def _opened(self) -> pq.ParquetFile:
        return pq.ParquetFile(self._path, pre_buffer=False, buffer_size=1 << 16)


WorkbookRows = pd.DataFrame | RowsFile


def batches(rows: WorkbookRows, start: int, stop: int) -> Iterator[pd.DataFrame]:
    """The rows from ``start`` to before ``stop``, all of a table at once."""
    if isinstance(rows, RowsFile):
        yield from rows.batches(start, stop)
    else:
        yield rows.iloc[start:stop]


def no_rows(rows: WorkbookRows) -> pd.DataFrame:
    """The columns alone."""
    return rows.empty() if isinstance(rows, RowsFile) else rows.iloc[:0]
