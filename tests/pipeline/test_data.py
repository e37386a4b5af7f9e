"""The edition as data: the same figures as on its pages and as Octopus states them."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pyarrow.parquet as pq
import pytest

from insights_reports.delivery import read_manifests
from insights_reports.edition.document import load
from insights_reports.formats.data.figures import FIGURES, dictionary, to_csv
from tests.conftest import Done
from tests.pipeline.conftest import Configure

Run = Callable[..., Done]


def test_the_figures_are_those_of_the_page_and_of_octopus(configure: Configure, run: Run) -> None:
    config = configure(splits=["Project", "Tenant"])
    assert run(config).status == 0
    root = config.parent / "reports"
    (manifest,) = read_manifests(root)
    data = [file.name for file in manifest.files if file.document == "data"]
    assert data == [
        f"monthly-2026-09-{name}"
        for name in (
            "figures.parquet",
            "figures.csv",
            "figures-dictionary.json",
            "edition.json",
            "edition-schema.json",
        )
    ]
    folder = root / manifest.folder
    table = pq.read_table(folder / data[0])
    assert table.schema.remove_metadata() == FIGURES
    rows = table.to_pandas()
    csv = pd.read_csv(folder / data[1], keep_default_na=False, na_values=[""])
    assert len(csv) == len(rows)

    _check_against_octopus(rows)
    _check_against_page_one(rows, config)
    said = json.loads((folder / data[2]).read_bytes())
    assert [column["name"] for column in said["columns"]] == table.column_names
    assert all(column["meaning"] for column in said["columns"])

    schema = json.loads((folder / data[4]).read_bytes())
    jsonschema.validate(json.loads((folder / data[3]).read_bytes()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"documents": [{"name": "summary"}], "schema": 1}, schema)


def _check_against_octopus(rows: pd.DataFrame) -> None:
    assert set(rows["verdict"]) <= {"agrees", "explained", "not stated"}
    stated = rows[rows["verdict"] == "agrees"]
    assert len(stated) > 3000
    assert set(stated["split"]) == {"None", "Project", "Tenant"}
    assert set(stated["interval"]) == {"period"}  # an edition asks for no stated days
    apart = (stated["stated"] - stated["value"]).abs()
    limit = stated["unit"].map({"count": 0, "fraction": 5e-6, "seconds": 0.5, "number": 5e-5})
    assert (apart <= limit + 1e-9).all()
    assert (stated["value"].notna() == stated["stated"].notna()).all()


def _check_against_page_one(rows: pd.DataFrame, config: Path) -> None:
    (folder,) = (config.parent / "state" / "runs").glob("*/documents")
    tiles = load((folder / "summary.json").read_bytes()).tiles
    assert set(rows["scope"]) == {"All", "Production"}
    rows = rows[rows["scope"] == "Production"]
    of = rows[(rows["split"] == "None") & (rows["interval"] == "period")]
    one = of[of["start"].astype(str) == "2026-09-01"].set_index(["measure", "statistic"])
    lead = next(tile.figure for tile in tiles if tile.figure.metric == "lead_time")
    assert lead.value is not None
    figures: Any = one
    median = figures.loc[("LeadTime", "Median")]
    assert (median["value"] * 1e7, median["n"]) == (pytest.approx(lead.value, abs=0.6), lead.n)
    rate = next(tile.figure for tile in tiles if tile.figure.metric == "failure_rate")
    assert figures.loc[("DeploymentFailureRate", "Rate")]["value"] == rate.value
    days = rows[
        (rows["interval"] == "Daily") & (rows["measure"] == "NumberOfSuccessfulDeployments")
    ]
    count = figures.loc[("NumberOfSuccessfulDeployments", "")]["value"]
    assert days["value"].sum() == count


def test_no_name_is_a_formula_in_the_csv() -> None:
    row = dict.fromkeys(FIGURES.names)
    rows = pd.DataFrame([row | {"split": "Project", "series": "=HYPERLINK(1)", "value": -1.0}])
    (line,) = pd.read_csv(io.BytesIO(to_csv(rows))).itertuples()
    assert (line.series, line.value) == ("'=HYPERLINK(1)", -1.0)
    assert json.loads(dictionary())["schema"] == 1
