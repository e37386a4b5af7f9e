"""Reading the configuration: one YAML or TOML file, all its problems reported at once."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

from insights_reports.config import problems as mistakes
from insights_reports.config import slices as recipients
from insights_reports.config.model import Config
from insights_reports.config.slices import SEPARATOR
from insights_reports.errors import ConfigError
from insights_reports.spelling.nearest import nearest

LARGEST = 1_000_000  # bytes
MOST_VALUES = 200_000
DEEPEST = 30
DEFAULT_NAMES = ("insights-reports.yaml", "config/insights-reports.yaml", "insights-reports.toml")
_KINDS = {"NoneType": "it is empty", "list": "a list", "dict": "a table with keys that are no text"}
_NO_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_RECIPIENT_OF_SLICE = re.compile(r"^subscriptions\.[^.]+\.slices\.recipients\..*\[\d+\]$")
_RECIPIENT = re.compile(rf"^destinations\.[^.]+\.to\[\d+\]$|{_RECIPIENT_OF_SLICE.pattern}")
_OF_SUBSCRIPTION = re.compile(r"^subscriptions\.([^.:\[]+)[.:\[]")
_SECRET_KEY = re.compile(r"(^|_)(api_?key|password|token|secret)$", re.IGNORECASE)


def load_config(path: Path) -> Config:
    """Read and validate the configuration at ``path`` (.yaml, .yml or .toml).

    Raises:
        ConfigError: with every problem found, each as ``file: key: what is wrong``.
    """
    config, problems = _checked(path, _read(path))
    if config is None or problems:
        raise _mistakes("The configuration", path, problems)
    return config


def load_usable(path: Path) -> Config:
    """As `load_config`, for what serves many: a subscription with mistakes of its own does not stop
    the others. It is left out, and ``unusable`` has what is wrong with it.

    Raises:
        ConfigError: when something else is wrong, or nothing is left.
    """
    config, problems = _checked(path, _read(path))
    of = [_OF_SUBSCRIPTION.match(problem) for problem in problems]
    unusable: dict[str, tuple[str, ...]] = {}
    for found, problem in zip(of, problems, strict=True):
        if found is not None:
            unusable[found[1]] = (*unusable.get(found[1], ()), problem)
    if unusable and all(of):
        data = _read(path)
        data["subscriptions"] = {
            name: one for name, one in data["subscriptions"].items() if name not in unusable
        }
        config, _ = _checked(path, data)  # what else is said now asks for those that are left out
        problems = problems if config is None else []
    if config is None or problems:
        raise _mistakes("The configuration", path, problems)
    config.leave_out(unusable)
    return config


def refuse_unusable(config: Config, name: str) -> None:
    """Raises ConfigError when `load_usable` left out the subscription ``name``, or that of a
    slice."""
    if config.is_unusable(name):
        subscription = name.partition(SEPARATOR)[0]
        problems = config.unusable[subscription]
        raise _mistakes(f"The subscription {subscription}", config.path, problems)


def _mistakes(what: str, path: Path, problems: Sequence[str]) -> ConfigError:
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    return ConfigError(
        f"{what} has {count}.",
        tuple(f"{path}: {problem}" for problem in problems),
        "Mend the keys named; `insights-reports config example` shows each with a comment.",
    )


def _checked(path: Path, data: dict[str, Any]) -> tuple[Config | None, list[str]]:
    """The configuration, and all that is wrong with it, each as ``key: what is wrong``.

    Raises:
        ConfigError: when it holds secrets.
    """
    literal = [
        f"{path}: {key}: a secret must not stand in the configuration"
        for key, _ in _walk(data)
        if _SECRET_KEY.search(key.rpartition(".")[2]) and ".slices.recipients." not in key
    ]
    if literal:
        raise ConfigError(
            "The configuration holds secrets.",
            tuple(literal),
            "Put them into the environment or a file: OCTOPUS_API_KEY, octopus.api_key_file, "
            "SMTP_PASSWORD, mail.password_file.",
        )
    of_files = list(recipients.fill_in(data, path.parent, _parse))
    validated = _validated(path, data)
    problems = [*of_files, *_no_text(data), *_broken_references(data)]
    if isinstance(validated, ValidationError):
        return None, [*mistakes.problems(validated, dict(_walk(data))), *problems]
    return validated, problems


def _validated(path: Path, data: dict[str, Any]) -> Config | ValidationError:
    """The configuration, or all that is wrong with it. In ``data`` the words of enumerations get
    the case that they are meant to have."""
    while True:
        try:
            return Config.model_validate({**data, "path": path.resolve()})
        except ValidationError as error:
            if not mistakes.forgive_case(error, data):
                return error


def find_config(given: str | None) -> Path:
    """The configuration to use: ``given``, or the first of `DEFAULT_NAMES` that exists here."""
    candidates = DEFAULT_NAMES if given is None else (given,)
    for candidate in candidates:
        if Path(candidate).is_file():
            return Path(candidate)
    raise ConfigError(
        "There is no configuration.",
        (f"Looked for: {', '.join(candidates) or repr(given)}",),
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
        raise ConfigError(
            "The configuration cannot be read.",
            (f"{path}: {reason}",),
            "Mend its rights or its text.",
        ) from None
    data = _parse(path, text)
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise ConfigError(
            "The configuration is not a table of keys.",
            (f"{path}: {_KINDS.get(type(data).__name__, 'one value')}",),
            "Start it with `subscriptions:`; `insights-reports config example` prints one.",
        )
    return data


def _parse(path: Path, text: str) -> object:
    try:
        if path.suffix == ".toml":
            return tomllib.loads(text)
        # YAML 1.2: 06:30 and no stay text, and a key given twice is an error.
        data = cast(object, YAML(typ="safe", pure=True).load(text))
    except DuplicateKeyError as error:
        problem = str(error.problem or "a key stands twice")
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError(
            "The configuration has a key twice.",
            (f"{path}, line {line}: {problem}",),
            "Keep one of the two.",
        ) from None
    except RecursionError:
        raise _too_much(path, "its values are nested too deeply") from None
    except (YAMLError, tomllib.TOMLDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(
            "The configuration cannot be understood.",
            (f"{where}: {what}",),
            "Mend the line, or the one before: spaces (no tabs), brackets and quotes in pairs."
            if mark or path.suffix == ".toml"
            else "Look for a date that there is not, such as 2026-02-30.",
        ) from None
    _check_size(path, data)
    return data


def _too_much(path: Path, what: str) -> ConfigError:
    return ConfigError(
        "The configuration cannot be understood.",
        (f"{path}: {what}",),
        "Write it flatter and shorter, and each `*name` out in its place.",
    )


def _check_size(path: Path, data: object) -> None:
    """Aliases (``*name``) make much of a small file, or a value that holds itself.

    Raises:
        ConfigError: when there is more in it than any configuration needs.
    """
    left = [(data, 0)]
    for _ in range(MOST_VALUES):
        if not left:
            return
        value, depth = left.pop()
        if depth > DEEPEST:
            raise _too_much(path, "its values are nested too deeply, or an alias stands in itself")
        inner = value.values() if isinstance(value, Mapping) else value
        if isinstance(inner, Iterable) and not isinstance(inner, str):
            left += [(item, depth + 1) for item in inner]
    raise _too_much(path, f"it has more than {MOST_VALUES:,} values, aliases written out")


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


def _no_text(data: dict[str, Any]) -> Iterator[str]:
    for key, value in _walk(data):
        found = _NO_CHARACTER.search(value) if isinstance(value, str) else None
        if found:
            yield f"{key}: U+{ord(found[0]):04X} in it is no character that can be printed"


def _unserved(data: dict[str, Any], given: dict[str, Any]) -> Iterator[str]:
    """What workers or Octopus's webhook would ask for in vain."""
    if data.get("work_pool") and not data.get("name"):
        yield "name: is required, because workers of work_pool tell its runs by it"
    found = data.get("subscriptions")
    entries = found.items() if isinstance(found, dict) else ()
    served = [name for name, one in entries if isinstance(one, dict) and "schedule" in one]
    for key, value in given.items():
        if re.match(r"webhook\.subscriptions\[\d+\]$", key) and value not in served:
            there = ", ".join(map(str, served)) or "none"
            yield f"{key}: {value!r} is no subscription with a schedule; there are: {there}"


def _broken_references(data: dict[str, Any]) -> Iterator[str]:
    given = dict(_walk(data))
    destinations = data.get("destinations") or {}
    for key, value in given.items():
        wanted = re.match(r"subscriptions\.[^.]+\.deliver_to\[\d+\]$", key)
        if wanted and isinstance(destinations, dict) and value not in destinations:
            known = [str(name) for name in destinations]
            found = nearest(str(value), known)
            meant = f"did you mean {found}? " if found else ""
            there = ", ".join(known) or "none"
            yield f"{key}: there is no destination {value!r} ({meant}there are: {there})"
    custom = [key for key, v in given.items() if v == "custom" and key.endswith(".bands")]
    if custom and not data.get("custom_bands"):
        yield f"custom_bands: is required, because {custom[0]} is custom"
    yield from _outside(data)
    yield from _unsliced(data)
    sliced = [key for key in given if _RECIPIENT_OF_SLICE.search(key)]
    mailed = [key for key in sliced if f"{key.partition('.recipients.')[0]}.eml.path" not in given]
    if data.get("mail") is None and mailed:
        yield f"mail: is required, because {mailed[0].rpartition('[')[0]} names recipients"
    yield from _unserved(data, given)
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
    for key, value in _walk(data):
        if _RECIPIENT.search(key) and str(value).rpartition("@")[2].lower() not in domains:
            yield f"{key}: {value!r}: outside of mail.allowed_domains"


def _unsliced(data: dict[str, Any]) -> Iterator[str]:
    """Of slices: mail destinations, whose recipients would get every slice."""
    destinations = data.get("destinations")
    for key, value in _walk(data.get("subscriptions")):
        wanted = re.match(r"([^.]+)\.deliver_to\[\d+\]$", key)
        subscription = wanted and data["subscriptions"].get(wanted[1])
        if not (subscription and subscription.get("slices") and isinstance(destinations, dict)):
            continue
        chosen = destinations.get(value)
        if isinstance(chosen, dict) and chosen.get("type") in ("mail", "eml"):
            yield (
                f"subscriptions.{key}: {value!r}: its recipients would get every slice; "
                "name places only, recipients stand in slices.recipients"
            )
