"""Sealed pulls: what goes in comes out, and nothing altered comes out unnoticed."""

import contextlib
import gzip
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.edition.files import slug
from insights_reports.errors import InsightsReportsError, PullError
from insights_reports.history.pulls import MANIFEST, Pull, PullWriter

REPLIES = {
    "deployments.json": b'{"Streams": []}',
    "metrics.None.LastYear.Daily.json": b'{"Series": []}',
    "empty": b"",
}
HOSTILE = ["../../etc/passwd", "/etc/passwd", "CON", "a/b\\c", "x" * 500, "\ud800", "\x00", ".", ""]


def sealed(folder: Path, replies: dict[str, bytes] = REPLIES) -> Path:
    writer = PullWriter(folder)
    for name, content in replies.items():
        writer.add(name, content)
    writer.seal({"as_of": "2026-10-01T06:00:00+00:00"})
    return folder


def test_a_sealed_pull_gives_back_its_replies_and_metadata(tmp_path: Path) -> None:
    pull = Pull(sealed(tmp_path / "pull"))
    pull.verify()
    assert pull.names == tuple(REPLIES)
    assert {name: pull.read(name) for name in pull.names} == REPLIES
    assert pull.metadata == {"as_of": "2026-10-01T06:00:00+00:00"}


def test_the_manifest_states_size_and_sha256_of_each_reply(tmp_path: Path) -> None:
    manifest = json.loads((sealed(tmp_path / "pull") / MANIFEST).read_bytes())
    assert manifest["replies"][0] == {
        "name": "deployments.json",
        "stored": f"{slug('deployments.json')}.gz",
        "size": 15,
        "sha256": hashlib.sha256(b'{"Streams": []}').hexdigest(),
    }


def test_the_same_replies_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = sealed(tmp_path / "one"), sealed(tmp_path / "two")
    assert {p.name: p.read_bytes() for p in one.iterdir()} == {
        p.name: p.read_bytes() for p in two.iterdir()
    }


def test_a_body_is_written_and_read_piece_by_piece(tmp_path: Path) -> None:
    writer = PullWriter(tmp_path / "pull")
    with writer.open("body") as file:
        for number in range(50_000):
            file.write(f"{number}\n".encode())
    writer.seal({})
    with Pull(tmp_path / "pull").open("body") as file:
        assert file.readline() == b"0\n"
        assert sum(1 for _ in file) == 49_999


def test_a_reply_whose_writing_failed_is_not_in_the_pull(tmp_path: Path) -> None:
    writer = PullWriter(tmp_path / "pull")
    with pytest.raises(ConnectionResetError), writer.open("body") as file:
        file.write(b"half")
        raise ConnectionResetError  # the network's fault is not turned into the disk's
    writer.add("body", b"whole")
    writer.seal({})
    assert Pull(tmp_path / "pull").read("body") == b"whole"


def test_without_a_manifest_there_is_no_pull(tmp_path: Path) -> None:
    PullWriter(tmp_path / "pull").add("body", b"x")
    with pytest.raises(PullError, match="no sealed pull"):
        Pull(tmp_path / "pull")


def test_an_unfinished_pull_is_begun_again_and_a_sealed_one_is_not_touched(tmp_path: Path) -> None:
    PullWriter(tmp_path / "pull").add("left over", b"x")
    assert Pull(sealed(tmp_path / "pull")).names == tuple(REPLIES)
    with pytest.raises(PullError, match="is sealed"):
        PullWriter(tmp_path / "pull")
    Pull(tmp_path / "pull").verify()


def test_a_reply_is_added_once_and_none_after_sealing(tmp_path: Path) -> None:
    writer = PullWriter(tmp_path / "pull")
    writer.add("one", b"1")
    with pytest.raises(PullError, match="already"):
        writer.add("one", b"2")
    writer.seal({})
    with pytest.raises(PullError, match="sealed"):
        writer.add("two", b"2")
    assert Pull(tmp_path / "pull").read("one") == b"1"


def test_a_missing_reply_is_named(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "pull")
    stored = next(folder.glob("deployments*.gz"))
    stored.unlink()
    with pytest.raises(PullError, match="missing") as error:
        Pull(folder).verify()
    assert str(stored) in str(error.value)


def test_replaced_bytes_are_found_even_by_a_reader_who_stops_early(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "pull")
    stored = next(folder.glob("deployments*.gz"))
    stored.write_bytes(gzip.compress(b'{"Streams": [{}]}'))
    with pytest.raises(PullError, match="altered"), Pull(folder).open("deployments.json") as file:
        file.read(1)


def test_a_reader_who_stumbles_over_altered_bytes_is_told_that_they_are_altered(
    tmp_path: Path,
) -> None:
    folder = sealed(tmp_path / "pull")
    next(folder.glob("deployments*.gz")).write_bytes(gzip.compress(b'{"Streams": !!!'))
    with pytest.raises(PullError, match="altered"), Pull(folder).open("deployments.json") as file:
        json.load(file)


def test_an_error_of_the_reader_stays_its_own(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "pull")
    with pytest.raises(ZeroDivisionError), Pull(folder).open("deployments.json"):
        raise ZeroDivisionError


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b'{"metadata": {}}', b"\xff"])
def test_a_broken_manifest_is_an_error_of_three_lines(tmp_path: Path, said: bytes) -> None:
    folder = sealed(tmp_path / "pull")
    (folder / MANIFEST).write_bytes(said)
    with pytest.raises(PullError) as error:
        Pull(folder)
    assert len(str(error.value).splitlines()) <= 3
    assert isinstance(error.value, InsightsReportsError)
    assert error.value.exit_status == 3


def test_a_manifest_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.gz").write_bytes(gzip.compress(b"secret"))
    folder = sealed(tmp_path / "pull")
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["replies"][0]["stored"] = "../secret.gz"
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(PullError, match="altered"):
        Pull(folder).read("deployments.json")


def test_hostile_names_stay_in_the_folder(tmp_path: Path) -> None:
    replies = {name: name.encode("utf-8", "surrogatepass") for name in HOSTILE}
    pull = Pull(sealed(tmp_path / "a" / "pull", replies))
    assert {name: pull.read(name) for name in pull.names} == replies
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in files} == {tmp_path / "a" / "pull"}
    assert len(files) == len(HOSTILE) + 1


@settings(max_examples=40)
@given(st.dictionaries(st.text(), st.binary(), max_size=5))
def test_law_every_pull_comes_back(replies: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pull = Pull(sealed(Path(folder) / "pull", replies))
        assert {name: pull.read(name) for name in pull.names} == replies


@settings(max_examples=40)
@given(st.binary(max_size=200), st.data())
def test_law_no_altered_byte_changes_a_reply_unnoticed(content: bytes, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = sealed(Path(name) / "pull", {"body": content})
        stored = folder / "body.gz"
        raw = bytearray(stored.read_bytes())
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        stored.write_bytes(raw)
        with contextlib.suppress(PullError):
            assert Pull(folder).read("body") == content  # a byte of the header that says nothing


def test_a_full_disk_ends_in_an_error_and_no_pull(tmp_path: Path) -> None:
    """The limit on file sizes stands for the full disk: both end in an error of write(2)."""
    script = (
        "import os, resource, sys\n"
        "from pathlib import Path\n"
        "from insights_reports.errors import PullError\n"
        "from insights_reports.history.pulls import PullWriter\n"
        "writer = PullWriter(Path(sys.argv[1]))\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, {resource.RLIM_INFINITY}))\n"
        "try:\n    writer.add('body', os.urandom(100_000))\n"
        "except PullError as error:\n    print(error)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "pull")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("The pull cannot be written.")
    assert list((tmp_path / "pull").iterdir()) == []
