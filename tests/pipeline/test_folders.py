"""Other folders for the editions to come: whoever knows where editions stand finds them all."""

import json
import re
from pathlib import Path
from typing import Any

from insights_reports.delivery import read_manifests
from tests.conftest import Command
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import Configure
from tests.pipeline.test_run import Run


def change(config: Path, **archive: Any) -> None:
    said = json.loads(config.read_text(encoding="utf-8"))
    said["destinations"]["archive"].update(archive)
    config.write_text(json.dumps(said), encoding="utf-8")


def links(page: Path) -> list[Path]:
    found = re.findall(r'href="\./([^"]+)"', page.read_text(encoding="utf-8"))
    return [page.parent / each for each in found]


def test_editions_of_both_choices_are_linked_restored_mailed_again_and_entered(
    configure: Configure, run: Run, command: Command
) -> None:
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port)
        reports = config.parent / "reports"
        assert run(config).status == 0
        change(
            config,
            folders="{year}/{subscription}/{period}",
            public_url="https://reports.example.com/insights",
        )
        lost = reports / "monthly/2026-09/r1/monthly-2026-09-summary.html"
        lost.unlink()
        assert "nothing sent again" in run(config).out
        assert run(config, "--period", "2026-08").status == 0
        assert len(postbox.received) == 4
        assert [m.folder for m in read_manifests(reports)] == [
            "2026/monthly/2026-08/r1",
            "monthly/2026-09/r1",
        ]
        assert lost.is_file()
        assert b"https://reports.example.com/insights/2026/monthly/2026-08/r1/" in body(postbox)

        more = ["--again", "a@example.com", "--subscription", "monthly", "--period", "2026-09"]
        assert command("deliveries", "--config", config, *more).status == 0
        run(config)
        assert b"https://reports.example.com/insights/monthly/2026-09/r1/" in body(postbox)

        said = json.loads(config.read_text(encoding="utf-8"))
        said["subscriptions"]["monthly"]["language"] = "de"
        config.write_text(json.dumps(said), encoding="utf-8")
        assert run(config).status == 0  # a re-issue, as the next
        assert run(config, "--period", "2026-08").status == 0
        assert (reports / "monthly/2026-09/r2/manifest.json").is_file()
        assert (reports / "2026/monthly/2026-08/r2/manifest.json").is_file()
        found = links(reports / "index.html")
        assert len(found) >= 3
        assert all(path.is_file() for path in found)
        assert {path.parent for path in found} == {
            reports / m.folder for m in read_manifests(reports)
        }

        sent = len(postbox.received)
        for file in (config.parent / "state").glob("ledger.sqlite*"):
            file.unlink()
        rebuilt = command("ledger", "rebuild", "--config", config)
        assert rebuilt.out.count("entered from the archive") == 4
        assert run(config).status == 5  # its mails are in doubt
        assert run(config, "--period", "2026-08").status == 5
        assert len(postbox.received) == sent
    assert len(read_manifests(reports)) == 4


def body(postbox: Any) -> bytes:
    """The text of the last mail."""
    content: bytes = postbox.parsed(-1).get_body(("plain",)).get_payload(decode=True)
    return content
