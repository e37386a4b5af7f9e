"""Cells with formulas, as XML: openpyxl writes a formula without what it comes to, and a program
that only shows workbooks would show nothing.

Formulas are ours alone: no text of the data stands in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

from insights_reports.formats.excel.text import clean


@dataclass(frozen=True, slots=True)
class FormulaCell:
    """``value``: a number or a text, or what the formula comes to at first; ``style``: the number
    of a cell format; ``array``: whether the formula works on arrays."""

    value: str | float
    style: int
    formula: str = ""
    array: bool = False


def rows_xml(rows: Sequence[Sequence[FormulaCell | None]], first_row: int) -> memoryview:
    """The ``row`` elements; a row without cells is left out."""
    parts = []
    for number, row in enumerate(rows, first_row):
        cells = [
            _cell(cell, f"{get_column_letter(column)}{number}")
            for column, cell in enumerate(row, 1)
            if cell is not None
        ]
        if cells:
            parts.append(f'<row r="{number}">{"".join(cells)}</row>')
    return memoryview("".join(parts).encode())


def _cell(cell: FormulaCell, place: str) -> str:
    head = f'<c r="{place}" s="{cell.style}"'
    text = isinstance(cell.value, str)
    if not cell.formula:
        if text:
            shown = escape(clean(str(cell.value)))
            return f'{head} t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'
        return f"{head}><v>{cell.value!r}</v></c>"
    kind = f' t="array" ref="{place}"' if cell.array else ""
    value = escape(clean(str(cell.value))) if text else repr(cell.value)
    typed = ' t="str"' if text else ""
    return f"{head}{typed}><f{kind}>{escape(cell.formula)}</f><v>{value}</v></c>"


def quoted_text(text: str) -> str:
    """The text as a formula writes it."""
    return '"' + text.replace('"', '""') + '"'
