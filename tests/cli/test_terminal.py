"""Colour and a progress bar on a terminal, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import accounting, acctship, on_terminal

ESCAPE = b"\x1b["


@pytest.fixture
def pacct(tmp_path: Path) -> Path:
    path = tmp_path / "pacct"
    path.write_bytes(accounting(3))
    return path


def test_json_is_coloured_on_a_terminal_and_plain_in_a_pipe(pacct: Path) -> None:
    shown = on_terminal("decode", "-f", pacct)
    assert shown.code == 0
    assert b'\x1b[36m"@timestamp"\x1b[0m:\x1b[32m"2023-11-14T22:13:20Z"\x1b[0m' in shown.terminal
    assert ESCAPE not in acctship("decode", "-f", pacct).out
    piped = on_terminal("decode", "-f", pacct, pipe=1)
    assert ESCAPE not in piped.piped
    assert piped.piped == acctship("decode", "-f", pacct).out


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"NO_COLOR": ""}, {"TERM": "dumb"}])
def test_no_colour_where_the_user_wants_none(environment: dict[str, str], pacct: Path) -> None:
    for command in (("decode", "-f", pacct), ("outputs", "list"), ("check", "-f", pacct)):
        assert ESCAPE not in on_terminal(*command, environment=environment).terminal


def test_tables_and_checks_are_coloured_on_a_terminal_only(pacct: Path) -> None:
    for command in (("outputs", "list"), ("check", "-f", pacct)):
        assert ESCAPE in on_terminal(*command).terminal
        assert ESCAPE not in on_terminal(*command, pipe=1).piped
        assert ESCAPE not in acctship(*command).out


@pytest.mark.parametrize("command", [("decode",), ("run", "--once")])
def test_progress_bar_stands_on_a_terminal_whose_output_goes_elsewhere(command: tuple[str, ...], pacct: Path) -> None:
    pacct.write_bytes(accounting(40_000))
    shown = on_terminal(*command, "-f", pacct, pipe=1)
    assert shown.code == 0
    assert b"100%" in shown.terminal
    assert shown.piped.count(b"\n") == 40_000


@pytest.mark.parametrize("pipe", [None, 2])
def test_no_progress_bar_between_the_events_or_in_a_log(pipe: int | None, pacct: Path) -> None:
    shown = on_terminal("decode", "-f", pacct, pipe=pipe, environment={"NO_COLOR": "1"})
    assert b"%" not in shown.terminal
    assert shown.piped == b""
    assert shown.terminal.count(b"\n") == 3


def test_hostile_file_name_does_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "[red]\x1b]0;owned\x07"
    path.write_bytes(accounting(40_000))
    shown = on_terminal("decode", "-f", path, pipe=1)
    assert shown.code == 0
    assert b"\x1b]0;owned" not in shown.terminal
    missing = on_terminal("decode", "-f", tmp_path / "\x1b]0;owned\x07")
    assert b"\x1b]0;owned" not in missing.terminal


def test_msgpack_is_not_poured_into_a_terminal(pacct: Path) -> None:
    shown = on_terminal("decode", "--to", "msgpack", "-f", pacct)
    assert shown.code == 2
    assert b"MessagePack is no text" in shown.terminal
    assert on_terminal("decode", "--to", "msgpack", "-f", pacct, pipe=1).code == 0
