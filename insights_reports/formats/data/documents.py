"""The typed documents of an edition as JSON, and the JSON Schema that they keep to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from insights_reports.edition.document import Document

SCHEMA = 2


@dataclass(frozen=True)
class EditionJson:
    """All documents of an edition. ``schema`` counts the versions of this layout."""

    documents: tuple[Document, ...]
    schema: int = SCHEMA


def to_json(documents: Sequence[Document]) -> bytes:
    """The documents as one JSON document in UTF-8."""
    return _adapter().dump_json(EditionJson(tuple(documents)), indent=1, by_alias=True) + b"\n"


@cache  # the same for every edition
def json_schema() -> bytes:
    """The JSON Schema (2020-12) of what `to_json` gives."""
    schema = _adapter().json_schema(mode="serialization")
    said = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"


@cache
def _adapter() -> TypeAdapter[EditionJson]:
    return TypeAdapter(EditionJson)
