"""A work pool of a real Prefect server: `deploy` makes the deployments, `schedule` looks at what is
owed, and a process worker makes it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from insights_reports.config.file import load_config
from insights_reports.errors import ServerGone
from insights_reports.owed.standing import Stand
from insights_reports.pipeline.standing import overview
from insights_reports.scheduling.own_server import own_server
from insights_reports.server import running_server
from tests.flows.prefect_servers import Prefect, scheduler, wait_until, write_config

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SAME = ("id", "entrypoint", "job_variables", "schedules", "paused", "tags", "parameters")
POOL = {"work_pool": {"name": "reports"}}


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    home = tmp_path_factory.mktemp("prefect") / "home"
    gone: list[ServerGone] = []
    with own_server(home, 0, gone.append) as address:
        server = Prefect(address, home)
        pool = {"name": "reports", "type": "process"}
        reply = server.ask("POST", "/api/work_pools/", json=pool, auth=server.inner)
        assert reply.status_code == 201, reply.text
        yield server
    assert not gone


@pytest.fixture(scope="module")
def environment(prefect: Prefect) -> dict[str, str]:
    return {
        "PREFECT_API_URL": f"{prefect.url}/api",
        "PREFECT_API_AUTH_STRING": prefect.address.inner,
        "PREFECT_HOME": str(prefect.home.parent / "client"),
    }


def deploy(config: Path, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "insights_reports", "deploy", "--config", str(config)]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )


@contextmanager
def process_worker(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "reports"]
    worker = subprocess.Popen(
        [*command, "--type", "process"],
        env={**os.environ, **environment, "PREFECT_WORKER_QUERY_SECONDS": "1"},
        cwd=folder,
        stdout=(folder / "worker.log").open("w"),
        stderr=subprocess.STDOUT,
    )
    try:
        yield
    finally:
        worker.kill()  # it would hand an interrupt on, which a background job of a shell ignores
        worker.wait()


def known(prefect: Prefect, name: str) -> dict[str, Any]:
    found = prefect.deployment(name)
    assert found is not None
    return found


def test_what_is_owed_is_made_by_a_worker(
    prefect: Prefect, environment: dict[str, str], tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    since = (now.replace(day=1) - timedelta(days=40)).replace(day=1).date()
    owing = {
        "report": "InsightsReports-1",
        "formats": ["html"],
        "deliver_to": ["archive"],
        "since": str(since),
        "schedule": {"cron": "0 4 * * *", "zone": "UTC"},
    }
    path = write_config(tmp_path, "OWING", top=POOL, monthly=owing)
    config = load_config(path)
    due = [each.period for each in overview(config, now).standings["monthly"]]
    assert len(due) in (1, 2)
    with running_server(as_of=now) as octopus:
        secrets = {"OCTOPUS_URL": octopus.url, "OCTOPUS_API_KEY": octopus.api_key}
        with (
            process_worker(tmp_path, {**environment, **secrets}),
            scheduler(path, **environment) as looking,  # it needs no key of Octopus
        ):
            wait_until(
                lambda: all(
                    each.stand is Stand.DONE for each in overview(config, now).standings["monthly"]
                ),
                f"{due}; {(tmp_path / 'worker.log').read_text()}",
                looking,
                240,
            )
            assert looking.end() == 0
    stored = str(known(prefect, "OWING-monthly"))
    assert octopus.api_key not in stored
    with_trigger = [run.trigger for run in runs_of(path)]
    assert with_trigger == ["schedule"] * len(due)


def runs_of(config: Path) -> list[Any]:
    from insights_reports.pipeline.state import open_ledger

    with open_ledger(load_config(config)) as ledger:
        return [run for run in ledger.runs.latest("monthly") if run.period]


def test_deploying_again_changes_nothing_and_removes_what_is_gone(
    prefect: Prefect, environment: dict[str, str], tmp_path: Path
) -> None:
    variables = {"working_dir": "/srv"}
    pool = {"name": "reports", "config": "/etc/reports.yaml", "job_variables": variables}
    config = write_config(tmp_path, "ACME", "kept", "gone", top={"work_pool": pool})
    first = deploy(config, environment)
    assert first.returncode == 0, first.stderr
    assert "insights-edition/ACME-gone: 15 6 1 1 *" in first.stderr
    before = known(prefect, "ACME-kept")
    assert before["work_pool_name"] == "reports"
    assert before["entrypoint"] == "insights_reports.scheduling.entrypoint.make_edition"
    assert before["schedules"] == []
    env = {"INSIGHTS_REPORTS_CONFIG": "/etc/reports.yaml"}
    assert before["job_variables"] == {"working_dir": "/srv", "env": env}
    write_config(tmp_path / "elsewhere", "ACME", "kept", top={"work_pool": pool})
    again = deploy(tmp_path / "elsewhere" / "insights-reports.yaml", environment)
    assert again.returncode == 0, again.stderr
    assert "ACME-gone: no longer in the configuration" in again.stderr
    after = known(prefect, "ACME-kept")
    for key in SAME:
        assert after[key] == before[key], key
    assert prefect.deployment("ACME-gone") is None


def test_the_file_for_prefect_deploy_says_the_same(
    prefect: Prefect, environment: dict[str, str], tmp_path: Path
) -> None:
    """deploy/prefect.yaml and `deploy` make the same deployments, and know them for their own."""
    at = "/etc/insights-reports/insights-reports.yaml"
    example = (ROOT / "config" / "insights-reports.yaml").read_text()
    config = tmp_path / "insights-reports.yaml"
    pool = f"work_pool: {{name: reports, config: {at}}}"
    config.write_text(f"{example}\nname: acme\n{pool}\n")
    file = ["--prefect-file", str(ROOT / "deploy" / "prefect.yaml")]
    theirs = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", *file],
        env={**os.environ, **environment, "INSIGHTS_REPORTS_CONFIG": str(config)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert theirs.returncode == 0, theirs.stdout + theirs.stderr
    names = ("acme-board-monthly", "acme-board-quarterly")
    before = [known(prefect, name) for name in names]
    ours = deploy(config, environment)
    assert ours.returncode == 0, ours.stderr
    assert "no longer in the configuration" not in ours.stderr
    for one, other in zip(before, [known(prefect, name) for name in names], strict=True):
        for key in (*SAME, "parameter_openapi_schema", "concurrency_options"):
            assert other[key] == one[key], key
        assert other["global_concurrency_limit"]["limit"] == 1
        assert one["global_concurrency_limit"]["limit"] == 1


def test_another_configuration_of_the_name_is_left_alone(
    prefect: Prefect, environment: dict[str, str], tmp_path: Path
) -> None:
    mine = write_config(tmp_path / "mine", "BETA", "monthly", top=POOL)
    other = write_config(tmp_path / "other", "BETA", "monthly", top=POOL)
    assert deploy(mine, environment).returncode == 0
    before = known(prefect, "BETA-monthly")
    refused = deploy(other, environment)
    assert refused.returncode == 2
    assert "belongs to another configuration" in refused.stderr
    assert "2 of 2 deployments could not be made." in refused.stderr
    after = known(prefect, "BETA-monthly")
    for key in SAME:
        assert after[key] == before[key], key


def test_a_pool_that_is_not_there(environment: dict[str, str], tmp_path: Path) -> None:
    config = write_config(tmp_path, "GAMMA", "monthly", top={"work_pool": {"name": "nowhere"}})
    refused = deploy(config, environment)
    assert refused.returncode == 2
    assert "there is no work pool 'nowhere'" in refused.stderr
    assert "prefect work-pool create nowhere --type process" in refused.stderr


def test_a_job_variable_that_the_pool_does_not_know(
    prefect: Prefect, environment: dict[str, str], tmp_path: Path
) -> None:
    """Prefect would leave it out in silence; a pool that no worker has named variables for yet, as
    `reports`, may be given any."""
    template = {
        "variables": {"properties": {"image": {"type": "string"}, "env": {"type": "object"}}},
        "job_configuration": {"image": "{{ image }}", "env": "{{ env }}"},
    }
    pool = {"name": "boxes", "type": "docker", "base_job_template": template}
    reply = prefect.ask("POST", "/api/work_pools/", json=pool, auth=prefect.inner)
    assert reply.status_code == 201, reply.text
    asked: dict[str, Any] = {"image": "reports:1.0", "container_create_kwargs": {"read_only": True}}
    top = {"work_pool": {"name": "boxes", "job_variables": asked}}
    refused = deploy(write_config(tmp_path, "BOXES", "monthly", top=top), environment)
    assert refused.returncode == 2
    assert "'boxes' knows no job variable 'container_create_kwargs'" in refused.stderr
    assert "prefect work-pool create boxes --type docker --overwrite" in refused.stderr
    assert prefect.deployment("BOXES-monthly") is None
    del asked["container_create_kwargs"]
    taken = deploy(write_config(tmp_path, "BOXES", "monthly", top=top), environment)
    assert taken.returncode == 0, taken.stderr
    assert known(prefect, "BOXES-monthly")["job_variables"]["image"] == "reports:1.0"


@pytest.mark.parametrize(
    ("top", "url", "said"),
    [
        ({}, "http://127.0.0.1:9/api", "The configuration names no work pool."),
        (POOL, "", "PREFECT_API_URL is not set"),
        (POOL, "http://prefect.example/api", "in the clear"),
        (POOL, "http://127.0.0.1:9/api", "Prefect's server cannot be used."),
    ],
)
def test_what_is_refused_at_once(tmp_path: Path, top: Any, url: str, said: str) -> None:
    config = write_config(tmp_path, "DELTA", "monthly", top=top)
    refused = deploy(config, {"PREFECT_API_URL": url, "PREFECT_HOME": str(tmp_path / "home")})
    assert refused.returncode in (2, 5)
    assert said in refused.stderr
    assert len(refused.stderr.splitlines()) == 3
