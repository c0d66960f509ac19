"""Canaries of a daemon that the real kernel accounts: what stops, switches or pauses accounting is told, with whom."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import msgspec

from acctship.events.escape import unescape
from acctship.events.schema import Event
from tests.builders import SIZE
from tests.cli.command import ACCTSHIP
from tests.kernel.nested import Ground, nested, until
from tests.kernel.shipping import Copy
from tests.kernel.watching import canaries, found, health, of, watched
from tests.paths import ROOT

SWITCH = """
import sys
from pathlib import Path
root, name, *paths = sys.argv[1:]
sys.path.insert(0, root)  # where nsenter(1) enters, the present folder is another
from tests.kernel.inside import account
Path("/proc/self/comm").write_bytes(bytes.fromhex(name))
for path in paths:
    account(path.encode() or None)
"""


def switch(ground: Ground, name: bytes, *paths: str, terminal: int | None = None) -> None:
    """Let a process of this name call acct(2) for each path; an empty one switches accounting off."""

    def control() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    subprocess.run(
        ground.enter(sys.executable, "-c", SWITCH, ROOT, name.hex(), *paths),
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        start_new_session=True,
        preexec_fn=None if terminal is None else control,
        check=True,
    )


def names_like(path: Path, beginning: bytes) -> list[bytes]:
    """Names of the processes whose distinct events are in a file, of those that begin so."""
    if not path.exists():
        return []
    events = [msgspec.json.decode(line, type=Event) for line in path.read_bytes().splitlines(keepends=True)[:-1]]
    names = {event.event.id: unescape(event.process.name) for event in events if event.process}
    return [name for name in names.values() if name.startswith(beginning)]


def test_off_by_another_process_is_told_with_its_name_and_on_again_with_the_gap(tmp_path: Path) -> None:
    main, sub = pty.openpty()
    terminal = os.ttyname(sub).removeprefix("/dev/")
    with nested(tmp_path) as ground, watched(ground, tmp_path) as service:
        switch(ground, b"ev\x1b[mil", "", terminal=sub)
        service.until_copy(lambda copy: bool(of(copy, "accounting-stopped", "start")), "the stop is told")
        (start,) = of(service.copy, "accounting-stopped", "start")
        ground.account(ground.live)
        service.until_copy(lambda copy: bool(of(copy, "accounting-gap")), "the gap is told")
        (end,) = of(service.copy, "accounting-stopped", "end")
        (gap,) = of(service.copy, "accounting-gap")
        service.stop()
        arrived = list(service.copy.times)
    os.close(main)
    os.close(sub)
    by = health(start).by
    assert by is not None
    assert (by.name, by.user.id, by.user.name, by.tty) == ("ev\\x1b[mil", "0", "root", terminal)
    assert by.pid
    assert start.message
    assert "ev\\x1b[mil (process " in start.message
    assert health(end).outage == health(start).outage
    assert end.event.duration
    assert end.message
    assert "ev\\x1b[mil" in end.message, "the cause is told at the end, too"
    assert health(gap).after == by.event
    assert gap.event.start
    assert end.event.start
    assert gap.event.start < end.event.start, "the last good canary came before the stop was noticed"
    assert health(gap).before not in arrived[: arrived.index(by.event) + 1]
    assert of(service.copy, "switched") == []


def test_off_and_on_at_once_between_two_canaries_is_told(tmp_path: Path) -> None:
    with nested(tmp_path) as ground, watched(ground, tmp_path, canary="1h") as service:
        switch(ground, b"sneaky", "", str(ground.live))
        service.until_copy(lambda copy: bool(of(copy, "switched")), "the switch is told")
        found(ground, 2)  # at once, not after an hour
        (told,) = of(service.copy, "switched")
        service.start_over()
        service.started()
        found(ground, 3)
        service.stop()
    by = health(told).by
    assert by is not None
    assert (by.name, by.user.name) == ("sneaky", "root")
    assert health(told).after == by.event
    assert health(told).before is not None
    assert len(of(service.copy, "switched")) == 1, "told again, it has the same id"
    assert of(service.copy, "accounting-stopped", "start") == []


def test_nothing_of_canaries_arrives_and_checkpoints_add_up(tmp_path: Path) -> None:
    with nested(tmp_path) as ground, watched(ground, tmp_path) as service:
        ground.storm(20_000)
        rotations = 0
        while len(canaries(ground.outer)) < 6:
            ground.live.rename(ground.live.with_suffix(f".{rotations}"))
            ground.live.touch()
            ground.account(ground.live)
            rotations += 1
            until(lambda: ground.live.stat().st_size > 0, "a record in the new file")
        ground.stop()
        service.stop()
        drain: list[str | Path] = [ACCTSHIP, "run", "--drain", "-c", tmp_path / "acctship.toml"]
        subprocess.run(drain, check=True, stderr=subprocess.DEVNULL)  # what came last; it starts no canary
        service.copy.read_on()
        files = list(ground.live.parent.iterdir())
        held = sum(len(canaries(path)) for path in files)
        total = sum(path.stat().st_size // SIZE for path in files)
        truth = ground.truth()
    told = service.copy.reports("checkpoint")
    assert held >= 6
    assert rotations > 1
    assert names_like(tmp_path / "events.jsonl", b"canary") == []
    assert sum(one.filtered or 0 for one in told) == held
    assert sum(one.records or 0 for one in told) == total
    assert sum(one.sent or 0 for one in told) == total - held == len(service.copy.times)
    assert set(service.copy.ids) == set(truth)
    for action in ("accounting-stopped", "accounting-paused", "canary-failed"):
        assert of(service.copy, action, "start") == []
    assert of(service.copy, "canary-imitated") == []


def test_old_canaries_are_known_after_a_restart_and_a_copied_name_is_shipped(tmp_path: Path) -> None:
    more = f'[outputs.late]\ntype = "jsonl"\npath = "{tmp_path}/late.jsonl"\nstart = "oldest"\n'
    with nested(tmp_path) as ground, watched(ground, tmp_path) as service:
        found(ground, 3)
        copied = canaries(ground.live)[-1]
        switch(ground, copied)
        service.until_copy(lambda copy: bool(of(copy, "canary-imitated")), "the copy is told")
        service.kill()
        with (tmp_path / "acctship.toml").open("a") as config:
            config.write(more)
        service.start()
        service.started()
        until(lambda: len(names_like(tmp_path / "late.jsonl", b"canary")) >= 1, "the backlog arrives")
        service.stop()
    assert names_like(tmp_path / "events.jsonl", b"canary") == [copied]
    assert names_like(tmp_path / "late.jsonl", b"canary") == [copied]


def test_the_alert_reaches_an_output_that_was_down_though_the_daemon_is_killed(tmp_path: Path) -> None:
    down = tmp_path / "down"
    more = f'[outputs.first]\ntype = "jsonl"\npath = "{down}/events.jsonl"\n'
    with nested(tmp_path) as ground, watched(ground, tmp_path, more=more) as service:
        switch(ground, b"evil", "")
        service.until_copy(lambda copy: bool(of(copy, "accounting-stopped", "start")), "the other output has the alert")
        service.kill()
        down.mkdir()
        service.start()
        first = Copy(down / "events.jsonl")

        def arrived() -> bool:
            first.read_on()
            return bool(of(first, "accounting-stopped", "start"))

        until(arrived, "the output that was down has the alert")
        service.stop()
    (told,) = of(first, "accounting-stopped", "start")
    (seen,) = of(service.copy, "accounting-stopped", "start")
    assert told.event.id == seen.event.id
    by = health(told).by
    assert by is not None
    assert by.name == "evil"
