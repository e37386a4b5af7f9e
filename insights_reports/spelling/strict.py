"""JSON read strictly: what Octopus cannot have meant is an error, never a guess.

Python's own reader takes NaN, lets the last of two equal fields win, and turns 1e999 into infinity.
"""

import json
import math
from typing import Any

from insights_reports.errors import BadReply
from insights_reports.spelling.text import clean_text


def parse_json(document: bytes, *, clean: bool = True) -> Any:
    """The value of a JSON document, its texts cleaned by `text.clean_text` unless told not to.

    Raises:
        BadReply: when it is cut short, is not JSON in UTF-8, states a field twice or a number
            that is none. The error is retryable: a body cut on its way looks like this.
    """
    try:
        return json.loads(
            document.decode("utf-8-sig"),
            object_pairs_hook=_cleaned_pairs if clean else _pairs,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise BadReply(
            "Octopus's reply is cut short or is no JSON.",
            f"{type(error).__name__}: {clean_text(str(error))[:120]}",
            "Try again; if it stays so, look for a proxy between here and Octopus.",
            retryable=True,
        ) from None


def json_object(document: bytes, *, clean: bool = True) -> dict[str, Any]:
    """The JSON object that a reply is.

    Raises:
        BadReply: as `parse_json`, and when the reply is no object.
    """
    value = parse_json(document, clean=clean)
    if not isinstance(value, dict):
        raise BadReply("Octopus's reply is no JSON object.", f"It is a {type(value).__name__}.")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a field is stated twice in one object")
    return value


def _cleaned_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return _pairs([(key, _cleaned(value)) for key, value in pairs])


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):  # objects in it were cleaned when they were closed
        return [_cleaned(item) for item in value]
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value
