"""The pictures of a mail, its chart and the company's logo: PNGs twice as wide as they are shown,
because mail programs show neither SVG nor ``data:`` images. resvg draws the chart, Pillow reduces
the colours of both; nothing is fetched."""

import base64
import hashlib
from dataclasses import dataclass
from io import BytesIO

import resvg_py
from PIL import Image

from insights_reports.edition.document import Chart, Document
from insights_reports.formats.charts.draw import draw
from insights_reports.formats.charts.fonts import FAMILY, ttf_files
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.mail.parts import clip
from insights_reports.formats.words.words import words

SHOWN = 600  # px
_COLOURS = 64
_LOGO_BOX = (320, 96)  # px of the file: 160 x 48 as shown
_LOGO_EDGE = 12  # px of white around it: it stands on the accent colour
_LAST_LATIN = "\u024f"


@dataclass(frozen=True)
class InlineImage:
    """A picture that the HTML part shows as ``cid:…``, its size in px, and what it says."""

    name: str
    png: bytes
    alt: str
    width: int
    height: int

    @property
    def cid(self) -> str:
        """Its own in every mail, but for the same picture: mail programs remember it by this."""
        return f"{self.name}-{hashlib.sha256(self.png).hexdigest()[:16]}@insights-reports"


def logo_image(document: Document) -> InlineImage | None:
    """The company's logo, decoded and encoded again on white; its alternative is the company's
    name."""
    brand = document.brand
    try:
        with Image.open(BytesIO(base64.b64decode(brand.logo)), formats=("PNG",)) as given:
            picture = given.convert("RGBA")
    except (ValueError, OSError):  # none, or no picture: the name stands in its place
        return None
    picture.thumbnail(_LOGO_BOX)
    size = (picture.width + 2 * _LOGO_EDGE, picture.height + 2 * _LOGO_EDGE)
    ground = Image.new("RGB", size, "white")
    ground.paste(picture, (_LOGO_EDGE, _LOGO_EDGE), picture)
    alt = brand.company or words(document.language).name(document.identity.report)
    return InlineImage("logo", _png(ground), alt, size[0] // 2, size[1] // 2)


def _png(picture: Image.Image) -> bytes:
    output = BytesIO()
    small = picture.quantize(_COLOURS, dither=Image.Dither.NONE)
    small.save(output, "PNG", optimize=True)
    return output.getvalue()


def first_chart(document: Document) -> Chart | None:
    """The chart of page one, else the first of the sections."""
    blocks = [*document.overview, *(b for section in document.sections for b in section.blocks)]
    return next((block for block in blocks if isinstance(block, Chart)), None)


def chart_image(document: Document, chart: Chart) -> InlineImage:
    """The chart on white."""
    said = words(document.language)
    style = Style(said, palette(document.brand.accent), width=SHOWN)
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
        picture = image.convert("RGB")
    alt = clip(said.phrase(chart.alt))
    return InlineImage("chart", _png(picture), alt, SHOWN, round(picture.height / 2))


def _needs_system_fonts(svg: str) -> bool:
    """Whether a letter stands in it that is not of the bundled face (a name in another script)."""
    return any(char > _LAST_LATIN and char.isalpha() for char in svg)
