"""Whole words in the pictures of a PDF.

WeasyPrint 70 sets SVG text letter by letter, which breaks every script whose letters join or run
from right to left, and takes a layout for each letter. Our pictures never place letters one by
one, so each text may be set at once, as text outside pictures is.
"""

from collections.abc import Iterator
from typing import Any

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
    """From now on, in this process, SVG text is set at once."""
    svg.TAGS["text"] = svg.text = _draw  # the drawing code compares the two
