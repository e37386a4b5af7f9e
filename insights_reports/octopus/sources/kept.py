"""What a source read and will not change, kept between runs, and after one that was killed.

A file is there whole or not at all. Everything here can be deleted: it is read again then.
"""

from pathlib import Path

import pandas as pd

from insights_reports.errors import keeping
from insights_reports.whole import whole


class Kept:
    """Tables by name in a folder: those of one space as one account sees it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> pd.DataFrame | None:
        """The table kept under a name; None where there is none, or it cannot be read."""
        try:
            return pd.read_parquet(self._path(name))
        except (OSError, ValueError):  # what is broken is read from Octopus again
            return None

    def keep(self, name: str, table: pd.DataFrame) -> None:
        """Keep a table in place of an earlier one.

        Raises:
            PullError: when it cannot be written.
        """
        path = self._path(name)
        with keeping(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            with whole(path) as part:
                table.to_parquet(part)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.parquet"
