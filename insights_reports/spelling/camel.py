"""Names as the JSON that we write spells them."""

import re
from collections.abc import Mapping
from typing import Any


def camel_name(name: str) -> str:
    """``formed_on`` as ``formedOn``; what is spelled so stays."""
    return re.sub("_([a-z0-9])", lambda found: found[1].upper(), name)


def in_camel_case(named: Mapping[str, Any]) -> dict[str, Any]:
    """The same values under names in camelCase; what is in them stays."""
    return {camel_name(name): value for name, value in named.items()}
