"""A company's own templates, looked at before there is a document to render with them."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateSyntaxError, meta

from insights_reports.assets import TEMPLATES
from insights_reports.errors import ConfigError
from insights_reports.formats.html.templates import (
    REPLACEABLE,
    TemplateFault,
    Templates,
    meant,
    open_templates,
)


def check_templates(folder: Path) -> tuple[str, ...]:
    """The names of the shipped files whose place those in ``folder`` take.

    Raises:
        ConfigError: as `open_templates`; when a template is no template, a style sheet or script
            cannot stand in a page, or a template takes no place and is included by no other.
    """
    templates = open_templates(folder)
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.j2"))]
    problems = [*_unusable(templates, folder), *_unused(templates, names)]
    if problems:
        raise ConfigError(
            f"The templates have {len(problems)} problem{'s' if len(problems) > 1 else ''}.",
            tuple(f"templates: {folder}: {problem}" for problem in problems),
            "docs/templates.md says which files there are and what each is given.",
        )
    return tuple(name for name in REPLACEABLE if (folder / name).is_file())


def _unusable(templates: Templates, folder: Path) -> Iterator[str]:
    """Files with a fault that shows without a document."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        try:
            if path.suffix == ".j2":
                templates.compile(name)
            elif path.suffix in (".css", ".js"):
                templates.text(name)
        except TemplateFault as fault:
            yield fault.which.removeprefix(f"{folder}/")


def _unused(templates: Templates, names: list[str]) -> Iterator[str]:
    """Templates that neither take a shipped one's place nor are included by name."""
    shipped = [path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.j2")]
    included = set()
    for name in {*names, *shipped}:
        try:
            references = list(meta.find_referenced_templates(templates.parse(name)))
        except (TemplateSyntaxError, UnicodeDecodeError):
            continue  # told by `_unusable`
        if None in references:
            return  # a name that only rendering knows: any file may be meant
        included |= set(references)
    for name in names:
        if name not in included and name not in REPLACEABLE:
            yield (
                f"{name}: takes no shipped file's place and no template includes it{meant(name)}"
            )
