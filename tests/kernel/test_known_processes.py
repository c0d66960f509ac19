"""Processes of which everything is known, recorded by this machine's kernel, come out with the right fields."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from acctship.events.escape import unescape
from acctship.events.schema import Acct, Event, Process
from tests.conftest import skip
from tests.kernel.accounting import NOBODY, NOGROUP, python, record, shell

HOSTILE = b"rm\n\x1b[31m\xff\xfe-rf"


def process_of(event: Event) -> Process:
    assert event.process
    return event.process


def acct_of(event: Event) -> Acct:
    assert event.acct
    return event.acct


def flags_of(event: Event) -> tuple[str, ...]:
    return acct_of(event).flags or ()


def named(events: list[Event], name: str) -> Event:
    (event,) = (event for event in events if process_of(event).name == name)
    return event


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, as pytest's are not."""
    folder = Path(tempfile.mkdtemp(prefix="acctship-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(("code", "outcome"), [(0, "success"), (3, "failure"), (255, "failure")])
def test_an_exit_code(tmp_path: Path, code: int, outcome: str) -> None:
    event = record(tmp_path, shell(f"exit {code}")).event()

    assert process_of(event).exit_code == code
    assert event.event.outcome == outcome
    assert acct_of(event).signal is None
    assert "signal" not in flags_of(event)


def test_a_process_that_was_killed_has_a_signal_and_no_exit_code(tmp_path: Path) -> None:
    event = record(tmp_path, shell("kill -KILL $$")).event()
    acct = acct_of(event)

    assert process_of(event).exit_code is None
    assert event.event.outcome == "failure"
    assert acct.signal
    assert (acct.signal.number, acct.signal.name) == (signal.SIGKILL, "SIGKILL")
    assert flags_of(event) == ("signal",)


def test_a_process_that_dumped_core_says_so(tmp_path: Path) -> None:
    recording = record(tmp_path, shell("ulimit -c unlimited; kill -SEGV $$"))
    if not os.WCOREDUMP(recording.status):
        pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
        skip(f"no core was dumped: core_pattern is {pattern!r}, and a program behind a pipe may refuse it")
    event = recording.event()
    acct = acct_of(event)

    assert process_of(event).exit_code is None
    assert acct.signal
    assert (acct.signal.number, acct.signal.name) == (signal.SIGSEGV, "SIGSEGV")
    assert {"core", "signal"} <= set(flags_of(event))  # raising the limit can take a privilege


def test_a_fork_without_exec_is_told_from_one_with(tmp_path: Path) -> None:
    *_, forked, own = record(tmp_path, shell("/bin/true; (exit 7); exit 0")).events()

    assert process_of(forked).exit_code == 7
    assert process_of(forked).name == "sh"
    assert flags_of(forked) == ("fork",)
    assert "fork" not in flags_of(own)


def test_a_setuid_program_that_used_its_privilege_has_the_real_user_and_the_su_flag(
    tmp_path: Path, open_folder: Path
) -> None:
    if os.statvfs(open_folder).f_flag & os.ST_NOSUID:
        skip(f"{open_folder} is mounted nosuid")
    chown, victim = open_folder / "chown", open_folder / "victim"
    shutil.copy("/bin/chown", chown)
    chown.chmod(0o4755)
    victim.touch()
    script = f"/bin/true; {chown} {NOBODY} {victim}; exit 0"

    events = record(tmp_path, shell(script), uid=NOBODY, gid=NOGROUP).events()
    setuid, ordinary = named(events, "chown"), named(events, "true")

    assert victim.stat().st_uid == NOBODY
    assert setuid.user
    assert setuid.user.id == str(NOBODY)
    assert flags_of(setuid) == ("su",)
    assert flags_of(ordinary) == ()


def test_a_chain_of_execs_is_one_event_with_the_last_name(tmp_path: Path) -> None:
    recording = record(tmp_path, shell("exec env nice true"))
    (event,) = recording.events()

    assert process_of(event).name == "true"
    assert process_of(event).pid == recording.pid
    assert "fork" not in flags_of(event)


def test_a_hostile_name_is_escaped_and_can_be_had_back(tmp_path: Path) -> None:
    event = record(tmp_path, python(f"libc.prctl(15, {HOSTILE!r}, 0, 0, 0); os._exit(0)")).event()

    assert process_of(event).name == r"rm\x0a\x1b[31m\xff\xfe-rf"
    assert unescape(process_of(event).name) == HOSTILE


def test_another_user_and_group(tmp_path: Path) -> None:
    event = record(tmp_path, shell("exit 0"), uid=NOBODY, gid=NOGROUP).event()
    name = next((user.pw_name for user in pwd.getpwall() if user.pw_uid == NOBODY), None)

    assert event.user
    assert event.group
    assert (event.user.id, event.group.id) == (str(NOBODY), str(NOGROUP))
    assert event.user.name == name
    assert (event.related.user if event.related else ()) == ((name,) if name else ())


def test_a_process_on_a_terminal(tmp_path: Path) -> None:
    recording = record(
        tmp_path,
        python("""
            pid, terminal = os.forkpty()
            if not pid:
                os.execv("/bin/sh", ["sh", "-c", "tty; exit 4"])
            name = os.read(terminal, 100).decode().strip()
            device = os.stat(name).st_rdev
            os.waitpid(pid, 0)
            print(name, os.major(device), os.minor(device))
        """),
    )
    name, major, minor = recording.said
    on_terminal = next(event for event in recording.events() if process_of(event).exit_code == 4)
    tty = process_of(on_terminal).tty

    assert tty
    assert f"/dev/{acct_of(on_terminal).tty}" == name
    assert (tty.char_device.major, tty.char_device.minor) == (int(major), int(minor))
    assert process_of(recording.event()).tty is None
    assert acct_of(recording.event()).tty is None


def test_the_exit_code_is_the_leading_threads(tmp_path: Path) -> None:
    recording = record(
        tmp_path,
        python("""
            import threading

            def end_after_the_leader():
                while ") Z " not in open(f"/proc/{os.getpid()}/stat").read():
                    os.sched_yield()
                os._exit(5)

            threading.Thread(target=end_after_the_leader).start()
            libc.pthread_exit(None)
        """),
    )

    assert os.waitstatus_to_exitcode(recording.status) == 5, "what the parent sees"
    assert process_of(recording.event()).exit_code == 0, "what the kernel records"


def test_children_name_their_parents(tmp_path: Path) -> None:
    recording = record(tmp_path, shell("/bin/sh -c '(exit 3); exit 2'; exit 1"))
    codes = {process_of(event).exit_code: process_of(event) for event in recording.events()}

    assert codes.keys() == {1, 2, 3}
    assert codes[3].parent
    assert codes[3].parent.pid == codes[2].pid
    assert codes[2].parent
    assert codes[2].parent.pid == codes[1].pid == recording.pid
    assert codes[1].parent
    assert codes[1].parent.pid == 1


def test_times_memory_and_faults(tmp_path: Path) -> None:
    recording = record(
        tmp_path,
        python("""
            kept = b"x" * (64 << 20)
            while os.times().user < 0.3:
                pass
            os._exit(0)
        """),
    )
    event = recording.event()
    acct = acct_of(event)
    start = datetime.fromisoformat(event.event.start or "")
    end = datetime.fromisoformat(event.timestamp)
    longest = recording.ended - recording.began + 1

    assert recording.began <= end.timestamp() <= recording.ended
    assert end.microsecond == 0
    assert event.event.duration
    assert 0.3 <= event.event.duration / 1e9 <= longest
    assert (end - start).total_seconds() == pytest.approx(event.event.duration / 1e9)
    assert acct.cpu
    assert 0.15 <= (acct.cpu.user + acct.cpu.system) / 1e9 <= longest  # the kernel samples it
    assert acct.memory
    assert 64 << 20 <= acct.memory < 2 << 30
    assert acct.faults
    assert acct.faults.minor > 0
