"""``config``: the complete example, the JSON Schema for editors, what a configuration comes to."""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from insights_reports.assets import EXAMPLE
from insights_reports.commands.common import print_json
from insights_reports.config.file import find_config, load_config
from insights_reports.config.model import Config

_USER_INFO = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")
_OVERRULED = {
    "OCTOPUS_URL": "url",
    "OCTOPUS_SPACE": "space",
    "OCTOPUS_API_KEY_FILE": "api_key_file",
}


def main(options: argparse.Namespace) -> int:
    """Print the example, the schema, or the effective configuration."""
    if options.action == "example":
        print(EXAMPLE.read_text(encoding="utf-8"), end="")
        return 0
    if options.action == "schema":
        print(schema_text(), end="")
        return 0
    effective = _effective(load_config(find_config(options.config)))
    if options.json:
        print_json(effective)
    else:
        yaml = YAML()
        yaml.indent(mapping=2, sequence=4, offset=2)
        yaml.width = 100
        yaml.dump(effective, sys.stdout)
    return 0


def schema_text() -> str:
    """The JSON Schema of a configuration, as `init` writes it beside the file."""
    schema = Config.model_json_schema()
    schema["properties"].pop("path")  # where the file lies, which is no key of it
    schema["required"].remove("path")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Configuration of Insights Reports"
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _effective(config: Config) -> dict[str, Any]:
    """Every key with its value or default, as the environment overrules them; keys that are not
    set are left out, and so is every password in an address."""
    value: dict[str, Any] = _public(config.model_dump(mode="json", exclude={"path"}))
    for variable, key in _OVERRULED.items():
        given = os.environ.get(variable, "").strip()
        if given:
            value["octopus"][key] = _public(given)
    value["state"] = str(config.resolve(Path(value["state"])))
    return value


def _public(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _public(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_public(item) for item in value]
    return _USER_INFO.sub(r"\1:(hidden)@", value) if isinstance(value, str) else value
