"""Tables that list things: some rows on the page, and the rest where there is room."""

from collections.abc import Sequence

import pandas as pd

from insights_reports.edition.document import Column, ColumnKind, Table
from insights_reports.edition.values import Name, Phrase, Value

Columns = Sequence[tuple[str, ColumnKind]]
"""Keys of heads in the catalogue (``column.…``), each with what stands below it."""
Rows = list[tuple[Value, ...]]


def listing(
    id: str,
    title: Phrase,
    subtitle: Phrase | None,
    columns: Columns,
    rows: Sequence[tuple[Value, ...]],
    shown: int,
) -> Table:
    """A table of ``rows``, of which the first ``shown`` stand on paper."""
    return Table(
        id=id,
        title=title,
        subtitle=subtitle,
        columns=tuple(Column(Phrase(f"column.{name}"), kind) for name, kind in columns),
        rows=tuple(rows[:shown]),
        total_rows=len(rows),
        all_rows=tuple(rows) if len(rows) > shown else (),
    )


def text_of(value: object) -> str | None:
    """A cell of the deployments table as text; None where it has none."""
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def name_of(value: object) -> Name | None:
    """The same as a name."""
    text = text_of(value)
    return None if text is None else Name(text)
