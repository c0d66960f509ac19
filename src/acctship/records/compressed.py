"""Compressed files: gzip, xz, bzip2 and zstd, told by their first bytes, with any number of members.

The libraries' decompressors are used, not their files: those take rubbish behind a stream for its end, in silence.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from acctship.errors import FormatError
from acctship.records.streams import PlainStream

MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}
MAGIC_BYTES = 6

_PIECE = 1 << 16
_MOST = 1 << 20
"""Bytes that one call decompresses, at most: a few compressed ones can stand for gigabytes."""
_XZ_MEMORY = 128 << 20
"""`xz -9` takes half of it; a file that wants more is made to harm."""


def compression(head: bytes) -> str | None:
    """Name of the compression of a file that starts so; None if it has none that is known."""
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), None)


class DecompressedStream:
    """What a compressed stream holds, as a stream; positions are those of the decompressed bytes.

    Where it is damaged it ends, and `missing` says why. What could be decompressed up to there is given: in a file to
    the last byte, in a pipe all but the last call's, which is less than a megabyte.

    Args:
        raw: the compressed bytes.
        head: the first of them, which have been read already.

    Raises:
        FormatError: a library to decompress it is missing.
    """

    size = None
    seekable = False
    start = 0
    ended = False
    """Not known before `readinto` says 0."""

    def __init__(self, raw: PlainStream, head: bytes) -> None:
        self.raw, self.name, self.path = raw, raw.name, raw.path
        self.position = 0
        self._pending = head
        self._salvaged = b""
        self._problem: str | None = None
        self._decompressor: _Decompressor | None = None
        self._begin_member()

    def readinto(self, buffer: memoryview) -> int:
        """Fill the beginning of a buffer with what is there, at least one byte; 0 is the end.

        Raises:
            InputError: the device failed.
        """
        data = self._take_salvaged(len(buffer))
        while not data and self._problem is None and (self._decompressor or self._begin_member()):
            data = self._decompress(min(len(buffer), _MOST))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)

    def skip_zeros(self) -> int:
        """None can be skipped: they have to be decompressed."""
        return 0

    def missing(self) -> tuple[int, str] | None:
        """At the end: (0, why not all that was compressed could be had); None if it could."""
        return None if self._problem is None else (0, self._problem)

    def close(self) -> None:
        """Close the file; standard input is left open."""
        self.raw.close()

    def _begin_member(self) -> bool:
        """Prepare for the next member; False if there is none. Zeros behind a member are padding (gzip(1), xz(1))."""
        while len(self._pending) < MAGIC_BYTES and (more := self._read()):
            self._pending = (self._pending + more).lstrip(b"\0")
        if not self._pending:
            return False
        self._member = self._piece = self.raw.position - len(self._pending)
        self._given = 0
        kind = compression(self._pending)
        if kind is None:
            where = f"the compressed file's bytes from {self._member} on"
            self._problem = f"{where} are no part of a compressed stream, and were not read"
            return False
        self._kind = kind
        self._decompressor = _new(kind, self.name)
        return True

    def _decompress(self, most: int) -> bytes:
        assert self._decompressor is not None  # noqa: S101 - for the type checker
        if self._decompressor.needs_input and not self._pending:
            self._piece = self.raw.position
            self._pending = self._read()
            if not self._pending:
                self._problem = f"the {self._kind} stream ends early: what it held behind this is missing"
                return b""
        pending, self._pending = self._pending, b""
        try:
            data = _decoded(self._decompressor, pending, most)
        except _DamageError as error:
            self._problem = f"the {self._kind} stream is damaged ({error}): records of it may be wrong, or missing"
            self._salvaged = self._salvage() if self.raw.seekable else b""
            return self._take_salvaged(most)
        self._given += len(data)
        if self._decompressor.eof:
            self._pending, self._decompressor = self._decompressor.unused_data.lstrip(b"\0"), None
        return data

    def _salvage(self) -> bytes:
        """What the call that found the damage had decompressed before: it raises, and gives nothing.

        So the member is decompressed again, and the last piece byte by byte.
        """
        end, again = self.raw.position, _new(self._kind, self.name)
        self.raw.seek(self._member)
        skip, found = self._given, b""
        while not again.eof and self.raw.position < end:
            piece = self._read(max(1, min(_PIECE, self._piece - self.raw.position))) if again.needs_input else b""
            try:
                data = _decoded(again, piece, _MOST)
            except _DamageError:
                break
            found += data[skip:]
            skip = max(0, skip - len(data))
        self.raw.seek(end)
        return found

    def _take_salvaged(self, most: int) -> bytes:
        data, self._salvaged = self._salvaged[:most], self._salvaged[most:]
        return data

    def _read(self, count: int = _PIECE) -> bytes:
        buffer = bytearray(count)
        return bytes(buffer[: self.raw.readinto(memoryview(buffer))])


class _Decompressor(Protocol):
    """What `bz2.BZ2Decompressor`, `lzma.LZMADecompressor` and zstd's have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


class _Gunzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        done = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(done) < max_length
        return done


class _DamageError(Exception):
    """Bytes are no compressed stream."""


def _decoded(decompressor: _Decompressor, data: bytes, most: int) -> bytes:
    try:
        return decompressor.decompress(data, most)
    except Exception as error:  # noqa: BLE001 - each library has errors of its own, with nothing in common
        raise _DamageError(str(error)) from None


def _new(kind: str, name: str) -> _Decompressor:
    if kind == "zstd":
        return _new_zstd(name)
    makers: dict[str, Callable[[], _Decompressor]] = {
        "gzip": _Gunzip,
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY),
        "bzip2": bz2.BZ2Decompressor,
    }
    return makers[kind]()


def _new_zstd(name: str) -> _Decompressor:
    for module in ("compression.zstd", "backports.zstd"):  # the first is Python's own, from 3.14 on
        try:
            decompressor: _Decompressor = import_module(module).ZstdDecompressor()
        except ImportError:
            continue
        return decompressor
    raise FormatError(f"{name}: is compressed by zstd: pip install 'acctship[zstd]', or pipe `zstdcat` into `-f -`")
