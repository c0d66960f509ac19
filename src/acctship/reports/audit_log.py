"""How much of a log of auditd's tells of programs that were started.

Sources: auditd(8), auditd.conf(5) (`log_format`, `name_format`); ausyscall(8) and the kernel's tables for the numbers
of system calls; Red Hat Enterprise Linux, Security Guide, "Understanding Audit Log Files".
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BufferedIOBase, BufferedReader

import numpy as np

from acctship.errors import InputError
from acctship.reports.span import Covered, Span

LONGEST = 1 << 16
"""Bytes of a line; the kernel makes none of more than 8,970, and auditd adds a few."""
OPEN_EVENTS = 4096
"""Events whose lines may still come: those of processors that work at once are interleaved."""
_SECONDS = 4096

_LINE = re.compile(rb"(?:node=(\S+) )?type=(\S+) msg=audit\((\d{1,10})\.(\d{1,3}):(\d{1,20})\)")
# In a log in format ENRICHED, \x1d precedes what auditd translated; else the number depends on the processor.
_EXECVE = re.compile(
    rb" arch=(?:c000003e syscall=(?:59|322)|40000003 syscall=(?:11|358)|c00000b7 syscall=(?:221|281)) "
    rb"|\x1d.*SYSCALL=execve"
)


@dataclass
class AuditLog:
    """What is in logs of auditd's.

    An event is all lines of one time and serial number. One is of a started program if it has a line EXECVE, or a line
    SYSCALL that tells of execve(2) or execveat(2), as one that failed has.

    Attributes:
        bytes: of all lines.
        events: all of them.
        exec_bytes: of the lines of events of started programs.
        exec_events: these events.
        bad_lines: lines that are none of auditd's; their bytes are in `bytes`.
        span: the time of the lines.
    """

    bytes: int = 0
    events: int = 0
    exec_bytes: int = 0
    exec_events: int = 0
    bad_lines: int = 0
    span: Span = field(default_factory=Span)

    def covered(self) -> Covered:
        """The time of the lines, of which `read` sees that there are some."""
        covered = self.span.covered()
        assert covered is not None  # noqa: S101 - for the type checker
        return covered


def read(paths: Iterable[str]) -> AuditLog:
    """Add up logs, each plain or compressed by gzip, in constant memory.

    Raises:
        InputError: a file is missing or unreadable, or damaged, or no line of it is auditd's.
    """
    log = AuditLog()
    for path in paths:
        before = log.events
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - a path as the user gave it
                add(log, _decompressed(file))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise InputError(f"{path}: is no whole gzip file: decompress what can be saved") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise InputError(f"{path}: cannot be read: {reason}") from None
        if log.events == before:
            raise InputError(f"{path}: no line of it is auditd's (type=... msg=audit(...)): is it an audit log?")
    return log


def add(log: AuditLog, file: BufferedIOBase) -> None:
    """Add the lines of one file, uncompressed, to `log`."""
    events: dict[tuple[bytes, ...], _Event] = {}
    seconds: list[int] = []
    for line, size in _lines(file):
        log.bytes += size
        match = _LINE.match(line)
        if match is None:
            log.bad_lines += 1
            continue
        key, kind = match.group(1, 3, 4, 5), match[2]
        event = events.get(key)
        if event is None:
            event = events[key] = _Event()
            seconds.append(int(match[3]))
            if len(seconds) >= _SECONDS:
                log.span.add(np.array(seconds))
                seconds.clear()
            if len(events) > OPEN_EVENTS:
                _close(log, events.pop(next(iter(events))))
        event.bytes += size
        event.exec = event.exec or kind == b"EXECVE" or (kind == b"SYSCALL" and bool(_EXECVE.search(line)))
    log.span.add(np.array(seconds, np.int64))
    for event in events.values():
        _close(log, event)


@dataclass
class _Event:
    bytes: int = 0
    exec: bool = False


def _close(log: AuditLog, event: _Event) -> None:
    log.events += 1
    log.exec_events += event.exec
    log.exec_bytes += event.bytes if event.exec else 0


def _lines(file: BufferedIOBase) -> Iterator[tuple[bytes, int]]:
    """Each line with its size; of one that is too long, nothing but that."""
    while line := file.readline(LONGEST):
        size, end = len(line), line
        while not end.endswith(b"\n") and (end := file.readline(LONGEST)):
            line, size = b"", size + len(end)
        yield line, size


def _decompressed(file: BufferedReader) -> BufferedIOBase:
    return gzip.GzipFile(fileobj=file) if file.peek(2).startswith(b"\x1f\x8b") else file
