"""All that the kernel recorded is stored once, and whoever reads the data streams can tell if it were not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from acctship.deployed import deploy
from acctship.testing import deliver, events
from benchmarks.measure import make_records
from tests.cli.service import Site
from tests.faults.campaign import LARGE
from tests.outputs.elasticsearch.stored import Stored

EACH = 250_000 if LARGE else 5_000
EXAMPLES = Path(__file__).parents[3] / "examples/elasticsearch"


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
        code, said = service.end()
    assert code == 0, said


def test_each_event_is_stored_once_and_counts_are_those_of_the_source_until_one_is_deleted(
    stored: Stored, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    ship(stored, site)
    source = [one for one in site.events() if "process" in one]
    assert len(source) == 2 * EACH
    kept = [one for one in source if one["process"]["name"] != "sh"]
    assert len(kept) < len(source), "the filter has something to do"
    assert sorted(stored.ids(stored.process)) == sorted(one["event"]["id"] for one in kept)
    assert stored.counts_by("process.name") == Counter(one["process"]["name"] for one in kept)
    assert stored.counts_by("user.name") == Counter(one["user"]["name"] for one in kept if "name" in one["user"])
    outcomes = Counter(one["event"]["outcome"] for one in kept if "outcome" in one["event"])
    assert stored.counts_by("event.outcome") == outcomes

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
