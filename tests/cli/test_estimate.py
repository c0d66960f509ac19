"""`acctship estimate`: its tables, its JSON, what it reads, and what it says where it cannot tell."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders import BTIME, HOSTILE_COMMANDS, record
from tests.cli.command import ACCTSHIP, Done, accounting, acctship, heed_permissions, on_terminal
from tests.cli.fakes import distribution, good
from tests.paths import PACCT, ROOT
from tests.reports.auditd import event, login, size

GOLDEN = ROOT / "tests/golden/estimate.txt"
DAY = 86_400


@pytest.fixture
def pacct(tmp_path: Path) -> Path:
    """Two days of records, of which `sh` costs most."""
    path = tmp_path / "pacct"
    names = [b"sh", b"cat", b"sh", b"ls", b"sh"]
    path.write_bytes(b"".join(record(comm=name, btime=BTIME + at * DAY // 2) for at, name in enumerate(names)))
    return path


def estimate(*arguments: str | Path) -> Done:
    done = acctship("estimate", *arguments)
    assert (done.code, done.err) == (0, "")
    return done


def as_json(*arguments: str | Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(estimate("--json", *arguments).out)
    return document


def decoded(*arguments: str | Path) -> int:
    """Bytes that `decode` writes."""
    return len(acctship("decode", *arguments).out)


def test_bytes_are_those_that_decode_and_run_write(pacct: Path, tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text('[outputs.copy]\ntype = "jsonl"\nomit = ["agent", "host"]\n')
    shipped = len(acctship("run", "--once", "-c", config, "-f", pacct).out)
    full, minimal, mine = as_json("-c", config, pacct)["costs"]

    assert (full["omit"], minimal["omit"], mine["omit"]) == ("full", "minimal", "outputs.copy")
    assert full["bytes"] == decoded("-f", pacct) > mine["bytes"] == shipped > minimal["bytes"]
    assert full["bytes_per_day"] == full["bytes"] // 2
    assert full["bytes_error"] == 0
    named = as_json("-c", config, "--host-name", "web1", "--numeric", pacct)["costs"][0]
    assert named["bytes"] == decoded("-f", pacct, "--host-name", "web1", "--numeric")


def test_figures_of_the_records_that_come_with_the_project(golden: Callable[[Path, str], None]) -> None:
    arguments = ("estimate", "--numeric", "--source-id", "docs", "-")
    text = acctship(*arguments, stdin=PACCT.read_bytes()).out.decode()
    # Implementations of zlib differ by a little.
    golden(GOLDEN, "".join(map(_without_gzip, text.splitlines(keepends=True))))


def _without_gzip(line: str) -> str:
    cells = re.split(r"  +", line)
    at = {8: 4, 5: 3}.get(len(cells))
    return "  ".join(cells if at is None else [*cells[:at], "GZIP" if "GZIP" in cells[at] else "~", *cells[at + 1 :]])


def test_costliest_command_comes_first_and_shares_add_up(pacct: Path) -> None:
    document = as_json(pacct)
    costliest = document["commands"]["costliest"]

    assert [(one["command"], one["events"], one["events_per_day"]) for one in costliest] == [
        ("sh", 3, 2),
        ("cat", 1, 0),
        ("ls", 1, 0),
    ]
    full = document["costs"][0]
    assert sum(one["bytes"] for one in costliest) == full["bytes"]
    assert sum(one["gzip_bytes"] for one in costliest) == pytest.approx(full["gzip_bytes"], abs=3)


def test_table_says_what_is_not_in_it(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(record(comm=b"command%02d" % at, btime=BTIME + at) for at in range(30)))
    lines = estimate(path).out.decode().splitlines()

    assert sum(line.startswith("command") for line in lines) == 20
    assert re.fullmatch(r"All other commands: [\d.]+ MB/day, 33\.3 %\.", lines[-1])


@pytest.mark.parametrize(
    ("outputs", "labels", "charged"),
    [
        ({}, ["full", "minimal"], "full"),
        ({"a": '"minimal"'}, ["full", "minimal, outputs.a"], "minimal, outputs.a"),
        ({"a": '["agent"]', "b": '["agent"]'}, ["full", "minimal", "outputs.a, outputs.b"], "outputs.a, outputs.b"),
        ({"a": '["agent"]', "b": '["log"]'}, ["full", "minimal", "outputs.a", "outputs.b"], "full"),
    ],
)
def test_configured_omits_are_told_and_a_single_one_counts_for_commands(
    outputs: dict[str, str], labels: list[str], charged: str, pacct: Path, tmp_path: Path
) -> None:
    config = tmp_path / "my.toml"
    tables = "".join(f'[outputs.{name}]\ntype = "jsonl"\nomit = {omit}\n' for name, omit in outputs.items())
    config.write_text("[source]\n" + tables)
    document = as_json("-c", config, pacct)

    assert [cost["omit"] for cost in document["costs"]] == labels
    assert document["commands"]["omit"] == charged
    assert f"What costs most as {charged}, " in estimate("-c", config, pacct).out.decode()


def test_wrong_omit_is_one_line_and_an_output_that_is_not_installed_none(pacct: Path, tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text('[outputs.siem]\ntype = "not-installed"\nomit = ["agent"]\n')
    assert len(as_json("-c", config, pacct)["costs"]) == 3
    config.write_text('[outputs.siem]\ntype = "jsonl"\nomit = "less"\n')
    done = acctship("estimate", "-c", config, pacct)
    assert (done.code, done.out) == (3, b"")
    assert done.error == f"{config}: outputs.siem.omit: no preset 'less': full or minimal, or a list of fields"


def test_files_of_arguments_options_and_configuration(pacct: Path, tmp_path: Path) -> None:
    assert as_json(pacct, pacct)["records"] == as_json("-f", pacct, pacct)["records"] == 10
    config = tmp_path / "my.toml"
    config.write_text(f'[source]\npath = "{pacct}"\n')
    assert as_json("-c", config)["records"] == 5
    assert json.loads(acctship("estimate", "--json", "-", stdin=accounting(7)).out)["records"] == 7


def test_short_and_no_time_are_said(pacct: Path, tmp_path: Path) -> None:
    assert "xtrapolated" not in estimate(pacct).out.decode()
    path = tmp_path / "short"
    path.write_bytes(record() + record(btime=BTIME + 600))
    lines = estimate(path).out.decode().splitlines()
    assert lines[:2] == [
        "Records: 2, 2023-11-14T22:13:20Z to 2023-11-14T22:23:20Z: 10 min 0 s.",
        "A day is extrapolated from 10 min 0 s, times 144.0: its other hours may be unlike these.",
    ]
    path.write_bytes(record())
    text = estimate(path).out.decode()
    assert "Records: 1, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z: 0 s.\nThey tell no rate: " in text
    assert "/DAY" not in text
    assert as_json(path)["costs"][0]["bytes_per_day"] is None
    path.write_bytes(record(btime=5) + record(btime=BTIME) + record(btime=BTIME + 3600))
    assert ", less 1 gap of a day or more: 1 h 0 min.\n" in estimate(path).out.decode()


def test_audit_log_stands_beside(pacct: Path, tmp_path: Path) -> None:
    audit = tmp_path / "audit.log"
    started = [line for serial in (1, 2) for line in event(serial, second=BTIME + serial * DAY // 2)]
    audit.write_text("".join([*started, login(9, second=BTIME + DAY), "rubbish\n"]))
    document = as_json("--against", audit, pacct)
    auditd = document["auditd"]
    assert (auditd["events"], auditd["exec_events"], auditd["bad_lines"]) == (3, 2, 1)
    assert (auditd["exec_bytes"], auditd["exec_bytes_per_day"]) == (size(started), 2 * size(started))
    assert auditd["covered_seconds"] == DAY // 2
    assert "auditd" not in as_json(pacct)

    lines = estimate("--against", audit, pacct).out.decode().splitlines()
    heading = next(at for at, line in enumerate(lines) if line.startswith("AUDITD "))
    assert lines[heading].split("  ")[-2:] == ["FULL IS", "MINIMAL IS"]
    share = 100 * document["costs"][0]["bytes_per_day"] / (2 * size(started))
    kilobytes = f"{2 * size(started) / 1000:.2f}"
    assert lines[heading + 2].split()[:6] == ["execve", "4", kilobytes, "kB", f"{share:.1f}", "%"]
    assert "Lines that are none of auditd's: 1; their bytes are counted." in lines


def test_audit_log_of_another_time_or_none_is_said(pacct: Path, tmp_path: Path) -> None:
    audit = tmp_path / "audit.log.1.gz"
    audit.write_bytes(gzip.compress("".join(event(1, second=5) + event(2, second=900)).encode()))
    assert "do not overlap" in estimate("--against", audit, pacct).out.decode()
    audit.write_text("".join(event(1)))
    text = estimate("--against", audit, pacct).out.decode()
    assert "cannot be compared." in text
    assert text.splitlines()[-1].split()[-2:] == ["-", "-"]


def test_what_cannot_be_read_is_one_line(pacct: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for arguments, said in (
        ((empty,), f"{empty}: empty, no record in it"),
        ((tmp_path / "missing",), f"{tmp_path}/missing: no such file"),
        ((pacct, "--against", tmp_path / "missing"), f"{tmp_path}/missing: cannot be read: No such file"),
        ((pacct, "--against", empty), f"{empty}: no line of it is auditd's"),
    ):
        done = acctship("estimate", *arguments)
        assert (done.code, done.out) == (1, b"")
        assert done.error.startswith(said)
    pacct.chmod(0)
    done = acctship("estimate", pacct, before=heed_permissions)
    assert done.code == 1
    assert "permission denied" in done.error


def test_rest_is_estimated_where_some_input_is_bad(pacct: Path, tmp_path: Path) -> None:
    done = acctship("estimate", "--json", pacct, tmp_path / "missing")
    assert (done.code, json.loads(done.out)["records"]) == (1, 5)
    assert "no such file" in done.error
    pacct.write_bytes(pacct.read_bytes() + b"torn")
    done = acctship("estimate", "--json", pacct)
    assert (done.code, json.loads(done.out)["records"]) == (4, 5)
    assert "4 bytes skipped" in done.error


def test_names_are_harmless_on_a_terminal_whose_headings_are_bold(tmp_path: Path) -> None:
    path = tmp_path / "pacct"
    path.write_bytes(b"".join(record(comm=name, btime=BTIME + at) for at, name in enumerate(HOSTILE_COMMANDS[:18])))
    shown = on_terminal("estimate", path)
    assert shown.code == 0
    painted = re.sub("\x1b\\[1m[A-Z/± ]+\x1b\\[0m".encode(), b"", shown.terminal)
    assert painted != shown.terminal
    assert b"\x1b" not in painted
    assert rb"\x1b]0;title\x07" in painted
    assert b"\x1b" not in estimate(path).out
    assert b"\x1b[36m" in on_terminal("estimate", "--json", path).terminal


def test_no_plugin_is_loaded(site: Path, run: Callable[..., Done], pacct: Path, tmp_path: Path) -> None:
    distribution(site, "probe", {"null": "from pathlib import Path\nPath('loaded').touch()\n" + good()})
    (tmp_path / "my.toml").write_text('[outputs.a]\ntype = "null"\n')
    assert run("estimate", "-c", "my.toml", pacct).code == 0
    assert not (tmp_path / "loaded").exists()
    assert run("outputs", "list").code == 0
    assert (tmp_path / "loaded").exists()  # or the probe would prove nothing


def test_many_kinds_of_records_and_ways_to_omit_fit_in_64_mb(tmp_path: Path) -> None:
    path, config = tmp_path / "pacct", tmp_path / "my.toml"
    records = (record(uid=at, status=at % 256 << 8, btime=BTIME + at, comm=b"%d" % at) for at in range(12_000))
    path.write_bytes(b"".join(records))
    omits = ("agent", "log", "group")
    config.write_text("".join(f'[outputs.{name}]\ntype = "jsonl"\nomit = ["{name}"]\n' for name in omits))
    # What measures must be small: see benchmarks.measure.
    measure = "import sys; from benchmarks.measure import cost; print(cost(sys.argv[1:]).peak_mb)"
    command = (sys.executable, "-c", measure, ACCTSHIP, "estimate", "--numeric", "-c", config, path)
    peak = float(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)

    assert peak < 64
