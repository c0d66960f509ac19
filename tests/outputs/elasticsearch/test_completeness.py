"""All that the kernel recorded is stored once, and whoever reads the data streams can tell if it were not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec

from acctship.deployed import deploy
from acctship.testing import deliver, events
from benchmarks.measure import make_records
from tests.cli.service import Site
from tests.faults.campaign import LARGE
from tests.outputs.elasticsearch.stored import Stored
from tests.paths import EXAMPLES

EACH, PATIENCE = (250_000, 300.0) if LARGE else (10_000, 60.0)
"""Records of each kind; seconds until they are given up."""
EXAMPLES = EXAMPLES / "elasticsearch"


def run(script: str, there: Stored, *arguments: str) -> tuple[int, str]:
    """What a script of the examples prints, and its exit code."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / script, there.server.url, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def compare(there: Stored) -> tuple[int, str]:
    there.refresh()
    return run("compare-checkpoints.py", there, "--output", "es", "--namespace", there.namespace, "--until", "now")


def ship(there: Stored, site: Site) -> None:
    """Real and generated records, of which a filter keeps some."""
    site.configure(
        f'[outputs.es]\ntype = "elasticsearch"\nurl = "{there.server.url}"\nnamespace = "{there.namespace}"\n'
        'start = "oldest"\nwhere = { exclude = [{ command = "sh" }] }\n'
    )
    made = site.folder / "made"
    for kind in ("real", "mixed"):
        make_records(kind, EACH, made)
        with site.path.open("ab") as file:
            file.write(made.read_bytes())
    with site.run("--drain") as service:
        _, said = service.process.communicate(timeout=PATIENCE)
        assert service.process.returncode == 0, said


class _Name(msgspec.Struct):
    name: str | None = None


class _Meta(msgspec.Struct):
    id: str
    outcome: str | None = None


class _Event(msgspec.Struct):
    """What is compared: half a million whole events would take gigabytes."""

    event: _Meta
    process: _Name | None = None
    user: _Name = msgspec.field(default_factory=_Name)


def processes(site: Site) -> list[_Event]:
    """What the other output holds."""
    decode = msgspec.json.Decoder(_Event).decode
    with (site.folder / "events.jsonl").open("rb") as file:
        return [one for one in map(decode, file) if one.process is not None]


def test_each_event_is_stored_once_and_counts_are_those_of_the_source_until_one_is_deleted(
    stored: Stored, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    ship(stored, site)
    source = processes(site)
    assert len(source) == 2 * EACH
    kept = [one for one in source if one.process and one.process.name != "sh"]
    assert len(kept) < len(source), "the filter has something to do"
    assert sorted(stored.ids(stored.process)) == sorted(one.event.id for one in kept)
    names: dict[str, list[str | None]] = {
        "process.name": [one.process.name for one in kept if one.process],
        "user.name": [one.user.name for one in kept],
        "event.outcome": [one.event.outcome for one in kept],
    }
    for field, values in names.items():
        assert stored.counts_by(field) == Counter(value for value in values if value is not None)

    assert compare(stored) == (0, "")
    victim = next(stored.documents(stored.process))
    stored.server.ask("DELETE", f"/{victim['_index']}/_doc/{victim['_id']}")
    code, said = compare(stored)
    assert code == 1
    assert len(said.splitlines()) == 1
    assert said.endswith(f"{len(kept)} sent, {len(kept) - 1} stored\n")


def test_no_checkpoint_at_all_is_no_proof(stored: Stored) -> None:
    deliver(deploy("tested", stored.table()), [events(1)])
    stored.server.ask("PUT", f"/_data_stream/{stored.health}")
    assert compare(stored)[0] == 1


def test_events_that_are_there_twice_are_found_and_folded(stored: Stored) -> None:
    deployed, batch = deploy("tested", stored.table()), events(10)
    deliver(deployed, [batch])
    stored.server.ask("POST", f"/{stored.process}/_rollover")
    deliver(deployed, [batch[2:5], events(10, first_pid=11)])
    stored.refresh()
    ever = ("--stream", stored.process, "--since", "2000-01-01")
    code, said = run("find-duplicates.py", stored, *ever)
    assert code == 1
    assert said.splitlines() == [f"{name} 2" for name in sorted(batch.ids[2:5])]
    fold = (EXAMPLES / "find-duplicates.json").read_bytes().replace(b"now-1d", b"2000-01-01").replace(b"\n", b"")
    found = stored.server.ask("POST", f"/{stored.process}/_search?size=100", json.loads(fold))
    names = [one["_source"]["event"]["id"] for one in found["hits"]["hits"]]
    assert len(names) == len({*names}) == 20
    nothing = ("--stream", stored.process, "--since", "2000-01-01", "--until", "2000-01-02")
    assert run("find-duplicates.py", stored, *nothing) == (0, "")
