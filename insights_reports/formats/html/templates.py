"""The templates and style sheets: the shipped ones, and a company's own that take their place.

A file in the company's folder stands for the shipped one of the same path below ``templates/``
(docs/templates.md). Whatever a template does, text is escaped, a missing name is an error, and a
page keeps its content security policy; a company's reaches nothing but what it is given.
"""

import base64
import hashlib
import re
import traceback
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace
from markupsafe import Markup

from insights_reports.assets import TEMPLATES
from insights_reports.errors import ConfigError, RenderError
from insights_reports.formats.charts.svg import xml_text

REPLACEABLE = (
    "report/web.html.j2",
    "report/web.css",
    "report/web.js",
    "report/print.html.j2",
    "report/print.css",
    "report/blocks.html.j2",
    "mail.html.j2",
    "index.html.j2",
    "index.css",
    "index.js",
)
_CLOSING = re.compile(r"</(?:style|script)", re.IGNORECASE)
_REMEDY = "Mend the file; docs/templates.md says what it is given."


# What a company's template may call besides our functions and Jinja's: methods of plain values.
_PLAIN = (str, int, float, list, tuple, dict, date)
_JINJAS_OWN = (dict, Namespace, Cycler, Joiner)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja for a company's templates. A template is a program: this one fills in a page, and has
    no name that starts with an underscore, no change to what it is given, and no call but those."""

    def is_safe_callable(self, obj: Any) -> bool:
        if isinstance(obj, type):
            return obj in _JINJAS_OWN
        module = getattr(obj, "__module__", None) or ""
        plain = getattr(getattr(obj, "__wrapped__", obj), "__self__", None)  # str.format is wrapped
        return super().is_safe_callable(obj) and (
            module.partition(".")[0] in ("insights_reports", "jinja2") or isinstance(plain, _PLAIN)
        )


class TemplateFault(RenderError):
    """One of the company's own files is at fault; says which and where."""


@dataclass(frozen=True)
class Templates:
    """``own`` is the company's folder; without it everything is as shipped. Files are read anew
    each time, so that a change is seen at once."""

    own: Path | None = None

    def render(self, name: str, **given: object) -> Markup:
        """The template called ``name``, filled in.

        Raises:
            TemplateFault: when one of the company's own fails, or cannot do with a shipped one.
        """
        try:
            text = _environment(self.own).get_template(name).render(given)
        except Exception as error:
            if self.own is None:
                raise
            raise self._failed(name, error) from error
        return Markup(text)  # noqa: S704 - the output of a template that escapes

    def parse(self, name: str) -> nodes.Template:
        """The template called ``name`` as a tree.

        Raises:
            TemplateSyntaxError, UnicodeDecodeError: when it is none.
        """
        path = self._path(name)
        source = path.read_text(encoding="utf-8")
        return _environment(self.own).parse(source, name, str(path))

    def compile(self, name: str) -> None:
        """See whether ``name`` is a template: its syntax, filters and tests.

        Raises:
            TemplateFault: when it is none, and where.
        """
        try:
            _environment(self.own).compile(self.parse(name), name, str(self._path(name)))
        except TemplateSyntaxError as error:
            raise self.fault(name, error.lineno, str(error.message)) from error
        except UnicodeDecodeError as error:
            raise self._no_text(name, error) from None

    def text(self, name: str) -> str:
        """A style sheet or a script.

        Raises:
            TemplateFault: when the company's own is no UTF-8, or ends the element it stands in.
        """
        path = self._path(name)
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise self._no_text(name, error) from None
        if closing := _CLOSING.search(text):
            line = text.count("\n", 0, closing.start()) + 1
            raise self.fault(name, line, f"{closing[0]} must not stand in it")
        return text

    def page(self, name: str, style: str, script: str, **given: object) -> bytes:
        """A web page as UTF-8 whose policy names style and script by their SHA-256 and allows
        nothing else: a name that slipped through as markup could neither run nor fetch.

        Raises:
            TemplateFault: as `render`, and when the page leaves its policy out.
        """
        policy = Markup(  # noqa: S704 - nothing but hashes
            '<meta http-equiv="Content-Security-Policy" content="'
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "img-src data:; font-src data:; base-uri 'none'; form-action 'none'\">"
        )
        page = self.render(
            name,
            policy=policy,
            style=Markup(style),  # noqa: S704 - a file of ours or of the company
            script=Markup(script),  # noqa: S704 - likewise
            **given,
        )
        if policy not in page:
            raise self.fault(name, 1, "the page must say {{ policy }} in its head")
        return page.encode()

    def fault(self, name: str, line: int, problem: str) -> TemplateFault:
        """What is wrong with one of the files."""
        return _fault(self._path(name), line, problem)

    def _no_text(self, name: str, error: UnicodeDecodeError) -> TemplateFault:
        line = error.object[: error.start].count(b"\n") + 1
        return self.fault(name, line, "it is not UTF-8 text")

    def _path(self, name: str) -> Path:
        own = self.own / name if self.own else None
        return own if own and own.is_file() else TEMPLATES / name

    def _failed(self, name: str, error: Exception) -> TemplateFault:
        problem = f"{type(error).__name__}: {error}"
        if isinstance(error, MemoryError):
            problem = "there is not enough memory for what it makes"
        if isinstance(error, TemplateSyntaxError):
            return _fault(Path(error.filename or name), error.lineno, str(error.message))
        folders = (str(self.own), str(TEMPLATES))
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.startswith(folders)
        ]
        if not frames:
            return _fault(self._path(name), 1, problem)
        if isinstance(error, TemplateNotFound):
            problem = f"there is no template {error.name!r}"
        return _fault(Path(frames[-1].filename), frames[-1].lineno or 1, problem)


SHIPPED = Templates()


def open_templates(folder: Path) -> Templates:
    """The templates of a company's folder.

    Raises:
        ConfigError: when it is no folder, or a file in it would never be used: a style sheet or
            script that takes no shipped one's place.
    """
    if not folder.is_dir():
        raise ConfigError(
            "The templates cannot be used.", (f"templates: {folder}: not a folder",), ""
        )
    idle = [
        f"{path}: takes no shipped file's place{meant(path.relative_to(folder).as_posix())}"
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".css", ".js") and path.relative_to(folder).as_posix() not in REPLACEABLE
    ]
    if idle:
        raise ConfigError(
            "The templates hold files that would never be used.",
            tuple(idle),
            f"Replaceable are: {', '.join(REPLACEABLE)}.",
        )
    return Templates(folder)


def meant(name: str) -> str:
    """The file whose name is the nearest, as a question."""
    near = get_close_matches(name, REPLACEABLE, 1)
    return f"; did you mean {near[0]}?" if near else ""


@cache
def _environment(own: Path | None) -> Environment:
    """Jinja, strict: everything is escaped, a missing name is an error."""
    shipped = FileSystemLoader(TEMPLATES)
    kind = _Sandbox if own else Environment  # what we ship ourselves need not pay for it
    return kind(
        loader=ChoiceLoader([FileSystemLoader(own), shipped]) if own else shipped,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
        # Jinja would not see that an own template now stands before one that it has loaded.
        cache_size=0 if own else 400,
    )


def _printable(value: object) -> object:
    """Text without what neither XML nor UTF-8 can hold."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return xml_text(value)
    return value


def _fault(path: Path, line: int, problem: str) -> TemplateFault:
    said = " ".join(problem.split())[:300]
    return TemplateFault("A template failed.", f"{path}, line {line}: {said}", _REMEDY)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
