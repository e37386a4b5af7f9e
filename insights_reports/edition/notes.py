"""The editor's note: every number in it is one of the edition's figures."""

import re
from collections.abc import Iterator, Sequence

from insights_reports.edition.document import Document, EditorsNote, Table, Waterfall
from insights_reports.edition.values import Change, Figure, Part, Phrase, Unit, Value
from insights_reports.errors import UsageError
from insights_reports.spelling.terms import TICKS_PER_SECOND

_NUMBER = re.compile(
    r"(?<![\w.:/-])(\d+(?:,\d{3})*(?:\.\d+)?)(?!\.?\d)(\s*(?:%|h\b|min\b|days?\b|d\b)?)"
)
_HALF = 0.500001  # of the last digit that is written
_SIZES = {"min": 60.0, "h": 3600.0, "d": 86400.0}


def checked_note(note: EditorsNote | None, documents: Sequence[Document]) -> None:
    """Look up every number of a note among the figures of the edition.

    Dates and version numbers are no figures; small whole numbers up to ten are words.

    Raises:
        UsageError: when a number is nowhere in the edition; it names the nearest one of its kind.
    """
    if note is None:
        return
    known = {kind: sorted(set(values)) for kind, values in _known(documents).items()}
    for section, text in note.texts:
        for number, unit in _numbers(text.text or ""):
            _look_up(number, unit, known, section)


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    for found in _NUMBER.finditer(text):
        number, unit = found[1], found[2].strip().rstrip("s")
        unit = {"day": "d"}.get(unit, unit)
        plain = number.replace(",", "")
        year = unit == "" and re.fullmatch(r"(19|20)\d\d", plain)
        small = unit == "" and plain.isdecimal() and int(plain) <= 31
        if not year and not small:
            yield plain, unit


def _look_up(number: str, unit: str, known: dict[str, list[float]], section: str) -> None:
    decimals = len(number.partition(".")[2])
    reach, value = _HALF * 10**-decimals, float(number)
    candidates = known.get(unit, [])
    if any(abs(each - value) <= reach for each in candidates):
        return
    near = min(candidates, key=lambda each: abs(each - value), default=None)
    nearest = "none of that kind" if near is None else f"{near:.{max(decimals, 1)}f} {unit}".strip()
    raise UsageError(
        "A number of the note is nowhere in the edition.",
        f"{number} {unit}".strip() + f" in the note on {section}; the nearest is {nearest}",
        "Correct it, or say it in words.",
    )


def _known(documents: Sequence[Document]) -> dict[str, list[float]]:
    """The edition's figures by the unit that a note may write after them."""
    found: dict[str, list[float]] = {"": [], "%": [], **{unit: [] for unit in _SIZES}}
    for document in documents:
        for value in _values(document):
            _add(found, value)
    return found


def _values(document: Document) -> Iterator[Value]:
    yield document.headline
    for tile in document.tiles:
        yield from (tile.figure, *tile.extra, *tile.spark)
        yield from (tile.change, tile.reason)
        if tile.target is not None:
            yield tile.target.target
            yield tile.target.missed_by
            yield from tile.target.met_of
    for finding in document.findings:
        yield finding.part
        for line in finding.measures:
            yield from (line.figure, line.before, line.text)
    sections = (block for section in document.sections for block in section.blocks)
    for block in (*document.overview, *sections):
        table = block.table if isinstance(block, Waterfall) else block
        if isinstance(table, Table):
            for row in (*table.complete_rows, *((table.total,) if table.total else ())):
                yield from row
    yield from (document.check.figures, document.check.agrees, document.check.differs)
    yield from (document.check.ledger.read, document.check.ledger.used)


def _add(found: dict[str, list[float]], value: Value) -> None:
    match value:
        case Phrase():
            for each in value.values.values():
                _add(found, each)
        case Change():
            _add(found, value.before)
            _add(found, value.after)
            if value.difference is not None:
                _quantity(found, value.difference, value.after.unit)
        case Figure() if value.value is not None:
            _quantity(found, value.value, value.unit)
            if value.n is not None:
                found[""].append(float(value.n))
        case Part():
            _quantity(found, value.size, value.unit)
        case bool():
            return
        case int() | float():
            found[""].append(float(value))


def _quantity(found: dict[str, list[float]], value: float, unit: Unit) -> None:
    size = abs(float(value))
    if unit is Unit.RATE:
        found["%"].append(100 * size)
        found[""].append(100 * size)  # points
    elif unit is Unit.DURATION:
        for name, seconds in _SIZES.items():
            found[name].append(size / TICKS_PER_SECOND / seconds)
    else:
        found[""].append(size)
