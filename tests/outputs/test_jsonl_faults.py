"""Output `jsonl` where something is wrong with its file: torn, foreign, out of reach, or on a full disk."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from acctship import HaltError
from acctship.outputs.jsonl import Config, File
from tests.builders import record
from tests.cli.command import heed_permissions
from tests.conftest import skip
from tests.delivery.standins import events
from tests.paths import ROOT


def open_and_close(path: Path | str) -> None:
    config = Config(path=str(path))
    output = config.output(config.delivery())
    output.open()
    output.close()


def lines(count: int) -> bytes:
    return b"".join(line + b"\n" for line in events(count).json())


def test_line_that_was_torn_anywhere_is_cut_off(tmp_path: Path) -> None:
    path, whole, line = tmp_path / "events.jsonl", lines(2), lines(1)
    for length in range(1, len(line)):
        path.write_bytes(whole + line[:length])
        open_and_close(path)
        assert path.read_bytes() == whole, length


def test_only_line_may_be_torn(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(lines(1)[:100])
    open_and_close(path)
    assert path.read_bytes() == b""


@pytest.mark.parametrize("begun", [0, 5, 100])
@pytest.mark.parametrize("zeros", [1, 4096, 3 << 20])
def test_zeros_that_a_power_loss_left_are_cut_off(begun: int, zeros: int, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(lines(2) + lines(1)[:begun] + bytes(zeros))
    open_and_close(path)
    assert path.read_bytes() == lines(2)


@pytest.mark.parametrize("content", [b"", lines(1), lines(3), b"foreign\n", b"\n", b"\0\n"])
def test_complete_file_stays_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(content)
    open_and_close(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "tail", [b"x", b"foreign", b'{"@timestamp":7', b'{"time":', b'{"@timestamp" ', b"x" + bytes(20), b"{" * (2 << 20)]
)
def test_unfinished_line_of_somebody_else_is_refused(tail: bytes, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(lines(1) + tail)
    with pytest.raises(HaltError, match="its last line is unfinished and no event"):
        open_and_close(path)
    assert path.read_bytes() == lines(1) + tail


def test_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(HaltError, match=r"missing/events\.jsonl: its folder does not exist: make it"):
        open_and_close(tmp_path / "missing/events.jsonl")


def test_folder_as_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HaltError, match="is no regular file"):
        open_and_close(tmp_path)


def test_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HaltError, match=r"file/events\.jsonl"):
        open_and_close(tmp_path / "file/events.jsonl")


def test_fifo_is_refused_and_waits_for_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(HaltError, match="is no regular file"):
        open_and_close(tmp_path / "fifo")


def test_device_is_refused() -> None:
    with pytest.raises(HaltError, match="/dev/null: is no regular file"):
        open_and_close("/dev/null")


def test_refused_file_is_closed_again(tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    for path in ("/dev/null", str(tmp_path / "missing/x"), str(tmp_path)):
        with pytest.raises((HaltError, OSError)):
            open_and_close(path)
    assert len(list(descriptors.iterdir())) == before


OPEN = """
from acctship import HaltError
from acctship.outputs.jsonl import File
try:
    File({path!r}).open()
except HaltError as error:
    print(error)
"""


@pytest.mark.parametrize("content", [None, b"", lines(1)])
def test_file_or_folder_that_may_not_be_written_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o400)
    tmp_path.chmod(0o500)
    assert run_apart(OPEN.format(path=str(path)), before=heed_permissions) == f"{path}: permission denied\n"


def test_failed_send_cuts_off_nothing_of_another_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    output = File(str(path))
    output.open()
    other, synced = threading.Thread(target=output.send, args=(events(1),)), threading.Event()

    def fsync(_descriptor: int) -> None:
        if threading.current_thread() is other:
            synced.set()
            return
        other.start()
        synced.wait(0.2)  # seconds in which the other would come by, if it could
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output error"):
        output.send(events(3))
    other.join(10)
    output.close()
    assert path.read_bytes() == lines(1)


FILL = """
from pathlib import Path
from acctship.outputs.jsonl import File
from tests.delivery.standins import deliver_to, deploy, events

path = Path({folder!r}, "events.jsonl")
before = events(3)
start = File(str(path))
start.open()
start.send(before)
start.close()
Path({folder!r}, "filler").write_bytes(bytes(64 * 1024 - 4 * 4096))
outcome = deliver_to(deploy(lambda: File(str(path))), events(400))
content = path.read_bytes()
assert content.endswith(b"\\n"), content[-50:]
assert content.splitlines() == before.json(), len(content)
assert outcome.counts == (0, 0, 400), outcome
assert outcome.tally.retries == 5, outcome
assert "No space left on device" in str(outcome.tally.failure), outcome
Path({folder!r}, "filler").unlink()
again = deliver_to(deploy(lambda: File(str(path))), events(20))
assert again.counts == (20, 0, 0), again
assert path.read_bytes().splitlines() == [*before.json(), *events(20).json()]
"""
"""On a disk of 64 KiB: 400 events do not fit. Nothing torn stays, all is counted; when there is room it goes on."""


def test_full_disk_tears_no_line_and_loses_no_count(tmp_path: Path) -> None:
    folder = small_disk(tmp_path)
    assert run_apart(FILL.format(folder=str(folder)), mounted=folder) == ""


RUN = """
import time
from pathlib import Path

time.sleep = lambda _seconds: None  # the worker would wait for room between its attempts
from acctship.cli import main

try:
    main(["run", "--once", "-c", {config!r}, "-f", {accounting!r}])
except SystemExit as end:
    assert end.code == 1, end.code
print(Path({file!r}).read_text(), end="")
"""


def test_full_disk_ends_a_run_with_1(tmp_path: Path) -> None:
    folder = small_disk(tmp_path)
    config, accounting = tmp_path / "config.toml", tmp_path / "pacct"
    config.write_text(
        f'[outputs.copy]\ntype = "jsonl"\npath = "{folder}/events.jsonl"\n[outputs.copy.delivery]\nbatch_events = 16\n'
    )
    accounting.write_bytes(b"".join(record(pid=1 + index) for index in range(400)))
    code = RUN.format(config=str(config), accounting=str(accounting), file=f"{folder}/events.jsonl")
    kept = [json.loads(line) for line in run_apart(code, mounted=folder).splitlines()]
    assert 0 < len(kept) < 400
    assert [event["process"]["pid"] for event in kept] == list(range(1, 1 + len(kept)))


def small_disk(tmp_path: Path) -> Path:
    if os.geteuid() != 0:
        skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def run_apart(code: str, *, mounted: Path | None = None, before: Callable[[], object] | None = None) -> str:
    """Run code in a process of its own, and return what it prints.

    With `mounted`, a disk of 64 KiB is mounted there, which no other process sees.
    """
    command = [sys.executable, "-c", code]
    if mounted is not None:
        mount = f'mount -t tmpfs -o size=64k tmpfs "{mounted}" || exit 99; exec "$@"'
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "sh", *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=before, timeout=60, check=False)
    if done.returncode == 99:
        skip(f"no disk can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout
