"""``editions`` and ``deliveries``: filters, one in full, its files; and the log of its run."""

import json
import re
import stat
from pathlib import Path

from insights_reports.server import RunningServer
from tests.conftest import Command
from tests.pipeline.conftest import Configure
from tests.pipeline.test_run import Run
from tests.proxies import proxy

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")


def snake(value: object) -> list[str]:
    """Every name in ``value`` that is not in camelCase."""
    if isinstance(value, list):
        return [name for item in value for name in snake(item)]
    if isinstance(value, dict):
        wrong = [name for name in value if "_" in name or name[:1].isupper()]
        return wrong + [name for item in value.values() for name in snake(item)]
    return []


def test_editions_are_filtered_shown_and_opened(
    configure: Configure, run: Run, command: Command
) -> None:
    config = configure(formats=["html", "xlsx"])
    done = run(config, "--period", "2026-08..2026-09", "--json")
    assert done.status == 0
    asked = ["--config", str(config)]
    assert command("editions", *asked, "--failed").out.count("\n") == 1  # the head alone
    (newest,) = json.loads(command("editions", "list", *asked, "--limit", "1", "--json").out)
    assert (newest["period"], newest["delivered"], newest["deliveries"]) == ("2026-09", 1, 1)
    (older,) = json.loads(command("editions", *asked, "--period", "2026-08", "--json").out)
    assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d.*\+00:00", older["madeAt"])
    assert json.loads(command("editions", *asked, "--period", "2020-01", "--json").out) == []
    shown = json.loads(command("editions", "show", "monthly/2026-08", *asked, "--json").out)
    assert {**older, "folder": shown["folder"], "receipts": shown["receipts"]} == {
        **shown,
        "deliveries": 1,
        "delivered": 1,
    }
    (receipt,) = shown["receipts"]
    assert (receipt["destination"], receipt["state"]) == ("archive", "sent")
    text = command("editions", "show", "monthly/2026-08/r1", *asked).out
    assert "monthly 2026-08, revision 1" in text
    assert f"archive: sent to {config.parent}/reports/monthly/2026-08/r1 (2026-" in text
    assert all(file["name"] in text for file in older["files"])
    opened = Path(command("editions", "open", "monthly/2026-08", *asked).out.strip())
    assert opened.suffix == ".html"
    assert opened.read_bytes()[:15] == b"<!doctype html>"
    made = json.loads(done.out)
    deliveries = json.loads(command("deliveries", *asked, "--json").out)
    for value in (made, shown, older, deliveries):
        assert snake(value) == []
    for name in {*shown, *receipt, *made[0]}:
        assert f"`{name}`" in DOCUMENTED or re.search(rf"\b{name}\b", DOCUMENTED), name
    opened.unlink()
    for each in opened.parent.iterdir():
        each.unlink()
    gone = command("editions", "open", "monthly/2026-08", *asked)
    assert gone.status == 2
    assert "--as-sealed" in gone.err
    assert command("editions", "show", *asked).status == 2


def test_each_run_leaves_a_log_with_the_traceback_and_no_secret(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    config = configure()
    with proxy(server, lambda path, body: body, refuse={"/deployments": 403}) as url:
        assert run(config, "--url", url).status == 3
    (log,) = (config.parent / "state").glob("runs/*/run.log")
    text = log.read_text(encoding="utf-8")
    assert "monthly last, asked for by manual" in text
    assert "pull begins" in text
    assert "Traceback (most recent call last):" in text
    assert text.splitlines()[-1].endswith("exit status 3")
    assert server.api_key not in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
