"""Our words for what is wrong with a value of the configuration, and what was probably meant."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from insights_reports.config.delivery import Eml, Folder, Recipients, RemoteStorage
from insights_reports.config.model import Config
from insights_reports.spelling.nearest import nearest, same_but_for_case

_TYPES: dict[str, type[BaseModel]] = {
    "folder": Folder,
    "storage": RemoteStorage,
    "mail": Recipients,
    "eml": Eml,
}
_SCHEMES = ("s3", "gs", "az", "sftp", "sharepoint", "onedrive")
_OTHER_NAMES = {"smtp": "mail", "bucket": "storage"} | {
    scheme: f"storage, with url: {scheme}://…" for scheme in _SCHEMES
}
_TEXT = "must be text; put it in quotes"
_NUMBER = "must be a number"
_TABLE = "must be a table of keys, not {given}"
_WORDS = {
    "missing": "is required",
    "string_too_short": "must not be empty",
    "too_short": "needs at least one entry",
    "too_long": "takes at most {max_length} entries",
    "string_type": _TEXT,
    "path_type": _TEXT,
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "tuple_type": "must be a list: [{value}]",
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "date_type": "must be a date, such as 2026-01-15",
    "date_parsing": "must be a date, such as 2026-01-15",
    "date_from_datetime_parsing": "must be a date, such as 2026-01-15",
    "string_pattern_mismatch": "has not the form that it needs: {pattern}",
    "union_tag_not_found": f"needs a type: {', '.join(_TYPES)}",
}


def problems(error: ValidationError, given: Mapping[str, object]) -> Iterator[str]:
    """``key: value: what is wrong`` for each of pydantic's errors; ``given`` holds every value of
    the file by its key as it is written."""
    items = error.errors(include_url=False)
    for item in items:
        if any(other["loc"][:-1] == item["loc"] for other in items):
            continue  # the problem of an entry stands for that of its list
        key = _key(item["loc"], given)
        message = _message(item)
        value = given.get(key)
        if isinstance(value, str | int | float) and item["type"] != "extra_forbidden":
            message = f"{value!r}: {message}"
        yield f"{key}: {message}" if key else message


def forgive_case(error: ValidationError, data: Any) -> bool:
    """Spell values of enumerations in ``data`` as they are meant that differ in case alone, and
    say whether there were any."""
    found = False
    for item in error.errors(include_url=False):
        tagged = item["type"] == "union_tag_invalid"
        meant = same_but_for_case(_given(item), _allowed(item)) if _allowed(item) else None
        if meant:
            _put(data, (*item["loc"], "type") if tagged else item["loc"], meant)
            found = True
    return found


def _put(data: Any, location: tuple[int | str, ...], value: str) -> None:
    """Put ``value`` where ``location`` leads; a union's tag in it is no key of the file."""
    for part in location[:-1]:
        if isinstance(data, dict) and part not in data:
            continue
        data = data[part]
    data[location[-1]] = value


def _message(item: ErrorDetails) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return no_such_key(str(item["loc"][-1]), keys_at(item["loc"][:-1]))
    if _allowed(item):
        tagged = kind == "union_tag_invalid"
        what = f"type {_given(item)!r}: must be" if tagged else "must be"
        other = _OTHER_NAMES.get(_given(item).lower()) if tagged else None
        meant = f"; did you mean {other}?" if other else _meant(_given(item), _allowed(item))
        return f"{what} {_listed(_allowed(item))}{meant}"
    words = _WORDS.get(kind)
    if words is None:  # our own validators' words
        return item["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    value = item["input"] if isinstance(item["input"], str | int | float) else "a, b"
    return words.format(given=_kind(item["input"]), value=value, **context)


def no_such_key(key: str, known: list[str]) -> str:
    """What is said of a key that there is not, beside those that there are."""
    found = nearest(key, known)
    if found:
        return f"there is no such key; did you mean {found}?"
    return f"there is no such key; there are: {', '.join(known)}"


def _allowed(item: ErrorDetails) -> list[str]:
    """The words of an enumeration that the value is none of; [] when it is no enumeration."""
    if item["type"] == "union_tag_invalid":
        return list(_TYPES)
    if item["type"] != "literal_error":
        return []
    stated = item["ctx"]["expected"].replace(" or ", ", ")
    return [word.strip("'") for word in stated.split(", ")]


def _given(item: ErrorDetails) -> str:
    return str(item["ctx"]["tag"] if item["type"] == "union_tag_invalid" else item["input"])


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _meant(word: str, known: list[str]) -> str:
    found = nearest(word, known)
    return f"; did you mean {found}?" if found else ""


def _kind(value: object) -> str:
    names = {"list": "a list", "str": "a text", "NoneType": "nothing", "bool": "true or false"}
    return names.get(type(value).__name__, "a number")


def keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand at a location of pydantic's."""
    models: list[type[BaseModel]] = [Config]
    named = False
    for part in location:
        if named:  # a name of the company's own, of a destination or subscription
            named = False
            continue
        fields = [m.model_fields[part] for m in models if part in m.model_fields]
        if fields:
            annotation = fields[0].annotation
            models, named = _models(annotation), get_origin(annotation) is dict
        elif part in _TYPES:
            models = [_TYPES[str(part)]]
    hidden = {"path"} if models == [Config] else set()  # where the file itself lies
    return sorted({key for model in models for key in model.model_fields} - hidden)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models in an annotation, through unions, lists and tables."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _key(location: tuple[int | str, ...], given: Mapping[str, object]) -> str:
    """The key as it stands in the file (a union's tag is part of pydantic's location only)."""
    key = ""
    for part in location:
        longer = f"{key}[{part}]" if isinstance(part, int) else f"{key}.{part}" if key else part
        if part in _TYPES and key.startswith("destinations.") and longer not in given:
            continue
        key = longer
    return key
