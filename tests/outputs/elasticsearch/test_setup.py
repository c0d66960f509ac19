"""`acctship setup elasticsearch` on real servers: makes what is missing, leaves the rest alone, tells what differs.

What that server lacks is answered by `gaps.py`, as its documentation says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from acctship.outputs.elasticsearch.lifecycle import Lifecycle
from acctship.outputs.elasticsearch.templates import VERSION, templates
from acctship.testing import events
from tests.cli.command import acctship
from tests.outputs.elasticsearch.gaps import Cluster, Setup

MAPPINGS, SETTINGS = "/_component_template/acctship@mappings", "/_component_template/acctship@settings"
BOTH = pytest.mark.parametrize("major", [8, 9])
STREAMS = ["logs-acct.process-default", "logs-acct.health-default"]
MADE = [*(f"PUT {path}" for path in templates(Lifecycle())), *(f"PUT /_data_stream/{one}" for one in STREAMS)]


def installed(cluster: Cluster, path: str) -> Any:
    status, answer = cluster.answer("GET", path, None)
    assert status == 200, answer
    return answer


def edit(cluster: Cluster, path: str, change: Callable[[dict[str, Any]], object], lifecycle: Lifecycle) -> None:
    """Have somebody else install a template that is ours but for a change."""
    body = json.loads(json.dumps(templates(lifecycle)[path]))
    change(body)
    assert cluster.answer("PUT", path, json.dumps(body).encode()) == (200, {"acknowledged": True})


@BOTH
def test_everything_is_made_and_then_left_alone(cluster: Cluster, setup: Setup) -> None:
    done = setup()
    assert (done.code, done.out) == (0, b""), done.err
    assert cluster.changes == MADE
    for line, what in zip(done.err.splitlines(), MADE, strict=True):
        assert line.endswith(": made")
        assert what.rpartition("/")[2] in line
    again = setup()
    assert (again.code, again.out) == (0, b"")
    assert again.error == "templates and data streams are as they should be: nothing changed"
    assert cluster.changes == []


def test_dry_run_prints_each_request_and_sends_none(cluster: Cluster, setup: Setup) -> None:
    done = setup("--dry-run")
    assert (done.code, done.err) == (0, "")
    assert cluster.changes == []
    printed = done.out.decode()
    assert [line for line in printed.splitlines() if line.startswith(("PUT ", "POST "))] == MADE
    for path, body in templates(Lifecycle()).items():
        assert f"PUT {path}\n{json.dumps(body, indent=2)}\n" in printed
    assert acctship("setup", "elasticsearch", "--dry-run") == done, "without a cluster, it is taken for a new one"
    setup()
    assert setup("--dry-run").out == b""


@BOTH
def test_installed_streams_take_events_of_both_kinds(cluster: Cluster, setup: Setup) -> None:
    assert setup("--namespace", "lab").code == 0
    batch = events(3)
    for dataset in ("process", "health"):
        lines = [b'{"create":{"_index":"logs-acct.%b-lab"}}\n%b\n' % (dataset.encode(), one) for one in batch.json()]
        status, answer = cluster.forward("POST", "/_bulk?require_data_stream=true", b"".join(lines))
        assert (status, answer["errors"]) == (200, False)


def test_a_changed_template_is_told_by_path_and_put_right(cluster: Cluster, setup: Setup) -> None:
    assert setup().code == 0

    def change(body: dict[str, Any]) -> None:
        mapping = body["template"]["mappings"]["properties"]
        mapping["acct"]["properties"]["memory"] = {"type": "keyword"}
        mapping["other\x1b[31m"] = {"type": "keyword"}
        del mapping["user"]

    edit(cluster, MAPPINGS, change, Lifecycle())
    done = setup()
    assert done.code == 0
    assert cluster.changes == [f"PUT {MAPPINGS}"]
    head, *lines = done.err.splitlines()
    assert head == "acctship: _component_template/acctship@mappings: changed"
    place = "acctship:   template.mappings.properties"
    assert f"{place}.acct.properties.memory.type: keyword -> long" in lines
    assert f"{place}.user.properties.id.type: nothing -> keyword" in lines
    assert f"{place}.other\\x1b[31m.type: keyword -> nothing" in lines
    assert setup().error.endswith("nothing changed")


@BOTH
def test_another_retention_changes_template_and_streams(cluster: Cluster, setup: Setup) -> None:
    assert setup().code == 0
    done = setup("--retention", "500")
    assert cluster.changes == [f"PUT {SETTINGS}", *(f"PUT /_data_stream/{one}/_lifecycle" for one in STREAMS)]
    assert "acctship:   template.lifecycle.data_retention: 400d -> 500d" in done.err.splitlines()
    assert done.err.count("acctship:   data_retention: 400d -> 500d\n") == 2
    assert setup("--retention", "500").error.endswith("nothing changed")
    shown = installed(cluster, f"{SETTINGS}?flat_settings=true")["component_templates"][0]["component_template"]
    assert shown["template"]["lifecycle"]["data_retention"] == "500d"


@BOTH
def test_older_templates_are_replaced_and_streams_rolled_over(cluster: Cluster, setup: Setup) -> None:
    def change(body: dict[str, Any]) -> None:
        body["version"] = body["_meta"]["version"] = 0
        if "mappings" in body.get("template", {}):
            body["template"]["mappings"]["_meta"]["version"] = 0

    for path in templates(Lifecycle()):
        edit(cluster, path, change, Lifecycle())
    for name in STREAMS:
        assert cluster.answer("PUT", f"/_data_stream/{name}", None)[0] == 200
    done = setup()
    assert done.code == 0
    assert cluster.changes == [*MADE[:4], *(f"POST /{name}/_rollover" for name in STREAMS)]
    assert f"mapping of .ds-{STREAMS[0]}" in done.err
    assert f": version 0 -> {VERSION}" in done.err
    assert setup().error.endswith("nothing changed")
    (stream,) = installed(cluster, f"/_data_stream/{STREAMS[0]}")["data_streams"]
    assert len(stream["indices"]) == 2


def test_newer_templates_stay_unless_forced(cluster: Cluster, setup: Setup) -> None:
    assert setup().code == 0
    edit(cluster, MAPPINGS, lambda body: body["_meta"].update(version=VERSION + 1), Lifecycle())
    done = setup()
    assert done.code == 1
    assert cluster.changes == []
    assert f"acctship@mappings: of version {VERSION + 1}, by a newer acctship; this one has {VERSION}: " in done.error
    assert setup("--force").code == 0
    assert cluster.changes == [f"PUT {MAPPINGS}"]


def test_a_stream_that_was_there_before_gets_the_mapping(cluster: Cluster, setup: Setup) -> None:
    own = {"index_patterns": ["logs-*-*"], "priority": 100, "data_stream": {}}
    assert cluster.forward("PUT", "/_index_template/logs", json.dumps(own).encode())[0] == 200
    assert cluster.forward("PUT", f"/_data_stream/{STREAMS[0]}", None)[0] == 200
    assert setup().code == 0
    assert f"POST /{STREAMS[0]}/_rollover" in cluster.changes
    assert f"PUT /_data_stream/{STREAMS[0]}/_lifecycle" in cluster.changes
    assert setup().error.endswith("nothing changed")


def test_a_site_s_own_component_wins_and_is_left_alone(cluster: Cluster, setup: Setup) -> None:
    own = {"template": {"mappings": {"properties": {"extra": {"type": "ip"}}}, "settings": {"number_of_replicas": 0}}}
    custom = "/_component_template/logs-acct.process@custom"
    assert cluster.forward("PUT", custom, json.dumps(own).encode())[0] == 200
    assert setup().code == 0
    (index,) = installed(cluster, f"/{STREAMS[0]}/_mapping").values()
    assert index["mappings"]["properties"]["extra"] == {"type": "ip"}
    assert index["mappings"]["properties"]["user"]["properties"]["id"]["type"] == "keyword"
    assert setup().error.endswith("nothing changed")


@BOTH
def test_retention_that_a_cluster_cuts_short_is_told(cluster: Cluster, setup: Setup) -> None:
    """It says so in a header alone."""
    limit = {"data_streams.lifecycle.retention.max": "30d"}
    assert cluster.forward("PUT", "/_cluster/settings", json.dumps({"persistent": limit}).encode())[0] == 200
    try:
        done = setup()
    finally:
        none = json.dumps({"persistent": dict.fromkeys(limit)}).encode()
        assert cluster.forward("PUT", "/_cluster/settings", none)[0] == 200
    assert done.code == 0
    assert "the server warns: The retention provided [400d] is exceeding the max allowed data retention" in done.err


def test_policy_of_snapshots(cluster: Cluster, setup: Setup) -> None:
    arguments = ("--snapshots", "backups", "--searchable", "100", "--retention", "800")
    assert setup(*arguments).code == 0
    assert cluster.changes == ["PUT /_ilm/policy/acctship", *MADE]
    assert cluster.policies["acctship"]["policy"] == Lifecycle(800, 100, "backups").policy["policy"]  # type: ignore[index]  # there is one
    assert cluster.policy_named == "acctship"
    assert setup(*arguments).error.endswith("nothing changed")
    done = setup("--snapshots", "backups", "--retention", "800")
    assert "acctship:   policy.phases.frozen.min_age: 100d -> 92d" in done.err.splitlines()
