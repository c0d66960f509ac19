"""The record of a caller of acct(2) is told from those of processes that ended, and of kernel threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from acctship.accounting.callers import caller_of, callers, describe
from acctship.events.names import Names, no_name
from acctship.records import Reader, command
from tests.builders import batch, record
from tests.kernel.nested import nested
from tests.paths import ROOT

NAMES = Names({1001: "eve"}.get, no_name)

SWITCH = """
import sys, threading
from pathlib import Path
root, live, *names = sys.argv[1:]
sys.path.insert(0, root)
from tests.kernel.inside import account
for name in names:
    Path("/proc/self/comm").write_text(name)
    if name == "threaded":
        thread = threading.Thread(target=lambda: bytearray(1 << 24))  # it faults, and has ended before the call
        thread.start()
        thread.join()
    account(live.encode())
"""


def test_callers_of_the_real_kernel_and_nobody_else(tmp_path: Path) -> None:
    with nested(tmp_path) as ground:
        ground.storm(50)
        ground.wait()
        subprocess.run(ground.enter("sh", "-c", "kill -9 $$"), check=False)
        subprocess.run(ground.enter(sys.executable, "-c", SWITCH, ROOT, ground.live, "plain", "threaded"), check=True)
        subprocess.run(ground.enter("sh", "-c", "exit 3"), check=False)
        with Reader(ground.live) as reader:
            found = [
                (name, of_caller)
                for records in reader
                for name, of_caller in zip(map(command, records.comms()), callers(records).tolist(), strict=True)
            ]
    assert len(found) > 55
    assert [name for name, of_caller in found if of_caller] == [b"plain", b"threaded"]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({}, True),
        ({"mem": 1}, False),
        ({"flag": 1, "uid": 0, "ppid": 2}, False),  # a kernel thread
        ({"flag": 1, "uid": 0, "ppid": 2, "minflt": 1}, True),
        ({"flag": 1, "uid": 0, "ppid": 77}, True),
        ({"flag": 1, "uid": 1000, "ppid": 2}, True),
        ({"flag": 0, "uid": 0, "ppid": 2}, True),
    ],
)
def test_kernel_threads_are_none(what: dict[str, int], expected: bool) -> None:
    assert callers(batch([record(**what)])).tolist() == [expected]  # type: ignore[arg-type]  # numbers only


def test_a_caller_is_described_for_people_and_for_machines() -> None:
    records = batch([record(), record(pid=77, uid=1001, tty=0x8802, comm=b"evil\x1b[m")], offset=640)
    caller = caller_of(records, 1, "5e9", NAMES)
    assert describe(caller) == "evil\\x1b[m (process 77), user 1001 (eve), terminal pts/2"
    assert caller.event == f"5e9-{704:x}-{records.crc32()[1]:08x}"
    assert describe(caller_of(records, 0, "5e9", NAMES)).endswith("user 1000, terminal __")
