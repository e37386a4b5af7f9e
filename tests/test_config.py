"""The configuration: everything it may say, and every problem said at once."""

import csv
import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from ruamel.yaml import YAML

from insights_reports.commands.config import schema_text
from insights_reports.config.file import find_config, load_config, load_usable, refuse_unusable
from insights_reports.config.judging import CustomBands
from insights_reports.config.model import Config
from insights_reports.config.problems import keys_at
from insights_reports.config.schedule import Holidays, Schedule
from insights_reports.errors import ConfigError
from insights_reports.spelling.terms import DIMENSIONS
from tests.conftest import run_command
from tests.typed import the

EXAMPLE = Path(__file__).parent.parent / "config" / "insights-reports.yaml"
SMALLEST = "subscriptions:\n  monthly:\n    report: Delivery\n"


def put(tmp_path: Path, text: str, name: str = "c.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str, name: str = "c.yaml") -> list[str]:
    path = put(tmp_path, text, name)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert caught.value.exit_status == 2
    return [problem.removeprefix(f"{path}: ") for problem in caught.value.problems]


def test_the_example_is_valid_and_names_every_key() -> None:
    config = load_config(EXAMPLE)
    assert list(config.subscriptions) == ["board-monthly", "teams", "board-quarterly"]
    text = EXAMPLE.read_text(encoding="utf-8")
    mail, board = the(BaseModel, config.mail), config.subscriptions["board-monthly"]
    sections: list[BaseModel] = [config.octopus, config.company, mail, board]
    kinds: list[type[BaseModel]] = [
        *(type(each) for each in sections),
        Config,
        CustomBands,
        Schedule,
        Holidays,
    ]
    for section in kinds:
        for key in section.model_fields.keys() - {"path"}:
            assert f"{key}:" in text, f"the example does not show {key}"


def test_a_small_configuration_has_the_documented_defaults(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(SMALLEST, encoding="utf-8")
    subscription = load_config(tmp_path / "c.yaml").subscriptions["monthly"]
    assert subscription.every == "month"
    assert subscription.splits == DIMENSIONS
    assert subscription.formats == ("pdf", "xlsx", "html")
    assert subscription.bands == "none"
    assert subscription.cross_check.beyond == "mark"


def test_toml_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[subscriptions.monthly]\nreport = "Delivery"\n')
    (tmp_path / "c.yaml").write_text(SMALLEST)
    toml, yaml = load_config(tmp_path / "c.toml"), load_config(tmp_path / "c.yaml")
    assert toml.subscriptions == yaml.subscriptions


def test_all_problems_are_said_at_once_with_key_and_value(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
octopus: {urll: x}
destinations:
  a: {type: folder}
  b: {type: mail, to: ['a@b.example, evil@y.example']}
subscriptions:
  x: {report: '', splits: [Projct], top: 0, deliver_to: [zz],
      schedule: {cron: '0 2 1 * *', zone: EST}}
""",
    )
    keys = [problem.split(":")[0] for problem in found]
    assert keys == [
        "octopus.urll",
        "destinations.a.path",
        "destinations.b.to[0]",
        "subscriptions.x.report",
        "subscriptions.x.splits[0]",
        "subscriptions.x.top",
        "subscriptions.x.schedule.cron",
        "subscriptions.x.schedule.zone",
        "subscriptions.x.deliver_to[0]",
        "mail",
    ]
    assert "'Projct'" in found[4]
    assert "there are: a, b" in found[8]


def test_a_mistake_in_one_subscription_leaves_it_out_where_others_are_served(
    tmp_path: Path,
) -> None:
    right = "subscriptions:\n  a: {report: R}\n"
    path = put(tmp_path, f"{right}  b: {{report: R, splits: [Projekt], paper: A3}}\n")
    found = load_usable(path)
    assert list(found.subscriptions) == ["a"]
    ((name, problems),) = found.unusable.items()
    assert name == "b"
    assert [problem.partition(": ")[0] for problem in problems] == [
        "subscriptions.b.splits[0]",
        "subscriptions.b.paper",
    ]
    with pytest.raises(ConfigError, match="The subscription b has 2 problems"):
        refuse_unusable(found, "b")
    refuse_unusable(found, "a")
    assert load_usable(put(tmp_path, right)).unusable == {}


def test_what_asks_for_a_subscription_that_is_left_out_asks_in_vain(tmp_path: Path) -> None:
    text = (
        "webhook: {subscriptions: [a, b], secret_file: s}\nsubscriptions:\n"
        "  a: {report: R, schedule: {cron: 0 6 1 * *, zone: UTC}}\n"
        "  b: {report: R, splits: [Projekt], schedule: {cron: 0 6 1 * *, zone: UTC}}\n"
    )
    found = load_usable(put(tmp_path, text))
    assert (list(found.subscriptions), list(found.unusable)) == (["a"], ["b"])


@pytest.mark.parametrize(
    ("name", "content"),
    [("teams.yaml", "Web: [a@example.com"), ("teams.csv", f"slice,recipient\n{'x' * 200_000},a\n")],
)
def test_a_broken_file_of_recipients_is_a_mistake_of_its_subscription(
    tmp_path: Path, name: str, content: str, request: pytest.FixtureRequest
) -> None:
    limit = csv.field_size_limit(131_072)  # Python's own; others may have raised it
    request.addfinalizer(lambda: csv.field_size_limit(limit))
    (tmp_path / name).write_text(content, encoding="utf-8")
    slices = f"{{by: Project, recipients_file: {name}}}"
    path = put(
        tmp_path, f"subscriptions:\n  a: {{report: R}}\n  b: {{report: R, slices: {slices}}}\n"
    )
    found = load_usable(path)
    assert list(found.subscriptions) == ["a"]
    key = "subscriptions.b.slices.recipients_file: "
    assert any(problem.startswith(key) and name in problem for problem in found.unusable["b"])
    with pytest.raises(ConfigError, match=name):
        load_config(path)


@pytest.mark.parametrize(
    "text",
    [
        "subscriptions:\n  b: {report: R, splits: [Projekt]}\n",
        "state: [1]\nsubscriptions:\n  a: {report: R}\n  b: {report: R, splits: [Projekt]}\n",
        "mail: {api_key: x}\nsubscriptions:\n  a: {report: R}\n",
    ],
    ids=["nothing is left", "a mistake elsewhere", "a secret"],
)
def test_other_mistakes_stop_all(tmp_path: Path, text: str) -> None:
    path = put(tmp_path, text)
    with pytest.raises(ConfigError) as whole:
        load_config(path)
    with pytest.raises(ConfigError) as usable:
        load_usable(path)
    assert str(usable.value) == str(whole.value)


@pytest.mark.parametrize(
    "key",
    ["octopus: {api_key: API-CANARY}", "mail: {password: API-CANARY}", "x: {Token: API-CANARY}"],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"{key}\n{SMALLEST}")
    with pytest.raises(ConfigError, match="secret") as caught:
        load_config(path)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"), [("blue", "'blue': "), ("'#FFF'", "'#FFF': "), ("#0b5c73", "")]
)
def test_an_accent_is_a_colour(tmp_path: Path, given: str, said: str) -> None:
    """Without quotes YAML takes #0b5c73 for a comment."""
    (problem,) = problems(tmp_path, f"company:\n  accent: {given}\n{SMALLEST}")
    assert problem == f"company.accent: {said}must be a colour such as '#0b5c73', in quotes"


def test_yaml_is_read_as_version_1_2(tmp_path: Path) -> None:
    text = SMALLEST + "    hotfix_patterns: [no, 06:30, 1.10]\n"
    assert problems(tmp_path, text) == [
        "subscriptions.monthly.hotfix_patterns[2]: 1.1: must be text; put it in quotes"
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("subscriptions: {a: {report: x}, a: {report: y}}", "line 1"),
        ("subscriptions: [", "line"),
        ("- a", "a list"),
        ("", "it is empty"),
        ("[" * 3000, "c.yaml"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert "c.yaml" in str(caught.value)
    assert part in str(caught.value)


@pytest.mark.parametrize("escape", ["\\uD800", "\\e", "\\x9b"])
def test_what_no_format_can_print_is_refused(tmp_path: Path, escape: str) -> None:
    text = f'company: {{name: "Nord{escape}licht"}}\n{SMALLEST}'
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("company.name: U+")


def test_names_of_subscriptions_are_plain(tmp_path: Path) -> None:
    assert "lower-case" in problems(tmp_path, "subscriptions: {'../x': {report: a}}")[0]


@pytest.mark.parametrize(
    ("cron", "word"),
    [
        ("15 6 1 *", "five fields"),
        ("15 6 1 * 1", "weekday"),
        ("15 3 1 * *", "04:00"),
        ("15 * 1 * *", "04:00"),
        ("15 2,14 1 * *", "04:00"),
        ("15 1-5 1 * *", "04:00"),
        ("15 */6 1 * *", "04:00"),
        ("15 6 LW * *", "last-working-day"),
        ("99 6 1 * *", "bad minute"),
        ("15 6 31 4,6 *", "bad day-of-month"),  # neither has one
    ],
)
def test_schedules_that_surprise_are_refused(tmp_path: Path, cron: str, word: str) -> None:
    text = SMALLEST + f"    schedule: {{cron: '{cron}', zone: Europe/Vilnius}}\n"
    assert word in problems(tmp_path, text)[0]


BANDS = "custom_bands: {{name: Ours, date: 2026-01-15, source: Handbook{0}}}\n"


@pytest.mark.parametrize(
    ("limits", "key", "word"),
    [
        ("", "custom_bands", "has no limits"),
        (", lead_time_hours: [168, 24]", "custom_bands.lead_time_hours", "must rise"),
        (", lead_time_hours: [24, 24]", "custom_bands.lead_time_hours", "must rise"),
        (", deployments_per_week: [1, 7]", "custom_bands.deployments_per_week", "must fall"),
        (", failure_rate: [5, 15]", "custom_bands.failure_rate", "fractions"),
        (", failure_rate: []", "custom_bands.failure_rate", "at least one"),
        (", lead_time_hours: [1, 2, 3, 4, 5]", "custom_bands.lead_time_hours", "at most 4"),
        (", lead_time_hours: [0]", "custom_bands.lead_time_hours[0]", "greater than 0"),
        (", lead_time: [1]", "custom_bands.lead_time", "no such key"),
    ],
)
def test_own_bands_that_make_no_bands_are_refused(
    tmp_path: Path, limits: str, key: str, word: str
) -> None:
    found = problems(tmp_path, BANDS.format(limits) + SMALLEST + "    bands: custom\n")
    assert any(f"{key}: " in each and word in each for each in found), found


def test_custom_bands_must_be_given(tmp_path: Path) -> None:
    [found] = problems(tmp_path, SMALLEST + "    bands: custom\n")
    assert "custom_bands: is required, because subscriptions.monthly.bands is custom" in found


def test_the_example_of_own_bands_is_valid(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    start = lines.index(next(line for line in lines if line.startswith("# custom_bands:")))
    end = lines.index("", start)
    own = "\n".join(line.removeprefix("# ") for line in lines[start:end])
    (tmp_path / "c.yaml").write_text(f"{own}\n{SMALLEST}    bands: custom\n", encoding="utf-8")
    bands = load_config(tmp_path / "c.yaml").custom_bands
    assert bands is not None
    assert bands.lead_time_hours == (24, 168)


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(SMALLEST)
    assert load_config(path).resolve(Path("state")) == tmp_path / "state"


def test_no_configuration_is_an_error_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="insights-reports init"):
        find_config(None)
    (tmp_path / "insights-reports.yaml").write_text(SMALLEST)
    assert find_config(None) == Path("insights-reports.yaml")


@pytest.mark.parametrize(
    "yaml",
    [
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{c}: &{c} [{','.join([f'*{b}'] * 10)}]\n" for b, c in pairwise("abcdefgh")),
        "a: &a [*a]\n",
        "a: &a {b: *a}\n",
    ],
)
def test_aliases_cannot_make_much_of_a_small_file(tmp_path: Path, yaml: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(yaml + SMALLEST, encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert time.monotonic() - begun < 5
    assert "aliases written out" in str(caught.value) or "alias stands in itself" in str(
        caught.value
    )


MAIL = "mail: {host: smtp.example.com, sender: a@example.com, %s}\n" + SMALLEST


@pytest.mark.parametrize(
    ("mail", "problem"),
    [
        ("auth: {oauth_token_command: [x]}", "mail: `auth:` needs `username:`"),
        ("username: a, auth: {}", "mail.auth: give one of oauth_token_command, microsoft"),
        (
            "username: a, auth: {microsoft: {tenant: t, client: c}}",
            "mail.auth.microsoft: give `secret_file`, or `key_file` and `certificate_file`",
        ),
    ],
)
def test_a_sign_in_is_one_and_complete(tmp_path: Path, mail: str, problem: str) -> None:
    (found,) = problems(tmp_path, MAIL % mail)
    assert problem in found


def test_mail_goes_nowhere_but_into_the_allowed_domains(tmp_path: Path) -> None:
    text = MAIL % "allowed_domains: [example.com]"
    text += "destinations: {board: {type: mail, to: [a@EXAMPLE.com, b@other.example]}}\n"
    assert problems(tmp_path, text) == [
        "destinations.board.to[1]: 'b@other.example': outside of mail.allowed_domains"
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("    delivers_to: [a]\n", "delivers_to: there is no such key; did you mean deliver_to?"),
        ("    top: many\n", "top: 'many': must be a whole number"),
        ("    splits: Project\n", "splits: 'Project': must be a list: [Project]"),
        ("    targets: 3\n", "targets: 3: must be a table of keys, not a number"),
        ("    every: monthly\n", "every: 'monthly': must be week, month, quarter or year; did you"),
        ("    layout: both\n", "layout: 'both': must be per_split or one"),
        (
            "    targets: {lead_time: 3}\n",
            "targets.lead_time: there is no such key; did you mean l",
        ),
        (
            "    schedule: {x: 3, cron: 15 6 1 * *, zone: UTC}\n",
            "x: there is no such key; there are:",
        ),
    ],
)
def test_what_was_meant_is_said_in_our_words(tmp_path: Path, lines: str, problem: str) -> None:
    (found,) = problems(tmp_path, SMALLEST + lines)
    assert problem in found
    assert "nput" not in found  # pydantic's word


def test_the_type_of_a_destination_is_named_in_our_words(tmp_path: Path) -> None:
    text = (
        SMALLEST + "destinations: {a: {type: foldr, path: x}, b: {path: x}, c: 3, d: {type: GS}}\n"
    )
    any_of = "must be folder, storage, mail or eml; did you mean"
    assert problems(tmp_path, text) == [
        f"destinations.a: type 'foldr': {any_of} folder?",
        "destinations.b: needs a type: folder, storage, mail, eml",
        "destinations.c: 3: must be a table of keys, not a number",
        f"destinations.d: type 'GS': {any_of} storage, with url: gs://…?",
    ]


@pytest.mark.parametrize(
    "folders",
    [
        "{year}/{subscription}",  # two periods in one folder
        "{period}",
        "{subscription}/{period}/",
        "{period.__class__}/{subscription}",
        "{period!r}/{subscription}",
        "{period:>9}/{subscription}",
        "{0}/{subscription}/{period}",
        "{subscription}/{period}/r{revision}",
        "../{subscription}/{period}",
        "Insights/{year}/{subscription}/{period}",
        "",
    ],
)
@pytest.mark.parametrize("place", ["type: folder, path: x", "type: storage, url: s3://b/x"])
def test_folders_are_one_of_those_that_there_are(tmp_path: Path, place: str, folders: str) -> None:
    text = f"{SMALLEST}destinations:\n  a: {{{place}, folders: {json.dumps(folders)}}}\n"
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"destinations.a.folders: {folders!r}: must be {{subscription}}/")
    assert "{year}/{period}/{subscription} or {subscription}/{year}/{period}" in problem


def test_the_folders_that_were_meant_are_named(tmp_path: Path) -> None:
    text = "destinations:\n  a: {type: folder, path: x, folders: '{period}/{subscripton}'}\n"
    (problem,) = problems(tmp_path, SMALLEST + text)
    assert problem.endswith("; did you mean {period}/{subscription}?")


def test_the_case_of_enumerations_is_forgiven(tmp_path: Path) -> None:
    text = SMALLEST + "    splits: [project, TENANT]\n    every: Month\n    formats: [PDF, html]\n"
    text += "destinations: {a: {type: Folder, path: x}, b: {type: MAIL, to: [a@example.com]}}\n"
    text += "mail: {host: h.example, sender: a@example.com, security: TLS}\n"
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    config = load_config(tmp_path / "c.yaml")
    subscription = config.subscriptions["monthly"]
    assert subscription.splits == ("Project", "Tenant")
    assert (subscription.every, subscription.formats) == ("month", ("pdf", "html"))
    assert [each.type for each in config.destinations.values()] == ["folder", "mail"]
    assert config.mail is not None
    assert config.mail.security == "tls"


def test_every_model_of_the_configuration_is_found_by_its_key() -> None:
    """What there is, at each depth: also below names that are keys elsewhere."""
    assert "deliver_to" in keys_at(("subscriptions", "schedule"))
    assert keys_at(("subscriptions", "x", "schedule")) == [
        "at",
        "cron",
        "holidays",
        "on",
        "zone",
    ]
    assert keys_at(("destinations", "mail", "folder")) == ["folders", "path", "public_url", "type"]
    assert "path" not in keys_at(())
    assert keys_at(("mail", "auth", "google")) == ["service_account_file"]


def test_the_shipped_schema_is_that_of_the_configuration() -> None:
    """``insights-reports config schema > config/insights-reports.schema.json`` makes it anew."""
    assert EXAMPLE.with_suffix(".schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_schema_takes_the_example_and_refuses_what_is_wrong() -> None:
    validator = Draft202012Validator(json.loads(schema_text()))
    example = YAML(typ="safe", pure=True).load(EXAMPLE.read_text(encoding="utf-8"))
    example = json.loads(json.dumps(example, default=str))  # dates are texts for editors
    assert list(validator.iter_errors(example)) == []
    example["subscriptions"]["board-monthly"]["evry"] = "month"
    (found,) = validator.iter_errors(example)
    assert "evry" in found.message


def test_the_effective_configuration_has_every_default_and_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTOPUS_URL", "https://octopus.example.com")
    text = "octopus: {url: 'https://o.example', proxy: 'http://me:CANARY@proxy:3128'}\n" + SMALLEST
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    done = run_command("config", "show", "--config", tmp_path / "c.yaml")
    shown = YAML(typ="safe", pure=True).load(done.out)
    assert shown["octopus"]["url"] == "https://octopus.example.com"
    assert shown["octopus"]["proxy"] == "http://me:(hidden)@proxy:3128"
    assert shown["subscriptions"]["monthly"]["cross_check"]["beyond"] == "mark"
    assert shown["state"] == str(tmp_path / "state")
    as_json = run_command("config", "show", "--config", tmp_path / "c.yaml", "--json")
    assert json.loads(as_json.out) == shown
    assert "CANARY" not in done.out + as_json.out
    (tmp_path / "again.yaml").write_text(done.out, encoding="utf-8")
    assert load_config(tmp_path / "again.yaml").subscriptions == (
        load_config(tmp_path / "c.yaml").subscriptions
    )


@pytest.mark.parametrize(
    ("slices", "problem"),
    [
        (
            "{failure_rate: 0.1}",
            "name one of project, project_group, environment_group, tenant_tag",
        ),
        ("{project: A, tenant_tag: B/C, failure_rate: 0.1}", "name one of project"),
        ("{project: A}", "has no target; give one of deployments_per_week"),
        ("{project: A, failure_rate: 1.1}", "failure_rate: 1.1: must be less than 1"),
        ("{tenant_tag: Europe, failure_rate: 0.1}", "has not the form that it needs"),
        (
            "{project: A, failure_rate: 0.1}, {project: A, lead_time_hours: 3}",
            "'A' stands there twice; give all its targets in one entry",
        ),
        ("{project_group: A, failure_rate: 0.1}", "'A' needs ProjectGroup among `splits:`"),
    ],
)
def test_a_target_of_a_slice_names_one_slice_of_a_split_and_a_target(
    tmp_path: Path, slices: str, problem: str
) -> None:
    lines = f"    splits: [Project, TenantTagSet]\n    targets: {{slices: [{slices}]}}\n"
    (found,) = problems(tmp_path, SMALLEST + lines)
    assert problem in found
