"""Reading the configuration: one YAML or TOML file, all its problems reported at once."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

from insights_reports.config import Config
from insights_reports.errors import ConfigError

LARGEST = 1_000_000  # bytes
MOST_VALUES = 200_000
DEEPEST = 30
DEFAULT_NAMES = ("insights-reports.yaml", "config/insights-reports.yaml", "insights-reports.toml")
_NO_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SECRET_KEY = re.compile(r"(^|_)(api_?key|password|token|secret)$", re.IGNORECASE)


def load_config(path: Path) -> Config:
    """Read and validate the configuration at ``path`` (.yaml, .yml or .toml).

    Raises:
        ConfigError: with every problem found, each as ``file: key: what is wrong``.
    """
    data = _read(path)
    literal = [
        f"{path}: {key}: a secret must not stand in the configuration"
        for key, _ in _walk(data)
        if _SECRET_KEY.search(key.rpartition(".")[2])
    ]
    if literal:
        raise ConfigError(
            "The configuration holds secrets.",
            tuple(literal),
            "Put them into the environment or a file: OCTOPUS_API_KEY, octopus.api_key_file, "
            "SMTP_PASSWORD, mail.password_file.",
        )
    config, problems = None, [*_no_text(data), *_broken_references(data)]
    try:
        config = Config.model_validate({**data, "path": path.resolve()})
    except ValidationError as error:
        problems = [*_problems(error, data), *problems]
    if config is None or problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise ConfigError(
            f"The configuration has {count}.",
            tuple(f"{path}: {problem}" for problem in problems),
            "Mend the keys named; config/insights-reports.yaml shows every key with a comment.",
        )
    return config


def find_config(given: str | None) -> Path:
    """The configuration to use: ``given``, or the first of `DEFAULT_NAMES` that exists here."""
    candidates = (given,) if given else DEFAULT_NAMES
    for candidate in candidates:
        if Path(candidate).is_file():
            return Path(candidate)
    raise ConfigError(
        "There is no configuration.",
        (f"Looked for: {', '.join(candidates)}",),
        "Make one with `insights-reports init`, or name it with --config.",
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(
                "The configuration is too large.", (f"{path}: over {LARGEST:,} bytes",), ""
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError("The configuration cannot be read.", (f"{path}: {reason}",), "") from None
    data = _parse(path, text)
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise ConfigError(
            "The configuration is not a table of keys.",
            (f"{path}: starts with {type(data).__name__}",),
            "Start it with `subscriptions:`; config/insights-reports.yaml is an example.",
        )
    return data


def _parse(path: Path, text: str) -> object:
    try:
        if path.suffix == ".toml":
            return tomllib.loads(text)
        # YAML 1.2: 06:30 and no stay text, and a key given twice is an error.
        data = cast(object, YAML(typ="safe", pure=True).load(text))
        _bounded(data)
        return data  # noqa: TRY300
    except DuplicateKeyError as error:
        problem = str(error.problem or "a key stands twice")
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError(
            "The configuration has a key twice.", (f"{path}, line {line}: {problem}",), ""
        ) from None
    except (YAMLError, tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(
            "The configuration cannot be understood.", (f"{where}: {what}",), ""
        ) from None


def _bounded(data: object) -> None:
    """Aliases (``*name``) make much of a small file, or a value that holds itself.

    Raises:
        ValueError: when there is more in it than any configuration needs.
    """
    left = [(data, 0)]
    for _ in range(MOST_VALUES):
        if not left:
            return
        value, depth = left.pop()
        if depth > DEEPEST:
            raise ValueError("its values are nested too deeply, or an alias stands in itself")
        inner = value.values() if isinstance(value, Mapping) else value
        if isinstance(inner, Iterable) and not isinstance(inner, str):
            left += [(item, depth + 1) for item in inner]
    raise ValueError(f"it has more than {MOST_VALUES:,} values, aliases written out")


def _walk(data: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every value below ``data`` with its key as it is written, such as ``a.board.splits[0]``."""
    inner: Iterator[tuple[str, object]] = iter(())
    if isinstance(data, Mapping):
        inner = ((f"{prefix}.{key}" if prefix else str(key), item) for key, item in data.items())
    elif isinstance(data, list):
        inner = ((f"{prefix}[{index}]", item) for index, item in enumerate(data))
    for key, item in inner:
        yield key, item
        yield from _walk(item, key)


_WORDS = {
    "extra_forbidden": "there is no such key",
    "missing": "is required",
    "string_too_short": "must not be empty",
    "too_short": "needs at least one entry",
    "union_tag_not_found": "needs a type: folder, storage, mail or eml",
}


def _problems(error: ValidationError, data: dict[str, Any]) -> Iterator[str]:
    given = dict(_walk(data))
    items = error.errors(include_input=False, include_url=False)
    for item in items:
        if any(other["loc"][:-1] == item["loc"] for other in items):
            continue  # the problem of an entry stands for that of its list
        key = _key(item["loc"], given)
        message = _WORDS.get(item["type"]) or item["msg"].removeprefix("Value error, ")
        message = message.replace("Input should be", "must be")
        value = given.get(key)
        if isinstance(value, str | int | float) and item["type"] != "extra_forbidden":
            message = f"{value!r}: {message}"
        yield f"{key}: {message}" if key else message


def _key(location: tuple[int | str, ...], given: Mapping[str, object]) -> str:
    """The key as it stands in the file (a union's tag is part of pydantic's location only)."""
    key = ""
    for part in location:
        longer = f"{key}[{part}]" if isinstance(part, int) else f"{key}.{part}" if key else part
        if (
            part in ("folder", "storage", "mail", "eml")
            and key.startswith("destinations.")
            and longer not in given
        ):
            continue
        key = longer
    return key


def _no_text(data: dict[str, Any]) -> Iterator[str]:
    for key, value in _walk(data):
        found = _NO_CHARACTER.search(value) if isinstance(value, str) else None
        if found:
            yield f"{key}: U+{ord(found[0]):04X} in it is no character that can be printed"


def _broken_references(data: dict[str, Any]) -> Iterator[str]:
    given = dict(_walk(data))
    destinations = data.get("destinations") or {}
    for key, value in given.items():
        wanted = re.match(r"subscriptions\.[^.]+\.deliver_to\[\d+\]$", key)
        if wanted and isinstance(destinations, dict) and value not in destinations:
            known = ", ".join(map(str, destinations)) or "none"
            yield f"{key}: there is no destination {value!r} (there are: {known})"
    custom = [key for key, v in given.items() if v == "custom" and key.endswith(".bands")]
    if custom and not data.get("custom_bands"):
        yield f"custom_bands: is required, because {custom[0]} is custom"
    yield from _outside(data)
    mails = [key for key, v in given.items() if v == "mail" and key.startswith("destinations.")]
    notify = data.get("notify")
    if isinstance(notify, dict) and notify.get("mail") and not data.get("mail"):
        yield "mail: is required, because notify.mail names operators"
    if mails and not data.get("mail"):
        yield f"mail: is required, because {mails[0].rpartition('.')[0]} is of type mail"


def _outside(data: dict[str, Any]) -> Iterator[str]:
    """Recipients outside of the allowed domains."""
    mail = data.get("mail")
    allowed = mail.get("allowed_domains") if isinstance(mail, dict) else None
    if not isinstance(allowed, list) or not allowed:
        return
    domains = {str(domain).lower() for domain in allowed}
    for key, value in _walk(data.get("destinations")):
        if re.search(r"\.to\[\d+\]$", key) and str(value).rpartition("@")[2].lower() not in domains:
            yield f"destinations.{key}: {value!r}: outside of mail.allowed_domains"
