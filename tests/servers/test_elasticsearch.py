"""A node keeps what it acknowledged when it is killed, in both versions, and refuses what its settings forbid."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.elasticsearch import Elasticsearch, Major
from tests.servers.fixtures import Serve

BULK = (
    b'{"create":{"_index":"logs-acct.process-default","_id":"a-1"}}\n'
    b'{"@timestamp":"2023-11-14T22:13:20.123456789Z","process":{"name":"sh","pid":7}}\n'
)
TEMPLATE = {
    "index_patterns": ["logs-acct.*"],
    "priority": 200,
    "data_stream": {},
    "template": {
        "settings": {"index.mode": "logsdb"},  # which needs libzstd
        "mappings": {"properties": {"@timestamp": {"type": "date_nanos"}}},
    },
}


@pytest.mark.parametrize("major", [8, 9])
def test_what_it_acknowledged_outlives_a_kill(major: Major, tmp_path: Path, serve: Serve) -> None:
    node = serve(Elasticsearch, tmp_path / "node", major, {"http.max_content_length": "64kb"})
    assert node.ask("GET", "/")["version"]["number"] == node.version
    assert node.ask("PUT", "/_index_template/acct", TEMPLATE) == {"acknowledged": True}
    (item,) = node.ask("POST", "/_bulk", BULK)["items"]
    assert item["create"]["status"] == 201
    node.kill()
    node.start()
    (item,) = node.ask("POST", "/_bulk?refresh=true", BULK)["items"]
    assert item["create"]["status"] == 409
    found = node.ask("GET", "/logs-acct.process-default/_search")["hits"]["hits"]
    assert [hit["_id"] for hit in found] == ["a-1"]
    (stream,) = node.ask("GET", "/_data_stream")["data_streams"]
    assert (stream["name"], stream["template"]) == ("logs-acct.process-default", "acct")
    assert node.ask("DELETE", "/_data_stream/logs-acct.*") == {"acknowledged": True}
    assert node.ask("GET", "/_data_stream") == {"data_streams": []}
    assert node.ask("PUT", "/_data_stream/logs-acct.health-default") == {"acknowledged": True}
    with pytest.raises(urllib.error.HTTPError) as caught:
        node.ask("POST", "/_bulk", BULK * 1000)
    with caught.value as answer:
        assert answer.code == 413
    node.stop()


@pytest.mark.parametrize("major", [8, 9])
def test_shared_node_is_the_same_for_all(major: Major, elasticsearch: Callable[[Major], Elasticsearch]) -> None:
    assert elasticsearch(major) is elasticsearch(major)
    assert elasticsearch(major).ask("GET", "/")["version"]["number"].startswith(f"{major}.")
