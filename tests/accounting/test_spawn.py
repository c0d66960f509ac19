"""A process of a given name: its record is there at once, and nothing else of it stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from acctship.accounting.spawn import spawn
from acctship.records import Reader, command
from tests.kernel.nested import nested

SPAWN = """
import os, signal, sys
from pathlib import Path
from acctship.accounting.spawn import spawn
live, folder, ignored, *names = sys.argv[1:]
if ignored == "ignored":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for name in names:
    before = os.stat(live).st_size
    print(spawn(bytes.fromhex(name), Path(folder)))
    assert os.stat(live).st_size == before + 64, name
"""


@pytest.mark.parametrize("ignored", ["heeded", "ignored"])
def test_its_record_is_in_the_file_when_it_returns(tmp_path: Path, ignored: str) -> None:
    names = [b"canary%d" % number for number in range(20)] + [b"a\n\x1b[31m\xff", b"fifteen-bytes-0", b".x"]
    links = tmp_path / "links"
    links.mkdir()
    with nested(tmp_path) as ground:
        arguments = [str(ground.live), str(links), ignored, *(name.hex() for name in names)]
        done = subprocess.run(
            ground.enter(sys.executable, "-c", SPAWN, *arguments), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        with Reader(ground.live) as reader:
            (batch,) = reader
        pids = batch.pids()
        assert pids is not None
        recorded = dict(zip(map(command, batch.comms()), pids.tolist(), strict=True))

    assert [str(recorded[name]) for name in names] == done.stdout.split()
    assert list(links.iterdir()) == []


@pytest.mark.parametrize("name", [b"", b"sixteen-bytes-00", b"a/b", b"a\0b"])
def test_a_name_that_no_process_can_have_is_refused(tmp_path: Path, name: bytes) -> None:
    with pytest.raises(ValueError, match="no name of a process"):
        spawn(name, tmp_path)


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        spawn(b"canary", tmp_path / "missing")


def test_a_file_that_is_in_the_way_stays(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("kept")
    with pytest.raises(FileExistsError):
        spawn(b"canary", tmp_path)
    assert (tmp_path / "canary").read_text() == "kept"


def test_no_link_stays_where_the_program_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "true"
    program.parent.mkdir()
    program.write_bytes(b"\x7fELF that ends early")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    with pytest.raises(OSError, match="Exec format error"):
        spawn(b"canary", tmp_path)
    assert list(tmp_path.iterdir()) == [program.parent]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no such program in PATH"):
        spawn(b"canary", tmp_path)
