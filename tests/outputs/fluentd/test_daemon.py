"""The daemon ships a file into a real FluentServer, and goes on where it was when the server comes back."""

from __future__ import annotations

from pathlib import Path

from tests.cli.service import Site, until
from tests.servers.fixtures import Serve
from tests.servers.fluent_server import FluentServer

KEY = "correct horse"


def test_outage_of_the_server_loses_nothing_and_is_told(tmp_path: Path, serve: Serve) -> None:
    server, site = serve(FluentServer, tmp_path / "fluent", "tcp", shared_key=KEY), Site(tmp_path)
    site.environment["FORWARD_KEY"] = KEY
    site.configure(
        f'[outputs.siem]\ntype = "fluentd"\naddress = "{server.address("tcp")}"\nstart = "oldest"\n'
        'shared_key = { env = "FORWARD_KEY" }\n'
    )

    def pids() -> list[int]:
        records = [message["record"] for message in server.messages() if message["tag"] == "acct.process"]
        return sorted(record["process"]["pid"] for record in records)

    def told() -> list[str]:
        records = [message["record"] for message in server.messages() if message["tag"] == "acct.health"]
        return [record["event"]["action"] for record in records]

    site.append(1, 1001)
    with site.run() as service:
        until(lambda: pids() == list(range(1, 1001)), "the server has what was there")
        server.kill()
        site.append(1001, 2001)
        until(lambda: len(site.health("output-unreachable")) == 1, "the other output is told")
        server.start()
        until(lambda: pids() == list(range(1, 2001)), "the server has all, once")
        until(lambda: told().count("output-unreachable") == 2, "it is told of its own outage")
        code, said = service.stop()
    assert code == 0
    assert KEY not in said
    assert KEY not in site.config.read_text()
