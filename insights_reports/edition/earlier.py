"""Documents of earlier versions, told as a document of this version."""

import json as plain_json
from typing import Any


def read(json: bytes) -> dict[str, Any] | None:
    """The plain values of a document of version 0.1 as those of this version; None when the text is
    no such document.

    Its notable changes become findings without figures of their own, which it did not have.
    """
    try:
        document = plain_json.loads(json)
    except ValueError:
        return None
    if not isinstance(document, dict) or "notable" not in document or "findings" in document:
        return None
    document.setdefault("subject", document.get("headline"))
    document["findings"] = []
    document["tiles"] = [_tile(tile) for tile in document.get("tiles", [])]
    return document


def _tile(tile: dict[str, Any]) -> dict[str, Any]:
    target, change, limits = tile.get("target"), tile["change"], tile.get("limits")
    ends = limits and [limits[0], limits[2]]
    judged = {"verdict": change["verdict"]}
    word = target and {"target": target, "met": None, "missed_by": None, "met_of": [0, 0]}
    return {**tile, "target": word, "judged": judged, "spark_usual": [ends] * len(tile["spark"])}
