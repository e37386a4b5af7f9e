"""What the summary by formulas lets a reader choose: the sheet "Choices" with every project, group
of environments, environment and month of the deployments, and what finds each among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

import pandas as pd

from insights_reports.edition.same_names import distinct
from insights_reports.edition.values import Name
from insights_reports.formats.excel.book import Book, Cell, quoted
from insights_reports.formats.excel.plan import SheetPlan
from insights_reports.formats.excel.sheets import Head, SheetTable, head_lines, write_sheet
from insights_reports.formats.words.words import Words

EVERY = "*"
"""The criterion that any text meets."""

KEYS = ("project", "environment_group", "environment")
CHOSEN_BY = (
    *("project_id", "project_name", "environment_id", "environment_name"),
    *("environment_group", "month"),
)
"""The columns of the deployments that the choices are made of."""
_LONGEST_CRITERION = 200  # Excel refuses one of more than 255 characters
_LONGEST_LABEL = 250


@dataclass(frozen=True)
class Choice:
    """``label``: what the reader chooses; ``criterion``: what COUNTIFS looks for."""

    label: str
    criterion: str


@dataclass(frozen=True)
class Choices:
    """The first choice of each key is all of them; ``months`` are first days."""

    of: dict[str, tuple[Choice, ...]]
    months: tuple[date, ...]


def choices(rows: pd.DataFrame, words: Words) -> Choices:
    """What can be chosen among these rows (`edition.rows`)."""
    everything = Choice(words.text("excel.summary.all"), EVERY)
    none = words.text("excel.no_group")
    groups = rows["environment_group"]
    names = sorted({*map(str, groups.cat.categories), *([none] if groups.isna().any() else [])})
    found = {
        "project": _things(rows, "project", everything, words),
        "environment_group": (everything, *(Choice(n, _criterion(n)) for n in names)),
        "environment": _things(rows, "environment", everything, words),
    }
    months = sorted(month.date() for month in rows["month"].dropna().unique())
    return Choices(found, tuple(months))


def _things(rows: pd.DataFrame, key: str, everything: Choice, words: Words) -> tuple[Choice, ...]:
    """By name; two of one name have their ids beside it."""
    pairs = rows[[f"{key}_id", f"{key}_name"]].drop_duplicates()
    names = {
        str(id_): words.name(Name(None if pd.isna(name) else str(name), str(id_)))[:_LONGEST_LABEL]
        for id_, name in pairs.itertuples(index=False)
    }
    called = distinct({(id_, name): name for id_, name in names.items()}, everything.label)
    labels = sorted((label.casefold(), id_, label) for (id_, _), label in called.items())
    return (everything, *(Choice(label, _criterion(id_)) for _, id_, label in labels))


def _criterion(text: str) -> str:
    """Finds this text alone: without the sign an operator in front of it would be one."""
    escaped = [f"~{char}" if char in "~*?" else char for char in text]
    if len(text) > _LONGEST_CRITERION:
        escaped = [*escaped[:_LONGEST_CRITERION], EVERY]
    return "=" + "".join(escaped)


def write_choices(book: Book, plan: SheetPlan, choices: Choices) -> None:
    """The sheet: for each key the choices and what finds them, then the months."""
    head, columns = _head(book, plan), _all_columns(choices, book.words)
    heads = [*_heads(book.words), book.words.text("excel.deployments.month")]
    rows = [[cell or Cell(None) for cell in row] for row in zip_longest(*columns)]
    write_sheet(book, head, SheetTable(heads, rows, name="Choices"))


def lists(book: Book, plan: SheetPlan, choices: Choices) -> dict[str, str]:
    """Where each column of the sheet stands: ``project``, ``project:found``, …, ``month``."""
    head, columns = _head(book, plan), _all_columns(choices, book.words)
    first = len(head_lines(book, head, max(map(len, columns)))) + 2
    names = [name for key in KEYS for name in (key, f"{key}:found")] + ["month"]
    return {
        name: f"{quoted(head.name)}!${letter}${first}:${letter}${first + len(column) - 1}"
        for name, letter, column in zip(names, "ABCDEFG", columns, strict=True)
    }


def _head(book: Book, plan: SheetPlan) -> Head:
    words = book.words
    about = (words.text("excel.about.choices"),)
    title = words.text("excel.sheet.choices")
    return Head(plan.fixed["choices"], title, "", about, plan.fixed["contents"])


def _all_columns(choices: Choices, words: Words) -> list[list[Cell]]:
    months = [Cell(words.text("excel.summary.all")), *(Cell(m, "Month") for m in choices.months)]
    return [*(list(column) for key in KEYS for column in _columns(choices.of[key])), months]


def _heads(words: Words) -> Iterator[str]:
    for key in KEYS:
        title = words.text(f"excel.deployments.{key}")
        yield title
        yield words.text("excel.summary.found", column=Name(title))


def _columns(listed: Iterable[Choice]) -> Iterator[Iterator[Cell]]:
    some = tuple(listed)
    yield (Cell(choice.label) for choice in some)
    yield (Cell(choice.criterion) for choice in some)
