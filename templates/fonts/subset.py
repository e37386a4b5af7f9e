"""Make the bundled faces from IBM Plex Sans: ``python subset.py FOLDER`` (as in README.md).

A subset is a modified version, and "Plex" is a reserved font name of the licence, so the faces are
renamed "Insights Sans".
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FAMILY = "Insights Sans"
FACES = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"}
RANGES = (
    (0x0020, 0x024F),  # Latin, Latin-1, Latin Extended-A and -B
    (0x02B0, 0x036F),  # modifier letters, combining marks
    (0x0370, 0x04FF),  # Greek, Cyrillic
    (0x1E00, 0x1EFF),  # Latin Extended Additional
    (0x2000, 0x206F),  # punctuation
    (0x2070, 0x209F),  # superscripts, subscripts
    (0x20A0, 0x20CF),  # currencies
    (0x2100, 0x214F),  # letter-like symbols
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # mathematics
    (0x25A0, 0x25FF),  # shapes
    (0x2600, 0x27BF),  # symbols, check marks
    (0xFFFD, 0xFFFD),
)
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl"]


def make(source: Path, target: Path, weight: int, style: str) -> None:
    """Write ``insights-sans-WEIGHT.ttf`` and ``.woff2`` into ``target``."""
    font = TTFont(source / f"IBMPlexSans-{style}.woff2", recalcTimestamp=False)
    options = subset.Options(layout_features=FEATURES, hinting=False, notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for low, high in RANGES for code in range(low, high + 1)])
    cutter.subset(font)
    _rename(font, style)
    for flavor, suffix in ((None, "ttf"), ("woff2", "woff2")):
        font.flavor = flavor
        font.save(target / f"insights-sans-{weight}.{suffix}")


def _rename(font: TTFont, style: str) -> None:
    plain = style in ("Regular", "Bold")
    names = {
        1: FAMILY if plain else f"{FAMILY} {style}",
        2: style if plain else "Regular",
        3: f"{FAMILY} {style}, from IBM Plex Sans",
        4: f"{FAMILY} {style}",
        6: f"{FAMILY.replace(' ', '')}-{style}",
        16: FAMILY,
        17: style,
    }
    font["name"].names = [record for record in font["name"].names if record.nameID in (0, 13, 14)]
    for identifier, text in names.items():
        font["name"].setName(text, identifier, 3, 1, 0x409)


if __name__ == "__main__":
    for weight, style in FACES.items():
        make(Path(sys.argv[1]), Path(__file__).parent, weight, style)
