"""A summary by formulas over the sheet "Deployments": the reader chooses a project, a group of
environments, an environment and a month, and the figures follow, the chosen ones and every month's.

Counts are COUNTIFS over ids, which need no care; medians are array formulas. The definitions are
those of the report: deployments are those that count, as successful or failed; a median is that of
all values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from insights_reports.edition.values import Name
from insights_reports.formats.excel.book import Book, Layout, Sheet, quoted
from insights_reports.formats.excel.choices import EVERY, KEYS, Choice, Choices, lists
from insights_reports.formats.excel.formulas import FormulaCell, quoted_text, rows_xml
from insights_reports.formats.excel.plan import SheetPlan
from insights_reports.formats.excel.sheets import Head, head_lines

_EPOCH = date(1899, 12, 30)
_LAST_DAY = 2_958_465  # of a spreadsheet's calendar
_NS_PER_HOUR = 3_600e9
_HEADS = ("month", "deployments", "failed", "rate", "rework", "rework_rate", "lead", "recovery")
_WIDTHS = (24, 30, 16, 14, 12, 14, 22, 26)
MEASURED = ("month", "failed", "rework", "lead_time", "time_to_recovery")
"""The columns of the deployments that the figures are made of."""
_AREAS = {"project": "project_id", "environment": "environment_id"}  # else the key itself


@dataclass(frozen=True)
class SheetRows:
    """Rows of deployments in one sheet: its name, the first and last row, and each column."""

    sheet: str
    first: int
    last: int
    letters: dict[str, str]

    def __getitem__(self, key: str) -> str:
        letter = self.letters[key]
        return f"{quoted(self.sheet)}!${letter}${self.first}:${letter}${self.last}"


def letters(keys: Sequence[str]) -> dict[str, str]:
    """The letter of each column, by its key."""
    return {key: get_column_letter(number) for number, key in enumerate(keys, 1)}


def write_summary(
    book: Book,
    plan: SheetPlan,
    rows: pd.DataFrame,
    areas: Sequence[SheetRows],
    choices: Choices,
) -> tuple[str, memoryview]:
    """The sheet's name, and the XML of its rows."""
    words, where = book.words, lists(book, plan, choices)
    head = Head(
        plan.fixed["summary"],
        words.text("excel.sheet.summary"),
        words.phrase(book.document.identity.scope),
        (words.text("excel.about.summary"), words.text("excel.summary.how")),
        plan.fixed["contents"],
    )
    lines = head_lines(book, head, len(choices.months) + 1)
    sheet = book.sheet(head.name, Layout(_WIDTHS))
    for line in lines:
        sheet.append([line])
    maker = _SummaryMaker(book, rows, areas, choices, where, first=len(lines) + 1)
    table = maker.table_row
    heads = [words.text(f"excel.summary.{key}") for key in _HEADS]
    sheet.table(heads, table, table + 1 + len(choices.months), "Summary")
    _validate(sheet, where, len(lines) + 1)
    return head.name, rows_xml([*maker.choosing(), [], maker.heads(heads), *maker.figures()],
                               maker.first)  # fmt: skip


def _validate(sheet: Sheet, where: dict[str, str], first: int) -> None:
    """A list to choose from in each of the cells."""
    for row, key in enumerate((*KEYS, "month"), first):
        rule = DataValidation("list", formula1=where[key], allow_blank=False)
        rule.add(f"B{row}")
        sheet.paper.data_validations.append(rule)


class _SummaryMaker:
    """The cells of the sheet from its row ``first`` on: a row a choice, then the table."""

    def __init__(
        self,
        book: Book,
        rows: pd.DataFrame,
        areas: Sequence[SheetRows],
        choices: Choices,
        where: dict[str, str],
        *,
        first: int,
    ) -> None:
        self.words = book.words
        self.style = book.style_id
        self.months = choices.months
        self.areas, self.where, self.first = areas, where, first
        self.month_row = first + len(KEYS)
        self.table_row = self.month_row + 2
        self.everything = self.words.text("excel.summary.all")
        self.nothing = self.words.value(None)
        self.group = _group_of(book, choices)
        self.month = _month_of(book, choices)
        self._values = _Values(rows, self.group.label if self.group else None)

    def choosing(self) -> Iterator[list[FormulaCell | None]]:
        label, choice, note = map(self.style, ("Label", "Choice", "Note"))
        for row, key in enumerate(KEYS, self.first):
            found = f'LOOKUP(2,1/({self.where[key]}=$B${row}&""),{self.where[f"{key}:found"]})'
            title = self.words.text(f"excel.deployments.{key}")
            chosen = self.group if key == "environment_group" else None
            yield [
                FormulaCell(title, label),
                FormulaCell(chosen.label if chosen else self.everything, choice),
                FormulaCell(chosen.criterion if chosen else EVERY, note, found),
            ]
        cell, chosen_day = f"$B${self.month_row}", self.month and _serial(self.month)
        yield [
            FormulaCell(self.words.text("excel.deployments.month"), label),
            FormulaCell(chosen_day or self.everything, self.style("Choice, month")),
            FormulaCell(chosen_day or 0, note, f"IF(ISNUMBER({cell}),{cell},0)"),
            FormulaCell(chosen_day or _LAST_DAY, note, f"IF(ISNUMBER({cell}),{cell},{_LAST_DAY})"),
        ]

    def heads(self, titles: Sequence[str]) -> list[FormulaCell | None]:
        first, *others = titles
        number = self.style("Number head")
        return [
            FormulaCell(first, self.style("Column head")),
            *(FormulaCell(title, number) for title in others),
        ]

    def figures(self) -> Iterator[list[FormulaCell | None]]:
        """The chosen month's row, then one for each month."""
        row, month = self.table_row + 1, self.style("Month")
        chosen = (f"$C${self.month_row}", f"$D${self.month_row}")
        shown = _serial(self.month) if self.month else self.everything
        first = FormulaCell(shown, month, f"$B${self.month_row}")
        yield [first, *self._row(row, chosen, self._values.of(self.month))]
        for number, day in enumerate(self.months, row + 1):
            cell, value = f"$A{number}", (day - _EPOCH).days
            yield [
                FormulaCell(value, month),
                *self._row(number, (cell, cell), self._values.of(day)),
            ]

    def _row(
        self, row: int, months: tuple[str, str], values: dict[str, float | None]
    ) -> Iterator[FormulaCell]:
        formulas = {
            "deployments": (self._count(months, "failed", '">=0"'), "Count"),
            "failed": (self._count(months, "failed", "1"), "Count"),
            "rate": (self._share(f"C{row}", f"B{row}"), "Rate"),
            "rework": (self._count(months, "rework", "1"), "Count"),
            "rework_rate": (self._share(f"E{row}", f"B{row}"), "Rate"),
            "lead": (self._median(months, "lead_time"), "Hours"),
            "recovery": (self._median(months, "time_to_recovery"), "Hours"),
        }
        for key, (formula, style) in formulas.items():
            value, array = values[key], key in ("lead", "recovery")
            shown = self.nothing if value is None else value
            yield FormulaCell(shown, self.style(style), formula, array)

    def _count(self, months: tuple[str, str], column: str, criterion: str) -> str:
        low, high = months
        return "+".join(
            f"COUNTIFS({area[column]},{criterion},{self._criteria(area)},"
            f'{area["month"]},">="&{low},{area["month"]},"<="&{high})'
            for area in self.areas
        )

    def _criteria(self, area: SheetRows) -> str:
        return ",".join(
            f"{area[_AREAS.get(key, key)]},$C${row}" for row, key in enumerate(KEYS, self.first)
        )

    def _share(self, part: str, whole: str) -> str:
        return f"IF({whole}=0,{quoted_text(self.nothing)},{part}/{whole})"

    def _median(self, months: tuple[str, str], column: str) -> str:
        low, high = months
        values = ",".join(
            f"IF(ISNUMBER({area[column]})*({area['month']}>={low})*({area['month']}<={high})"
            f"{''.join(self._conditions(area))},{area[column]})"
            for area in self.areas
        )
        return f"IFERROR(MEDIAN({values}),{quoted_text(self.nothing)})"

    def _conditions(self, area: SheetRows) -> Iterator[str]:
        """For medians, which find no text by a criterion: what was chosen, told by its id."""
        for row, key in enumerate(KEYS, self.first):
            wanted = f'$B${row}&""' if key == "environment_group" else f"MID($C${row},2,300)"
            every = f'($C${row}="{EVERY}")'
            yield f"*(({every}+({area[_AREAS.get(key, key)]}={wanted}))>0)"


def _serial(day: date) -> int:
    """The number that a spreadsheet has for a day."""
    return (day - _EPOCH).days


def _group_of(book: Book, choices: Choices) -> Choice | None:
    """The group of environments that the edition speaks of; None where it speaks of all."""
    group = book.document.identity.scope.values.get("group")
    if not isinstance(group, Name):
        return None
    label = book.words.name(group)
    return next((each for each in choices.of["environment_group"][1:] if each.label == label), None)


def _month_of(book: Book, choices: Choices) -> date | None:
    """The month that is the edition's period; None where it is another one."""
    period = book.document.identity.period
    is_month = period.name == f"{period.start:%Y-%m}"
    return period.start if is_month and period.start in choices.months else None


class _Values:
    """What the formulas come to with the choices that the sheet begins with."""

    def __init__(self, rows: pd.DataFrame, group: str | None) -> None:
        measured = rows[list(MEASURED)]  # first: the rows of a group are a copy
        self.rows = measured if group is None else measured[rows["environment_group"] == group]
        self.months = self.rows["month"].to_numpy("datetime64[D]")

    def of(self, month: date | None) -> dict[str, float | None]:
        inside = slice(None) if month is None else self.months == np.datetime64(month)
        failed = self.rows["failed"].to_numpy()[inside]
        bad, total = int(np.nansum(failed)), int(np.isfinite(failed).sum())
        rework = int(self.rows["rework"].to_numpy()[inside].sum())
        return {
            "deployments": total,
            "failed": bad,
            "rate": bad / total if total else None,
            "rework": rework,
            "rework_rate": rework / total if total else None,
            "lead": _median(self.rows["lead_time"].to_numpy("timedelta64[ns]")[inside]),
            "recovery": _median(self.rows["time_to_recovery"].to_numpy("timedelta64[ns]")[inside]),
        }


def _median(times: Any) -> float | None:
    known = times[~np.isnat(times)].view(np.int64)
    return float(np.median(known / _NS_PER_HOUR)) if len(known) else None
