"""A run from end to end: what it makes, what a second one does, and what it refuses to do."""

import html
import json
import sqlite3
import stat
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from insights_reports.delivery import Ledger, read_manifests
from insights_reports.edition.document import load
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.words.brief import brief_text
from insights_reports.formats.words.words import Words
from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Command, Done, run_command
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import Configure
from tests.proxies import one_more, proxy

Run = Callable[..., Done]


@pytest.mark.slow
def test_an_edition_arrives_in_the_folder_and_by_mail(
    configure: Configure, run: Run, command: Command
) -> None:
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port, formats=["html", "pdf"])
        done = run(config)
        assert done.status == 0, done.err
        assert "September" not in done.err
        root = config.parent / "reports"
        assert f"archive: sent to {root}" in done.out
        assert "state/runs" not in done.out
        (manifest,) = read_manifests(root)
        assert (manifest.about.period, manifest.about.revision) == ("2026-09", 1)
        names = {file.name for file in manifest.files if file.document != "data"}
        assert names == {
            f"monthly-2026-09-{document}.{format}"
            for document in ("summary", "project")
            for format in ("html", "pdf")
        }
        assert "2026-09" in (root / "index.html").read_text(encoding="utf-8")
        assert sorted(to for to, _ in postbox.received) == ["a@example.com", "b@example.com"]
        message = message_from_bytes(postbox.received[0][1], policy=default)
        (attached,) = [p for p in message.walk() if p.get_content_type() == "application/pdf"]
        assert attached.get_content().startswith(b"%PDF-")

        again = run(config)
        assert again.status == 0
        assert again.out.count("nothing sent again") == 3
        assert len(postbox.received) == 2

    deliveries = json.loads(command("deliveries", "--config", config, "--json").out)
    assert [d["state"] for d in deliveries] == ["sent"] * 3
    (edition,) = json.loads(command("editions", "--config", config, "--json").out)
    assert (edition["period"], edition["revision"]) == ("2026-09", 1)
    (status,) = json.loads(command("status", "--config", config, "--json").out)
    assert status["owed"] == []
    assert status["lastRun"]["outcome"] == "done"
    assert {name for name, _ in status["lastRun"]["stages"]} == {
        "pull",
        "load",
        "history",
        "cross-check",
        "compose",
        "render",
        "deliver",
    }


def test_the_index_has_the_language_and_the_accent_of_the_editions(
    configure: Configure, run: Run
) -> None:
    config = configure(language="de")
    said = json.loads(config.read_text(encoding="utf-8"))
    said["company"] = {"accent": "#7a1f5c"}
    config.write_text(json.dumps(said), encoding="utf-8")
    assert run(config).status == 0
    page = (config.parent / "reports" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in page
    assert "Zusammenfassung" in page
    assert palette("#7a1f5c")["main"][0] in page

    said["subscriptions"]["weekly"] = said["subscriptions"]["monthly"] | {"language": "en"}
    config.write_text(json.dumps(said), encoding="utf-8")
    assert run(config).status == 0
    page = (config.parent / "reports" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in page


def test_the_index_says_what_page_one_says(configure: Configure, run: Run) -> None:
    config = configure()
    assert run(config).status == 0
    (folder,) = (config.parent / "state" / "runs").iterdir()
    summary = load((folder / "documents" / "summary.json").read_bytes())
    (manifest,) = read_manifests(config.parent / "reports")
    about = manifest.about
    assert about.finding == Words("en").phrase(summary.headline)
    assert [(each.measure, each.value, each.verdict) for each in about.page_one] == [
        (tile.figure.metric, tile.figure.value, tile.verdict) for tile in summary.tiles
    ]
    page = html.unescape((config.parent / "reports" / "index.html").read_text(encoding="utf-8"))
    assert about.finding in page
    for tile in summary.tiles:
        assert brief_text(Words("en"), tile.figure) in page


def test_other_figures_make_another_revision(configure: Configure, run: Run) -> None:
    config = configure()
    assert run(config).status == 0
    config = configure(count_as_failed=["Canceled", "TimedOut"])
    assert run(config).status == 0
    manifests = read_manifests(config.parent / "reports")
    assert [(m.about.revision, m.about.status) for m in manifests] == [(1, "final"), (2, "revised")]
    with Ledger(config.parent / "state" / "ledger.sqlite") as ledger:
        assert [edition.status for edition in ledger.editions()] == ["final", "revised"]
    pages = [next((config.parent / "reports" / m.folder).glob("*-summary.html")) for m in manifests]
    first, second = (page.read_text(encoding="utf-8") for page in pages)
    assert "This edition replaces revision" not in first
    assert "This edition replaces revision 1 of" in second
    assert "Failure rate: " in second.partition('class="caution"')[2][:600]


def test_the_same_figures_by_another_split_are_no_revision(configure: Configure, run: Run) -> None:
    assert run(configure()).status == 0
    config = configure(splits=["Project", "Environment"])
    assert run(config).status == 0
    manifests = read_manifests(config.parent / "reports")
    assert [(m.about.revision, m.about.status) for m in manifests] == [(1, "final"), (2, "final")]
    page = next((config.parent / "reports" / manifests[1].folder).glob("*-summary.html"))
    text = page.read_text(encoding="utf-8")
    assert "The figures are those of revision 1 of " in text
    assert "This edition replaces revision" not in text


def test_a_dry_run_delivers_nothing_and_says_so(configure: Configure, run: Run) -> None:
    config = configure()
    done = run(config, "--dry-run")
    assert done.status == 0
    assert "dry run" in done.out
    assert "The files are in " in done.out
    assert not (config.parent / "reports").exists()


def test_out_takes_the_place_of_the_destinations(
    configure: Configure, run: Run, tmp_path: Path
) -> None:
    config = configure(mail_port=9)  # nothing listens there
    done = run(config, "--out", tmp_path / "elsewhere")
    assert done.status == 0, done.err
    assert len(read_manifests(tmp_path / "elsewhere")) == 1
    assert not (tmp_path / "reports").exists()


def test_a_test_mail_goes_to_one_address_and_is_not_remembered(
    configure: Configure, run: Run, command: Command
) -> None:
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port)
        for _ in range(2):
            assert run(config, "--test-send", "me@example.com").status == 0
        assert [to for to, _ in postbox.received] == ["me@example.com"] * 2
    assert json.loads(command("deliveries", "--config", config, "--json").out) == []


@pytest.mark.slow
def test_a_backfill_makes_every_period_from_one_pull(
    configure: Configure, run: Run, tmp_path: Path
) -> None:
    config = configure(every="month")
    done = run(config, "--period", "2026-07..2026-09", "--json")
    assert done.status == 0, done.err
    editions = json.loads(done.out)
    assert [edition["period"] for edition in editions] == ["2026-07", "2026-08", "2026-09"]
    assert len(list((tmp_path / "state" / "pulls").iterdir())) == 1


def test_a_period_that_is_not_over_is_provisional(configure: Configure, run: Run) -> None:
    done = run(configure(), "--period", "2026-10", "--json")
    assert json.loads(done.out)[0]["status"] == "provisional"


LAST_MONTH = "split=None&timeRange=LastMonth&granularity=Daily"
LAST_YEAR = "split=None&timeRange=LastYear&granularity=Monthly"


def test_an_edition_is_held_back_when_a_figure_differs(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    """One stated figure of 200,000 is one too high."""
    config = configure(cross_check={"scope": "everything", "limit": 0, "beyond": "hold"})
    with proxy(server, one_more(LAST_MONTH)) as url:
        done = run(config, "--url", url)
    assert done.status == 1
    assert "1 differ" in done.out
    assert "Held: 1 of its figures differ" in done.out
    assert not (config.parent / "reports").exists()


def test_a_held_edition_is_released_by_somebody_once(
    configure: Configure, run: Run, command: Command
) -> None:
    config = configure(release="by_hand")
    done = run(config)
    assert done.status == 0
    assert "insights-reports release monthly/2026-09 --by NAME" in done.out
    (edition,) = json.loads(command("editions", "--config", config, "--json").out)
    assert (edition["state"], edition["deliveries"]) == ("held", 0)
    release = ("release", "monthly/2026-09", "--config", config, "--by", "Ada", "--note", "seen")
    released = command(*release)
    assert released.status == 0, released.err
    (manifest,) = read_manifests(config.parent / "reports")
    assert (manifest.about.revision, manifest.about.released_by) == (1, "Ada")
    page = (config.parent / "reports" / "index.html").read_text(encoding="utf-8")
    assert "held, released by Ada" in page
    (edition,) = json.loads(command("editions", "--config", config, "--json").out)
    assert (edition["state"], edition["note"]) == ("made", "released by Ada: seen")
    again = command(*release)
    assert again.status == 2
    assert "is not held" in again.err
    assert run(config).out.count("nothing sent again") == 1  # and is not held a second time


def test_a_lost_ledger_is_rebuilt_and_mails_nothing_again_without_a_word(
    configure: Configure, run: Run, command: Command
) -> None:
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port)
        assert run(config).status == 0
        for file in (config.parent / "state").glob("ledger.sqlite*"):
            file.unlink()
        again = run(config)
        assert again.status == 5
        assert "It may have arrived, and is held" in again.out
        assert len(postbox.received) == 2
        (edition,) = json.loads(command("editions", "--config", config, "--json").out)
        assert (edition["delivered"], edition["deliveries"]) == (1, 3)
        doubts = json.loads(command("deliveries", "--config", config, "--json").out)
        assert [d["next"] for d in doubts if d["inDoubt"]] == ["in doubt: held until --again"] * 2
        assert command("deliveries", "--config", config, "--again", "board").status == 0
        assert run(config).status == 0
        assert len(postbox.received) == 4
    for file in (config.parent / "state").glob("ledger.sqlite*"):
        file.unlink()
    rebuilt = command("ledger", "rebuild", "--config", config)
    assert "monthly 2026-09 r1: entered from the archive" in rebuilt.out
    assert "2 mails may have been sent and are held" in rebuilt.out
    assert "knows every edition" in command("ledger", "rebuild", "--config", config).out


def test_a_lost_ledger_holds_the_mail_of_a_recipient_however_he_is_written(
    configure: Configure, run: Run
) -> None:
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port)
        said = json.loads(config.read_text(encoding="utf-8"))
        to = ["a@b\u00fccher.example", "B@example.com", "b@EXAMPLE.com"]
        said["destinations"]["board"]["to"] = to
        config.write_text(json.dumps(said), encoding="utf-8")
        assert run(config).status == 0
        sent = [to for to, _ in postbox.received]
        assert sent == ["a@xn--bcher-kva.example", "B@example.com"]
        for file in (config.parent / "state").glob("ledger.sqlite*"):
            file.unlink()
        assert run(config).status == 5
        assert [to for to, _ in postbox.received] == sent


def test_what_the_state_holds_is_for_its_owner_alone_and_dead_runs_are_swept(
    configure: Configure, run: Run, command: Command
) -> None:
    config = configure()
    state = config.parent / "state"
    assert run(config, "--dry-run").status == 0
    assert json.loads(command("editions", "--config", config, "--json").out) == []
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (state, *state.rglob("*"))}
    assert {path for path, mode in modes.items() if mode & 0o077} == set()
    dead = state / "runs" / "20261001T000000-dead0000"
    (dead / "documents").mkdir(parents=True)
    (dead / "run.json").write_text("{}")
    (dead / "run.log").write_text("how far it came")
    replies = state / "pulls" / f"{dead.name}.part"
    replies.mkdir()
    with sqlite3.connect(state / "ledger.sqlite") as ledger:
        ledger.execute(
            "INSERT INTO runs (run_id, subscription, period, cause, started_at, holder, outcome) "
            "VALUES (?, 'monthly', 'last', 'manual', '2026-01-01', '04115b94-1', 'running')",
            (dead.name,),
        )
    ledger.close()
    assert run(config, "--dry-run").status == 0
    assert [path.name for path in dead.iterdir()] == ["run.log"]
    assert not replies.exists()
    (status,) = json.loads(command("status", "--config", config, "--json").out)
    assert status["lastEdition"] is None


def test_an_edition_with_a_difference_is_marked_and_delivered(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    config = configure()
    with proxy(server, one_more(LAST_YEAR)) as url:
        done = run(config, "--url", url)
    assert done.status == 1
    (manifest,) = read_manifests(config.parent / "reports")
    assert manifest.about.verdict == "differs"
    folder = config.parent / "reports" / manifest.folder
    page = (folder / "monthly-2026-09-summary.html").read_text(encoding="utf-8")
    assert "NumberOfSuccessfulDeployments" in page or "1 differ" in page


def test_an_unknown_subscription_is_named(configure: Configure, command: Command) -> None:
    done = command("run", "nonsense", "--config", configure())
    assert done.status == 2
    assert "nonsense" in done.err
    assert "monthly" in done.err


def test_the_key_is_nowhere(
    configure: Configure, run: Run, server: RunningServer, tmp_path: Path
) -> None:
    """After a run that succeeds and one that fails: no file, no output has the key."""
    key = server.api_key
    config = configure()
    outputs = [run(config), run(config, "--url", "http://127.0.0.1:9")]
    assert [done.status for done in outputs] == [0, 3]
    for done in outputs:
        assert key not in done.out + done.err
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path
    with sqlite3.connect(tmp_path / "state" / "ledger.sqlite") as ledger:
        assert key not in "\n".join(ledger.iterdump())


def test_operators_are_told_of_a_failure_and_that_all_is_well_again(
    configure: Configure, run: Run
) -> None:
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port, more={"notify": {"mail": ["ops@example.com"]}})
        postbox.faults = {"rcpt": ["550 5.1.1 no such user"]}
        assert run(config).status == 5
        assert [to for to, _ in postbox.received] == ["b@example.com", "ops@example.com"]
        notice = postbox.parsed(1)
        assert notice["Subject"] == "Insights Reports: monthly last: partial"
        text = notice.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "board a@example.com: refused: 550 5.1.1 no such user" in text
        assert "last step: deliver." in text
        assert "Last good run: none yet." in text
        assert run(config, "--url", "http://127.0.0.1:9").status == 3
        assert postbox.parsed(2)["Subject"] == "Insights Reports: monthly last: failed"
        with Ledger(config.parent / "state" / "ledger.sqlite") as ledger:
            assert ledger.reopen(ledger.deliveries()[1].key, ledger.now())
        assert run(config).status == 0
        assert [to for to, _ in postbox.received[3:]] == ["a@example.com", "ops@example.com"]
        assert postbox.parsed(4)["Subject"] == "Insights Reports: monthly last: recovered"


def test_a_period_before_all_data_is_no_data(configure: Configure, run: Run) -> None:
    config = configure()
    done = run(config, "--period", "2024-06")
    assert done.status == 1
    assert "No data: the period lies before all that is known." in done.err
    assert not (config.parent / "reports").exists()


def test_a_range_of_days_is_one_edition_and_a_range_of_periods_one_each(
    configure: Configure, run: Run
) -> None:
    config = configure()
    assert run(config, "--range", "2026-09-14..2026-09-27").status == 0
    assert run(config, "--period", "2026-08..2026-09").status == 0
    made = {manifest.about.period for manifest in read_manifests(config.parent / "reports")}
    assert made == {"2026-09-14..2026-09-27", "2026-08", "2026-09"}
    done = run(config, "--period", "2026-09-14..2026-09-27")
    assert done.status == 2
    assert "--range" in done.err


def test_after_a_lost_ledger_nothing_is_believed_of_a_subscription_with_mistakes(
    configure: Configure, run: Run
) -> None:
    """Who may have had its mails is not known: once it was mended they would go out again."""
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port)
        assert run(config).status == 0
        for file in (config.parent / "state").glob("ledger.sqlite*"):
            file.unlink()
        right = config.read_text()
        said = json.loads(right)
        said["subscriptions"]["other"] = said["subscriptions"]["monthly"] | {"deliver_to": []}
        said["subscriptions"]["monthly"] = said["subscriptions"]["monthly"] | {"paper": "A3"}
        config.write_text(json.dumps(said))
        done = run_command("run", "other", "--config", config, f"--as-of={AS_OF.isoformat()}")
        assert done.status == 2
        assert "The subscription monthly has 1 problem." in done.err
        config.write_text(right)
        assert "It may have arrived, and is held" in run(config).out
        assert len(postbox.received) == 2
