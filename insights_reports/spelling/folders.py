"""In which folders editions stand: a choice of few rows of fields, and nothing else.

Because of that, a folder says by itself whether it is that of an edition: it is found there also
after another choice was made.
"""

import re
from collections.abc import Mapping
from typing import Literal, get_args

Folders = Literal[
    "{subscription}/{period}",
    "{period}/{subscription}",
    "{year}/{subscription}/{period}",
    "{year}/{period}/{subscription}",
    "{subscription}/{year}/{period}",
]
"""Each tells every edition from every other; a revision's ``r1`` comes below."""

DEFAULT: Folders = "{subscription}/{period}"
_FIELD = re.compile(r"\{([a-z]+)\}")
_YEAR = re.compile("(fy)?[0-9]{4}")


def filled(folders: Folders, names: Mapping[str, str]) -> str:
    """The path of an edition's folder: ``names`` has the name of each field, safe in a path."""
    return _FIELD.sub(lambda field: names[field[1]], folders)


def is_filled(path: str, names: Mapping[str, str]) -> bool:
    """Whether one of the choices gives ``path`` for these names."""
    return any(path == filled(each, names) for each in get_args(Folders))


def may_hold(path: str) -> bool:
    """Whether the folder at ``path`` can be that of an edition, by its path alone."""
    parts = path.split("/")
    return len(parts) == 2 or (len(parts) == 3 and any(map(_YEAR.fullmatch, parts)))
