"""The logic of the add-on's macro and of its comparison with checkpoints, on what a real receiver of HEC holds.

The searches are carried out by hand, with the field of the macro's `dedup` and the pattern of the search's `rex`: there
is no Splunk here to run them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.service import Site, until
from tests.conftest import skip
from tests.examples.splunk.add_on import conf, expand
from tests.programs import UnavailableError
from tests.servers.otelcol import TOKEN, Collector

RECORDS = 5000
OUTPUT = expand("`acctship_output`").partition("=")[2]


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    try:
        with Collector(tmp_path / "collector", "hec-ack") as collector:
            yield collector
    except UnavailableError as error:
        skip(str(error))


@pytest.fixture
def site(tmp_path: Path, collector: Collector) -> Site:
    site = Site(tmp_path)
    (tmp_path / "token").write_text(TOKEN)
    site.configure(
        f'[outputs.{OUTPUT}]\ntype = "splunk_hec"\nurl = "{collector.url("hec-ack")}"\nindex = "acct"\n'
        f'token = {{ file = "{tmp_path}/token" }}\nstart = "oldest"\n'
    )
    site.append(1, RECORDS + 1)
    return site


def ship(site: Site) -> None:
    """All of the file, and a checkpoint behind it; what was remembered of an earlier time is gone."""
    shutil.rmtree(site.state, ignore_errors=True)
    with site.run("--drain") as service:
        code, said = service.end()
    assert code == 0, said


def field(event: dict[str, Any], name: str) -> Any:
    """A field by its dotted name, as KV_MODE=json gives it."""
    value: Any = event
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def deduplicated(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the macro's dedup leaves."""
    found = re.search(r"\| dedup (\S+) keepempty=true$", expand("`acctship_events`"))
    assert found is not None
    return list({field(event, found[1]): event for event in events}.values())


def held_and_sent(events: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """What the search for counts that disagree with a checkpoint compares, for each segment."""
    search = conf("default/savedsearches.conf")["acctship: counts that disagree with a checkpoint"]["search"]
    found = re.search(r'rex field=event\.id "([^"]+)"', search)
    assert found is not None
    pattern = re.compile(found[1].replace("(?<", "(?P<"))
    checkpoints = [event["acct"]["health"] for event in events if field(event, "event.action") == "checkpoint"]
    checkpoints = [one for one in checkpoints if one["output"] == OUTPUT]
    compared: list[tuple[float, float]] = []
    for segment in {one["segment"] for one in checkpoints}:
        mine = [one for one in checkpoints if one["segment"] == segment]
        begin, end = min(one["begin"] for one in mine), max(one["end"] for one in mine)
        records = [pattern.match(event["event"]["id"]) for event in events if "process" in event]
        held = sum(1 for one in records if one and one["segment"] == segment and begin <= int(one["offset"], 16) < end)
        compared.append((held, sum(one["sent"] for one in mine)))
    return compared


def test_range_that_was_sent_twice_counts_once_and_agrees_with_its_checkpoint(site: Site, collector: Collector) -> None:
    ship(site)
    once = [message["event"] for message in collector.messages()]
    assert sum("process" in event for event in once) == RECORDS
    assert held_and_sent(deduplicated(once)) == [(RECORDS, RECORDS)]
    lost = next(event for event in once if "process" in event)
    assert held_and_sent([event for event in once if event is not lost]) == [(RECORDS - 1, RECORDS)]
    ship(site)
    until(lambda: len(collector.messages()) >= 2 * RECORDS, "both of each")
    twice = [message["event"] for message in collector.messages()]
    assert sum("process" in event for event in twice) == 2 * RECORDS
    counted = deduplicated(twice)
    assert sorted(event["process"]["pid"] for event in counted if "process" in event) == [*range(1, RECORDS + 1)]
