"""The daemon ships into a real node that `acctship setup elasticsearch` has prepared, and outlives its outage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.command import acctship
from tests.cli.service import Site, until
from tests.outputs.elasticsearch.gaps import filled
from tests.outputs.elasticsearch.stored import Stored
from tests.servers.elasticsearch import Major


def test_outage_of_a_node_that_is_set_up_loses_nothing_and_is_told(
    mortal: Callable[[Major], Stored], tmp_path: Path
) -> None:
    stored, site = mortal(9), Site(tmp_path)
    stored.server.ask("DELETE", f"/_index_template/{stored.namespace}")
    table = f'url = "{stored.server.url}"\nnamespace = "{stored.namespace}"\nstart = "oldest"\n'
    site.configure(f'[outputs.es]\ntype = "elasticsearch"\n{table}[outputs.es.delivery]\nlinger = "50ms"\n')
    site.append(1, 1001)
    with filled(stored.server.url) as cluster:
        done = acctship("setup", "elasticsearch", "--url", cluster.url, "--namespace", stored.namespace)
        assert done.code == 0, done.err
        with site.run() as service:
            until(lambda: stored.count(stored.process) == 1000, "the node has what was there")
            stored.server.kill()
            site.append(1001, 2001)
            until(lambda: len(site.health("output-unreachable")) == 1, "the other output is told")
            stored.server.start()
            until(lambda: stored.count(stored.process) == 2000, "the node has all, once")
            until(lambda: len(site.health("output-unreachable")) == 2, "the other output is told of the end")
            assert service.stop()[0] == 0
        assert {*stored.ids(stored.process)} == {one["event"]["id"] for one in site.events() if "process" in one}
