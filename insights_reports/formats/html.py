"""The edition as one web page: a single file that fetches nothing and works without script."""

import base64
import hashlib
from functools import cache

from markupsafe import Markup

from insights_reports.edition.document import Document
from insights_reports.formats.charts_palette import css_classes, css_variables, palette
from insights_reports.formats.fonts import STACK, font_face_css
from insights_reports.formats.html_parts import Parts, anchor, environment, inline, link, source

_WEIGHTS = (400, 500, 600)


def render(document: Document) -> bytes:
    """The page as UTF-8.

    Its content security policy names style and script by their SHA-256 and allows nothing else,
    so a name that slipped through as markup could neither run nor fetch.
    """
    parts = Parts(document, inline, hover=True, mark_width=132)
    style, script = _style(document.brand.accent), source("web.js")
    page = (
        environment()
        .get_template("web.html.j2")
        .render(
            document=document,
            identity=document.identity,
            p=parts,
            w=parts.words,
            facts=parts.facts(),
            anchor=anchor,
            link=link,
            style=Markup(style),  # noqa: S704 - our own style sheet
            script=Markup(script),  # noqa: S704 - our own script
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )
    return page.encode()


@cache
def _style(accent: str) -> str:
    colours = palette(accent)
    light, dark = css_variables(colours, dark=False), css_variables(colours, dark=True)
    return (
        f"{font_face_css(_WEIGHTS)}"
        f":root{{color-scheme:light;--font:{STACK};{light}}}"
        f'@media screen{{:root[data-theme="dark"]{{color-scheme:dark;{dark}}}}}'
        "@media screen and (prefers-color-scheme:dark)"
        f'{{:root:not([data-theme="light"]){{color-scheme:dark;{dark}}}}}'
        f"{css_classes(colours)}{source('web.css')}"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
