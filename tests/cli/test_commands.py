"""The other commands where all is well, help, usage, completion, and what the command line does not load."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import acctship as package
from acctship.cli import COMMANDS
from tests.cli.command import Done, accounting, acctship
from tests.cli.fakes import distribution, good
from tests.paths import PACCT

ALL = [(), *[(name,) for name in COMMANDS], ("outputs", "list"), ("outputs", "show")]


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_help_of_every_command(command: tuple[str, ...]) -> None:
    done = acctship(*command, "--help")
    assert (done.code, done.err) == (0, "")
    text = done.out.decode()
    assert text.startswith(f"Usage: {' '.join(('acctship', *command))} ")
    assert acctship(*command, "-h").out == done.out


def test_help_names_every_command_and_exit_code() -> None:
    text = acctship("--help").out.decode()
    for name, summary in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", text, re.MULTILINE)
    for code in ("0 done", "1 the work failed", "2 wrong usage", "3 wrong configuration", "4 some input was skipped"):
        assert code in " ".join(text.split())


def test_version() -> None:
    assert acctship("--version").out.decode() == f"acctship {package.__version__}\n"
    assert acctship("-V").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("decode", "--nothing"),
        ("decode", "--to", "xml"),
        ("decode", "stray"),
        ("outputs", "show"),
        ("outputs", "nothing"),
        ("run", "--once", "--drain"),
        ("run", "-f", "one", "-f", "other"),
        ("run", "-f", "-"),
        ("run", "--once", "-f", "one", "--accept-loss"),
        ("decode", "--state", "state.json"),
        ("decode", "--follow", "-f", "-"),
        ("decode", "-f"),
    ],
)
def test_wrong_usage_is_2_and_says_how_to_get_help(arguments: tuple[str, ...]) -> None:
    done = acctship(*arguments)
    assert (done.code, done.out) == (2, b"")
    *usage, error = [line for line in done.err.splitlines() if line]
    assert error.startswith("Error: ")
    assert len(usage) in (0, 2)
    assert all("acctship" in line for line in usage)


def test_run_once_ships_the_kernels_own_records_and_sums_up() -> None:
    done = acctship("run", "--once", "-f", PACCT)
    assert done.code == 0
    count = PACCT.stat().st_size // 64
    assert [event["event"]["sequence"] for event in done.events] == list(range(count))
    assert done.error.startswith("outputs.stdout (jsonl, written): ")
    assert f"{count} records" in done.error
    assert f"{count} events delivered" in done.error


def test_run_once_to_two_outputs_leaves_out_what_each_omits(run: Callable[..., Done], tmp_path: Path) -> None:
    full_and_slim = '[outputs.full]\ntype = "jsonl"\npath = "full"\n[outputs.slim]\ntype = "jsonl"\npath = "slim"\n'
    (tmp_path / "my.toml").write_text(full_and_slim + 'omit = "minimal"\n')
    (tmp_path / "pacct").write_bytes(accounting(2))
    done = run("run", "--once", "-c", "my.toml", "-f", "pacct", "-f", "pacct")
    assert (done.code, done.out) == (0, b"")
    assert [line.split()[1] for line in done.err.splitlines()] == ["outputs.full", "outputs.slim"]
    full = [json.loads(line) for line in (tmp_path / "full").read_bytes().splitlines()]
    slim = [json.loads(line) for line in (tmp_path / "slim").read_bytes().splitlines()]
    assert [event["event"]["id"] for event in full] == [event["event"]["id"] for event in slim]
    assert len(full) == 4
    assert "cpu" in full[0]["acct"]
    assert "acct" not in slim[0]


def test_run_once_says_how_many_records_an_output_does_not_want(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "pacct").write_bytes(accounting(12))
    (tmp_path / "my.toml").write_text('[outputs.a]\ntype = "jsonl"\nwhere = { exclude = [{ command = "true" }] }\n')
    done = run("run", "--once", "-c", "my.toml", "-f", "pacct")
    assert (done.code, done.out) == (0, b"")
    assert done.error == "outputs.a (jsonl, written): 12 records of pacct: 0 events delivered, 12 filtered"
    (tmp_path / "my.toml").write_text('[outputs.a]\ntype = "jsonl"\nwhere = { include = [{ command = "true" }] }\n')
    done = run("run", "--once", "-c", "my.toml", "-f", "pacct")
    assert (len(done.events), done.error.partition("pacct: ")[2]) == (12, "12 events delivered")


def test_run_once_reads_standard_input() -> None:
    done = acctship("run", "--once", "-f", "-", stdin=accounting(3))
    assert (done.code, len(done.events)) == (0, 3)


def test_check_says_what_it_found() -> None:
    done = acctship("check", "-f", PACCT)
    assert (done.code, done.err) == (0, "")
    lines = done.out.decode().splitlines()
    assert all(line.startswith("ok ") for line in lines)
    assert any("source id: " in line for line in lines)
    assert any("outputs.stdout: jsonl, written, by acctship " in line for line in lines)
    assert any(f"{PACCT}: Linux v3, little-endian: byte 1 is 0x03" in line for line in lines)


def test_check_goes_on_after_a_failure_and_gives_the_first_ones_code(tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text('[outputs.copy]\ntype = "jsonk"\n')
    done = acctship("check", "-c", config, "-f", tmp_path / "missing", "-f", PACCT)
    assert done.code == 3
    assert [line.split()[0] for line in done.out.decode().splitlines()] == ["ok", "ok", "ok", "FAILED", "FAILED", "ok"]
    assert len(done.err.splitlines()) == 2


def test_outputs_list_and_show() -> None:
    listed = acctship("outputs", "list")
    assert (listed.code, listed.err) == (0, "")
    header, *rows = listed.out.decode().splitlines()
    assert header.split() == ["TYPE", "PACKAGE", "SUMMARY"]
    assert any(row.split()[:3] == ["jsonl", "acctship", package.__version__] for row in rows)
    shown = acctship("outputs", "show", "jsonl")
    assert (shown.code, shown.err) == (0, "")
    assert b'[outputs.NAME]\ntype = "jsonl"\n' in shown.out
    keys = [line.split()[0] for line in shown.out.decode().splitlines()[7:11]]
    assert keys == ["path", "where", "omit", "start"]
    assert acctship("outputs", "show", "jsonk").error == "no output 'jsonk'; did you mean jsonl?"


def test_schema_is_a_json_schema_that_its_own_events_pass() -> None:
    done = acctship("schema")
    assert (done.code, done.err) == (0, "")
    schema = json.loads(done.out)
    Draft202012Validator.check_schema(schema)
    for event in acctship("decode", "-f", PACCT).events:
        Draft202012Validator(schema).validate(event)
    with pytest.raises(Exception, match="is not of type 'string'"):
        Draft202012Validator(schema).validate({**event, "@timestamp": 7})


def test_debug_shows_a_traceback_and_nothing_else_does(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    plain = acctship("decode", "-c", missing)
    debugged = acctship("--debug", "decode", "-c", missing)
    assert (plain.code, debugged.code) == (3, 3)
    assert plain.error == f"{missing}: no such file"
    assert "Traceback (most recent call last)" in debugged.err
    assert debugged.err.splitlines()[-1] == plain.err.strip()


def test_completion_script_of_each_shell() -> None:
    for shell in ("bash", "zsh", "fish"):
        done = acctship(environment={"_ACCTSHIP_COMPLETE": f"{shell}_source"})
        assert done.code == 0
        assert b"_ACCTSHIP_COMPLETE=" in done.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("acctship dec", ["decode"]),
        ("acctship decode --select process.pa", ["process.parent.pid"]),
        ("acctship decode --select @timestamp,user.i", ["@timestamp,user.id"]),
        ("acctship decode --to m", ["msgpack"]),
        ("acctship outputs show js", ["jsonl"]),
    ],
)
def test_completion(words: str, expected: list[str]) -> None:
    environment = {
        "_ACCTSHIP_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = acctship(environment=environment)
    assert [line.partition(",")[2] for line in done.out.decode().splitlines()] == expected


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("decode", "-f", str(PACCT)), ("schema",)])
def test_no_plugin_is_loaded(arguments: tuple[str, ...], site: Path, run: Callable[..., Done], tmp_path: Path) -> None:
    touch = "from pathlib import Path\nPath('loaded').touch()\n"
    distribution(site, "probe", {"null": touch + good()})
    assert run(*arguments).code == 0
    assert not (tmp_path / "loaded").exists()
    assert run("outputs", "list").code == 0
    assert (tmp_path / "loaded").exists()  # or the probe would prove nothing


def test_run_loads_only_the_output_that_it_uses(site: Path, run: Callable[..., Done], tmp_path: Path) -> None:
    distribution(site, "probe", {"null": "from pathlib import Path\nPath('loaded').touch()\n" + good()})
    assert run("run", "--once", "-f", PACCT).code == 0
    assert not (tmp_path / "loaded").exists()


@pytest.mark.parametrize(
    ("command", "section"),
    [
        (("run", "-c", "missing.toml"), "config-error"),
        (("accounting", "rotate", "-f", "missing/pacct"), "accounting-error"),
    ],
)
def test_errors_of_what_units_run_end_in_the_runbook(command: tuple[str, ...], section: str, tmp_path: Path) -> None:
    done = acctship(*command, cwd=tmp_path)
    assert done.code != 0
    assert done.err.endswith(f" (docs/runbook.md#{section})\n")


def test_errors_of_other_commands_do_not(tmp_path: Path) -> None:
    assert "runbook" not in acctship("decode", "-f", tmp_path / "missing").err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("ZeroDivisionError('a\\x1b[31mb')", r"a bug in acctship: ZeroDivisionError: a\x1b[31mb; please report it "),
        ("OSError(28, 'No space left on device', '/srv/x')", "/srv/x: No space left on device"),
    ],
)
def test_error_that_nobody_expected_is_one_line_and_a_traceback_only_with_debug(error: str, said: str) -> None:
    broken = f"from acctship.cli import main, schema\ndef fail(): raise {error}\nschema.json_schema = fail\nmain()\n"
    for debug in (False, True):
        command = [sys.executable, "-c", broken, *(["--debug"] if debug else []), "schema"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-1].startswith(f"acctship: {said}")
        assert ("Traceback" in done.stderr, done.stderr.count("\n") == 1) == (debug, not debug)
