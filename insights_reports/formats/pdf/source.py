"""What a printed page may ask for: its own pictures and the bundled faces, both by names of ours,
and data URIs.

As data URIs pictures and faces would be encoded, read as HTML or CSS and decoded again, and faces
that are packed for the web be unpacked: all that took a quarter of the time of a layout.
"""

from markupsafe import Markup
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from insights_reports.formats.charts.fonts import FAMILY, WEIGHTS, ttf_files
from insights_reports.formats.charts.svg import xml_text

_FACE, _PICTURE = "face:", "picture:"


def face_rules(weights: tuple[int, ...]) -> str:
    """``@font-face`` rules for faces that a `PageSource` gives."""
    return "".join(
        f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};src:url({_FACE}{weight})}}'
        for weight in weights
    )


class PageSource(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Gives one page what is its own, and refuses all else loudly: a page of ours never asks for
    more."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",))
        self._numbers: dict[bytes, int] = {}
        self._pictures: list[bytes] = []

    def embed(self, picture: Markup, alt: str) -> Markup:
        """A picture as an image, which WeasyPrint draws in half the time of an inline one."""
        content = picture.encode()
        number = self._numbers.setdefault(content, len(self._pictures))
        if number == len(self._pictures):
            self._pictures.append(content)
        return Markup('<img src="{}{}" alt="{}">').format(_PICTURE, number, xml_text(alt))

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        kind, name = url[: url.find(":") + 1].lower(), url[url.find(":") + 1 :]
        if kind == "data:":
            return super().fetch(url, headers)
        if kind == _PICTURE and name.isdecimal() and int(name) < len(self._pictures):
            picture = self._pictures[int(name)]
            return URLFetcherResponse(url, picture, {"Content-Type": "image/svg+xml"})
        faces = {str(weight): path for weight, path in zip(WEIGHTS, ttf_files(), strict=True)}
        if kind == _FACE and name in faces:
            return URLFetcherResponse(url, faces[name].read_bytes(), {"Content-Type": "font/ttf"})
        raise FatalURLFetchingError(f"refused to fetch {url[:80]!r}")
