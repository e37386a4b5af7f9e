"""What the commands share: the connection, the clock, and tables on a terminal."""

import argparse
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from insights_reports.assets import TEMPLATES
from insights_reports.delivery import EditionRow, Receipt, State, said
from insights_reports.edition.about import About
from insights_reports.errors import UsageError
from insights_reports.octopus import Connection
from insights_reports.spelling.camel import camel_name


def as_of(options: argparse.Namespace) -> datetime:
    """The instant that the command speaks for: ``--as-of``, or now.

    Raises:
        UsageError: when it is no ISO 8601 instant with a zone.
    """
    if options.as_of is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(options.as_of)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise UsageError(
            "The instant cannot be understood.",
            f"--as-of: {options.as_of!r}",
            "Write it as ISO 8601 with a zone, such as 2026-10-01T06:15:00+03:00.",
        )
    return instant


def connection(options: argparse.Namespace) -> Connection:
    """The connection that the options and the environment describe."""
    return Connection.from_environment(
        url=options.url,
        space=options.space,
        ca_bundle=Path(options.ca_bundle) if options.ca_bundle else None,
        proxy=options.proxy,
    )


def into_folder(path: Path, option: str) -> None:
    """Raises UsageError when the folder that ``path`` is to be written into does not exist."""
    if not path.parent.is_dir():
        raise UsageError(
            "The folder of the file does not exist.",
            f"{option} {path}",
            f"Make {path.parent}, or choose another place.",
        )


def checked(edition: About) -> str:
    """What the cross-check of an edition found."""
    if not edition.figures:
        return "Octopus stated no figures to compare with"
    others = {
        "explained": edition.explained,
        "not comparable": edition.not_comparable,
        "differ": edition.differs,
    }
    said = f"{edition.agrees:,} of {edition.figures:,} figures agree"
    return ", ".join([said, *(f"{number:,} {what}" for what, number in others.items() if number)])


def config_text(template: str, values: Mapping[str, object]) -> str:
    """A configuration from ``templates/``, with ``values`` quoted as YAML takes them."""
    environment = Environment(  # noqa: S701 - YAML, not HTML: values are quoted as JSON
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["quoted"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.get_template(template).render(values)


def print_json(value: object) -> None:
    """Print one JSON document to standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def camel(value: Any) -> Any:
    """``value`` as JSON's types in the spelling of docs/json.md: names in camelCase, instants and
    dates in ISO 8601, enumerations and paths as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return camel({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Mapping):
        return {camel_name(str(key)): camel(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [camel(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, int | float) else str(value)


def edition_json(edition: EditionRow) -> dict[str, Any]:
    """An edition of the ledger in docs/json.md's shape."""
    files = [{"name": name, "size": size, "sha256": digest} for name, size, digest in edition.files]
    return {**camel(edition), "files": files}


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """A delivery in docs/json.md's shape."""
    plain: dict[str, Any] = camel(receipt)
    return {**plain.pop("key"), **plain, "inDoubt": receipt.state is State.UNKNOWN}


def receipt_text(receipt: Receipt) -> str:
    """A delivery on one line: what went into a place with where it stands."""
    to = f" {receipt.key.recipient}" if receipt.key.recipient else ""
    if receipt.done:
        already = " (already delivered, nothing sent again)" if receipt.already else ""
        where = "" if receipt.key.recipient else f" to {receipt.reference}"
        return f"{receipt.key.destination}{to}: {receipt.state}{where}{already}"
    return f"{receipt.key.destination}{to}: {said(receipt)}"


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: str = "") -> None:
    """Print a table with aligned columns; ``right`` holds the letters r or l for each column.

    On a terminal that is too narrow for it each row becomes a paragraph, one cell a line.
    """
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(head))]
    if sys.stdout.isatty() and sum(widths) + 2 * len(widths) - 2 > get_terminal_size().columns:
        _print_paragraphs(head, rows)
        return
    for row in cells:
        line = (
            " " * (width - _width(text)) + text
            if right[i : i + 1] == "r"
            else text + " " * (width - _width(text))
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(line).rstrip())


def _print_paragraphs(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    longest = max(_width(name) for name in head)
    for number, row in enumerate(rows):
        if number:
            print()
        for name, text in zip(head, row, strict=True):
            print(f"{name}{' ' * (longest - _width(name))}  {text}")


def _width(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def size(count: int) -> str:
    """A number of bytes for people: ``214 kB``."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} kB"
    return f"{count / 1_000_000:.1f} MB"
