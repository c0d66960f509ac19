"""What becomes of each event, by what `_bulk` says of it; a real node was seen to say what stands under `KNOWN`."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, strategies as st

from acctship import HaltError, OutputError, RetryableError, SendResult
from acctship.events.escape import escape_line
from acctship.outputs.elasticsearch.reasons import reason_of
from acctship.outputs.elasticsearch.replies import outcome

PROCESS, HEALTH = "logs-acct.process-default", "logs-acct.health-default"
OK: dict[str, Any] = {"status": 201}
CONFLICT = {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "[1]: version conflict"}}
BAD = {"status": 400, "error": {"type": "document_parsing_exception", "reason": "failed to parse field [a]"}}
BUSY = {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "rejected execution"}}
FULL = {"status": 429, "error": {"type": "cluster_block_exception", "reason": "index [x] blocked by: flood-stage"}}
AWAY = {"status": 503, "error": {"type": "unavailable_shards_exception", "reason": "primary shard is not active"}}
BROKEN = {"status": 500, "error": {"type": "null_pointer_exception", "reason": "a bug"}}
STORED_AS_FAILURE = {"status": 201, "failure_store": "used"}
KNOWN = [OK, CONFLICT, BAD, BUSY, FULL, AWAY, BROKEN, STORED_AS_FAILURE]


def answer(*each: dict[str, Any]) -> dict[str, Any]:
    return {"errors": any("error" in one for one in each), "items": [{"create": one} for one in each]}


def of(*each: dict[str, Any], streams: list[str] | None = None) -> SendResult:
    return outcome(answer(*each), streams or [PROCESS] * len(each))


@pytest.mark.parametrize("one", [OK, {"status": 200}, {"status": 200, "result": "noop"}, CONFLICT])
def test_stored_now_or_before_is_delivered(one: dict[str, Any]) -> None:
    assert of(one, OK) == SendResult()


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (BAD, "HTTP 400: document_parsing_exception: failed to parse field [a]"),
        ({"status": 400}, "HTTP 400: no reason given"),
        ({"status": 413, "error": {"type": "x", "reason": "too long"}}, "HTTP 413: x: too long"),
        (STORED_AS_FAILURE, "HTTP 201: Elasticsearch has put it into the failure store of the data stream"),
    ],
)
def test_fault_of_the_event_rejects_it_with_the_reason(one: dict[str, Any], why: str) -> None:
    result = of(OK, one, OK)
    assert ([*result.rejected], [*result.retry]) == ([1], [])
    assert result.rejected[1].startswith(why)


@pytest.mark.parametrize("one", [BUSY, FULL, AWAY, BROKEN, {"status": 502}, {"status": 409, "error": {"type": "x"}}])
def test_busy_or_broken_for_some_means_those_again(one: dict[str, Any]) -> None:
    assert of(OK, one, CONFLICT, one) == SendResult(retry=(1, 3))


@pytest.mark.parametrize("one", [BUSY, FULL, AWAY])
def test_data_stream_that_takes_nothing_means_the_whole_batch_later(one: dict[str, Any]) -> None:
    """Were it the fault of single events, they would be dead letters after an hour in which health events pass."""
    with pytest.raises(RetryableError, match=rf"^{PROCESS}: HTTP {one['status']}: {one['error']['type']}"):
        of(one, OK, one, streams=[PROCESS, HEALTH, PROCESS])


def test_event_that_is_broken_alone_does_not_hold_up_the_others() -> None:
    assert of(BROKEN) == SendResult(retry=(0,))


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410, 301, 199])
def test_wrong_set_up_halts_whatever_becomes_of_others(status: int) -> None:
    with pytest.raises(HaltError, match=f"^{PROCESS}: HTTP {status}: a: b"):
        of(OK, BAD, BUSY, {"status": status, "error": {"type": "a", "reason": "b"}})


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("index_closed_exception", "closed"),
        ("validation_exception", "this cluster currently has [1000]/[1000] maximum shards open"),
        ("illegal_argument_exception", "pipeline with id [x] does not exist"),
    ],
)
def test_error_400_that_no_event_has_brought_about_halts(kind: str, reason: str) -> None:
    with pytest.raises(HaltError):
        of(OK, {"status": 400, "error": {"type": kind, "reason": reason}})


@pytest.mark.parametrize("count", [0, 1, 3])
def test_count_that_does_not_match_acknowledges_nothing(count: int) -> None:
    with pytest.raises(HaltError, match=f"speaks of {count} events, and 2 were sent"):
        outcome(answer(*[OK] * count), [PROCESS] * 2)


@pytest.mark.parametrize(
    "said",
    [
        None, [], "ok", {}, {"errors": False}, {"items": None}, {"items": [None]}, {"items": [{"index": OK}]},
        {"items": [{"create": {}}]}, {"items": [{"create": {"status": "201"}}]}, {"items": [{"create": []}]},
    ],
)  # fmt: skip
def test_anything_else_acknowledges_nothing(said: Any) -> None:
    with pytest.raises(HaltError, match="none of _bulk"):
        outcome(said, [PROCESS])


@given(st.lists(st.tuples(st.sampled_from(KNOWN), st.sampled_from([PROCESS, HEALTH])), min_size=1))
def test_each_event_has_one_fate_and_none_is_delivered_that_was_not_stored(each: list[tuple[Any, str]]) -> None:
    items, streams = [item for item, _ in each], [stream for _, stream in each]
    try:
        result = of(*items, streams=streams)
    except RetryableError:
        assert any(
            item["status"] in (429, 503)
            and not any(other in (OK, CONFLICT) for other, there in each if there == stream)
            for item, stream in each
        )
        return
    for at, item in enumerate(items):
        fates = [at in result.rejected, at in result.retry, item in (OK, CONFLICT)]
        assert sum(fates) == 1
        assert (at in result.rejected) == (item in (BAD, STORED_AS_FAILURE))


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"create": st.fixed_dictionaries({"status": st.integers(100, 599)}, optional={"error": json_values})}
        ),
        max_size=5,
    )
    | json_values
)
def test_whatever_is_said_no_event_is_delivered_without_a_good_status(said: Any) -> None:
    with contextlib.suppress(OutputError):
        result = outcome({"items": said}, [PROCESS] * 3)
        for at, item in enumerate(said):
            good = 200 <= item["create"]["status"] < 300 or item["create"]["status"] == 409
            assert good or at in result.rejected or at in result.retry


@given(json_values)
def test_reason_is_a_short_and_harmless_line(said: Any) -> None:
    line = reason_of({"type": said, "reason": said, "caused_by": {"reason": said}})
    assert line
    assert escape_line(line) == line
    assert len(line) < 4000
