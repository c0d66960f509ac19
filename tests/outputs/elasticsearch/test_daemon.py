"""The daemon ships into a real node that `acctship setup elasticsearch` has prepared, and outlives its outage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.command import acctship
from tests.cli.service import Site
from tests.outputs.elasticsearch.gaps import filled
from tests.outputs.elasticsearch.stored import Stored
from tests.outputs.outage import outlive_outage
from tests.servers.elasticsearch import Major

FIELDS = ["process.pid", "event.action", "acct.health.output"]
"""What `outlive_outage` looks at: all that is stored would be read again and again while the node starts."""


def test_outage_of_a_node_that_is_set_up_loses_nothing_and_is_told(
    mortal: Callable[[Major], Stored], tmp_path: Path
) -> None:
    stored, site = mortal(9), Site(tmp_path)
    stored.server.ask("DELETE", f"/_index_template/{stored.namespace}")
    table = f'url = "{stored.server.url}"\nnamespace = "{stored.namespace}"\nstart = "oldest"\n'
    site.configure(f'[outputs.es]\ntype = "elasticsearch"\n{table}[outputs.es.delivery]\nlinger = "50ms"\n')

    def held() -> list[dict[str, Any]]:
        return [document["_source"] for document in stored.documents(source=FIELDS)]

    with filled(stored.server.url) as cluster:
        done = acctship("setup", "elasticsearch", "--url", cluster.url, "--namespace", stored.namespace)
        assert done.code == 0, done.err
        outlive_outage(site, {"es": (stored.server, held)})
