"""Reading compressed files on from a place: streams that stay open, so that the next records need not start over."""

from __future__ import annotations

import os
from contextlib import suppress

from acctship.delivery.following.files import Signature, open_file
from acctship.delivery.following.siblings import Sibling
from acctship.errors import InputError
from acctship.records.compressed import MAGIC_BYTES, DecompressedStream
from acctship.records.streams import PlainStream

MOST_OPEN = 2
"""Streams that stay open: one of `xz -9` takes 64 MB."""
_PIECE = 1 << 18


class Unpacked:
    """What a compressed file holds, read forwards.

    Args:
        sibling: the file.

    Attributes:
        start: the lowest offset from which on it can still be read.
        total: bytes that it holds, once its end is reached.
        problem: why that end may not be the true one.

    Raises:
        OSError: it cannot be opened, or another has taken its path.
        InputError: it cannot be read, or a library to decompress it is missing.
    """

    def __init__(self, sibling: Sibling) -> None:
        descriptor = open_file(sibling.path)
        raw = PlainStream(sibling.path, descriptor)
        try:
            if (status := os.fstat(descriptor)).st_ino != sibling.signature.inode:
                raise FileNotFoundError(sibling.path)
            raw.size = status.st_size
            head = bytearray(MAGIC_BYTES)
            self._stream = DecompressedStream(raw, bytes(head[: raw.readinto(memoryview(head))]))
        except BaseException:
            raw.close()
            raise
        self.file: tuple[str, Signature] = (sibling.path, sibling.signature)
        self.start = 0
        self.total: int | None = None
        self.problem: str | None = None
        self._buffer = bytearray()

    def read(self, offset: int, count: int) -> bytes:
        """So many bytes from an offset on, fewer at the end; what comes before is let go.

        Raises:
            InputError: the device failed.
        """
        while self.total is None and self.start + len(self._buffer) < offset + count:
            drop = min(len(self._buffer), max(0, offset - self.start))
            del self._buffer[:drop]
            self.start += drop
            piece = bytearray(_PIECE)
            got = self._stream.readinto(memoryview(piece))
            self._buffer += memoryview(piece)[:got]
            if not got:
                self.total = self.start + len(self._buffer)
                missing = self._stream.missing()
                self.problem = None if missing is None else missing[1]
        drop = min(len(self._buffer), max(0, offset - self.start))
        del self._buffer[:drop]
        self.start += drop
        return bytes(self._buffer[:count]) if offset == self.start else b""

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class Unpackers:
    """The streams that are open."""

    def __init__(self) -> None:
        self._open: list[Unpacked] = []  # the one that was used last comes last

    def at(self, sibling: Sibling, offset: int) -> Unpacked:
        """A stream of the file that can be read from there on.

        Raises:
            OSError: it cannot be opened, or another has taken its path.
            InputError: it cannot be read, or a library to decompress it is missing.
        """
        file = (sibling.path, sibling.signature)
        fitting = [one for one in self._open if one.file == file and one.start <= offset]
        if fitting:
            chosen = max(fitting, key=lambda one: one.start)
            self._open.remove(chosen)
        else:
            while len(self._open) >= MOST_OPEN:
                self._open.pop(0).close()
            chosen = Unpacked(sibling)
        self._open.append(chosen)
        return chosen

    def close(self) -> None:
        """Close all."""
        while self._open:
            with suppress(OSError, InputError):
                self._open.pop().close()
