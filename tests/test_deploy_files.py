"""The files under deploy/: commands that exist, settings that Prefect knows, nothing that may write
where it need not.

hadolint, Kubernetes' schemas and that of Compose are asked by hand before a release.
"""

import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from insights_reports import __version__
from insights_reports.cli import build_parser

DEPLOY = Path(__file__).parent.parent / "deploy"
COMPOSE = YAML(typ="safe").load(DEPLOY / "compose.yaml")["services"]
ITEMS = YAML(typ="safe").load(DEPLOY / "kubernetes" / "insights-reports.yaml")["items"]
PODS = [item["spec"]["template"]["spec"] for item in ITEMS if item["kind"] == "Deployment"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def containers() -> Iterator[dict[str, Any]]:
    for pod in PODS:
        yield from (*pod.get("initContainers", ()), *pod["containers"])


def commands() -> list[list[str]]:
    """What is run in containers, word for word."""
    found = [service["command"] for service in COMPOSE.values() if "command" in service]
    found += [container["args"] for container in containers()]
    return [*found, json.loads(DOCKERFILE.rpartition("CMD ")[2])]


def test_commands_of_ours_are_understood() -> None:
    ours = [words[1:] for words in commands() if words[0] == "insights-reports"]
    assert len(ours) == 4
    for words in ours:
        assert build_parser().parse_args(words).module in ("schedule", "server")


@pytest.mark.slow
def test_commands_of_prefect_are_understood() -> None:
    theirs = {shlex.join(words) for words in commands() if words[0] == "prefect"}
    assert len(theirs) == 3
    for line in theirs:
        words = [
            word for word in shlex.split(line)[1:] if not re.fullmatch(r"\d+|0\.0\.0\.0", word)
        ]
        subcommands = [word for word in words if not word.startswith("-")][:2]
        said = subprocess.run(
            [sys.executable, "-m", "prefect", *subcommands, "--help"],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert said.returncode == 0, line
        for option in (word for word in words if word.startswith("--")):
            assert option in said.stdout, f"{line}: {option}"


def environments() -> Iterator[str]:
    for service in COMPOSE.values():
        yield from service.get("environment", {})
    for container in containers():
        yield from (each["name"] for each in container["env"])


def test_settings_of_prefect_are_known() -> None:
    from prefect.settings.legacy import _get_settings_fields
    from prefect.settings.models.root import Settings

    named = {name for name in environments() if name.startswith("PREFECT_")}
    named |= set(re.findall(r"PREFECT_\w+", DOCKERFILE))
    assert len(named) > 8
    assert named <= _get_settings_fields(Settings).keys()


def test_what_probes_run_is_python() -> None:
    probes = [
        service["healthcheck"]["test"] for service in COMPOSE.values() if "healthcheck" in service
    ]
    probes += [
        container["livenessProbe"]["exec"]["command"]
        for container in containers()
        if "exec" in container.get("livenessProbe", {})
    ]
    snippets = [words[-1] for words in probes if "-c" in words]
    assert len(snippets) == 5
    for snippet in snippets:
        ast.parse(snippet)


def test_nothing_may_do_more_than_it_needs() -> None:
    for name, service in COMPOSE.items():
        if name != "postgres":  # the image of others, on its own volume
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
    for pod in PODS:
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
    for container in containers():
        assert container["securityContext"]["readOnlyRootFilesystem"], container["name"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
    assert re.search(r"^USER 10001", DOCKERFILE, re.MULTILINE)
    published = [port for service in COMPOSE.values() for port in service.get("ports", ())]
    assert published == ["127.0.0.1:4200:4200"]


def test_images_of_others_are_pinned() -> None:
    assert set(re.findall("^FROM (\\S+)", DOCKERFILE, re.MULTILINE)) == {"${BASE}"}
    (base,) = re.findall("^ARG BASE=(.+)", DOCKERFILE, re.MULTILINE)
    for image in (base, COMPOSE["postgres"]["image"]):
        assert re.search(r":\d+\.\d+(\.\d+)?(-[\w-]+)?$", image), image


def test_the_image_says_its_version() -> None:
    assert f'image.version="{__version__}"' in DOCKERFILE


def test_the_image_has_the_libraries_and_fonts_of_the_setup() -> None:
    setup = (DEPLOY.parent / "scripts" / "setup").read_text()
    (line,) = re.findall(r"^packages=\((.+)\)", setup, re.MULTILINE)
    wanted = {*line.split(), *re.findall(r"apt_install (fonts-\S+);", setup)}
    assert len(wanted) == 8
    assert wanted <= set(DOCKERFILE.split())


def test_what_the_image_is_built_of_reaches_the_builder_and_nothing_else() -> None:
    ignored = (DEPLOY.parent / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = re.findall("^COPY (?!--from)(.+) \\S+$", DOCKERFILE, re.MULTILINE)
    assert let_in == {name for line in copied for name in line.split()}


def test_every_secret_comes_from_outside() -> None:
    given = [
        each
        for container in containers()
        for each in container["env"]
        if re.search("AUTH|KEY|PASSWORD|DATABASE_CONNECTION", each["name"])
    ]
    assert len(given) == 7
    assert all("secretKeyRef" in each["valueFrom"] for each in given)


def test_the_how_to_makes_the_secret_that_the_pods_ask_for() -> None:
    """No key more, no key less, by the name and in the namespace that they know."""
    asked = {
        (ref["name"], ref["key"])
        for container in containers()
        for each in container["env"]
        if (ref := each.get("valueFrom", {}).get("secretKeyRef"))
    }
    told = (DEPLOY.parent / "docs" / "howto.md").read_text(encoding="utf-8")
    command = told.partition("create secret generic ")[2].partition("\nkubectl")[0]
    keys = re.findall(r"--from-file=(\S+)", command)
    assert {(command.split(" ")[0], key) for key in keys} == asked
    assert len(keys) == len(asked)
