"""The colours of the report, light and dark, around the accent of the brand.

Every colour has a token. Pictures carry the light colour literally and the token as a class, so
that one SVG serves paper (where CSS variables are not to be had) and a page that can turn dark.
Text tokens keep 4.5:1 against their paper, graphic tokens 3:1.
"""

import math
from functools import cache

Rgb = tuple[int, int, int]

PAPER = ("#ffffff", "#10181d")

_FIXED = {
    "paper": PAPER,
    "panel": ("#f3f6f7", "#18232a"),
    "ink": ("#14242c", "#e9eff2"),
    "muted": ("#55646c", "#a9b7bf"),
    "rule": ("#dbe1e4", "#2e3b43"),
    "grid": ("#e4e9eb", "#26323a"),
    "axis": ("#7f8c93", "#70808a"),
    "before": ("#7d8a91", "#8b9aa3"),
    "limit": ("#3d3d3d", "#c9d3d8"),
    "failed": ("#801650", "#f19ac4"),
    "guided": ("#b4540a", "#f4a45c"),
    "second": ("#a8480a", "#f4a45c"),
    "better": ("#146b48", "#6fd0a3"),
    "worse": ("#9c1f3d", "#ff9aae"),
    "on-main": ("#ffffff", "#0b1216"),
}
_SLATE = (61, 79, 89)  # what is drawn in the accent, where that is like a status
_ALIKE = 40.0  # colours nearer than this, of 441
_TINTS = (1.0, 0.72, 0.46, 0.24)  # of the accent on paper, for series of the same role


@cache
def palette(accent: str) -> dict[str, tuple[str, str]]:
    """Token -> (light, dark) as ``#rrggbb``. An accent too pale for text is darkened for it; one
    like the colour of worse, better or a target is the masthead's alone, as it would be read so."""
    own = _legible(_parse(accent), _parse(PAPER[0]), (0, 0, 0), 4.5)
    drawn = _parse(accent) if _apart(own) else _SLATE
    light = _legible(drawn, _parse(PAPER[0]), (0, 0, 0), 4.5)
    dark = _legible(drawn, _parse(PAPER[1]), (255, 255, 255), 6.5)  # thin lines glow less
    colours = dict(_FIXED)
    for number, share in enumerate(_TINTS):
        colours["main" if number == 0 else f"tint-{number}"] = _tint(light, dark, share)
    colours["soft"] = _tint(light, dark, 0.14)
    colours["deep"] = (_hex(_mix(own, (8, 20, 26), 0.45)), _hex(_mix(own, (8, 20, 26), 0.4)))
    return colours


def _apart(accent: Rgb) -> bool:
    """Whether nobody takes the accent for a word on a figure."""
    told = (_parse(_FIXED[token][0]) for token in ("worse", "better", "second", "failed"))
    return all(math.dist(accent, each) >= _ALIKE for each in told)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2 between two colours, 1 to 21."""
    brighter, darker = sorted((_luminance(_parse(one)), _luminance(_parse(other))), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def css_variables(colours: dict[str, tuple[str, str]], *, dark: bool) -> str:
    """``--ink:#14242c;…``, one declaration a token."""
    return "".join(f"--{token}:{pair[dark]};" for token, pair in sorted(colours.items()))


def css_classes(colours: dict[str, tuple[str, str]]) -> str:
    """The rules that let the classes of a picture (``f-ink``, ``s-ink``) follow the variables."""
    return "".join(
        f".f-{token}{{fill:var(--{token})}}.s-{token}{{stroke:var(--{token})}}"
        for token in sorted(colours)
    )


def _tint(light: Rgb, dark: Rgb, share: float) -> tuple[str, str]:
    return (
        _hex(_mix(light, _parse(PAPER[0]), share)),
        _hex(_mix(dark, _parse(PAPER[1]), share)),
    )


def _legible(colour: Rgb, paper: Rgb, towards: Rgb, ratio: float) -> Rgb:
    """``colour``, moved ``towards`` black or white until it keeps ``ratio`` against ``paper``."""
    for step in range(21):
        mixed = _mix(towards, colour, step / 20)
        if contrast(_hex(mixed), _hex(paper)) >= ratio:
            return mixed
    return towards


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _parse(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
