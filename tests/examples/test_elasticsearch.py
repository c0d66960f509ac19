"""`examples/elasticsearch/`: alerts fire when they should, on a real server; queries name fields that there are.

The server at hand has no ES|QL, and there is no Kibana, Filebeat or Elastic Agent: so each rule is tried as the search
that `alerts.py` sends, and what cannot be run is parsed, and its fields are looked up in the mapping.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # no stubs; it comes with ansible-core

from acctship.delivery.health import health_event
from acctship.delivery.notice import ACTIONS, Notice
from acctship.events.identity import Machine
from acctship.events.names import Names, no_name
from acctship.events.source import Source
from acctship.outputs.elasticsearch.mapping import field_types
from tests.builders import record
from tests.cli.command import acctship
from tests.events.making import make
from tests.outputs.elasticsearch.gaps import filled
from tests.paths import EXAMPLES
from tests.servers.elasticsearch import Elasticsearch, Major

FOLDER = EXAMPLES / "elasticsearch"
STREAMS = {"acct.process": "logs-acct.process-rules", "acct.health": "logs-acct.health-rules"}
RULES = sorted(path.stem for path in (FOLDER / "rules").glob("*.esql"))
WINDOWS = {"checkpoint-disagrees": 400, "exit-126-127": 8, "signals-and-cores": 8}
"""Days that Kibana lets a rule see; one for the others."""
WEB, FORK, SU, CORE, SIGNAL = 33, 1, 2, 8, 16
USERS = Names({0: "root", WEB: "www-data", 1000: "alice"}.get, no_name)
HOUR = 3600
_FIELD = re.compile(r"@timestamp|\b(?:acct|event|host|process|user)\.[a-z_.]*[a-z]\b|\bmessage\b")


@pytest.fixture(scope="module")
def server(elasticsearch: Callable[[Major], Elasticsearch]) -> Iterator[Elasticsearch]:
    node = elasticsearch(9)
    with filled(node.url):  # which takes all of it away in the end
        done = acctship("setup", "elasticsearch", "--url", node.url, "--namespace", "rules")
        assert done.code == 0, done.err
        yield node


@pytest.fixture
def store(server: Elasticsearch) -> Callable[[Sequence[bytes]], list[str]]:
    """Start with nothing; store events, and give the alerts."""
    for stream in STREAMS.values():
        server.ask("DELETE", f"/_data_stream/{stream}")
        server.ask("PUT", f"/_data_stream/{stream}")

    def store(lines: Sequence[bytes]) -> list[str]:
        bulk = b""
        for line in lines:
            event = json.loads(line)["event"]
            action = {"create": {"_index": STREAMS[event["dataset"]], "_id": event["id"]}}
            bulk += json.dumps(action).encode() + b"\n" + line + b"\n"
        answer = server.ask("POST", "/_bulk?refresh=true&require_data_stream=true", bulk)
        assert not answer["errors"], answer
        return alerts(server)

    return store


def alerts(server: Elasticsearch) -> list[str]:
    environment = {"PATH": os.environ["PATH"], "ES_URL": server.url}
    command: list[str | Path] = [sys.executable, FOLDER / "alerts.py"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1 if lines else 0, "")
    return lines


def processes(count: int, *, ago: int = 0, host: str = "web1", **fields: Any) -> list[bytes]:
    """Events that ended so many seconds ago, no two alike."""
    at = int(time.time()) - ago
    rows = [record(pid=pid, btime=at, **{"etime": 0.0, **fields}) for pid in range(1, count + 1)]
    return list(make(rows, source=Source(host, Machine(host)), names=USERS).json())


def health(action: str, phase: str, *, ago: int = 0, host: str = "web1") -> bytes:
    now = (int(time.time()) - ago) * 1_000_000_000
    notice = Notice(action, "accounting is off", phase, "/var/log/pacct")  # type: ignore[arg-type]  # of three texts
    return health_event(notice, Source(host, Machine(host)), now, event_id=f"h-{action}-{phase}-{ago}", outage="0-1")


def without_comments(rule: str) -> str:
    lines = (FOLDER / f"rules/{rule}.esql").read_text().splitlines()
    return "".join(f"{line}\n" for line in lines if line[:2] != "//")


Case = tuple[list[bytes], list[bytes]]
CASES: dict[str, Callable[[], Case]] = {
    "root-by-service-account": lambda: (
        [
            *processes(1, flag=SU | FORK, uid=WEB),
            *processes(1, flag=SU, uid=1000, ago=1),
            *processes(1, flag=0, uid=WEB, ago=2),
            *processes(1, flag=SU, uid=0, ago=3),
            *processes(1, flag=SU, uid=WEB, ago=HOUR),
        ],
        processes(1, flag=SU, uid=WEB, comm=b"sudo\x1b[31m", ago=4),
    ),
    "accounting-stopped": lambda: (
        [
            *processes(1),
            health("accounting-stopped", "end"),
            health("accounting-stopped", "start", ago=HOUR),
            health("output-halted", "start"),
        ],
        [health("accounting-stopped", "start")],
    ),
    "exit-126-127": lambda: (
        [*processes(9, status=127 << 8, uid=1000), *processes(50, status=1 << 8, uid=1000, ago=60)],
        processes(1, status=126 << 8, uid=1000, ago=5),
    ),
    "signals-and-cores": lambda: (
        [*processes(9, status=11, flag=SIGNAL | CORE, uid=1000), *processes(50, uid=1000, ago=60)],
        processes(1, status=9, flag=SIGNAL, uid=1000, ago=5),
    ),
    "silent-host": lambda: (
        [*processes(1), *processes(1, host="db1", ago=10 * 60), *processes(1, host="old1", ago=30 * HOUR)],
        processes(1, host="db2", ago=HOUR),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_alert_fires_when_it_should_and_not_before(rule: str, store: Callable[[Sequence[bytes]], list[str]]) -> None:
    quiet, loud = CASES[rule]()
    assert store(quiet) == []
    (alert,) = store(loud)
    assert alert.startswith(f"{rule}: {'db2' if rule == 'silent-host' else 'web1'}: ")
    assert "\x1b" not in alert


@pytest.mark.parametrize("rule", ["exit-126-127", "signals-and-cores"])
def test_what_a_user_always_does_is_no_alert(rule: str, store: Callable[[Sequence[bytes]], list[str]]) -> None:
    fields: dict[str, Any] = {"status": 127 << 8} if rule == "exit-126-127" else {"status": 9, "flag": SIGNAL}
    often = processes(500, ago=48 * HOUR, uid=1000, **fields)
    assert store([*often, *processes(14, uid=1000, **fields)]) == []
    (alert,) = store(processes(2, uid=1000, ago=5, **fields))
    assert alert == f"{rule}: web1: user id 1000: 16 in the last hour, 3.0 before"


def test_each_rule_has_a_search_but_the_one_of_checkpoints() -> None:
    assert set(RULES) - {"checkpoint-disagrees"} == set(CASES)
    assert {path.stem for path in (FOLDER / "searches").iterdir()} == set(CASES)


@pytest.mark.parametrize("rule", RULES)
def test_rules_name_fields_that_the_mapping_has(rule: str) -> None:
    text = without_comments(rule)
    fields = set(_FIELD.findall(re.sub(r'(?<!QSTR\()"[^"]*"', "", text).replace("logs-acct.process-*", "")))
    assert fields - {"acct.health-", "acct.health"} <= field_types().keys()
    assert len(fields) > 1
    assert text.startswith("FROM logs-acct.")


@pytest.mark.parametrize("rule", sorted(CASES))
def test_rule_and_search_are_about_the_same(rule: str) -> None:
    """A query in QSTR is the one that the search sends as query_string; values of other conditions are in both."""
    esql, search = without_comments(rule), (FOLDER / f"searches/{rule}.json").read_text()
    for query in re.findall(r'QSTR\("(.+)"\)', esql):
        assert json.dumps(query) in search
    actions = {one for one in ACTIONS if f'"{one}"' in esql}
    assert actions == {one for one in ACTIONS if f'"{one}"' in search}
    assert ("126" in esql) == ("126" in search)


def test_kql_names_fields_that_the_mapping_has() -> None:
    lines = [line for line in (FOLDER / "queries.kql").read_text().splitlines() if line and line[:2] != "//"]
    named = {name for line in lines for name in re.findall(r"([a-z_.@]+) (?::|>=|<=|<|>)", line)}
    assert len(named) > 6
    assert named <= field_types().keys()


@pytest.mark.parametrize("rule", RULES)
def test_kibana_rules_are_what_the_queries_are(rule: str, golden: Callable[[Path, str], None]) -> None:
    """Bodies for `POST /api/alerting/rule`, as Kibana's documentation has them."""
    body = {
        "name": f"acctship: {rule}",
        "tags": ["acctship"],
        "rule_type_id": ".es-query",
        "consumer": "alerts",
        "schedule": {"interval": "5m"},
        "params": {
            "searchType": "esqlQuery",
            "esqlQuery": {"esql": without_comments(rule)},
            "timeField": "@timestamp",
            "timeWindowSize": WINDOWS.get(rule, 1),
            "timeWindowUnit": "d",
            "threshold": [0],
            "thresholdComparator": ">",
            "size": 100,
        },
        "actions": [],
    }
    golden(FOLDER / f"kibana/{rule}.json", json.dumps(body, indent=2) + "\n")


def copied(processors: list[dict[str, Any]]) -> list[dict[str, str]]:
    (one,) = processors
    assert one["copy_fields"]["fail_on_error"] is True
    fields: list[dict[str, str]] = one["copy_fields"]["fields"]
    return fields


def test_filebeat_fills_the_same_streams_with_the_same_ids() -> None:
    made = yaml.safe_load((FOLDER / "filebeat.yml").read_text())
    (source,) = made["filebeat.inputs"]
    assert copied(source["processors"]) == [{"from": "event.id", "to": "@metadata._id"}]
    assert source["parsers"] == [{"ndjson": {"target": "", "overwrite_keys": True, "add_error_key": True}}]
    index = made["output.elasticsearch"]["index"]
    assert index.replace("%{[event.dataset]}", "acct.process") == "logs-acct.process-default"
    assert made["setup.template.enabled"] is made["setup.ilm.enabled"] is False


def test_elastic_agent_fills_the_same_streams_with_the_same_ids() -> None:
    made = yaml.safe_load((FOLDER / "elastic-agent.yml").read_text())
    (source,) = made["inputs"]
    lines = {"acct.process": processes(1)[0], "acct.health": health("accounting-stopped", "start")}
    for stream, dataset in zip(source["streams"], lines, strict=True):
        assert stream["data_stream"] == {"type": "logs", "dataset": dataset, "namespace": "default"}
        assert copied(stream["processors"]) == [{"from": "event.id", "to": "@metadata._id"}]
        (wanted,) = stream["include_lines"]
        assert [name for name, line in lines.items() if re.search(wanted, line.decode())] == [dataset]
