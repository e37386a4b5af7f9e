"""Whether what is made for one slice names anything of the others: the typed document exactly,
then every file."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from babel import Locale

from insights_reports.assets import TEMPLATES
from insights_reports.delivery.leaks.squeeze import BREAK, Index, foreign, squeeze
from insights_reports.delivery.leaks.texts import texts

_ID = re.compile(r"\b[A-Z][A-Za-z]+-\d+\b")
_ESCAPED = re.compile("%[0-9A-Fa-f]{2}")
_DEPLOYMENT = "Deployments-"


@dataclass(frozen=True)
class Leak:
    """A name or id that is not the slice's own: in which file, where in it, and what is around."""

    file: str
    where: str
    name: str
    around: str = ""

    def __str__(self) -> str:
        around = f" in “{self.around}”" if self.around else ""
        return f"{self.file}, {self.where}: {self.name!r}{around}"


@dataclass(frozen=True)
class Guard:
    """What is known of a whole pull, and what of it one slice may know: ``own`` names and ids, the
    ids of its ``deployments``, and ``shared`` texts that everybody may know."""

    everything: frozenset[str]
    index: Index
    own: frozenset[str]
    deployments: frozenset[str]
    shared: Index

    def in_document(self, name: str, content: bytes) -> Iterator[Leak]:
        """What a typed document holds as JSON: fields are compared exactly, so that this decides
        also of names that no search in text can tell."""
        for text, field in _fields(json.loads(content), ""):
            if text in self.everything and text not in self.own:
                yield Leak(name, field, text)

    def in_file(self, name: str, content: bytes) -> Iterator[Leak]:
        """What a rendered file holds, in whichever part of it.

        Raises: as `texts`.
        """
        for where, text in texts(name, content):
            yield from self.in_text(name, where, text)

    def in_text(self, name: str, where: str, text: str) -> Iterator[Leak]:
        """What a piece of text holds, also as the address of a link spells it."""
        if _ESCAPED.search(text):
            text = f"{text}{BREAK}{unquote(text)}"
        squeezed = squeeze(text)
        shared = self.shared.spans(squeezed)
        for span in foreign(self.index.spans(squeezed), self.own, shared):
            yield Leak(name, where, span.name, squeezed.around(span.begin))
        for found in _ID.findall(text):
            if self._is_foreign(found):
                yield Leak(name, where, found)

    def _is_foreign(self, id: str) -> bool:
        if id.startswith(_DEPLOYMENT):
            return id not in self.deployments
        return id in self.everything and id not in self.own


def _fields(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The names of a document, with their places: texts and ids of names, and ids wherever they
    stand."""
    if isinstance(value, Mapping):
        if value.get("kind") == "name" and "text" in value:
            yield from ((str(value[key]), f"{path}.{key}") for key in ("text", "id"))
            return
        for key, item in value.items():
            yield from _fields(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _fields(item, f"{path}[{number}]")
    elif isinstance(value, str) and "-" in value:
        yield value, path


def index_of(names: Iterable[str], vocabulary: Iterable[str] = ()) -> Index:
    """All names of a pull, to be found in text; ids are known by their form. ``vocabulary`` are
    texts beside the labels of reports of which a name cannot be told."""
    return Index(
        (name for name in names if not _ID.fullmatch(name)), _labels() | _words(vocabulary)
    )


@cache
def _labels() -> frozenset[str]:
    """The words of all labels, in all languages, and of calendars."""
    said: list[str] = []
    for path in sorted((TEMPLATES / "language").glob("*.toml")):
        _collect(tomllib.loads(path.read_text(encoding="utf-8")), said)
        locale = Locale.parse(path.stem)
        for kind in ("months", "days"):
            for context in getattr(locale, kind).values():
                for names in context.values():
                    said += [str(each) for each in names.values()]
    return _words(said)


def _collect(value: object, found: list[str]) -> None:
    if isinstance(value, Mapping):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, list):
        for item in value:
            _collect(item, found)
    else:
        found.append(str(value))


def _words(said: Iterable[str]) -> frozenset[str]:
    words: set[str] = set()
    for text in said:
        found = squeeze(text)
        words.update(found.text[b:e] for b, e in zip(found.begins, found.ends, strict=True))
    return frozenset(words)
