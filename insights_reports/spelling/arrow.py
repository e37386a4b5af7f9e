"""JSON of a known form read by Arrow, without a Python object for each value."""

from typing import Literal

import pyarrow as pa
import pyarrow.json


def read_arrow(
    document: bytes, schema: pa.Schema, unexpected: Literal["ignore", "error"] = "ignore"
) -> pa.Table | None:
    """One row of the columns of ``schema``; None when Arrow cannot read the text as that, or its
    first column is null. ``unexpected`` says what becomes of a document with other fields."""
    try:
        if not document.isascii():
            document.decode()  # Arrow takes any bytes for UTF-8
        table = pyarrow.json.read_json(
            pa.BufferReader(document),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(document) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=schema,
                unexpected_field_behavior=unexpected,
                newlines_in_values=b"\n" in document or b"\r" in document,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    return table if table.num_rows == 1 and table.column(0).null_count == 0 else None
