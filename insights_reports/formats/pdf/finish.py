"""The last hand on a PDF: what PDF/UA-1 asks for and WeasyPrint 70 leaves out."""

from collections.abc import Mapping
from io import BytesIO

import pikepdf
from pikepdf import Dictionary, Name

_PRINT = 4  # annotation flag: printed with the page (ISO 32000-1, table 165)


def finish(pdf: bytes, titles: Mapping[str, str]) -> bytes:
    """The same PDF with the scope of each table head and printing annotations, compressed. Links
    within it say where they lead by ``titles``, of which the keys are their anchors.

    The identifier is made from the content, so that equal input stays equal output.
    """
    with pikepdf.open(BytesIO(pdf)) as file:
        for page in file.pages:
            for annotation in page.get("/Annots", ()):
                annotation.F = _PRINT
                if title := titles.get(str(annotation.get("/Dest", ""))):
                    annotation.Contents = title
        _scope(file.Root.StructTreeRoot, "Column")
        target = BytesIO()
        file.save(
            target,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
        )
        return target.getvalue()


def _scope(root: pikepdf.Object, scope: str) -> None:
    """Heads below THead speak of their column, those below TBody of their row."""
    waiting = [(root, scope)]
    while waiting:
        element, scope = waiting.pop()
        tag = element.get("/S")
        scope = {"/THead": "Column", "/TBody": "Row"}.get(str(tag), scope)
        if tag == Name.TH:
            spans = element.get("/A", Dictionary())  # how many columns and rows it is the head of
            element.A = Dictionary(O=Name.Table, Scope=Name(f"/{scope}"))
            for span in ("/ColSpan", "/RowSpan"):
                if isinstance(spans, Dictionary) and span in spans:
                    element.A[span] = spans[span]
        children = element.get("/K")
        for child in children if isinstance(children, pikepdf.Array) else (children,):
            if isinstance(child, pikepdf.Dictionary) and "/S" in child:
                waiting.append((child, scope))
