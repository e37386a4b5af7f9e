"""Targets of single slices: what `check` and `run` refuse, and what the edition then says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import AS_OF, Command, Done
from tests.pipeline.conftest import Configure

SPLITS = ["Project", "ProjectGroup", "EnvironmentGroup", "TenantTagSet"]


@pytest.mark.parametrize(
    ("aims", "thing", "meant"),
    [
        ({"project": "Web Shpo"}, "project", "Did you mean Web Shop?"),
        ({"project_group": "Storefrnt"}, "project group", "Did you mean Storefront?"),
        ({"environment_group": "Prod"}, "environment group", "There are: "),
        ({"tenant_tag": "Region/Atlantis"}, "tenant tag", "There are: "),
    ],
)
def test_a_slice_that_is_not_in_the_report_is_refused_by_check_and_run_alike(
    command: Command,
    configure: Configure,
    run: Callable[..., Done],
    aims: dict[str, str],
    thing: str,
    meant: str,
) -> None:
    config = configure(splits=SPLITS, targets={"slices": [{**aims, "failure_rate": 0.1}]})
    looked = command("check", config, f"--as-of={AS_OF.isoformat()}")
    made = run(config)
    for said in (looked.out, made.err):
        assert f"The report has no such {thing}." in said
        assert f"targets.slices: {next(iter(aims.values()))}" in said
        assert meant in said
    assert looked.status == made.status == 2
    assert not list((config.parent / "state").glob("pulls/*"))  # nothing was pulled for it


def test_a_slice_of_the_report_is_taken(
    command: Command, configure: Configure, run: Callable[..., Done], tmp_path: Path
) -> None:
    slices = [
        {"project": "Web Shop", "failure_rate": 0.5, "lead_time_hours": 1},
        {"project_group": "ProjectGroups-2", "failure_rate": 0.5},
        {"environment_group": "Production", "deployments_per_week": 1},
        {"tenant_tag": "region/EUROPE", "recovery_time_hours": 1},
    ]
    config = configure(splits=SPLITS, targets={"slices": slices})
    assert command("check", config, f"--as-of={AS_OF.isoformat()}").status == 0
    assert run(config).status == 0
