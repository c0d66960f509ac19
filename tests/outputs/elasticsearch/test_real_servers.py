"""What a real node makes of events, and acctship of its answers, in each version."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError

import msgspec
import pytest

import acctship
from acctship.deployed import deploy
from acctship.events.batch import EventBatch
from acctship.testing import Delivered, FaultProxy, deliver, events, health_events
from tests.outputs.elasticsearch.stored import MAPPING, Stored

AT_ONCE = 5000
BAD = "bad"


def send(there: Stored, *batches: EventBatch, **keys: Any) -> Delivered:
    return deliver(deploy("tested", there.table(**keys)), batches)


def built(there: Stored, **keys: Any) -> acctship.Output:
    return deploy("tested", there.table(**keys)).build()


def delivered(count: int) -> Delivered:
    return Delivered(count, {}, None)


def with_bad(count: int, bad: int) -> EventBatch:
    """Events, one of which the mapping of a test does not take."""
    return EventBatch(
        [*events(bad), *events(1, command=BAD, first_pid=bad + 1), *events(count - bad - 1, first_pid=bad + 2)]
    )


def booleans(name: str) -> dict[str, Any]:
    """A mapping whose `process.name` is `true` or `false`."""
    return {**MAPPING, "properties": {**MAPPING["properties"], "process": {"properties": {name: {"type": "boolean"}}}}}


def test_processes_and_what_acctship_says_of_itself_have_a_data_stream_each(stored: Stored) -> None:
    processes, health = events(30), health_events(3)
    mixed = EventBatch.from_json([*processes.json()[:7], *health.json(), *processes.json()[7:]])
    assert send(stored, mixed) == delivered(33)
    assert sorted(stored.ids(stored.process)) == sorted(processes.ids)
    assert sorted(stored.ids(stored.health)) == sorted(health.ids)


def test_event_is_stored_as_it_was_sent(stored: Stored) -> None:
    batch = events(1)
    send(stored, batch, compress=True)
    stored.refresh()
    (found,) = stored.server.ask("GET", f"/{stored.process}/_search")["hits"]["hits"]
    assert found["_source"] == msgspec.json.decode(batch.json()[0])
    assert found["_id"] == batch.ids[0]


def test_same_range_twice_is_stored_once(stored: Stored) -> None:
    batch = events(AT_ONCE)
    for _ in range(2):
        assert send(stored, batch) == delivered(AT_ONCE)
        assert stored.count() == AT_ONCE


def test_one_bad_event_in_5000_is_rejected_with_the_reason_and_the_others_are_stored(stored: Stored) -> None:
    stored.template(booleans("name"))
    batch = with_bad(AT_ONCE, 1234)
    done = send(stored, batch)
    assert (done.acknowledged, done.failure) == (AT_ONCE - 1, None)
    assert [*done.rejected] == [batch.ids[1234]]
    (why,) = done.rejected.values()
    assert "HTTP 400: document_parsing_exception" in why
    assert "failed to parse field [process.name] of type [boolean]" in why
    assert stored.count() == AT_ONCE - 1


def test_mapping_that_takes_no_event_ends_in_no_more_than_a_hundred_dead_letters(stored: Stored) -> None:
    stored.template(booleans("pid"))
    done = send(stored, events(1000))
    assert (done.acknowledged, len(done.rejected)) == (0, 99)
    assert isinstance(done.failure, acctship.HaltError)
    assert stored.count() == 0


@pytest.mark.parametrize("block", ["write", "read_only"])
def test_blocked_index_halts_and_rejects_nothing(block: str, stored: Stored) -> None:
    assert send(stored, events(1)) == delivered(1)
    stored.block(**{block: True})
    done = send(stored, events(100))
    assert (done.acknowledged, done.rejected) == (0, {})
    assert isinstance(done.failure, acctship.HaltError)
    assert f"{stored.process}: HTTP 403: cluster_block_exception" in str(done.failure)
    stored.block(**{block: None})
    assert send(stored, events(100)) == delivered(100)
    assert stored.count() == 100


def test_full_disk_is_waited_for(stored: Stored) -> None:
    """Elasticsearch blocks indices like this when a disk is 95 % full."""
    output = built(stored)
    output.send(events(1))
    stored.block(read_only_allow_delete=True)
    mixed = EventBatch.from_json([*events(100).json(), *health_events(1).json()])
    with pytest.raises(acctship.RetryableError, match=r"HTTP 429: cluster_block_exception: .*flood-stage"):
        output.send(mixed)
    stored.block(read_only_allow_delete=None)
    assert output.send(mixed) == acctship.SendResult()
    assert stored.count() == 101


def test_closed_index_halts(stored: Stored) -> None:
    output = built(stored)
    output.send(events(1))
    (index,) = stored.server.ask("GET", f"/{stored.process}/_settings")
    stored.server.ask("POST", f"/{index}/_close")
    with pytest.raises(acctship.HaltError, match=r"index_closed_exception.*a backing index is closed: open it"):
        output.send(events(10))
    stored.server.ask("POST", f"/{index}/_open")
    assert output.send(events(10)) == acctship.SendResult()


def test_missing_pipeline_halts(stored: Stored) -> None:
    stored.template(default_pipeline="not-there")
    with pytest.raises(acctship.HaltError, match=r"pipeline with id \[not-there\] does not exist"):
        built(stored).send(events(10))


def test_missing_template_halts_and_all_is_delivered_after_the_repair(stored: Stored) -> None:
    stored.server.ask("DELETE", f"/_index_template/{stored.namespace}")
    done = send(stored, events(100), health_events(3))
    assert (done.acknowledged, done.rejected) == (0, {})
    assert isinstance(done.failure, acctship.HaltError)
    assert "HTTP 404: index_not_found_exception" in str(done.failure)
    assert "its index template is missing" in str(done.failure)
    stored.template()
    assert send(stored, events(100), health_events(3)) == delivered(103)
    assert stored.count() == 103


def test_index_in_the_place_of_the_data_stream_halts(stored: Stored) -> None:
    """Without `require_data_stream`, any index of that name would do."""
    stored.server.ask("DELETE", f"/_index_template/{stored.namespace}")
    stored.server.ask("PUT", f"/{stored.process}")
    try:
        with pytest.raises(acctship.HaltError):
            built(stored).send(events(1))
    finally:
        stored.server.ask("DELETE", f"/{stored.process}")


def test_lost_answer_is_a_conflict_when_sent_again_and_a_second_event_behind_a_rollover(stored: Stored) -> None:
    host, _, port = stored.server.url.removeprefix("http://").partition(":")
    batch = events(10)
    with FaultProxy(host, int(port)) as proxy:
        output = built(stored, url=f"http://127.0.0.1:{proxy.port}")
        with proxy.fault("lost-ack"), pytest.raises(acctship.RetryableError):
            output.send(batch)
        assert stored.count() == 10
        assert output.send(batch) == acctship.SendResult()
        assert stored.count() == 10
        stored.server.ask("POST", f"/{stored.process}/_rollover")
        assert output.send(batch) == acctship.SendResult()
        assert sorted(stored.ids()) == sorted([*batch.ids] * 2)


def test_check_says_version_and_data_streams(stored: Stored) -> None:
    version = stored.server.version
    output = built(stored)
    assert isinstance(output, acctship.CheckedOutput)
    for is_there in (False, True):
        said = output.check()
        assert said.startswith(f"reached Elasticsearch {version}; ")
        assert (f"{stored.process} is there; {stored.health} is there" in said) == is_there
        send(stored, events(1), health_events(1))


def test_events_of_another_data_set_go_with_the_processes(stored: Stored) -> None:
    with pytest.raises(HTTPError):
        stored.server.ask("GET", f"/_data_stream/{stored.process}")
    line = events(1).json()[0].replace(b'"acct.process"', b'"acct.other"')
    assert send(stored, EventBatch.from_json([line])) == delivered(1)
    assert stored.count(stored.process) == 1
