"""The bytes of a file or of standard input, from where it stands to the end that it had when it was opened."""

from __future__ import annotations

import errno
import os
import stat

import numpy as np
import numpy.typing as npt

from acctship.errors import InputError

STDIN = "-"


class PlainStream:
    """The bytes as they are.

    A regular file is read up to the size that it had when it was opened, so that reading ends even while the kernel
    appends; a pipe is read to its end.

    Args:
        path: a file, or `-` for standard input.
        descriptor: the file, if it is open already: it will be closed.

    Attributes:
        path: the file.
        name: the file as messages call it.
        size: bytes of the whole file; None for a pipe.
        start: where reading began: not 0 where a shell opened the file and something has read from it.
        seekable: whether parts can be read again.

    Raises:
        InputError: the file is missing, unreadable, or a folder.
    """

    def __init__(self, path: str | os.PathLike[str], descriptor: int | None = None) -> None:
        self.path = os.fspath(path)
        self.name = stream_name(self.path)
        self.descriptor = _open(self.path) if descriptor is None else descriptor
        try:
            status = _status(self)
            if stat.S_ISDIR(status.st_mode):
                raise InputError(f"{self.name}: is a folder: name the accounting file in it")
        except BaseException:
            self.close()
            raise
        self.seekable = stat.S_ISREG(status.st_mode)
        self.size = status.st_size if self.seekable else None
        self.start = self.position = os.lseek(self.descriptor, 0, os.SEEK_CUR) if self.seekable else 0

    def readinto(self, buffer: memoryview) -> int:
        """Fill the beginning of a buffer with what is there, at least one byte; 0 is the end.

        Raises:
            InputError: the device failed.
        """
        if self.size is not None:
            buffer = buffer[: max(0, self.size - self.position)]
        try:
            count = os.readv(self.descriptor, [buffer])
        except OSError as error:
            raise InputError(f"{self.name}: offset {self.position}: cannot be read: {error.strerror}") from None
        self.position += count
        return count

    @property
    def ended(self) -> bool:
        """Whether the end is known to be reached: never in a pipe before `readinto` said 0."""
        return self.size is not None and self.position >= self.size

    def seek(self, position: int) -> None:
        """Go on reading elsewhere; only where the stream is `seekable`."""
        self.position = os.lseek(self.descriptor, position, os.SEEK_SET)

    def skip_zeros(self) -> int:
        """Go on behind the zeros that come next and that a sparse file does not hold on disk; gives how many."""
        if self.size is None or self.ended:
            return 0
        try:
            data = min(os.lseek(self.descriptor, self.position, os.SEEK_DATA), self.size)
        except OSError as error:  # ENXIO: nothing but zeros comes any more
            data = self.size if error.errno == errno.ENXIO else self.position
        skipped = data - self.position
        self.seek(data)
        return skipped

    def read_at(self, start: int, count: int) -> npt.NDArray[np.uint8]:
        """So many bytes from a place on; only where the stream is `seekable`. What is not there any more is zero.

        Raises:
            InputError: the device failed.
        """
        data = np.empty(count, np.uint8)
        self.seek(start)
        done = 0
        while done < count and (more := self.readinto(data[done:].data)):
            done += more
        data[done:] = 0
        return data

    def missing(self) -> tuple[int, str] | None:
        """At the end: bytes that should have been there, at least, and why they are not; None if all were."""
        if self.size is not None and self.position < self.size:
            return self.size - self.position, "the file was cut while it was read"
        return None

    def close(self) -> None:
        """Close the file; standard input is left open."""
        if self.descriptor > 0:
            os.close(self.descriptor)
            self.descriptor = -1


def stream_name(path: str | os.PathLike[str]) -> str:
    """What messages call a file.

    >>> stream_name("-")
    'standard input'
    """
    return "standard input" if os.fspath(path) == STDIN else os.fspath(path)


def _open(path: str) -> int:
    if path == STDIN:
        return 0
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file: is accounting on, and writing to this path?") from None
    except PermissionError:
        raise InputError(
            f"{path}: permission denied: read it as root, or as a member of its group (Debian: adm)"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}") from None
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{path!r}: cannot be opened: {error}") from None


def _status(stream: PlainStream) -> os.stat_result:
    try:
        return os.fstat(stream.descriptor)
    except OSError as error:  # standard input can be closed
        raise InputError(f"{stream.name}: cannot be read: {error.strerror}") from None
