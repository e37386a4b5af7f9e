"""What WeasyPrint 70 and its libraries do wrong or slowly, put right in this process."""

import re
from collections.abc import Iterator
from typing import Any

import tinyhtml5.inputstream
from weasyprint import svg

_by_letter = svg.TAGS["text"]


class _Whole(str):
    """A text that is its own one and only letter."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        yield str(self)


def _draw(picture: Any, node: Any, font_size: float) -> None:
    node._etree_node.text = _Whole(node.text or "")
    _by_letter(picture, node, font_size)


def set_whole_texts() -> None:
    """From now on SVG text is set at once.

    WeasyPrint sets it letter by letter, which breaks every script whose letters join or run from
    right to left, and takes a layout for each letter. Our pictures never place letters one by one.
    """
    svg.TAGS["text"] = svg.text = _draw  # the drawing code compares the two


class _Patterns(dict[tuple[frozenset[str], bool], re.Pattern[str]]):
    """Runs of characters that are in a set, or are not, made once for each set."""

    def __missing__(self, key: tuple[frozenset[str], bool]) -> re.Pattern[str]:
        characters, inside = key
        some = "".join(re.escape(character) for character in sorted(characters))
        pattern = self[key] = re.compile(f"[{some}]+" if inside else f"[^{some}]+")
        return pattern


def keep_patterns() -> None:
    """From now on the HTML parser keeps its patterns. tinyhtml5 2.1 keeps them by a wrong key, and
    makes them again for every name and value: half the time of reading a page."""
    tinyhtml5.inputstream.characters_until_regex = _Patterns()
