"""Telling from the first bytes what a file is."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import sqlite3
import struct
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from acctship.errors import FormatError
from acctship.records import detect
from tests.builders import BTIME, ORDERS, Order, layout, random_records, record, records

ZSTD = bytes.fromhex("28b52ffd0458090000")


def refusal(head: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        detect(head)
    message = str(caught.value)
    assert message.isprintable(), "one line"
    return message


def freebsd(version: int, order: Order = "<") -> bytes:
    """struct acctv3 (80 bytes) or acctv2 (72): float times in microseconds, the length at both ends."""
    size, tty = (80, "QI") if version == 3 else (72, "I")
    head = struct.pack(order + "BBH16sfff", 0, version, size, b"cat", 1000.0, 2000.0, 30_000.0)
    body = struct.pack(order + "qIIff" + tty, BTIME, 1001, 1001, 100.0, 4.0, *(5, 6)[: len(tty)])
    return (head + body + struct.pack(order + "HxxB", size, 1)).ljust(size, b"\0")


def linux_v2(order: Order, version: int = 2) -> bytes:
    """struct acct (64 bytes), the kernel's layout of before 2.6.11 and of CONFIG_BSD_PROCESS_ACCT without V3."""
    version |= 0x80 if order == ">" else 0
    head = struct.pack(order + "BBHHHI", 1, version, 1000, 1000, 0x8800, BTIME)
    return (head + struct.pack(order + "9HHI", 1, 2, 3, 4, 0, 0, 7, 0, 0, 100, 0) + b"cat").ljust(64, b"\0")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 100])
def test_linux_v3_is_accepted_and_the_reason_says_on_what_grounds(order: Order, count: int) -> None:
    found = detect(b"".join(random_records(count, order)))
    assert found.layout is layout(order)
    version = "0x03" if order == "<" else "0x83"
    looked_at = min(count, 16)
    assert found.reason == f"byte 1 is {version}, the first {looked_at} of its 64-byte records are plausible"


@pytest.mark.parametrize("order", ORDERS)
def test_a_record_cut_short_does_not_matter(order: Order) -> None:
    head = b"".join(random_records(3, order))
    assert "first 2 of" in detect(head[:-1]).reason


@given(st.data())
def test_any_two_records_are_known_by_their_byte_order(data: st.DataObject) -> None:
    order = data.draw(st.sampled_from(ORDERS))
    head = data.draw(records(order)) + data.draw(records(order))
    if head[0] or head[2:4] not in (b"\x50\0", b"\0\x50", b"\x48\0", b"\0\x48"):  # as FreeBSD's start
        assert detect(head).layout is layout(order)


@pytest.mark.parametrize("order", ORDERS)
def test_damage_near_the_start_is_told_with_its_offset(order: Order) -> None:
    pieces = random_records(16, order)
    pieces[5] = b"\xff" * 64
    message = refusal(b"".join(pieces))
    assert layout(order).title in message
    assert "offset 320:" in message


def test_what_is_compressed_is_named(tmp_path: Path) -> None:
    data = b"".join(random_records(50))
    for packed, name in [
        (gzip.compress(data), "gzip"),
        (lzma.compress(data), "xz"),
        (bz2.compress(data), "bzip2"),
        (ZSTD + data, "zstd"),
    ]:
        assert f"compressed by {name}" in refusal(packed[:1024])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("pacct", data)
    assert "zip archive" in refusal((tmp_path / "a.zip").read_bytes()[:1024])


def test_other_kinds_of_files_are_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "db") as database:
        database.execute("CREATE TABLE a (b)")
    database.close()
    assert "SQLite" in refusal((tmp_path / "db").read_bytes()[:1024])
    assert "ELF" in refusal(Path(sys.executable).read_bytes()[:1024])
    assert "text, starting with 'root:x:0:0:root:/roo'" in refusal(b"root:x:0:0:root:/root:/bin/sh\n" * 40)
    assert r"'\r\n\t'" in refusal(b"\r\n\t")


def test_zeros_are_called_zeros() -> None:
    assert "first 1024 bytes are all zero" in refusal(bytes(1024))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("version", [2, 3])
def test_freebsd_is_named_and_never_taken_for_linux(version: int, order: Order) -> None:
    one = freebsd(version, order)
    for head in (one, one[:64], one * 2, (one * 14)[:1024]):  # a pipe shows 64 bytes, a file up to 1,024
        assert f"FreeBSD v{version}" in refusal(head)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("version", [0, 1, 2])
def test_older_linux_is_named_with_its_byte_order(version: int, order: Order) -> None:
    message = refusal(linux_v2(order, version) * 16)
    assert f"Linux v{version}, {'little' if order == '<' else 'big'}-endian" in message


@pytest.mark.parametrize("length", [2, 40, 63])
def test_too_short_says_how_long_it_is(length: int) -> None:
    assert f"only {length} bytes" in refusal(record(order="<")[:length])
    assert f"only {length} bytes" in refusal(record(order=">")[:length])


def test_random_bytes_are_shown() -> None:
    noise = b"\xa7\xc3" + random.Random(7).randbytes(1022)
    assert noise[:8].hex(" ") in refusal(noise)


def test_high_flag_bits_are_no_linux_record() -> None:
    assert "40 03" in refusal(record(flag=0x40))


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x03")
@example(b"\0\x03")
@example("ünïcode\u2028".encode())
def test_whatever_comes_is_accepted_or_refused_in_one_line(head: bytes) -> None:
    try:
        found = detect(head)
    except FormatError as error:
        assert str(error).isprintable()  # noqa: PT017 - it need not be raised
    else:
        assert len(head) >= 64
        assert head[1] == found.layout.version_byte
