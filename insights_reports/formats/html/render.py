"""The edition as one web page: a single file that fetches nothing and works without script."""

from insights_reports.edition.document import Document
from insights_reports.formats.charts.fonts import STACK, font_face_css
from insights_reports.formats.charts.palette import css_classes, css_variables, palette
from insights_reports.formats.html.links import anchor, link
from insights_reports.formats.html.parts import Parts
from insights_reports.formats.html.pictures import inline
from insights_reports.formats.html.templates import SHIPPED, Templates

_WEIGHTS = (400, 500, 600)


def render(document: Document, templates: Templates = SHIPPED) -> bytes:
    """The page as UTF-8.

    Raises:
        RenderError: when one of the company's own templates fails.
    """
    parts = Parts(document, inline, hover=True, mark_width=112)
    return templates.page(
        "report/web.html.j2",
        _style(document.brand.accent, templates),
        templates.text("report/web.js"),
        document=document,
        identity=document.identity,
        p=parts,
        w=parts.words,
        facts=parts.facts(),
        anchor=anchor,
        link=link,
    )


def _style(accent: str, templates: Templates) -> str:
    colours = palette(accent)
    light, dark = css_variables(colours, dark=False), css_variables(colours, dark=True)
    return (
        f"{font_face_css(_WEIGHTS)}"
        f":root{{color-scheme:light;--font:{STACK};{light}}}"
        f'@media screen{{:root[data-theme="dark"]{{color-scheme:dark;{dark}}}}}'
        "@media screen and (prefers-color-scheme:dark)"
        f'{{:root:not([data-theme="light"]){{color-scheme:dark;{dark}}}}}'
        f"{css_classes(colours)}{templates.text('report/web.css')}"
    )
