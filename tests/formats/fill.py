"""How full printed pages are, from their pixels."""

import numpy as np
import pypdfium2

_DPI = 40
_MM = _DPI / 25.4
_TOP, _BOTTOM = 17 * _MM, 14 * _MM  # margins, in pixels; the running head and foot stand in them
_INK = 200  # anything darker is ink


def fills(pdf: bytes) -> list[float]:
    """For each page, how far down its text area the last ink stands: 0 to 1."""
    return [_fill(page) for page in pypdfium2.PdfDocument(pdf)]


def _fill(page: pypdfium2.PdfPage) -> float:
    pixels = np.asarray(page.render(scale=_DPI / 72, grayscale=True).to_pil())
    top, bottom = round(_TOP), len(pixels) - round(_BOTTOM)
    inked = np.flatnonzero((pixels[top:bottom] < _INK).any(axis=1))
    return float((inked[-1] + 1) / (bottom - top)) if len(inked) else 0.0
