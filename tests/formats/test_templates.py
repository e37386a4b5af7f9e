"""A company's own templates: what they may replace, what stays, and how their faults are told."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from insights_reports.assets import TEMPLATES
from insights_reports.edition.document import Document
from insights_reports.errors import ConfigError, RenderError
from insights_reports.formats.html import index
from insights_reports.formats.html import render as html
from insights_reports.formats.html.templates import REPLACEABLE, Templates, open_templates
from insights_reports.formats.html.templates_check import check_templates
from insights_reports.formats.mail import render as mail
from insights_reports.formats.pdf import render as pdf
from insights_reports.formats.pdf.child import Kind, ProcessLimits
from insights_reports.pipeline.sample import sample_document, sample_entry
from tests import documents

GENERATED = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    (folder / "report").mkdir(parents=True)
    return folder


def changed(own: Path, name: str, old: str, new: str) -> Templates:
    """Templates of which ``name`` is the shipped file with a change."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert old in text
    (own / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return open_templates(own)


def test_every_replaceable_file_is_shipped() -> None:
    assert [name for name in REPLACEABLE if not (TEMPLATES / name).is_file()] == []


def test_the_page_takes_an_own_template_and_macro_and_keeps_the_rest(own: Path) -> None:
    changed(own, "report/web.html.j2", "<main ", '<p id="own">{{ identity.report.text }}</p><main ')
    templates = changed(own, "report/blocks.html.j2", 'class="tile {{', 'class="tile ours {{')
    name = "<b>Ours</b> & theirs"
    identity = documents.sample_document().identity
    hostile = type(identity)(
        **{field: getattr(identity, field) for field in identity.__slots__}
        | {"report": type(identity.report)(name)}
    )
    page = html.render(documents.sample_document(identity=hostile), templates).decode()
    assert '<p id="own">&lt;b&gt;Ours&lt;/b&gt; &amp; theirs</p>' in page
    assert page.count('class="tile ours ') == len(documents.sample_document().tiles)


def test_an_own_style_sheet_and_script_are_named_in_the_policy_by_their_hash(own: Path) -> None:
    (own / "report" / "web.css").write_text("body{color:#123456}", encoding="utf-8")
    (own / "report" / "web.js").write_text("document.title = 'ours'", encoding="utf-8")
    page = html.render(documents.sample_document(), open_templates(own)).decode()
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    assert style.endswith("body{color:#123456}")
    (script,) = re.findall("<script>(.*?)</script>", page, re.DOTALL)
    assert script == "document.title = 'ours'"
    for text in (style, script):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page


def test_the_child_that_lays_out_the_pdf_uses_own_files_too(own: Path) -> None:
    changed(own, "report/print.css", "@page{", "@page{size:A5 landscape!important;")
    templates = changed(
        own, "report/print.html.j2", '<h2 class="headline">', "<p>Ours alone</p><h2>"
    )
    document = documents.split_document(sections=())
    page = PdfReader(BytesIO(pdf.render(document, templates=templates))).pages[0]
    assert "Ours alone" in page.extract_text()
    assert round(page.mediabox.width) == 595  # A5 landscape is as wide as A4 is
    assert round(page.mediabox.height) == 420


def test_mail_and_index_take_own_templates(own: Path) -> None:
    changed(own, "mail.html.j2", "</body>", "<p>Our mail</p></body>")
    templates = changed(own, "index.html.j2", "</main>", "<p>Our index</p></main>")
    assert b"<p>Our mail</p>" in mail.html_part(documents.sample_document(), templates=templates)
    page = index.render((), title="x", generated=GENERATED, templates=templates)
    assert b"<p>Our index</p>" in page


def test_a_change_is_seen_at_the_next_rendering(own: Path) -> None:
    (own / "report" / "web.css").write_text("b{top:1px}", encoding="utf-8")
    templates = open_templates(own)
    assert b"b{top:1px}" in html.render(documents.sample_document(), templates)
    (own / "report" / "web.css").write_text("b{top:2px}", encoding="utf-8")
    assert b"b{top:2px}" in html.render(documents.sample_document(), templates)
    changed(own, "report/blocks.html.j2", 'class="tile {{', 'class="tile first {{')
    assert b'class="tile first ' in html.render(documents.sample_document(), templates)
    changed(own, "report/blocks.html.j2", 'class="tile {{', 'class="tile second {{')
    assert b'class="tile second ' in html.render(documents.sample_document(), templates)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a\n{{ no_such_value }}\n", 2, "'no_such_value' is undefined"),
        ("a\nb\n{% if %}\n", 3, "Expected an expression"),
        ("a\n\n\n{{ document.titel }}", 4, "no attribute 'titel'"),
        ("{% include 'ours.html.j2' %}", 1, "there is no template 'ours.html.j2'"),
        ("{{ 1 / 0 }}", 1, "ZeroDivisionError"),
        ("no policy", 1, "{{ policy }}"),
    ],
)
def test_a_fault_of_an_own_template_names_file_and_line(
    own: Path, text: str, line: int, problem: str
) -> None:
    path = own / "report" / "web.html.j2"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RenderError) as caught:
        html.render(documents.sample_document(), open_templates(own))
    assert f"{path}, line {line}: " in str(caught.value)
    assert problem in str(caught.value)
    assert caught.value.exit_status == 4


def test_a_fault_in_the_child_names_file_and_line(own: Path) -> None:
    path = own / "report" / "print.html.j2"
    path.write_text("<p>\n{{ document.titel }}", encoding="utf-8")
    with pytest.raises(RenderError, match=rf"{re.escape(str(path))}, line 2: .*'titel'"):
        pdf.render(documents.sample_document(), templates=open_templates(own))


def test_the_child_makes_the_mail_and_the_index_that_are_made_here(own: Path) -> None:
    """With all that they are given: files, folders and names with anything in them."""
    for name in REPLACEABLE:
        (own / name).write_bytes((TEMPLATES / name).read_bytes())
    document = sample_document()
    given: dict[str, Any] = {
        "attached": [("a.pdf", "1 kB")],
        "left_out": [("b\n<i>.xlsx", "2 MB")],
        "folders": ["/srv/\u2028 x", "https://example.com/a?b=1"],
        "owner": "Ask <owner@example.com>.",
    }
    entries = (sample_entry(document), replace(sample_entry(document), finding="a\n</script>\x00"))
    listed: dict[str, Any] = {
        "title": "Ours",
        "generated": GENERATED,
        "language": "de",
        "accent": "#123456",
    }
    with pdf.render_pool(1, templates=open_templates(own)) as render:
        assert render(document, "mail", **given) == mail.html_part(document, **given)
        assert render(entries, "index", **listed) == index.render(entries, **listed)


_FOR_EVER = "{% for a in range(99999) %}{% for b in range(99999) %}WHAT{% endfor %}{% endfor %}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("web", "report/web.html.j2"),
        ("mail", "mail.html.j2"),
        ("pdf", "report/print.html.j2"),
        ("index", "index.html.j2"),
    ],
)
def test_a_loop_of_billions_costs_no_more_than_it_may(own: Path, kind: Kind, name: str) -> None:
    """Of memory, where the file and the line are known, and of time."""
    limits = ProcessLimits(memory=1024**3, cpu=4)
    shown: pdf.Shown = () if kind == "index" else documents.sample_document()
    given = {"title": "x", "generated": GENERATED} if kind == "index" else {}
    with pdf.render_pool(1, limits, open_templates(own)) as render:
        (own / name).write_text(
            "\n" + _FOR_EVER.replace("WHAT", "{{ 'x' * 9999999 }}"), encoding="utf-8"
        )
        said = f"{name}, line .: there is not enough memory|more than 1024 MB of memory"
        with pytest.raises(RenderError, match=said):
            render(shown, kind, **given)
        (own / name).write_text(_FOR_EVER.replace("WHAT", ""), encoding="utf-8")
        with pytest.raises(RenderError, match="more than 4 s of processor time") as caught:
            render(shown, kind, **given)
        assert f"a text without an end in {name} or what it includes" in caught.value.remedy
        (own / name).write_bytes((TEMPLATES / name).read_bytes())
        assert render(shown, kind, **given)  # and the next is rendered as if nothing had been


def test_a_colour_that_there_is_not_names_file_and_line(own: Path) -> None:
    path = own / "report" / "print.css"
    path.write_text("p{color:@ink@}\nb{color:@pink@}", encoding="utf-8")
    with pytest.raises(RenderError, match=r"print\.css, line 2: there is no colour @pink@"):
        pdf.render(documents.sample_document(), templates=open_templates(own))


def test_an_own_style_sheet_makes_the_renderer_fetch_nothing(own: Path) -> None:
    path = own / "report" / "print.css"
    path.write_text("p{background:url(http://127.0.0.1:9/x.png)}", encoding="utf-8")
    with pytest.raises(RenderError, match="refused to fetch") as caught:
        pdf.render(documents.sample_document(), templates=open_templates(own))
    assert str(own) in caught.value.remedy


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"a{}\n</style><b>", "line 2: </style must not"), (b"\n\n\xff", "line 3: it is not UTF-8")],
)
def test_a_style_sheet_stays_in_its_element(own: Path, content: bytes, problem: str) -> None:
    (own / "report" / "web.css").write_bytes(content)
    with pytest.raises(RenderError, match=problem):
        html.render(documents.sample_document(), open_templates(own))


def test_a_folder_with_files_that_are_never_used_is_refused(own: Path) -> None:
    (own / "web.css").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        open_templates(own)
    assert caught.value.problems == (
        f"{own / 'web.css'}: takes no shipped file's place; did you mean report/web.css?",
    )
    with pytest.raises(ConfigError, match="not a folder"):
        open_templates(own / "missing")


def test_shipped_files_as_they_are_pass_the_check(own: Path) -> None:
    for name in REPLACEABLE:
        (own / name).write_bytes((TEMPLATES / name).read_bytes())
    assert check_templates(own) == REPLACEABLE


def test_a_template_that_another_includes_passes_the_check(own: Path) -> None:
    changed(own, "report/web.html.j2", "<main ", '{% include "own/banner.html.j2" %}<main ')
    (own / "own").mkdir()
    (own / "own" / "banner.html.j2").write_text("<p>{{ w.text('label.report') }}</p>")
    assert check_templates(own) == ("report/web.html.j2",)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("report/web.html.j2", b"a\n{% if %}", "report/web.html.j2, line 2: Expected"),
        ("mail.html.j2", b"{{ 1|euro }}", "mail.html.j2, line 1: No filter named 'euro'"),
        ("mail.html.j2", b"a\n\xff", "mail.html.j2, line 2: it is not UTF-8"),
        ("index.css", b"</style>", "index.css, line 1: </style must not stand in it"),
        (
            "report/web.htm.j2",
            b"",
            "report/web.htm.j2: takes no shipped file's place and no template includes it; did "
            "you mean report/web.html.j2?",
        ),
    ],
)
def test_the_check_names_every_file_that_could_not_be_used(
    own: Path, name: str, content: bytes, problem: str
) -> None:
    (own / name).write_bytes(content)
    (own / "report" / "prnt.html.j2").write_text("")
    with pytest.raises(ConfigError) as caught:
        check_templates(own)
    problems = caught.value.problems
    assert len(problems) == 2
    assert any(f"templates: {own}: {problem}" in each for each in problems)
    assert any("did you mean report/print.html.j2?" in each for each in problems)


def own_page(own: Path, body: str) -> str:
    """The index with ``body`` as a company's template."""
    text = f"<head>{{{{ policy }}}}</head>{body}"
    (own / "index.html.j2").write_text(text, encoding="utf-8")
    page = index.render([], title="Ours", generated=GENERATED, templates=open_templates(own))
    return page.decode().partition("</head>")[2]


@pytest.mark.parametrize(
    "escape",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ ['']|map(attribute='__class__')|first }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__['os'].system('id') }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ w.text.__func__.__globals__ }}",
        "{{ w.text.__globals__ }}",
        "{{ w.__class__.__init__.__globals__ }}",
        "{{ '{0.__class__.__mro__}'.format('') }}",
        "{{ '{0.__init__.__globals__}'.format(w) }}",
        "{{ '%s'|format(w.__class__) }}",
        "{{ '{x.__class__}'.format_map({'x': ''}) }}",
        "{{ w.__reduce_ex__(2) }}",
        "{% set f = ''.format %}{{ f.__self__.__class__ }}",
        "{{ (w.text ~ '').__class__ }}",
        "{{ w.locale.load('en') }}",
        "{{ w.locale.parse('en') }}",
        "{{ groups.append(1) }}",
        "{{ {}.update({'a': 1}) }}",
        "{{ range(1000000000)|length }}",
        "{% include '../../../../../../etc/passwd' %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
    ],
)
def test_an_own_template_reaches_nothing_but_what_it_is_given(own: Path, escape: str) -> None:
    with pytest.raises(RenderError, match=r"index\.html\.j2, line 1: "):
        own_page(own, escape)


def test_an_own_template_does_what_a_template_is_for(own: Path) -> None:
    body = (
        "{% macro twice(x) %}{{ x }}{{ x }}{{ caller() }}{% endmacro %}"
        "{% set n = namespace(count=0) %}{% for x in range(3) %}{% set n.count = n.count + x %}"
        "{{ loop.cycle('a', 'b') }}{% endfor %} {{ n.count }} "
        "{% call twice('<') %}{{ '{:>3}'.format(7) }}{% endcall %} {{ 'ab'.upper() }} "
        "{{ {'k': 1}.items()|list|length }} {{ dict(a=1).a }} {{ w.text('label.check') }} "
        "{{ '%.1f' % 2 }} {{ [3, 1]|sort|join(',') }}"
    )
    assert own_page(own, body) == "aba 3 &lt;&lt;  7 AB 1 1 Cross-check with Octopus 2.0 1,3"


@pytest.mark.parametrize("document", [documents.sample_document, documents.splits_document])
def test_the_shipped_templates_make_the_same_bytes_in_the_sandbox(
    own: Path, document: Callable[[], Document]
) -> None:
    for name in REPLACEABLE:
        (own / name).write_bytes((TEMPLATES / name).read_bytes())
    templates, one = open_templates(own), document()
    assert html.render(one, templates) == html.render(one)
    assert mail.html_part(one, templates=templates) == mail.html_part(one)
    assert index.render([], title="", generated=GENERATED, templates=templates) == index.render(
        [], title="", generated=GENERATED
    )
