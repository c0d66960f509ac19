"""`acctship setup elasticsearch` on a real server: makes what is missing, leaves alone what is there, tells what differs.

What that server lacks is answered by `gaps.py`, as its documentation says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acctship import EventBatch
from acctship.outputs.elasticsearch.lifecycle import Lifecycle
from acctship.outputs.elasticsearch.templates import VERSION, templates
from acctship.testing import events
from tests.cli.command import Done, acctship
from tests.outputs.elasticsearch.gaps import Cluster

MAPPINGS, SETTINGS = "/_component_template/acctship@mappings", "/_component_template/acctship@settings"
STREAMS = ["logs-acct.process-default", "logs-acct.health-default"]
MADE = [*(f"PUT {path}" for path in templates(Lifecycle())), *(f"PUT /_data_stream/{one}" for one in STREAMS)]
Setup = Callable[..., Done]


@pytest.fixture
def setup(cluster: Cluster) -> Setup:
    """Run it on the cluster."""

    def setup(*arguments: str | Path, environment: dict[str, str] | None = None) -> Done:
        cluster.asked.clear()
        return acctship("setup", "elasticsearch", "--url", cluster.url, *arguments, environment=environment)

    return setup


def installed(cluster: Cluster, path: str) -> Any:
    status, answer = cluster.answer("GET", path, None)
    assert status == 200, answer
    return answer


def edit(cluster: Cluster, path: str, change: Callable[[dict[str, Any]], object], lifecycle: Lifecycle) -> None:
    """Have somebody else install a template that is ours but for a change."""
    body = json.loads(json.dumps(templates(lifecycle)[path]))
    change(body)
    assert cluster.answer("PUT", path, json.dumps(body).encode()) == (200, {"acknowledged": True})


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


def test_another_retention_changes_template_and_streams(cluster: Cluster, setup: Setup) -> None:
    assert setup().code == 0
    done = setup("--retention", "500")
    assert cluster.changes == [f"PUT {SETTINGS}", *(f"PUT /_data_stream/{one}/_lifecycle" for one in STREAMS)]
    assert "acctship:   template.lifecycle.data_retention: 400d -> 500d" in done.err.splitlines()
    assert done.err.count("acctship:   data_retention: 400d -> 500d\n") == 2
    assert setup("--retention", "500").error.endswith("nothing changed")
    shown = installed(cluster, f"{SETTINGS}?flat_settings=true")["component_templates"][0]["component_template"]
    assert shown["template"]["lifecycle"]["data_retention"] == "500d"


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
    assert done.error == (
        f"_component_template/acctship@mappings: of version {VERSION + 1}, by a newer acctship; this one has {VERSION}: "
        "update it, or say --force"
    )
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


def test_what_the_server_warns_of_is_told(cluster: Cluster, upstream_warns: None, setup: Setup) -> None:
    """A cluster may cut every retention short, and says so in a header alone."""
    done = setup()
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--retention", "399"), "retention of 399 days: 400 are 12 months and a margin (PCI DSS 10.5.1)"),
        (("--snapshots", "s", "--searchable", "91"), "91 days searched at once: 92 are three months (PCI DSS 10.5.1)"),
        (("--searchable", "100"), "--searchable means nothing without --snapshots"),
        (("--snapshots", "s", "--searchable", "500"), "--searchable 500: is longer than the retention of 400 days"),
        (("--retention", "0"), "--retention"),
        (("--key-file", "k"), "--key-file says what to do with a key: name it with --key-name"),
        (("--expires", "9"), "--expires says"),
        (("--revoke",), "--revoke says"),
        (("--username", "ann"), "no password"),
        (("--username", "ann", "--api-key-file", "k"), "not both"),
    ],
)
def test_wrong_usage_changes_nothing(arguments: tuple[str, ...], said: str, cluster: Cluster, setup: Setup) -> None:
    done = setup(*arguments)
    assert done.code == 2
    assert said in " ".join(done.err.split())
    assert cluster.asked == []


def test_less_time_is_kept_by_force_alone(cluster: Cluster, setup: Setup) -> None:
    assert setup("--retention", "30", "--force").code == 0
    assert cluster.lifecycles[STREAMS[0]]["data_retention"] == "30d"


def test_no_cluster_is_wrong_usage() -> None:
    done = acctship("setup", "elasticsearch")
    assert done.code == 2
    assert "Name a cluster: --url https://HOST:PORT, or --cloud-id" in done.err


@pytest.mark.parametrize(("status", "said"), [(401, "the user or the password"), (403, "elasticsearch-setup.md#rights")])
def test_who_may_not_is_told_what_it_takes(status: int, said: str, cluster: Cluster, setup: Setup) -> None:
    cluster.refused = status
    done = setup()
    assert done.code == 1
    assert f"acctship@mappings?flat_settings=true: {status}, action [indices:" in done.error
    assert said in done.error
    assert cluster.changes == []


def test_nobody_there_is_one_line(cluster: Cluster, setup: Setup) -> None:
    cluster.server_close()
    cluster.shutdown()
    done = setup()
    assert done.code == 1
    assert "GET /_component_template/acctship@mappings" in done.error
    assert "onnection" in done.error


def test_events_of_a_batch_are_for_one_stream_each() -> None:
    """Names of streams follow from `event.dataset`, which a batch knows."""
    assert isinstance(events(1), EventBatch)
    assert {f"logs-{one}-default" for one in events(1).datasets} == {STREAMS[0]}
