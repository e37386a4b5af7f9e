"""The only picture of a mail, the company's logo: a PNG twice as wide as it is shown, because mail
programs show no ``data:`` images. Pillow reduces its colours; nothing is fetched."""

import base64
import hashlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from insights_reports.edition.document import Document
from insights_reports.formats.words.words import words

_COLOURS = 64
_LOGO_BOX = (320, 96)  # px of the file: 160 x 48 as shown
_LOGO_EDGE = 12  # px of white around it: it stands on the accent colour


@dataclass(frozen=True)
class LogoImage:
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


def logo_image(document: Document) -> LogoImage | None:
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
    return LogoImage("logo", _png(ground), alt, size[0] // 2, size[1] // 2)


def _png(picture: Image.Image) -> bytes:
    output = BytesIO()
    small = picture.quantize(_COLOURS, dither=Image.Dither.NONE)
    small.save(output, "PNG", optimize=True)
    return output.getvalue()
