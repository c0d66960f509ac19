"""A daemon ships a file into real servers of each kind, and goes on where it was when they come back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.service import Site
from tests.outputs.outage import outlive_outage
from tests.servers.fixtures import Serve
from tests.servers.fluent_server import FluentServer
from tests.servers.otelcol import TOKEN, Collector
from tests.servers.rsyslog import Rsyslog

KEY = "correct horse"


def test_outage_of_servers_loses_nothing_and_is_told(tmp_path: Path, serve: Serve) -> None:
    """In one daemon, which takes five seconds to call it an outage; `elasticsearch` has a test of its own."""
    fluent = serve(FluentServer, tmp_path / "fluent", "tcp", shared_key=KEY)
    hec = serve(Collector, tmp_path / "collector", "hec-ack")
    rsyslog = serve(Rsyslog, tmp_path / "rsyslog", "relp")

    def held_by_fluent() -> list[dict[str, Any]]:
        return [message["record"] for message in fluent.messages()]

    def held_by_hec() -> list[dict[str, Any]]:
        return [message["event"] for message in hec.messages()]

    def held_by_rsyslog() -> list[dict[str, Any]]:
        return [json.loads(message["msg"]) for message in rsyslog.messages()]

    site = Site(tmp_path)
    site.environment |= {"FORWARD_KEY": KEY, "HEC_TOKEN": TOKEN}
    site.configure(
        f'[outputs.forward]\ntype = "fluentd"\naddress = "{fluent.address("tcp")}"\n'
        'shared_key = { env = "FORWARD_KEY" }\nstart = "oldest"\n'
        f'[outputs.hec]\ntype = "splunk_hec"\nurl = "{hec.url("hec-ack")}"\n'
        'token = { env = "HEC_TOKEN" }\nstart = "oldest"\n'
        f'[outputs.relp]\ntype = "syslog"\ntransport = "relp"\naddress = "{rsyslog.address("relp")}"\n'
        'start = "oldest"\n'
    )
    said = outlive_outage(
        site,
        {"forward": (fluent, held_by_fluent), "hec": (hec, held_by_hec), "relp": (rsyslog, held_by_rsyslog)},
    )
    assert KEY not in said
    assert TOKEN not in said
