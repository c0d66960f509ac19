"""Compressed files: the records of the plain one, at the same offsets, and the truth about what cannot be had."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, strategies as st

from acctship.errors import FormatError, InputError
from acctship.records import STDIN, Reader
from tests.layouts import ordinary
from tests.records.reading import Outcome, piped, read, read_backwards, read_in_pieces

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}
RECORDS = ordinary("linux-v3-le", 3000)
DATA = b"".join(RECORDS)

each_kind = pytest.mark.parametrize("kind", PACK)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pacct.1"


def reason(outcome: Outcome) -> str:
    return outcome.holes[-1].reason


@each_kind
@pytest.mark.parametrize("name", ["linux-v3-le", "linux-v1-be", "linux-v0-be"])
def test_a_compressed_file_gives_the_records_of_the_plain_one(file: Path, kind: str, name: str) -> None:
    file.write_bytes(b"".join(ordinary(name, 2500)))
    plain = read(file)
    file.write_bytes(PACK[kind](file.read_bytes()))
    assert len(plain.records) == 2500
    assert read(file) == plain
    assert read_backwards(file).records == plain.records
    with piped(file.read_bytes()) as pipe:
        assert read(pipe) == plain


@each_kind
def test_members_one_behind_the_other_are_one_file_whatever_pads_them(file: Path, kind: str) -> None:
    parts = [DATA[:1000], b"", DATA[1000:100_000], DATA[100_000:]]
    for padding in (b"", bytes(4), bytes(70_000)):
        file.write_bytes(padding.join(map(PACK[kind], parts)) + padding)
        outcome = read(file)
        assert outcome.bytes == RECORDS
        assert outcome.holes == []


def test_members_of_different_kinds_are_one_file(file: Path) -> None:
    file.write_bytes(b"".join(pack(DATA[at * 48_000 : (at + 1) * 48_000]) for at, pack in enumerate(PACK.values())))
    assert read(file).bytes == RECORDS


@each_kind
def test_a_stream_cut_anywhere_gives_what_is_left_and_says_so(file: Path, kind: str) -> None:
    packed = PACK[kind](DATA)
    for length in [*range(20, 200, 7), *range(200, len(packed), len(packed) // 40), len(packed) - 1]:
        file.write_bytes(packed[:length])
        try:
            outcome = read(file)
        except InputError as error:
            assert "stream ends early" in str(error) or "shorter than one record" in str(error)  # noqa: PT017
            continue
        assert outcome.bytes == RECORDS[: len(outcome.bytes)]
        assert f"the {kind} stream ends early" in reason(outcome)
        assert outcome.position == len(outcome.bytes) * 64 + outcome.holes[0].length


def test_a_gzip_stream_that_is_cut_gives_as_much_as_gzip_itself(file: Path) -> None:
    packed = gzip.compress(DATA)
    file.write_bytes(packed[: len(packed) // 2])
    with gzip.open(file) as stream:
        whole = 0
        try:
            while stream.read(1):
                whole += 1
        except EOFError:
            pass
    assert len(read(file).bytes) == whole // 64 > 1000


@pytest.mark.parametrize("kind", ["gzip", "xz", "zstd"])
def test_a_wrong_checksum_costs_no_record_but_is_said(file: Path, kind: str) -> None:
    packed = bytearray(PACK[kind](DATA))
    packed[{"gzip": -8, "zstd": -1, "xz": xz_check(packed)}[kind]] ^= 1
    file.write_bytes(packed)
    outcome = read(file)
    assert outcome.bytes == RECORDS
    assert outcome.spans == [(len(DATA), 0)]
    assert f"the {kind} stream is damaged" in reason(outcome)


def xz_check(packed: bytes | bytearray) -> int:
    """Where the CRC-64 of the only block lies: before the index, whose size the footer tells (xz file format 2.1.2)."""
    backward_size = int.from_bytes(packed[-8:-4], "little")
    return len(packed) - 12 - (backward_size + 1) * 4 - 8


@each_kind
def test_a_spoilt_byte_anywhere_is_said(file: Path, kind: str) -> None:
    records = RECORDS[:400]  # what is lost to a spoilt byte is looked for byte by byte
    packed = PACK[kind](b"".join(records))
    rng = random.Random(kind)
    for _ in range(60):
        at = rng.randrange(20, len(packed))
        file.write_bytes(packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :])
        try:
            outcome = read(file)
        except InputError as error:
            assert str(error).isprintable()  # noqa: PT017 - it need not be raised
            continue
        # What a decompressor takes for good until it comes to the checksum is given, but never without a word.
        assert outcome.bytes == records or "records of it may be wrong" in reason(outcome)


@each_kind
def test_what_stands_behind_the_stream_is_not_swallowed(file: Path, kind: str) -> None:
    packed = PACK[kind](DATA)
    file.write_bytes(packed + b"rubbish")
    outcome = read(file)
    assert outcome.bytes == RECORDS
    assert reason(outcome) == (
        f"the compressed file's bytes from {len(packed)} on are no part of a compressed stream, and were not read"
    )


@each_kind
@given(lengths=st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_however_the_bytes_arrive(kind: str, lengths: list[int]) -> None:
    packed = PACK[kind](DATA[:64_000])
    with piped(packed) as pipe:
        assert read_in_pieces(pipe, lengths).bytes == RECORDS[:1000]


def test_standard_input_may_be_compressed(as_stdin: Callable[[int], None], file: Path) -> None:
    file.write_bytes(gzip.compress(DATA))
    as_stdin(os.open(file, os.O_RDONLY))
    assert read(STDIN).bytes == RECORDS


@each_kind
def test_a_few_bytes_that_stand_for_many_take_no_memory(file: Path, kind: str) -> None:
    file.write_bytes(PACK[kind](DATA[:640] + bytes(200_000_000)))
    tracemalloc.start()
    try:
        outcome = read(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.bytes == RECORDS[:10]
    assert outcome.spans == [(640, 200_000_000)]
    assert peak < 12_000_000  # xz needs 8 MB for itself


@each_kind
def test_nothing_compressed_is_empty(file: Path, kind: str) -> None:
    file.write_bytes(PACK[kind](b""))
    with pytest.raises(InputError, match="empty, no record in it"):
        Reader(file)
    file.write_bytes(PACK[kind](b"These are no records.\n" * 50))
    with pytest.raises(FormatError, match="text"):
        Reader(file)


def test_without_a_library_for_zstd_it_says_how_to_get_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_bytes(PACK["zstd"](DATA))
    for module in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(FormatError, match=r"compressed by zstd: pip install 'acctship\[zstd\]'"):
        Reader(file)
