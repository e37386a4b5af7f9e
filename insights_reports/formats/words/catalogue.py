"""The language catalogues: TOML files whose keys are the keys of phrases.

A message is a text with named values in braces, ``"{n} of {all} figures agree"``. A message whose
words depend on a number is a table of plural forms (CLDR's categories: ``one``, ``other``, in
other languages also ``zero``, ``two``, ``few``, ``many``) and names the value that decides::

    rows = { by = "n", one = "{n} row", other = "{n} rows" }

``by`` is "n" when it is left out. A place can ask for a part of its value: ``{change.size}`` (how
large, without the sign), ``{period.dates}`` (the days), ``{figure.number}`` (without the unit).
Tables nest: ``[missing] no_access`` is ``missing.no_access``.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from insights_reports.assets import TEMPLATES
from insights_reports.errors import RenderError

_PLACE = re.compile(r"\{(\w+)(?:\.(\w+))?\}")


@dataclass(frozen=True)
class Message:
    """The forms of one message; a plain one has only ``other``."""

    forms: Mapping[str, str]
    by: str | None = None

    def form(self, category: Callable[[str], str]) -> str:
        """The form for the plural category that ``category`` finds for the deciding value."""
        if self.by is None:
            return self.forms["other"]
        return self.forms.get(category(self.by), self.forms["other"])

    @property
    def places(self) -> frozenset[str]:
        """The names of all values it speaks of."""
        return frozenset(name for form in self.forms.values() for _, name, _ in places_of(form))


@dataclass(frozen=True)
class Catalogue:
    """The messages of one language, by their keys."""

    language: str
    messages: Mapping[str, Message]

    def __contains__(self, key: str) -> bool:
        return key in self.messages

    def message(self, key: str) -> Message:
        try:
            return self.messages[key]
        except KeyError:
            raise RenderError(
                "The language catalogue lacks a phrase.",
                f"language {self.language}, phrase {key}",
                f"Add it to templates/language/{self.language}.toml.",
            ) from None

    def text(self, key: str) -> str:
        return self.message(key).forms["other"]

    def fill(self, key: str, form: str, texts: Mapping[str, str]) -> str:
        """``form`` with its places filled; what a text itself has in braces stays as it is."""

        def text(place: re.Match[str]) -> str:
            try:
                return texts[place[0][1:-1]]
            except KeyError:
                raise RenderError(
                    "A phrase speaks of a value that it was not given.",
                    f"language {self.language}, phrase {key}, value {place[1]}",
                    f"Correct the phrase in templates/language/{self.language}.toml.",
                ) from None

        return _PLACE.sub(text, form)

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(self.messages)


def places_of(form: str) -> Iterator[tuple[str, str, str]]:
    """The places of a text: each as written, the name of its value, and the part or ""."""
    for place in _PLACE.finditer(form):
        yield place[0][1:-1], place[1], place[2] or ""


def _messages(table: Mapping[str, Any], prefix: str = "") -> dict[str, Message]:
    found: dict[str, Message] = {}
    for name, entry in table.items():
        key = f"{prefix}{name}"
        if isinstance(entry, str):
            found[key] = Message({"other": entry})
        elif isinstance(entry.get("other"), str):
            forms = {form: text for form, text in entry.items() if form != "by"}
            found[key] = Message(forms, entry.get("by", "n"))
        else:
            found |= _messages(entry, f"{key}.")
    return found


@lru_cache
def read_catalogue(language: str) -> Catalogue:
    """The catalogue of a language, read once.

    Raises:
        RenderError: when there is none for this language.
    """
    path = TEMPLATES / "language" / f"{language}.toml"
    if language not in languages():
        raise RenderError(
            "There is no catalogue for this language.",
            f"language {language!r}",
            f"Choose one of {', '.join(languages())}.",
        )
    return Catalogue(language, _messages(tomllib.loads(path.read_text(encoding="utf-8"))))


@lru_cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, in alphabetical order."""
    return tuple(sorted(path.stem for path in (TEMPLATES / "language").glob("*.toml")))
