"""Events that a receiver will never take, kept for a person to look at and to replay: one file per output."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from acctship.delivery.keeping import documents
from acctship.delivery.notice import one_line

MOST_BYTES = 100_000_000
"""From this size on, an output is to be halted instead."""
_PART = 1 << 20
LOST = "events that the receiver rejected are lost"


class DeadLetter(msgspec.Struct, kw_only=True):
    """One line of the file.

    Attributes:
        format: of the line.
        time: when it was rejected, in RFC 3339.
        reason: what the receiver said, escaped.
        event: the event as it was sent, in JSON.
    """

    format: int = documents.FORMAT
    time: str
    reason: str
    event: msgspec.Raw


class _EventMeta(msgspec.Struct):
    id: str


class _Event(msgspec.Struct):
    event: _EventMeta


class DeadLetters:
    """The dead letters of one output. Each call opens the file anew: several processes may use it at a time.

    Args:
        path: of the file, which must be there: see `create`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @staticmethod
    def create(path: Path) -> None:
        """Make a file without any.

        Raises:
            OSError: as `documents.replace`.
        """
        documents.replace(path, [])

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._path.stat().st_size

    @property
    def full(self) -> bool:
        """Whether nothing more should be added."""
        return self.size >= MOST_BYTES

    def add(self, letters: Sequence[tuple[bytes, str]]) -> None:
        """Append events, durably; if that fails, none of them stays in the file.

        Args:
            letters: each event as one line of JSON, and why the receiver rejected it.

        Raises:
            OSError: the disk took none of them, or the file is missing.
        """
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        data = memoryview(b"".join([_line(time, reason, event) for event, reason in letters]))
        with self._locked() as descriptor:
            size = _cut_torn_line(descriptor)
            try:
                while data:
                    data = data[os.write(descriptor, data) :]
                os.fsync(descriptor)
            except OSError:
                with suppress(OSError):  # if that fails too, the next call cuts the torn line, and repeats are left out
                    os.ftruncate(descriptor, size)
                raise

    def check(self) -> None:
        """See that nothing is damaged.

        Raises:
            StateError: the file is missing, or a line is damaged.
        """
        for _ in self._lines():
            pass

    def read(self) -> Iterator[tuple[str, DeadLetter]]:
        """Each event once, with its `event.id`, oldest first; a line that is not complete yet is left out.

        Raises:
            StateError: the file is missing, or a line is damaged.
        """
        seen: set[str] = set()
        for event_id, letter, _ in self._lines():
            if event_id not in seen:
                seen.add(event_id)
                yield event_id, letter

    def take(self, ids: Collection[str]) -> None:
        """Remove events that have been delivered after all.

        Args:
            ids: `event.id` of each.

        Raises:
            StateError: a line is damaged.
            OSError: the rest could not be written; nothing is removed.
        """
        with self._locked():
            documents.replace(self._path, (line for event_id, _, line in self._lines() if event_id not in ids))

    def _lines(self) -> Iterator[tuple[str, DeadLetter, bytes]]:
        try:
            file = self._path.open("rb")
        except OSError as error:
            raise documents.unusable(self._path, error, LOST) from None
        with file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                name = f"{self._path}, line {number}"
                letter = documents.decode(line, DeadLetter, name, LOST)
                yield documents.parse(bytes(letter.event), _Event, name, LOST).event.id, letter, line

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Descriptor of the file, which no other process changes meanwhile."""
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    yield descriptor
                    return
            finally:  # the path names another file since somebody else took letters from it
                os.close(descriptor)


def _line(time: str, reason: str, event: bytes) -> bytes:
    return msgspec.json.encode(DeadLetter(time=time, reason=one_line(reason), event=msgspec.Raw(event))) + b"\n"


def _cut_torn_line(descriptor: int) -> int:
    """Cut off a last line that a crash has left unfinished; gives the size of the rest."""
    size = whole = os.fstat(descriptor).st_size
    while whole:
        start = max(0, whole - _PART)
        newline = os.pread(descriptor, whole - start, start).rfind(b"\n")
        whole = start + newline + 1
        if newline >= 0:
            break
    if whole < size:
        os.ftruncate(descriptor, whole)
    return whole
