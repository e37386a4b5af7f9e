"""A small SVG builder: the only place where a picture's markup is put together.

It draws what both WeasyPrint 70 and browsers draw alike: plain shapes and text, literal colours,
no ``font`` shorthand, no filters, no ``var()``, no ids. Text and attributes are escaped.
"""

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from insights_reports.formats.charts.fonts import FAMILY

Point = tuple[float, float]
Colours = dict[str, tuple[str, str]]

# What XML 1.0 cannot hold: control characters, lone surrogates, non-characters.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_HATCH = 4.0  # from one line of a hatch to the next


def xml_text(text: str) -> str:
    """``text`` with the characters that XML cannot hold replaced by U+FFFD."""
    return _NOT_XML.sub("\ufffd", text)


class Drawing:
    """One picture under construction, ``width`` x ``height`` user units.

    Colours are tokens of the palette. With ``hover`` a shape may carry the value it stands for.
    """

    def __init__(self, width: float, height: float, colours: Colours, *, hover: bool) -> None:
        self.width = width
        self.height = height
        self.hover = hover
        self._colours = colours
        self._parts: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        fill: str = "ink",
        size: float = 11,
        weight: int = 400,
        anchor: str = "start",
    ) -> None:
        """``text`` on the baseline ``y``."""
        paint = {"fill": fill, "font-size": size}
        if weight != 400:
            paint["font-weight"] = weight
        if anchor != "start":
            paint["text-anchor"] = anchor
        self._add("text", {"x": x, "y": y, **paint}, escape(xml_text(text)))

    def line(
        self, start: Point, end: Point, *, stroke: str, width: float = 1, dash: str = ""
    ) -> None:
        (x1, y1), (x2, y2) = start, end
        shape = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": stroke, "stroke-width": width}
        self._add("line", shape | ({"stroke-dasharray": dash} if dash else {}))

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        radius: float = 0,
        opacity: float = 1,
        stroke: str = "",
    ) -> None:
        shape: dict[str, object] = {"x": x, "y": y, "width": width, "height": height}
        shape |= {"rx": radius} if radius else {}
        shape |= {"fill": fill} | ({"fill-opacity": opacity} if opacity < 1 else {})
        self._add("rect", shape | ({"stroke": stroke} if stroke else {}))

    def path(
        self,
        points: Iterable[Point],
        *,
        stroke: str = "",
        fill: str = "none",
        width: float = 1,
        dash: str = "",
        opacity: float = 1,
    ) -> None:
        """A line through the points, or with ``fill`` the area that they enclose."""
        steps = "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
        shape: dict[str, object] = {"d": f"M{steps}" + ("" if fill == "none" else "Z")}
        shape |= {"fill": fill}
        if stroke:
            shape |= {"stroke": stroke, "stroke-width": width, "stroke-linejoin": "round"}
        shape |= {"stroke-dasharray": dash} if dash else {}
        shape |= {"opacity": opacity} if opacity < 1 else {}
        self._add("path", shape)

    def dot(
        self,
        centre: Point,
        radius: float,
        *,
        fill: str,
        stroke: str = "",
        width: float = 1.5,
    ) -> None:
        shape: dict[str, object] = {"cx": centre[0], "cy": centre[1], "r": radius, "fill": fill}
        self._add("circle", shape | ({"stroke": stroke, "stroke-width": width} if stroke else {}))

    def dots(
        self,
        centres: Iterable[Point],
        radius: float,
        *,
        fill: str,
        stroke: str = "",
        width: float = 1,
    ) -> None:
        """Many dots of one size as one element."""
        r = _number(radius)
        half = f"a{r} {r} 0 1 0"
        steps = "".join(
            f"M{_number(x - radius)} {_number(y)}{half} {_number(2 * radius)} 0"
            f"{half} {_number(-2 * radius)} 0Z"
            for x, y in centres
        )
        if steps:
            shape: dict[str, object] = {"d": steps, "fill": fill}
            self._add("path", shape | ({"stroke": stroke, "stroke-width": width} if stroke else {}))

    def triangle(self, centre: Point, size: float, towards: str, *, fill: str) -> None:
        """A filled triangle that points ``towards`` "up", "down", "left" or "right", within a
        square of ``size`` around ``centre``."""
        (x, y), half = centre, size / 2
        tip, side = {
            "up": ((0.0, -half), (half, half)),
            "down": ((0.0, half), (half, -half)),
            "left": ((-half, 0.0), (half, half)),
            "right": ((half, 0.0), (-half, half)),
        }[towards]
        other = (-side[0], side[1]) if tip[0] == 0 else (side[0], -side[1])
        self.path([(x + dx, y + dy) for dx, dy in (tip, side, other)], fill=fill)

    def strokes(
        self, lines: Iterable[tuple[Point, Point]], *, stroke: str, width: float = 1, dash: str = ""
    ) -> None:
        """Many lines as one element: each element costs a PDF as much as a table cell."""
        steps = "".join(
            f"M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}"
            for (x1, y1), (x2, y2) in lines
        )
        if steps:
            shape = {"d": steps, "fill": "none", "stroke": stroke, "stroke-width": width}
            self._add("path", shape | ({"stroke-dasharray": dash} if dash else {}))

    def boxes(self, corners: Iterable[Point], width: float, height: float, *, fill: str) -> None:
        """Many rectangles of one size as one element."""
        side = f"h{_number(width)}v{_number(height)}h{_number(-width)}Z"
        steps = "".join(f"M{_number(x)} {_number(y)}{side}" for x, y in corners)
        if steps:
            self._add("path", {"d": steps, "fill": fill})

    def hatch(self, x: float, y: float, width: float, height: float, *, stroke: str) -> None:
        """Diagonal lines inside a rectangle, so that a colour is not alone in saying what it is."""
        lines = []
        offset = _HATCH - height
        while offset < width:
            left, right = max(offset, 0.0), min(offset + height, width)
            if right - left > 0.3:
                start = (x + left, y + height - (left - offset))
                lines.append((start, (x + right, y + height - (right - offset))))
            offset += _HATCH
        self.strokes(lines, stroke=stroke)

    def tip(self, x: float, y: float, width: float, height: float, text: str) -> None:
        """An invisible surface that tells ``text`` to whoever points at it."""
        if self.hover:
            shape = {"x": x, "y": y, "width": width, "height": height}
            title = f"<title>{escape(xml_text(text))}</title>"
            self._add("rect", {**shape, "fill": "none", "pointer-events": "all"}, title)

    def markup(self, title: str, description: str = "") -> Markup:
        """The picture, named ``title`` and described for those who cannot see it."""
        size = f"{_number(self.width)} {_number(self.height)}"
        width, height = size.split()
        said = escape(xml_text(description or title))
        described = f"<desc>{said}</desc>" if description else ""
        return Markup(  # noqa: S704 - the one place: every text in it is escaped
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{width}" '
            f'height="{height}" role="img" aria-label="{said}" '
            f'font-family="{FAMILY}, Noto Sans, sans-serif" font-size="11">'
            f"<title>{escape(xml_text(title))}</title>{described}{''.join(self._parts)}</svg>"
        )

    def _add(self, tag: str, attributes: dict[str, object], content: str = "") -> None:
        """An element; ``content`` is escaped already."""
        written = "".join(
            f' {name}="{self._written(name, value)}"' for name, value in attributes.items()
        )
        end = f">{content}</{tag}>" if content else "/>"
        self._parts.append(f"<{tag}{written}{_classes(attributes)}{end}")

    def _written(self, name: str, value: object) -> str:
        if name in ("fill", "stroke") and value != "none":
            return self._colours[str(value)][0]
        return _number(value) if isinstance(value, float) else escape(value)


def _classes(attributes: dict[str, object]) -> str:
    """The tokens of the colours as classes, for pages whose colours can change."""
    tokens = [
        f"{prefix}-{attributes[name]}"
        for name, prefix in (("fill", "f"), ("stroke", "s"))
        if attributes.get(name, "none") != "none"
    ]
    return f' class="{" ".join(tokens)}"' if tokens else ""


def _number(value: float) -> str:
    """At most two decimals: a hundredth of a pixel is below what any device shows."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def segments(points: Sequence[Point | None]) -> list[list[Point]]:
    """The runs of points between gaps."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]
