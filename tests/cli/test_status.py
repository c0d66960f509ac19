"""`acctship status`, of a real daemon that runs, hangs, is refused, was killed or never ran."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.builders import BTIME, SIZE, record
from tests.cli.command import Done, acctship, heed_permissions
from tests.cli.service import Site, until
from tests.conftest import skip
from tests.faults.machine import Machine
from tests.faults.receiver import Receiver

OWNER, GROUP = 4343, 4242


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def status(site: Site, *arguments: str | Path) -> Done:
    return acctship("status", "-c", site.config, *arguments)


def document(site: Site) -> dict[str, Any]:
    done = status(site, "--json")
    return json.loads(done.out) if done.out else {}


def keeps_up(site: Site, records: int) -> bool:
    if len(site.pids()) != records:
        return False
    found = document(site)
    return bool(found) and found["outputs"]["copy"]["lag_bytes"] == 0


def test_daemon_that_ships_is_well(site: Site) -> None:
    site.append(1, 6)
    with site.run() as service:
        until(lambda: keeps_up(site, 5), "the records")
        done = status(site)
        assert (done.code, done.err) == (0, "")
        first, source, _, headings, row = done.out.decode().splitlines()
        assert f"runs as process {service.process.pid} since" in first
        assert source.startswith(f"{site.path}: 1 segments in files, {5 * SIZE} bytes")
        assert headings.split()[:4] == ["OUTPUT", "GUARANTEE", "STATE", "LAG"]
        assert row.split()[:6] == ["copy", "written", "sending", "0", "s", "0"]
        found = document(site)
        assert (found["running"], found["exit"], found["problems"]) == (True, 0, [])
        assert found["age"] < 30
        assert found["pid"] == service.process.pid


def test_plugin_line_tells_ok_with_performance_data(site: Site) -> None:
    site.append(1, 6)
    with site.run():
        until(lambda: keeps_up(site, 5), "the records")
        done = status(site, "--max-lag", "300s", "--max-dead-letters", "0")
    assert done.code == 0
    (line,) = done.out.decode().splitlines()
    assert line.startswith(
        "OK: 1 output, lag 0 s | lag=0.0s;;300;0 dead_letters=0;;0;0 copy_lag=0.0s;;300;0 copy_deliv"
    )


def test_machine_that_never_shipped_is_unknown(site: Site) -> None:
    done = status(site)
    assert (done.code, "holds no state" in done.error) == (3, True)
    done = status(site, "--max-lag", "5min")
    assert (done.code, done.err) == (3, "")
    assert done.out.startswith(b"UNKNOWN: ")


def test_wrong_configuration_is_unknown(site: Site) -> None:
    site.config.write_text("[source")
    assert status(site, "--max-dead-letters", "0").out.startswith(b"UNKNOWN: ")


def test_killed_daemon_is_told_of_and_the_disk_tells_the_lag(site: Site) -> None:
    site.append(1, 6)
    with site.run() as service:
        until(lambda: keeps_up(site, 5), "the records")
        service.kill()
    before = {path: path.stat().st_mtime_ns for path in site.state.rglob("*")}
    site.append(6, 8)
    site.path.rename(site.path.with_name("pacct.1"))
    site.append(8, 9)
    found = document(site)
    assert (found["running"], found["exit"]) == (False, 1)
    copy = found["outputs"]["copy"]
    assert (copy["state"], copy["lag_records"], copy["lag_bytes"]) == ("stopped", 3, 3 * SIZE)
    assert copy["lag_seconds"] > 0
    assert copy["delivered"] >= 5
    assert found["source"]["held"] == 2
    done = status(site)
    assert (done.code, done.out.splitlines()[-1]) == (1, b"acctship does not run")
    assert status(site, "--max-lag", "10000d").out.startswith(b"CRITICAL: acctship does not run | lag=")
    assert {path: path.stat().st_mtime_ns for path in site.state.rglob("*")} == before
    with site.run():
        until(lambda: keeps_up(site, 8), "the rest")
        assert document(site)["running"]


def test_daemon_that_was_stopped_does_not_run_and_owes_nothing(site: Site) -> None:
    site.append(1, 6)
    with site.run() as service:
        until(lambda: keeps_up(site, 5), "the records")
        service.stop()
    found = document(site)
    assert (found["running"], found["outputs"]["copy"]["lag_bytes"]) == (False, 0)


def test_status_that_was_lost_is_made_up_from_cursors(site: Site) -> None:
    site.append(1, 6)
    with site.run() as service:
        until(lambda: keeps_up(site, 5), "the records")
        service.kill()
    (site.state / "status.json").write_bytes(b"")
    site.append(6, 7)
    found = document(site)
    assert (found["running"], found["age"]) == (False, None)
    assert (found["outputs"]["copy"]["lag_records"], found["outputs"]["copy"]["delivered"]) == (1, 0)


def test_daemon_that_says_nothing_any_more_is_critical(site: Site) -> None:
    """Stopped by SIGSTOP it stands in for one that is stuck on a disk; its old status is not taken for the present."""
    site.append(1, 6)
    with site.run() as service:
        until(lambda: keeps_up(site, 5), "the records")
        service.process.send_signal(signal.SIGSTOP)
        path = site.state / "status.json"
        old = json.loads(path.read_bytes())
        path.write_text(json.dumps({**old, "time": old["time"] - 100}))
        site.append(6, 8)
        done = status(site, "--max-lag", "10000d")
        assert done.code == 2
        assert b"acctship runs, but its status is 1" in done.out
        assert document(site)["outputs"]["copy"]["lag_records"] == 2


def test_output_that_hangs_lags(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        machine.configure(machine.webhook(url, timeout="60s"))
        machine.append(1, 6)
        with machine.run():
            until(lambda: len(machine.pids()) == 5, "the records at the other output")
            until(lambda: document_of(machine)["outputs"]["copy"]["lag_bytes"] == 0, "its cursor")
            done = machine.command("status", "--max-lag", "1h")
            assert done.code == 2
            assert b"hook lags by" in done.out
            assert b"5 records" in done.out
            assert b"copy lags" not in done.out


def document_of(machine: Machine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(machine.command("status", "--json").out)
    return found


def test_output_that_rejects_has_dead_letters(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    with Receiver(random.Random(1), refuses=frozenset({3})) as hook:
        machine.configure(machine.webhook(hook.url))
        machine.append(1, 6)
        with machine.run():
            until(lambda: len(machine.pids()) == 5, "the records at the other output")
            until(lambda: document_of(machine)["outputs"]["hook"]["dead_letters"] == 1, "the dead letter")
            until(lambda: document_of(machine)["outputs"]["hook"]["lag_bytes"] == 0, "the rest")
            done = machine.command("status", "--max-dead-letters", "0")
            assert (done.code, done.out.startswith(b"CRITICAL: 1 dead letters")) == (2, True)
            done = machine.command("status", "--max-dead-letters", "1")
            assert (done.code, done.out[:3]) == (0, b"OK:")


def test_output_that_is_halted_is_critical_and_a_hostile_error_harmless(site: Site) -> None:
    site.configure(
        f'[outputs.bad]\ntype = "jsonl"\npath = "{site.folder}/no\x7f|folder/x"\nstart = "oldest"\n'.replace(
            "\x7f", "\\u001b"
        )
    )
    site.append(1, 2)
    with site.run():
        until(lambda: document(site).get("outputs", {}).get("bad", {}).get("state") == "halted", "the halt")
        done = status(site, "--max-lag", "10000d")
        assert done.code == 2
        assert done.out.startswith(b"CRITICAL: bad is halted: ")
        assert done.out.count(b"|") == 1
        assert b"\x1b" not in done.out + status(site).out
        assert b"output-halted" in status(site).out


def test_output_of_a_plugin_that_is_gone_is_listed_all_the_same(site: Site) -> None:
    site.append(1, 2)
    with site.run() as service:
        until(lambda: keeps_up(site, 1), "the record")
        service.stop()
    site.configure('[outputs.old]\ntype = "no_such_type"\n')
    assert document(site)["outputs"]["old"]["guarantee"] == ""
    assert status(site).code == 1


@pytest.mark.parametrize("wrong", ["soon", "5 parsecs", "-1s", ""])
def test_wrong_durations_are_refused(site: Site, wrong: str) -> None:
    done = status(site, f"--max-lag={wrong}")
    assert done.code == 2
    assert "--max-lag" in done.err


@pytest.mark.parametrize("running", [True, False])
def test_member_of_the_group_may_ask_and_others_may_not(site: Site, *, running: bool) -> None:
    if os.geteuid():
        skip("only root can give files to another user: run the tests as root")
    site.state.mkdir(mode=0o750)
    site.append(1, 4)
    for path in (site.state, site.path):
        os.chown(path, OWNER, GROUP)
    site.path.chmod(0o640)

    def member() -> None:
        os.setgroups([GROUP])
        heed_permissions()

    def stranger() -> None:
        os.setgroups([])
        heed_permissions()

    with site.run() as service:
        until(lambda: keeps_up(site, 3), "the records")
        if not running:
            service.kill()
        done = acctship("status", "-c", site.config, "--json", before=member)
        assert done.err == ""
        assert (json.loads(done.out)["running"], done.code) == (running, 0 if running else 1)
        done = acctship("status", "-c", site.config, "--max-lag", "1h", before=stranger)
        assert (done.code, done.out[:8]) == (3, b"UNKNOWN:")
        assert b"Permission denied" in done.out


def test_records_that_end_later_are_younger(site: Site) -> None:
    """The lag is that of the oldest record which was not shipped, as the kernel dates it."""
    site.append(1, 2)
    with site.run() as service:
        until(lambda: keeps_up(site, 1), "the record")
        service.kill()
    with site.path.open("ab") as file:
        file.write(record(pid=7, btime=BTIME + 100) + record(pid=8, btime=BTIME + 900))
    older = document(site)["outputs"]["copy"]["oldest"]
    with site.path.open("r+b") as file:
        file.seek(SIZE)
        file.write(record(pid=7, btime=BTIME + 400))
    assert document(site)["outputs"]["copy"]["oldest"] == older + 300
