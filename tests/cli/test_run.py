"""`acctship run`: it follows, remembers, heeds signals, and says what is wrong with its state."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ACCTSHIP, acctship
from tests.cli.service import Site, records, until
from tests.conftest import skip

SETTLES_SOON = """\
from acctship.cli import main
from acctship.delivery.following import holdings
holdings.SETTLED = 1.0
main()
"""
"""acctship as it is, but that a rotated file which has not grown for a second is taken to be complete, not for ten."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_records_arrive_as_they_come_and_once_over_restarts(site: Site) -> None:
    site.append(1, 4)
    with site.run() as service:
        until(lambda: site.pids() == [1, 2, 3], "the first records")
        site.append(4, 6)
        until(lambda: site.pids() == [1, 2, 3, 4, 5], "the next records")
        assert service.stop()[0] == 0
    site.append(6, 8)
    with site.run() as service:
        until(lambda: site.pids() == [*range(1, 8)], "what came while it was stopped")
        service.stop()
    assert len({event["event"]["id"] for event in site.events()}) == len(site.events())


def test_new_output_starts_at_the_present_and_says_what_it_leaves_out(site: Site) -> None:
    site.configure(start="present")
    site.append(1, 11)
    with site.run():
        until(lambda: bool(site.health("output-added")), "the start")
        site.append(11, 13)
        until(lambda: site.pids() == [11, 12], "what came after the start")
    (added,) = site.health("output-added")
    assert added["acct"]["health"] == {"output": "copy", "lag": 640}


def test_rotation_loses_nothing(site: Site) -> None:
    site.program = (sys.executable, "-c", SETTLES_SOON)
    site.append(1, 3)
    with site.run():
        for turn in range(1, 6):
            site.path.rename(site.path.with_name(f"pacct.{turn}"))
            with site.path.with_name(f"pacct.{turn}").open("ab") as still_written:
                still_written.write(records(turn * 10, turn * 10 + 2))
            site.append(turn * 10 + 2, turn * 10 + 4)
        expected = [1, 2, *(turn * 10 + at for turn in range(1, 6) for at in range(4))]
        until(lambda: site.pids() == expected, "all records of all files, in order")
        until(lambda: len(site.health("checkpoint")) >= 5, "a checkpoint of each file that has ended")
    ended = [event["acct"]["health"] for event in site.health("checkpoint")]
    assert [one["sent"] for one in ended if one.get("complete")] == [4, 4, 4, 4, 4]


def test_checkpoints_add_up_over_restarts(site: Site) -> None:
    for end in (50, 101, 153, 206):
        site.append(len(site.pids()), end)
        with site.run() as service:
            until(lambda end=end: len(site.pids()) == end, "the records")  # type: ignore[misc]  # mypy cannot infer it
            service.stop()
    stretches = [event["acct"]["health"] for event in site.health("checkpoint")]
    assert [one["begin"] for one in stretches] == [0, *(one["end"] for one in stretches[:-1])]
    assert sum(one["records"] for one in stretches) == sum(one["sent"] for one in stretches) == len(site.pids()) == 206
    assert stretches[-1]["end"] == 206 * 64


def test_filtered_records_are_counted_and_pass(site: Site) -> None:
    site.configure("where = { exclude = [{ parent = 1 }] }\n")
    site.append(1, 8)
    with site.run() as service:
        until(lambda: bool(site.health("shipper-started")), "the start")
        service.stop()
    (checkpoint,) = (event["acct"]["health"] for event in site.health("checkpoint"))
    assert (site.pids(), checkpoint["records"], checkpoint["filtered"], checkpoint["sent"]) == ([], 7, 7, 0)


def test_stopping_is_told_before_it_ends(site: Site) -> None:
    site.append(1, 2)
    with site.run() as service:
        until(lambda: site.pids() == [1], "the record")
        code, said = service.stop()
    (stopped,) = site.health("shipper-stopped")
    assert (code, stopped["message"]) == (0, "shipping stops: SIGTERM came")
    assert "acctship: shipping stops: SIGTERM came\n" in said


def test_sighup_reads_the_configuration_anew(site: Site) -> None:
    site.append(1, 2)
    with site.run() as service:
        until(lambda: site.pids() == [1], "the record")
        site.configure(f'[outputs.more]\ntype = "jsonl"\npath = "{site.folder}/more.jsonl"\nstart = "oldest"\n')
        service.signal(signal.SIGHUP)
        until(lambda: site.pids("more.jsonl") == [1], "the record in the new output")
        until(lambda: bool(site.health("config-changed")), "the news")
    assert site.pids() == [1]


def test_wrong_configuration_keeps_the_old_one(site: Site) -> None:
    with site.run() as service:
        until(lambda: bool(site.health("shipper-started")), "the start")
        site.configure("[outputs.more]\ntype = 7\n")
        service.signal(signal.SIGHUP)
        until(lambda: bool(site.health("config-refused")), "the refusal")
        site.append(1, 2)
        until(lambda: site.pids() == [1], "a record by the old configuration")
    (refused,) = site.health("config-refused")
    assert "outputs.more.type: missing" in refused["message"]


def test_second_daemon_is_refused(site: Site) -> None:
    with site.run() as service:
        until(lambda: bool(site.health("shipper-started")), "the start")
        done = acctship("run", "-c", site.config)
        assert (done.code, f"(pid {service.process.pid})" in done.error) == (3, True)


def test_once_ships_what_is_new_and_says_so(site: Site) -> None:
    site.append(1, 6)
    first = acctship("run", "--once", "-c", site.config)
    site.append(6, 9)
    second = acctship("run", "--once", "-c", site.config)
    assert (first.code, second.code, site.pids()) == (0, 0, [*range(1, 9)])
    assert f"outputs.copy (jsonl, written): 5 records of {site.path}: 5 events delivered" in first.err
    assert f"outputs.copy (jsonl, written): 3 records of {site.path}: 3 events delivered" in second.err


def test_once_fails_if_an_output_does_not_take_all(site: Site) -> None:
    site.append(1, 6)
    site.configure('[outputs.dead]\ntype = "jsonl"\npath = "/nonexistent/events.jsonl"\nstart = "oldest"\n')
    done = acctship("run", "--once", "-c", site.config)
    assert (done.code, site.pids()) == (1, [1, 2, 3, 4, 5])
    assert "NOT DELIVERED: /nonexistent/events.jsonl: its folder does not exist: make it" in done.err
    site.configure(f'[outputs.dead]\ntype = "jsonl"\npath = "{site.folder}/late.jsonl"\nstart = "oldest"\n')
    assert acctship("run", "--once", "-c", site.config).code == 0
    assert (site.pids("late.jsonl"), site.pids()) == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])


def test_drain_ends_when_all_is_shipped(site: Site) -> None:
    site.append(1, 4)
    assert acctship("run", "--drain", "-c", site.config).code == 0
    assert (site.pids(), len(site.health("checkpoint"))) == ([1, 2, 3], 1)


def test_dead_output_neither_stops_nor_slows_the_other_and_is_told_of(site: Site) -> None:
    site.configure('[outputs.dead]\ntype = "jsonl"\npath = "/nonexistent/events.jsonl"\n')
    with site.run():
        until(lambda: bool(site.health("output-halted")), "the alert about the dead output")
        site.append(1, 3000)
        until(lambda: len(site.pids()) == 2999, "the records in the other")
    (halted,) = site.health("output-halted")
    assert halted["acct"]["health"]["output"] == "dead"
    assert halted["acct"]["health"]["phase"] == "start"


def test_orphaned_output_is_listed_and_can_be_forgotten(site: Site) -> None:
    site.append(1, 2)
    site.configure(f'[outputs.more]\ntype = "jsonl"\npath = "{site.folder}/more.jsonl"\n')
    acctship("run", "--once", "-c", site.config)
    refused = acctship("outputs", "forget", "more", "-c", site.config)
    assert (refused.code, "is in the configuration" in refused.error) == (3, True)
    site.configure()
    assert b"more           orphaned" in acctship("outputs", "list", "-c", site.config).out
    assert "outputs.more: is orphaned" in acctship("run", "--once", "-c", site.config).err
    assert acctship("outputs", "forget", "more", "-c", site.config) == (0, b"", "")
    assert b"more" not in acctship("outputs", "list", "-c", site.config).out
    assert "is orphaned" not in acctship("run", "--once", "-c", site.config).err


@pytest.mark.parametrize(  # every harm to every file: tests/delivery/keeping/test_state_damage.py
    ("name", "harm"),
    [
        ("identity.json", "cut"),
        ("segments.json", "empty"),
        ("outputs.json", "missing"),
        ("health.jsonl", "cut"),
        ("cursors/copy.json", "missing"),
    ],
)
def test_damaged_state_is_an_error_that_names_the_remedy(site: Site, name: str, harm: str) -> None:
    site.append(1, 4)
    acctship("run", "--once", "-c", site.config)
    path = site.state / name
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(b"" if harm == "empty" else path.read_bytes()[:10])
    done = acctship("run", "--once", "-c", site.config)
    assert (done.code, str(path) in done.error, "--accept-loss" in done.error) == (3, True, True)
    assert site.pids() == [1, 2, 3]
    accepted = acctship("run", "--once", "--accept-loss", "-c", site.config)
    assert accepted.code == 0
    assert str(path) in site.health("state-lost")[0]["message"]
    assert acctship("run", "--once", "-c", site.config).code == 0


def test_state_of_a_newer_version_is_refused(site: Site) -> None:
    acctship("run", "--once", "-c", site.config)
    site.append(1, 2)
    path = site.state / "outputs.json"
    path.write_bytes(b'{"format":2,"names":[],"more":1}')
    done = acctship("run", "--once", "-c", site.config)
    assert (done.code, "newer acctship: upgrade" in done.error) == (3, True)


def test_folder_of_somebody_else_is_refused(site: Site) -> None:
    site.state.mkdir()
    (site.state / "precious.txt").write_text("mine")
    done = acctship("run", "--once", "-c", site.config)
    assert (done.code, str(site.state) in done.error) == (3, True)
    assert [path.name for path in site.state.iterdir()] == ["precious.txt"]


def test_standard_output_that_nobody_reads_ends_it_without_a_configuration(site: Site) -> None:
    if os.geteuid() != 0:
        skip("the default state folder can be replaced by an empty one by root alone")
    reader, writer = os.pipe()
    os.close(reader)
    site.append(1, 2)
    inside = f"mount -t tmpfs tmpfs /var/lib && exec {ACCTSHIP} run -f {site.path}"
    try:
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", inside], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)
    if done.stderr.startswith(("unshare:", "mount:")):
        skip(f"no mount namespace: {done.stderr}")
    assert (done.returncode, "standard output was closed by its reader" in done.stderr) == (1, True)


def test_other_commands_give_events_the_ids_that_were_shipped(site: Site) -> None:
    site.append(1, 4)
    acctship("run", "--once", "-c", site.config)
    identity = json.loads((site.state / "identity.json").read_bytes())
    (site.state / "identity.json").write_text(json.dumps({**identity, "source_id": "0" * 32}))  # as if renamed since
    site.configure(f'[outputs.more]\ntype = "jsonl"\npath = "{site.folder}/more.jsonl"\nstart = "oldest"\n')
    acctship("run", "--once", "-c", site.config)
    shipped = [event["event"]["id"] for event in site.events("more.jsonl") if "process" in event]
    decoded = acctship("decode", "-c", site.config, "-f", site.path).events
    assert [event["event"]["id"] for event in decoded] == shipped
    assert b"source id: " + b"0" * 32 in acctship("check", "-c", site.config).out


def test_check_looks_at_the_state(site: Site) -> None:
    site.append(1, 2)
    assert b"will be made at the first run" in acctship("check", "-c", site.config).out
    acctship("run", "--once", "-c", site.config)
    assert f"ok      state: {site.state}: 1 outputs\n" in acctship("check", "-c", site.config).out.decode()
    (site.state / "cursors/copy.json").write_bytes(b"{")
    done = acctship("check", "-c", site.config)
    assert (done.code, b"FAILED  state: " in done.out) == (3, True)
    assert "cursors/copy.json" in done.err.splitlines()[0]
