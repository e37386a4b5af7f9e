"""All the text in a file, wherever it stands: on pages, in cells, properties, comments and hidden
parts. Each piece comes with where it is, for people."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from importlib.util import find_spec
from typing import Any

import pikepdf
import pyarrow.parquet as pq
from lxml import etree

from insights_reports.delivery.leaks.squeeze import BREAK
from insights_reports.errors import ConfigError

Texts = Iterator[tuple[str, str]]

_INLINE = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "br", "code", "em", "font", "i", "mark", "s", "small"),
        *("span", "strong", "sub", "sup", "time", "tspan", "u", "wbr"),
    )
)
_NO_TEXT = frozenset(
    (
        *("class", "style", "role", "rel", "type", "scope", "lang", "dir", "charset", "width"),
        *("height", "viewbox", "d", "fill", "x", "y"),
    )
)  # attributes
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_RUNS = frozenset({"si", "is", "text", "p"})  # elements of a workbook whose runs are one text
_CODES = re.compile(r'&(?:&|"[^"]*"|K[0-9A-Fa-f]{6}|\d+|[A-Za-z])')  # of heads and feet of pages
_STYLES = re.compile(r"xl/(theme/|styles\.xml)")
_SPOKEN = frozenset(
    (
        *("name", "displayName", "tooltip", "display", "location", "Target", "title", "descr"),
        *("prompt", "promptTitle", "error", "errorTitle", "sheet"),
    )
)


def texts(name: str, content: bytes) -> Texts:
    """The texts of a file, by the ending of its name.

    Raises:
        KeyError: for an ending that is none of ours.
    """
    return _READERS[name.rpartition(".")[2]](content)


def require_pdf() -> None:
    """Raises ConfigError when the library that reads PDFs is not installed."""
    if find_spec("pypdf") is None:
        raise ConfigError(
            "The leak test of slices needs pypdf.",
            ("formats: pdf",),
            "Install it: pip install 'insights-reports[slices]'",
        )


def _pdf(content: bytes) -> Texts:
    from pypdf import PdfReader

    for number, page in enumerate(PdfReader(io.BytesIO(content)).pages, 1):
        yield f"page {number}", page.extract_text()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found: list[str] = []
        for item in pdf.objects:
            _strings(item, found, 0)
        yield "its properties", BREAK.join(found)


def _strings(item: Any, found: list[str], depth: int) -> None:
    """Every string of an object: titles, bookmarks, alternative texts, links, metadata."""
    if depth and getattr(item, "is_indirect", False):
        return  # it comes by itself
    if isinstance(item, pikepdf.String):
        found.append(str(item))
    elif isinstance(item, pikepdf.Array):
        for each in item:
            _strings(each, found, depth + 1)
    elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key in item.keys():  # noqa: SIM118  (the keys of a stream are those of its dictionary)
            _strings(item[key], found, depth + 1)
        if isinstance(item, pikepdf.Stream) and item.get("/Type") in ("/Metadata", "/EmbeddedFile"):
            found.append(item.read_bytes().decode("utf-8", "replace"))


def _xlsx(content: bytes) -> Texts:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for part in book.namelist():
            if part.endswith((".xml", ".rels", ".vml")) and not _STYLES.match(part):
                yield part, BREAK.join(_of_xml(book.read(part)))


def _of_xml(content: bytes) -> Iterator[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    for element in etree.fromstring(content, parser).iter():
        if not isinstance(element.tag, str):
            yield element.text or ""  # a comment
            continue
        tag = etree.QName(element).localname
        if tag in _RUNS:
            yield "".join(str(text) for text in element.itertext())
        elif tag.endswith(("Header", "Footer")):
            yield _CODES.sub(_meaning, element.text or "")
        elif element.text and tag != "v":
            yield str(element.text)
        for key, value in element.items():
            if str(key).rpartition("}")[2] in _SPOKEN:
                yield str(value)


def _meaning(code: re.Match[str]) -> str:
    """What a code in the head or foot of a page is for a reader: a new part, "&", or nothing."""
    return {"&&": "&", "&L": BREAK, "&C": BREAK, "&R": BREAK}.get(code[0], "")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.attributes: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("type") or ""
        self._inside = "json" if tag == "script" and "json" in kind else tag
        self.attributes += [
            value
            for key, value in attrs
            if value and key not in _NO_TEXT and not value.startswith("data:")
        ]
        if tag not in _INLINE:
            self.found.append(BREAK)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        if tag not in _INLINE:
            self.found.append(BREAK)

    def handle_data(self, data: str) -> None:
        if self._inside == "json":
            self.found += [BREAK, *_of_json(json.loads(data))]
        elif self._inside == "script":
            self.found.append(_ESCAPE.sub(lambda code: chr(int(code[1], 16)), data))
        elif self._inside != "style":
            self.found.append(data)

    def handle_comment(self, data: str) -> None:
        self.found += [BREAK, data, BREAK]


def _html(content: bytes) -> Texts:
    page = _Page()
    page.feed(content.decode("utf-8", "replace"))
    page.close()
    yield "the page", "".join(page.found)
    yield "an attribute", BREAK.join(page.attributes)


def _json(content: bytes) -> Texts:
    yield "its values", "".join(_of_json(json.loads(content)))


def _of_json(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value + BREAK
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{key}{BREAK}"
            yield from _of_json(item)
    elif isinstance(value, list):
        for item in value:
            yield from _of_json(item)


def _csv(content: bytes) -> Texts:
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    cells = dict.fromkeys(cell for row in rows for cell in row)
    yield "its cells", BREAK.join(cells)


def _parquet(content: bytes) -> Texts:
    table = pq.read_table(io.BytesIO(content))
    metadata = {**(table.schema.metadata or {})}
    yield (
        "its metadata",
        BREAK.join(value.decode("utf-8", "replace") for value in metadata.values()),
    )
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = [str(value) for value in column.unique().to_pylist() if isinstance(value, str)]
        for chunk in column.chunks:
            if hasattr(chunk, "dictionary"):
                values += [str(value) for value in chunk.dictionary.to_pylist()]
        yield f"column {name}", BREAK.join((name, *values))


def _eml(content: bytes) -> Texts:
    message = message_from_bytes(content, policy=default)
    yield "its head", BREAK.join(str(value) for value in message.values())
    for part in message.walk():
        if part.is_multipart():
            continue
        kind, name = part.get_content_subtype(), part.get_filename() or ""
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)  # noqa: S101  (it is no multipart)
        inner = name if name.rpartition(".")[2] in _READERS else f"part.{kind}"
        yield "an attachment's name", name
        if inner.rpartition(".")[2] in _READERS:
            yield from ((f"{name or kind}, {where}", text) for where, text in texts(inner, body))
        elif part.get_content_maintype() == "text":
            yield kind, str(part.get_content())


_READERS: dict[str, Callable[[bytes], Texts]] = {
    "pdf": _pdf,
    "xlsx": _xlsx,
    "html": _html,
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
    "eml": _eml,
}
