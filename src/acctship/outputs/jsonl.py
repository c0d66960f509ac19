"""Output `jsonl`: one JSON object a line, to standard output or at the end of a file."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated

from msgspec import Meta

import acctship

_OUR_LINE = b'{"@timestamp":"'
_LINES = 256
"""Lines that are put together for one write(2)."""
_TAIL = 1 << 20
"""A torn line is looked for in so many bytes at the end: far more than the longest event."""

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


class Config(acctship.OutputConfig, kw_only=True):
    """One JSON object a line."""

    path: Annotated[
        str | None,
        Meta(
            description="File to append to, made with mode 0640 if it is not there, synced to disk after each batch, "
            "opened anew when it is moved away; without it, standard output"
        ),
    ] = None

    def delivery(self) -> acctship.Delivery:
        """Written, and for a file synced, when `send` returns."""
        return acctship.Delivery(guarantee="written", linger=0.2)

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:  # noqa: ARG002 - the host keeps to the limits
        """Lines to a file or to standard output."""
        return StandardOutput() if self.path is None else File(self.path)


class StandardOutput:
    """Lines to standard output."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def open(self) -> None:
        """See that it is open."""
        try:
            os.fstat(1)
        except OSError:
            raise acctship.HaltError("standard output is closed") from None

    def check(self) -> str:
        """See that it is open."""
        self.open()
        return "standard output is open"

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Write the lines; what was written in part cannot be taken back, so nothing is tried again."""
        try:
            with self._lock:  # a pipe takes a batch in pieces, between which another thread's could come
                _write(1, batch)
        except BrokenPipeError:
            raise acctship.HaltError("standard output was closed by its reader") from None
        except OSError as error:
            raise acctship.HaltError(f"standard output: {error.strerror}") from None
        return acctship.SendResult()

    def close(self) -> None:
        """Leave it to the process."""


class File:
    """Lines at the end of a file, which this process alone may write."""

    def __init__(self, path: str) -> None:
        self._path, self._descriptor = path, -1
        self._lock, self._closed = threading.Lock(), False

    def open(self) -> None:
        """Open the file, or make it; cut off a line that a crash has torn, for its event will come again."""
        with self._held():
            self._start()

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Append the lines and sync them to disk; if that fails, none of them stays in the file."""
        with self._held():  # one thread at a time: what fails is cut off, and nothing else may stand behind it
            if self._moved():
                self._let_go()
            if self._descriptor < 0:
                self._start()
            size = os.fstat(self._descriptor).st_size
            try:
                _write(self._descriptor, batch)
                os.fsync(self._descriptor)
            except OSError:
                self._cut(size)
                raise
        return acctship.SendResult()

    def check(self) -> str:
        """See that the file can be appended to, or made; nothing is, and who writes to it now is not disturbed."""
        folder = os.path.dirname(self._path) or "."  # noqa: PTH120 - as os.open
        with _explained(self._path):
            there = os.statvfs(folder)
            free = f"{there.f_bavail * there.f_frsize >> 20:,} MB are free"
            if not there.f_bavail:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            try:
                descriptor = os.open(self._path, _FLAGS)
            except FileNotFoundError:
                if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
                    raise acctship.HaltError(f"{folder}: no file may be made there: permission denied") from None
                return f"{self._path} will be made, {free}"
            try:
                _expect_regular(self._path, descriptor)
            finally:
                os.close(descriptor)
        return f"{self._path} can be appended to, {free}"

    def close(self) -> None:
        """Close the file, and let others write to it: now, or when the `send` that is under way has ended."""
        self._closed = True
        self._let_go_if_closed()

    @contextmanager
    def _held(self) -> Iterator[None]:
        try:
            with self._lock:
                if self._closed:
                    raise acctship.RetryableError(f"{self._path}: closed before its turn came")
                yield
        finally:
            self._let_go_if_closed()

    def _let_go_if_closed(self) -> None:
        if self._closed and self._lock.acquire(blocking=False):  # whoever holds it will be here after that
            try:
                self._let_go()
            finally:
                self._lock.release()

    def _let_go(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _start(self) -> None:
        try:
            with _explained(self._path):
                self._descriptor = self._open()
                self._take()
        except BaseException:
            self._let_go()
            raise

    def _open(self) -> int:
        try:
            descriptor = os.open(self._path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o640)
        except FileExistsError:
            return os.open(self._path, _FLAGS)
        os.fchmod(descriptor, 0o640)  # whatever the umask
        folder = os.open(os.path.dirname(self._path) or ".", os.O_RDONLY | os.O_CLOEXEC)  # noqa: PTH120 - as os.open
        try:
            os.fsync(folder)  # or a power loss could take the new name, and the events behind it
        finally:
            os.close(folder)
        return descriptor

    def _take(self) -> None:
        """See that the file is fit to be written, and ours alone."""
        size = _expect_regular(self._path, self._descriptor)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise acctship.HaltError(f"{self._path}: another process, or another output, writes to it") from None
        self._repair(size)

    def _cut(self, size: int) -> None:
        try:
            os.ftruncate(self._descriptor, size)
        except OSError as error:
            raise acctship.HaltError(
                f"{self._path}: a torn line at offset {size} cannot be cut off: {error.strerror}"
            ) from None

    def _moved(self) -> bool:
        """Tell whether the path names another file by now, or none."""
        if self._descriptor < 0:
            return False
        try:
            there = os.stat(self._path)  # noqa: PTH116 - as os.open
        except FileNotFoundError:
            return True
        return not os.path.samestat(there, os.fstat(self._descriptor))

    def _repair(self, size: int) -> None:
        start = max(0, size - _TAIL)
        tail = os.pread(self._descriptor, size - start, start)
        torn = tail[tail.rfind(b"\n") + 1 :]
        written = torn.rstrip(b"\0")  # a power loss can leave zeros where the disk had no time
        if written[: len(_OUR_LINE)] != _OUR_LINE[: len(written)]:
            raise acctship.HaltError(f"{self._path}: its last line is unfinished and no event: is this the right file?")
        if torn:
            self._cut(size - len(torn))
        if start and torn == tail:
            self._repair(start)


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Say of errors in opening a file what a person has to mend."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise acctship.HaltError(f"{path}: its folder does not exist: make it") from None
    except IsADirectoryError:
        raise acctship.HaltError(f"{path}: is no regular file; leave path out for standard output") from None
    except PermissionError:
        raise acctship.HaltError(f"{path}: permission denied") from None


def _expect_regular(path: str, descriptor: int) -> int:
    """Size of the file, which has to be one."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise acctship.HaltError(f"{path}: is no regular file; leave path out for standard output")
    return status.st_size


def _write(descriptor: int, batch: acctship.EventBatch) -> None:
    """Write the lines, not all in one piece: that would take the memory of the batch once more."""
    lines = batch.json()
    for at in range(0, len(lines), _LINES):
        view = memoryview(b"\n".join([*lines[at : at + _LINES], b""]))
        while view:
            try:
                view = view[os.write(descriptor, view) :]
            except BlockingIOError:  # a terminal or pipe that somebody else has set non-blocking
                select.select([], [descriptor], [])


@acctship.hookimpl
def acctship_outputs() -> Iterable[acctship.OutputSpec]:
    """Bring `jsonl`."""
    yield acctship.OutputSpec("jsonl", Config, "One JSON object a line, to standard output or a file")
