"""What a PDF lacks for PDF/UA-1: conditions of the Matterhorn Protocol that a program can judge.

Written from the protocol and ISO 32000-1, and independent of what makes our files. Left out is what
cannot arise in them: forms, media, optional content, encryption, files within files. Numbers in the
messages are those of the protocol's failure conditions.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

_TEXT = {"Tj", "TJ", "'", '"'}
_PAINTING = _TEXT | {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "INLINE IMAGE"}
_STANDARD = {
    *("Document", "Part", "Art", "Sect", "Div", "NonStruct", "Private", "BlockQuote", "Caption"),
    *("TOC", "TOCI", "Index", "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl"),
    *("LBody", "Table", "TR", "TH", "TD", "THead", "TBody", "TFoot", "Span", "Quote", "Note"),
    *("Reference", "BibEntry", "Code", "Link", "Annot", "Figure", "Formula"),
}
_WITHIN = {  # the only elements that may stand in another
    "Table": {"TR", "THead", "TBody", "TFoot", "Caption"},
    **{group: {"TR"} for group in ("THead", "TBody", "TFoot")},
    "TR": {"TH", "TD"},
    "L": {"L", "LI", "Caption"},
    "LI": {"Lbl", "LBody"},
}
_AROUND = {  # the only elements that another may stand in
    "TR": {"Table", "THead", "TBody", "TFoot"},
    **{group: {"Table"} for group in ("THead", "TBody", "TFoot")},
    **{cell: {"TR"} for cell in ("TH", "TD")},
    "LI": {"L"},
    "LBody": {"LI"},
}


def failures(content: bytes) -> list[str]:
    """Each failure found; none for a file that keeps what can be judged of PDF/UA-1."""
    with pikepdf.open(BytesIO(content)) as file:
        return [
            *_of_the_file(file),
            *_of_the_structure(file),
            *_of_the_content(file),
            *_of_the_links(file),
            *_of_the_fonts(file),
        ]


def _of_the_file(file: pikepdf.Pdf) -> Iterator[str]:
    with file.open_metadata() as metadata:
        if metadata.get("pdfuaid:part") != "1":
            yield "05-001 the metadata do not say PDF/UA-1"
        if not metadata.get("dc:title"):
            yield "06-003 the metadata have no title"
    if not file.Root.get("/MarkInfo", Dictionary()).get("/Marked"):
        yield "01-007 the file is not marked as tagged"
    if not file.Root.get("/ViewerPreferences", Dictionary()).get("/DisplayDocTitle"):
        yield "07-001 the title is not displayed"
    if not str(file.Root.get("/Lang", "")):
        yield "11-001 the language is missing"


# --- structure ---------------------------------------------------------------------------------


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K", [])
    return list(kids) if isinstance(kids, Array) else [kids]


def _elements(element: Any) -> list[Any]:
    return [kid for kid in _kids(element) if isinstance(kid, Dictionary) and "/S" in kid]


def _tag(element: Any) -> str:
    return str(element.get("/S", "/"))[1:]


def _walk(element: Any) -> Iterator[Any]:
    for kid in _elements(element):
        yield kid
        yield from _walk(kid)


def _of_the_structure(file: pikepdf.Pdf) -> Iterator[str]:
    level = 0
    for element in _walk(file.Root.StructTreeRoot):
        tag = _tag(element)
        if tag not in _STANDARD:
            yield f"02-001 {tag} is no standard type"
        if tag in _WITHIN and (
            len(_elements(element)) < len(_kids(element))
            or not {_tag(kid) for kid in _elements(element)} <= _WITHIN[tag]
        ):
            yield f"09-004 {tag} has {sorted({_tag(kid) for kid in _elements(element)})}"
        if tag in _AROUND and _tag(element.P) not in _AROUND[tag]:
            yield f"09-004 {tag} in {_tag(element.P)}"
        if tag == "Table" and len(set(_widths(element))) > 1:
            yield f"09-004 rows of {sorted(set(_widths(element)))} cells"
        if tag == "Figure" and not str(element.get("/Alt", "")).strip():
            yield "13-004 a picture without alternative text"
        if tag == "TH" and not any("/Scope" in a for a in _attributes(element)):
            yield "15-003 a head without scope"
        if re.fullmatch("H[1-6]", tag):
            if int(tag[1]) > level + 1:
                yield f"14-003 H{tag[1]} after {f'H{level}' if level else 'none'}"
            level = int(tag[1])


def _attributes(element: Any) -> list[Any]:
    given = element.get("/A", [])
    return list(given) if isinstance(given, Array) else [given]


def _widths(table: Any) -> list[int]:
    """The columns that each row takes, with those that a cell of an earlier row takes in it."""
    widths = []
    reaching: list[tuple[int, int]] = []  # into how many more rows, and how many columns there
    for row in (element for element in _walk(table) if _tag(element) == "TR"):
        cells = [(_span(cell, "/RowSpan"), _span(cell, "/ColSpan")) for cell in _elements(row)]
        widths.append(sum(columns for _, columns in (*cells, *reaching)))
        reaching = [(rows - 1, columns) for rows, columns in (*cells, *reaching) if rows > 1]
    return widths


def _span(cell: Any, of: str) -> int:
    return next((int(a[of]) for a in _attributes(cell) if of in a), 1)


def _parents(file: pikepdf.Pdf) -> dict[int, Any]:
    """By the number of a page or link, the elements that its content belongs to."""
    found: dict[int, Any] = {}
    waiting = [file.Root.StructTreeRoot.ParentTree]
    while waiting:
        node = waiting.pop()
        waiting += node.get("/Kids", [])
        flat = list(node.get("/Nums", []))
        found |= {int(key): value for key, value in zip(flat[::2], flat[1::2], strict=True)}
    return found


# --- pages -------------------------------------------------------------------------------------


def _of_the_content(file: pikepdf.Pdf) -> Iterator[str]:
    parents = _parents(file)
    for number, page in enumerate(file.pages, 1):
        owners = parents.get(int(page.obj.get("/StructParents", -1)), ())
        yield from (f"{what}, page {number}" for what in _of_a_page(page, owners))


def instructions(content: Any) -> Iterator[tuple[Any, Any]]:
    for instruction in pikepdf.parse_content_stream(content):
        yield instruction.operands, instruction.operator


def _of_a_page(page: pikepdf.Page, owners: Any) -> Iterator[str]:
    around: list[str] = []
    fonts: Any = page.obj.get("/Resources", Dictionary()).get("/Font", Dictionary())
    identity = False
    for operands, operator in instructions(page):
        name = str(operator)
        if name in ("BMC", "BDC"):
            kind, mcid = _marked(operands)
            if kind == "artifact" and "content" in around:
                yield "01-003 an artifact within content"
            if kind == "content" and "artifact" in around:
                yield "01-004 content within an artifact"
            if mcid is not None and (mcid >= len(owners) or "/S" not in owners[mcid]):
                yield f"01-005 content {mcid} is in no element"
            around.append(kind)
        elif name == "EMC":
            around.pop()
        elif name in _PAINTING and not {"artifact", "content"} & set(around):
            yield f"01-005 {name} outside of all elements"
        elif name == "Do":
            yield from _of_a_form(page, operands[0], bool({"artifact", "content"} & set(around)))
        if name == "Tf":
            identity = fonts[str(operands[0])].get("/Encoding") == Name("/Identity-H")
        if name in _TEXT and identity and 0 in _glyphs(operands[0]):
            yield "31-030 a letter without glyph"
    if around:
        yield "01-005 marked content without an end"


def _marked(operands: Any) -> tuple[str, int | None]:
    if operands[0] == Name.Artifact:
        return "artifact", None
    properties = operands[1] if len(operands) > 1 else None
    if isinstance(properties, Dictionary) and "/MCID" in properties:
        return "content", int(properties.MCID)
    return "other", None


def _of_a_form(page: pikepdf.Page, name: Any, marked: bool) -> Iterator[str]:
    form = page.obj.Resources.XObject[str(name)]
    if form.Subtype == Name.Image:
        if not marked:
            yield "01-005 an image outside of all elements"
        return
    for operands, operator in instructions(form):
        if str(operator) == "BDC" and _marked(operands)[1] is not None:
            yield "30-002 marked content within a form"
        if str(operator) in _PAINTING and not marked:
            yield f"01-005 {operator} in a form outside of all elements"


def _glyphs(text: Any) -> set[int]:
    pieces = text if isinstance(text, Array) else [text]
    codes = b"".join(bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String))
    return {int.from_bytes(codes[at : at + 2]) for at in range(0, len(codes), 2)}


def _of_the_links(file: pikepdf.Pdf) -> Iterator[str]:
    parents = _parents(file)
    for number, page in enumerate(file.pages, 1):
        links = list(page.obj.get("/Annots", []))
        if links and page.obj.get("/Tabs") != Name.S:
            yield f"28-009 the order of the links is not said, page {number}"
        for link in links:
            owner = parents.get(int(link.get("/StructParent", -1)))
            if owner is None or _tag(owner) != "Link":
                yield f"28-011 a link outside of all Link elements, page {number}"
            elif _tag(owner.P) == "Link":
                yield f"a link within a link, page {number}"
            if not str(link.get("/Contents", "")).strip():
                yield f"28-012 a link that does not say where it leads, page {number}"


def _of_the_fonts(file: pikepdf.Pdf) -> Iterator[str]:
    for font in file.objects:
        if not isinstance(font, Dictionary) or font.get("/Type") != Name.Font:
            continue
        name = font.get("/BaseFont", "a font")
        if font.Subtype == Name.Type0:
            words = font.ToUnicode.read_bytes() if "/ToUnicode" in font else b""
            if b"beginbf" not in words:
                yield f"31-027 {name} does not say what its glyphs mean"
            if re.search(rb"<\w+> <(0000|feff|fffe)>", words, re.IGNORECASE):
                yield f"31-028 {name} says that a glyph means nothing"
        elif not any(
            key in font.get("/FontDescriptor", {})
            for key in ("/FontFile", "/FontFile2", "/FontFile3")
        ):
            yield f"31-009 {name} is not in the file"
        if font.Subtype == Name.CIDFontType2 and "/CIDToGIDMap" not in font:
            yield f"31-014 {name} does not map its codes"
