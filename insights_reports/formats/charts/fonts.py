"""The bundled typeface: its faces for CSS, its files for rasterisers, the width of a text.

The width is needed where a picture must leave room for a label before anything has laid it out.
"""

import base64
import unicodedata
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

from insights_reports.assets import TEMPLATES

FAMILY = "Insights Sans"
STACK = f'"{FAMILY}","Noto Sans",system-ui,sans-serif'
WEIGHTS = (400, 500, 600, 700)

_FOLDER = TEMPLATES / "fonts"
_WIDE = 1.0  # East Asian wide characters, in em
_UNKNOWN = 0.62  # any other character that the face lacks, in em


def ttf_files() -> tuple[Path, ...]:
    """The faces as TTF, for software that reads no woff2."""
    return tuple(_FOLDER / f"insights-sans-{weight}.ttf" for weight in WEIGHTS)


@cache
def font_face_css(weights: tuple[int, ...]) -> str:
    """``@font-face`` rules with the faces inside, so that nothing is fetched."""
    return "".join(_font_face(weight) for weight in weights)


def _font_face(weight: int) -> str:
    woff2 = (_FOLDER / f"insights-sans-{weight}.woff2").read_bytes()
    data = base64.b64encode(woff2).decode("ascii")
    return (
        f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};'
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
    )


def text_width(text: str, size: float, weight: int = 400) -> float:
    """The width of ``text`` set in ``size``, in the same unit; estimated for foreign scripts."""
    advances = _advances(weight)
    return size * sum(advances.get(ord(c)) or _estimate(c) for c in text)


def shorten(text: str, width: float, size: float, weight: int = 400) -> str:
    """``text`` cut with an ellipsis so that it is at most ``width`` wide."""
    if text_width(text, size, weight) <= width:
        return text
    room = width - text_width("…", size, weight)
    end = len(text)
    while end and text_width(text[:end], size, weight) > room:
        end -= 1
    return text[:end].rstrip() + "…"


def _estimate(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _UNKNOWN


@cache
def _advances(weight: int) -> dict[int, float]:
    """The advance of each character of a face, in em."""
    with TTFont(_FOLDER / f"insights-sans-{weight}.ttf") as font:
        unit = font["head"].unitsPerEm
        metrics = font["hmtx"].metrics
        return {code: metrics[glyph][0] / unit for code, glyph in font.getBestCmap().items()}
