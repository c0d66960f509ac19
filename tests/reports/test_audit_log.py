"""What a log of auditd's holds: lines of an event together, whatever stands between them, and any bytes at all."""

from __future__ import annotations

import gzip
import io
import resource
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from acctship.errors import InputError
from acctship.reports import audit_log
from acctship.reports.audit_log import AuditLog
from acctship.reports.span import Covered
from tests.reports.auditd import SECOND, event, login, size


def read(data: bytes | str) -> AuditLog:
    log = AuditLog()
    audit_log.add(log, io.BytesIO(data.encode() if isinstance(data, str) else data))
    return log


def sums(log: AuditLog) -> tuple[int, int, int, int, int]:
    return log.events, log.bytes, log.exec_events, log.exec_bytes, log.bad_lines


def test_all_lines_of_a_started_program_count_as_its() -> None:
    started, other = event(7), event(9, syscall=2, execve=False)
    log = read("".join([*started, login(8), *other]))

    whole = size([*started, login(8), *other])
    assert sums(log) == (3, whole, 1, size(started), 0)
    assert log.covered() == Covered(SECOND, SECOND, 0, 0)


def test_lines_of_two_processors_at_once_are_told_apart() -> None:
    one, other = event(1), event(2, syscall=2, execve=False)
    mixed = [line for pair in zip(one, [*other, ""], strict=True) for line in pair]

    assert sums(read("".join(mixed))) == (2, size(mixed), 1, size(one), 0)


def test_same_serial_number_of_another_host_or_time_is_another_event() -> None:
    events = [event(1, node="web1"), event(1, node="web2"), event(1), event(1, second=SECOND + 1)]

    assert read("".join(line for one in events for line in one)).exec_events == 4


@pytest.mark.parametrize(
    ("arch", "syscall", "counts"),
    [
        ("c000003e", 59, True),
        ("c000003e", 322, True),
        ("40000003", 11, True),
        ("c00000b7", 221, True),
        ("c000003e", 11, False),
        ("c000003e", 5, False),
        ("c000003e", 590, False),
    ],
)
def test_program_that_failed_to_start_has_no_line_execve_and_counts(arch: str, syscall: int, counts: bool) -> None:
    assert read("".join(event(1, arch=arch, syscall=syscall, execve=False))).exec_events == counts


def test_enriched_log_names_the_call_of_a_processor_we_do_not_know() -> None:
    assert read("".join(event(1, arch="80000016", syscall=11, execve=False, enriched="execve"))).exec_events == 1
    assert read("".join(event(1, arch="80000016", syscall=5, execve=False, enriched="open"))).exec_events == 0


@pytest.mark.parametrize(
    "line",
    [b"\n", b"type=SYSCALL\n", b"type=EXECVE msg=audit(x.123:4): a\n", b"\0\xff\n", b"Nov 24 web1 sshd[1]: hello\n"],
)
def test_lines_of_somebody_else_are_counted(line: bytes) -> None:
    good = "".join(event(1)).encode()
    log = read(line + good + line)

    assert (log.bad_lines, log.events, log.bytes) == (2, 1, len(good) + 2 * len(line))


def test_line_without_an_end_counts_and_one_without_measure_is_bad() -> None:
    log = read(login(1).rstrip("\n"))
    assert (log.events, log.bad_lines) == (1, 0)
    part = b"x" * audit_log.LONGEST
    endless = part + login(2).encode()  # what follows the first part looks like a line
    log = read(endless + login(3).encode())
    assert (log.events, log.bad_lines, log.bytes) == (1, 1, len(endless) + size([login(3)]))


@given(st.binary(max_size=400) | st.lists(st.sampled_from([*event(1), *event(2), login(3), "\n"])).map("".join))
def test_any_bytes_are_read_and_none_is_lost(data: bytes | str) -> None:
    log = read(data)

    assert log.bytes == len(data.encode() if isinstance(data, str) else data)
    assert log.exec_events <= log.events
    assert log.exec_bytes <= log.bytes


def test_several_files_are_one_log_and_may_be_compressed(tmp_path: Path) -> None:
    old, new = tmp_path / "audit.log.1", tmp_path / "audit.log"
    old.write_bytes(gzip.compress("".join(event(1)).encode()))
    new.write_text("".join(event(2, second=SECOND + 3600)))
    log = audit_log.read([str(new), str(old)])

    assert sums(log) == (2, 2 * size(event(1)), 2, 2 * size(event(1)), 0)
    assert log.covered() == Covered(SECOND, SECOND + 3600, 3600, 0)


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    cut, broken, other, empty = (tmp_path / name for name in ("cut", "broken", "other", "empty"))
    whole = gzip.compress("".join(event(1)).encode())
    cut.write_bytes(whole[:-9])
    broken.write_bytes(whole[:20] + b"\xff" * 20 + whole[40:])
    other.write_text("no audit log\n")
    empty.touch()
    for path, said in (
        (cut, "is no whole gzip file"),
        (broken, "is no whole gzip file"),
        (other, "no line of it is auditd's"),
        (empty, "no line of it is auditd's"),
        (tmp_path / "missing", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            audit_log.read([str(path)])
        assert str(caught.value).startswith(f"{path}: ")
    with pytest.raises(InputError, match="null byte"):
        audit_log.read(["a\0b"])


def test_memory_does_not_grow_with_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "OPEN_EVENTS", 10)
    log = read("".join(login(serial, second=SECOND + serial) for serial in range(10_000)))
    assert (log.events, log.covered().seconds) == (10_000, 9999)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Path("/dev/zero").open("rb") as zeros:
        one_line = io.BytesIO(zeros.read(1 << 20))
        audit_log.add(AuditLog(), io.BufferedReader(_Endless(one_line.getvalue(), 100)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 << 10


class _Endless(io.RawIOBase):
    """One line of many MB."""

    def __init__(self, part: bytes, times: int) -> None:
        self._part, self._left = part, times

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        if not self._left:
            return 0
        self._left -= 1
        view = memoryview(buffer)  # type: ignore[arg-type]  # a buffer
        count = min(len(view), len(self._part))
        view[:count] = self._part[:count]
        return count
