"""The slices of a subscription: what each is called, and the file that says who receives it."""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from insights_reports.errors import ConfigError

SEPARATOR = "@"
"""The edition of a slice goes by SUBSCRIPTION@SLICE: in the ledger, in folders and commands."""

_LARGEST = 10_000_000  # bytes of a file of recipients
_LONGEST = 60
_HEAD = {"slice", "recipient"}
Parse = Callable[[Path, str], object]


def short_name(slice: str) -> str:
    """What a slice is called in commands and folders: lower-case letters, digits and dashes.

    A name that is too long, or has nothing of these, gets eight digits of its SHA-256.
    """
    plain = unicodedata.normalize("NFKD", slice).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if name and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(slice.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: _LONGEST - 9].rstrip('-')}-{digest}".lstrip("-")


def short_names(slices: Iterable[str]) -> dict[str, str]:
    """Each slice by what it is called.

    Raises:
        ValueError: when two would be called alike.
    """
    found: dict[str, str] = {}
    for each in slices:
        other = found.setdefault(short_name(each), each)
        if other != each:
            raise ValueError(
                f"{other!r} and {each!r} would both be called {short_name(each)}: "
                "name one of them by its id"
            )
    return found


def fill_in(data: dict[str, Any], folder: Path, parse: Parse) -> Iterator[str]:
    """Put what the files of recipients say where ``recipients:`` would stand; yields what is wrong
    with them, each as ``key: value: what``. ``parse`` reads YAML."""
    subscriptions = data.get("subscriptions")
    for name, one in subscriptions.items() if isinstance(subscriptions, dict) else ():
        slices = one.get("slices") if isinstance(one, dict) else None
        file = slices.get("recipients_file") if isinstance(slices, dict) else None
        if not isinstance(slices, dict) or not isinstance(file, str):
            continue
        key = f"subscriptions.{name}.slices.recipients_file"
        if "recipients" in slices:
            yield f"{key}: {file!r}: recipients stand beside it; keep one of the two"
            continue
        path = (folder / Path(file).expanduser()).resolve()
        try:
            slices["recipients"] = _read(path, parse)
        except ConfigError as error:
            yield f"{key}: {'; '.join(error.problems)}"
        except (OSError, ValueError, csv.Error) as error:
            yield f"{key}: {path}: {getattr(error, 'strerror', None) or error}"


def _read(path: Path, parse: Parse) -> object:
    """Recipients by slice, from a CSV file with the columns slice and recipient, or from YAML."""
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it has over {_LARGEST:,} bytes")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    return _of_csv(text) if path.suffix.lower() == ".csv" else parse(path, text)


def _of_csv(text: str) -> dict[str, list[str]]:
    lines = text.splitlines()
    head = lines[0] if lines else ""
    rows = csv.DictReader(lines, delimiter=";" if ";" in head else ",")
    if not set(rows.fieldnames or ()) >= _HEAD:
        raise ValueError(f"line 1: {head[:60]!r}: the columns must be slice and recipient")
    found: dict[str, list[str]] = {}
    for row in rows:
        slice, recipient = ((row[name] or "").strip() for name in ("slice", "recipient"))
        if not slice:
            raise ValueError(f"line {rows.line_num}: it names no slice")
        found.setdefault(slice, []).extend([recipient] if recipient else [])
    return found
