"""The one picture of a mail: a PNG twice as wide as it is shown, because mail programs show neither
SVG nor ``data:`` images. resvg draws it, Pillow reduces its colours; nothing is fetched."""

from io import BytesIO

import resvg_py
from PIL import Image

from insights_reports.edition.document import Chart, Document
from insights_reports.formats.charts import draw
from insights_reports.formats.charts_frame import Style
from insights_reports.formats.charts_palette import palette
from insights_reports.formats.fonts import FAMILY, ttf_files
from insights_reports.formats.words import words

SHOWN = 600  # px
_COLOURS = 64
_LAST_LATIN = "\u024f"


def first_chart(document: Document) -> Chart | None:
    """The chart of page one, else the first of the sections."""
    blocks = [*document.overview, *(b for section in document.sections for b in section.blocks)]
    return next((block for block in blocks if isinstance(block, Chart)), None)


def chart_png(document: Document, chart: Chart) -> tuple[bytes, int]:
    """The picture on white, and how high it is when it is shown `SHOWN` px wide."""
    style = Style(words(document.language), palette(document.brand.accent), width=SHOWN)
    svg = str(draw(chart, style))
    png = resvg_py.svg_to_bytes(
        svg_string=svg,
        width=2 * SHOWN,
        background="#ffffff",
        font_files=[str(path) for path in ttf_files()],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
        skip_system_fonts=not _needs_system_fonts(svg),
    )
    with Image.open(BytesIO(bytes(png))) as image:
        small = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    output = BytesIO()
    small.save(output, "PNG", optimize=True)
    return output.getvalue(), round(small.height / 2)


def _needs_system_fonts(svg: str) -> bool:
    """Whether a letter stands in it that is not of the bundled face (a name in another script)."""
    return any(char > _LAST_LATIN and char.isalpha() for char in svg)
