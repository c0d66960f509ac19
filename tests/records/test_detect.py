"""Telling from the first bytes what a file is."""

from __future__ import annotations

import random
import sqlite3
import struct
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from acctship.errors import FormatError
from acctship.records import LAYOUTS, detect
from tests.builders import BTIME, ORDERS, Order, layout, random_records, record, records
from tests.layouts import NAMES, Fields, encode, ordinary
from tests.records.reading import piped, read_in_pieces


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
    assert detect(head).layout is layout(order)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [2, 16, 300])
def test_every_layout_of_linux_is_told_by_itself(name: str, count: int) -> None:
    for seed in range(20):
        assert detect(b"".join(ordinary(name, count, seed=seed))).layout is LAYOUTS[name]


@pytest.mark.parametrize("name", NAMES[-2:])
def test_one_record_of_v0_tells_its_byte_order_by_how_large_its_numbers_are(name: str) -> None:
    right = sum(detect(ordinary(name, 1, seed=seed)[0]).layout is LAYOUTS[name] for seed in range(200))
    assert right >= 195


def test_in_a_pipe_v0_is_not_told_by_its_first_record() -> None:
    name = "linux-v0-be"
    records = [encode(name, Fields(uid=0, gid=0, btime=0x65656565)), *ordinary(name, 20)]
    assert detect(records[0]).layout is not LAYOUTS[name]  # it reads alike in both orders
    with piped(b"".join(records)) as pipe:
        assert read_in_pieces(pipe, [64]).bytes == records


@pytest.mark.parametrize("order", ORDERS)
def test_damage_near_the_start_does_not_hide_the_layout(order: Order) -> None:
    pieces = random_records(16, order)
    pieces[5] = b"\xff" * 64
    assert detect(b"".join(pieces)) == (
        layout(order),
        f"byte 1 is {'0x03' if order == '<' else '0x83'}, 15 of the first 16 of its 64-byte records are plausible",
    )


def test_a_damaged_start_is_said() -> None:
    found = detect(b"\xee" * 100 + b"".join(ordinary("linux-v2-be", 20)))
    assert found == (LAYOUTS["linux-v2-be"], "20 records of it are in the first 1380 bytes, from offset 100 on")


def test_a_record_or_two_in_much_else_are_chance() -> None:
    assert "starts with the bytes" in refusal(b"\xee" * 100 + b"".join(ordinary("linux-v3-le", 2)) + b"\xee" * 4000)
    assert "starts with the bytes" in refusal(b"\xee" * 100 + ordinary("linux-v3-le", 1)[0])


def test_a_zip_archive_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("pacct", b"".join(random_records(50)))
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
        assert len(head) >= found.layout.size
