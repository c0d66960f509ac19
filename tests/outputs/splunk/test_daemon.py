"""The daemon ships a file into a real collector, and goes on where it was when the collector comes back."""

from __future__ import annotations

import json
from pathlib import Path

from tests.builders import SIZE
from tests.cli.service import Site, until
from tests.conftest import skip
from tests.programs import UnavailableError
from tests.servers.otelcol import TOKEN, Collector


def acknowledged(site: Site) -> int:
    """Records behind which the output's cursor is; those that are not would come twice."""
    cursor = json.loads((site.state / "cursors/siem.json").read_text())
    return max((place["offset"] for place in cursor["places"].values()), default=0) // SIZE


def test_outage_of_the_server_loses_nothing_and_is_told(tmp_path: Path) -> None:
    try:
        server = Collector(tmp_path / "otelcol", "hec-ack")
    except UnavailableError as error:
        skip(str(error))
    site = Site(tmp_path)
    site.environment["HEC_TOKEN"] = TOKEN
    table = f'url = "{server.url("hec-ack")}"\ntoken = {{ env = "HEC_TOKEN" }}\nstart = "oldest"\n'
    site.configure(f'[outputs.siem]\ntype = "splunk_hec"\n{table}')

    def pids() -> list[int]:
        there = [one["event"] for one in server.messages()]
        return sorted(event["process"]["pid"] for event in there if "process" in event)

    site.append(1, 1001)
    with server, site.run() as service:
        until(lambda: pids() == list(range(1, 1001)), "the server has what was there")
        until(lambda: acknowledged(site) == 1000, "they are acknowledged")
        server.kill()
        site.append(1001, 2001)
        until(lambda: len(site.health("output-unreachable")) == 1, "the other output is told")
        server.start()
        until(lambda: pids() == list(range(1, 2001)), "the server has all, once")
        until(lambda: len(site.health("output-unreachable")) == 2, "the other output is told of the end")
        assert service.stop()[0] == 0
