"""`acctship decode`: the forms, the fields, and where names and origins come from."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.builders import HOSTILE_COMMANDS, random_records, record
from tests.cli.command import Done, accounting, acctship
from tests.schema import assert_valid_event


@pytest.fixture
def pacct(tmp_path: Path) -> Path:
    path = tmp_path / "pacct"
    path.write_bytes(record(comm=b"first", uid=1000, gid=50) + record(comm=b"second", uid=4_000_000_000, status=256))
    return path


def decode(pacct: Path, *arguments: str | Path) -> Done:
    done = acctship("decode", "-f", pacct, *arguments)
    assert (done.code, done.err) == (0, "")
    return done


def test_json_is_one_valid_event_a_line_in_order(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(random_records(3000)))
    lines = decode(path).out.splitlines()
    assert [json.loads(line)["event"]["sequence"] for line in lines] == list(range(3000))
    for line in lines[::100]:
        assert_valid_event(line)


def test_msgpack_and_json_say_the_same(pacct: Path) -> None:
    rest, found = decode(pacct, "--to", "msgpack").out, []
    while rest:
        one: Any = msgspec.msgpack.decode(rest[: _first_map(rest)])
        found.append(one)
        rest = rest[len(msgspec.msgpack.encode(one)) :]
    assert found == decode(pacct).events


def _first_map(data: bytes) -> int:
    """Length of the first map: the shortest prefix that is one."""
    for length in range(1, len(data) + 1):
        try:
            msgspec.msgpack.decode(data[:length])
        except msgspec.DecodeError:
            continue
        return length
    raise AssertionError("no map")


def test_csv_has_a_header_and_a_column_for_each_field(pacct: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(decode(pacct, "--to", "csv").out.decode())))
    assert [row["process.name"] for row in rows] == ["first", "second"]
    assert [row["process.exit_code"] for row in rows] == ["0", "1"]
    assert rows[0]["event.category"] == "process"
    assert None not in rows[0]


def test_csv_has_one_header_for_several_files(pacct: Path) -> None:
    done = acctship("decode", "-f", pacct, "-f", pacct, "--to", "csv", "--select", "process.name")
    assert done.out == b"process.name\nfirst\nsecond\nfirst\nsecond\n"


def test_csv_is_safe_for_a_spreadsheet_and_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(record(comm=name) for name in HOSTILE_COMMANDS))
    text = decode(path, "--to", "csv", "--select", "process.name").out.decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 1 + len(HOSTILE_COMMANDS)
    for (cell,) in (row or [""] for row in rows):
        assert not cell.startswith(("=", "+", "-", "@"))
        assert not [char for char in cell if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("process.name", {"process": {"name": "first"}}),
        ("user.id,process.name", {"user": {"id": "1000"}, "process": {"name": "first"}}),
        ("process.exit_code,@timestamp", {"process": {"exit_code": 0}, "@timestamp": "2023-11-14T22:13:20Z"}),
        ("acct.signal,user.id", {"user": {"id": "1000"}}),
        ("acct.faults", {"acct": {"faults": {"minor": 0, "major": 0}}}),
    ],
)
def test_select_gives_these_fields_and_no_others(fields: str, expected: dict[str, Any], pacct: Path) -> None:
    assert decode(pacct, "--select", fields).events[0] == expected
    packed = decode(pacct, "--select", fields, "--to", "msgpack").out
    assert msgspec.msgpack.decode(packed[: _first_map(packed)]) == expected


def test_select_orders_the_columns(pacct: Path) -> None:
    out = decode(pacct, "--to", "csv", "--select", "user.id,process.name,process.parent").out
    assert out.splitlines()[0] == b"user.id,process.name,process.parent.pid"
    assert out.splitlines()[1] == b"1000,first,1"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("process.nam", "no field 'process.nam'; did you mean process.name?"),
        ("", "no field ''"),
        ("process.name,process.name", "a field is named twice"),
    ],
)
def test_wrong_select_is_wrong_usage(fields: str, said: str, pacct: Path) -> None:
    done = acctship("decode", "-f", pacct, "--select", fields)
    assert (done.code, done.out) == (2, b"")
    assert len(done.err.splitlines()) == 4
    assert said in done.err


def test_names_come_from_files_in_the_format_of_passwd_and_group(pacct: Path, tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("# comment\n\nann:x:1000:50::/:\nann2:x:1000:50::/:\n")
    (tmp_path / "group").write_text("staff:x:50:\n")
    first, second = decode(pacct, "--passwd", tmp_path / "passwd", "--group", tmp_path / "group").events
    assert (first["user"], first["group"]) == ({"id": "1000", "name": "ann"}, {"id": "50", "name": "staff"})
    assert first["related"] == {"user": ["ann"]}
    assert second["user"] == {"id": "4000000000"}


@pytest.mark.parametrize("option", ["--passwd", "--group"])
def test_file_of_names_that_is_wrong_is_one_line(option: str, pacct: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_text("ann:x:1000:50::/:\nbob\n")
    for path, said in (
        (bad, "line 2: not NAME:PASSWORD:NUMBER"),
        (tmp_path / "missing", "cannot be read: No such file"),
    ):
        done = acctship("decode", "-f", pacct, option, path)
        assert (done.code, done.out) == (1, b"")
        assert done.error.startswith(f"{path}: {said}")


def test_numeric_looks_up_no_name(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(record(uid=0, gid=0))
    (named,), (bare,) = decode(path).events, decode(path, "--numeric").events
    assert (named["user"], named["group"]) == ({"id": "0", "name": "root"}, {"id": "0", "name": "root"})
    assert (bare["user"], bare["group"]) == ({"id": "0"}, {"id": "0"})
    assert "related" not in bare
    assert decode(path, "-n").events == [bare]


def test_file_of_another_machine_has_the_host_that_is_given(pacct: Path) -> None:
    bare = decode(pacct).events[0]
    assert "host" not in bare
    named = decode(pacct, "--host-name", "web1", "--host-id", "abc", "--source-id", "them").events[0]
    assert named["host"] == {"name": "web1", "id": "abc"}
    assert named["event"]["id"] != bare["event"]["id"]
    assert named["event"]["id"].split("-")[1:] == bare["event"]["id"].split("-")[1:]


def test_standard_input_gives_the_events_of_the_file_but_its_path(pacct: Path) -> None:
    piped = acctship("decode", "-f", "-", stdin=pacct.read_bytes())
    assert (piped.code, piped.err) == (0, "")
    from_file = decode(pacct).events
    assert from_file[0]["log"] == {"file": {"path": str(pacct)}}
    assert piped.events == [{key: value for key, value in event.items() if key != "log"} for event in from_file]
    with pacct.open("rb") as file:
        assert acctship("decode", "-f", "-", stdin=file.fileno()).events == piped.events


def test_configuration_gives_the_file_its_labels_and_tags(pacct: Path, tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text(f'[source]\npath = "{pacct}"\nlabels = {{ rack = "7" }}\ntags = ["edge"]\n')
    done = acctship("decode", "-c", config)
    assert (done.code, len(done.events)) == (0, 2)
    assert (done.events[0]["labels"], done.events[0]["tags"]) == ({"rack": "7"}, ["edge"])
    assert decode(pacct, "-c", config, "--select", "labels.rack", "--to", "csv").out == b"labels.rack\n7\n7\n"


def test_same_file_gives_the_same_events_every_time(tmp_path: Path) -> None:
    path, copy = tmp_path / "pacct", tmp_path / "copy"
    path.write_bytes(accounting(50))
    copy.write_bytes(path.read_bytes())
    assert decode(path).out == decode(path).out
    assert [event["event"]["id"] for event in decode(path).events] == [
        event["event"]["id"] for event in decode(copy).events
    ]
