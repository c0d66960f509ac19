"""What `_bulk` says of each event, and what becomes of the event then.

| item | the event |
| --- | --- |
| 2xx | is stored |
| 409 version conflict | was stored before |
| 400, 413, or in the failure store | is at fault: rejected |
| 429, 503, and nothing of its data stream was taken | nobody's fault: the whole batch again, later |
| 429, 5xx | again, alone |
| 401, 403, 404, anything else, and 400 for what no event can help | the set-up is at fault: halt |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import acctship
from acctship.outputs.elasticsearch.reasons import reason_of

FILTER = (
    "errors",
    "items.*.status",
    "items.*.failure_store",
    "items.*.error.type",
    "items.*.error.reason",
    "items.*.error.caused_by.reason",
)
"""Parts of the answer that are asked for; without the status of all items, nobody could tell which are missing."""

_OF_THE_SETUP = {
    "index_closed_exception": "a backing index is closed: open it",
    "validation_exception": "the cluster refuses to create an index: look at its limit of shards",
}
"""Types of error 400 that no event has brought about, and what to do."""
_NO_PIPELINE = "pipeline with id ["
_REMEDY = {
    401: "check api_key, or username and password",
    403: "may the key append to this data stream, and is its index neither read-only nor write-blocked?",
    404: "its index template is missing: acctship setup elasticsearch",
}


def outcome(answer: Any, streams: Sequence[str]) -> acctship.SendResult:
    """Understand the answer to a bulk request.

    Args:
        answer: its JSON, less what `FILTER` leaves out.
        streams: data stream of each event.

    Raises:
        HaltError: the set-up is wrong; or this is no answer to what was sent.
        RetryableError: a data stream takes nothing at present.
    """
    items = _items(answer, len(streams))
    rejected: dict[int, str] = {}
    retry: list[int] = []
    for at, item in enumerate(items):
        status = item.get("status")
        if status == 201 and len(item) == 1:
            continue
        match _fate(item):
            case "rejected":
                rejected[at] = f"HTTP {status}: {_why(item)}"
            case "again":
                retry.append(at)
            case "halt":
                raise acctship.HaltError(f"{streams[at]}: HTTP {status}: {_why(item)}{_remedy(item)}")
    if retry:
        _expect_that_some_pass(items, streams, retry)
    return acctship.SendResult(rejected=rejected, retry=tuple(retry))


def _items(answer: Any, count: int) -> list[dict[str, Any]]:
    try:
        items = [item["create"] for item in answer["items"]]
        known = all(isinstance(item["status"], int) for item in items)
    except (KeyError, TypeError):
        known = False
    if not known:
        raise acctship.HaltError("the answer is none of _bulk in Elasticsearch: what does url lead to?")
    if len(items) != count:
        raise acctship.HaltError(
            f"the answer speaks of {len(items)} events, and {count} were sent: nothing is believed"
        )
    return items


def _fate(item: dict[str, Any]) -> str:
    status, error = item["status"], item.get("error")
    kind = error.get("type") if isinstance(error, dict) else None
    if 200 <= status < 300:
        return "rejected" if item.get("failure_store") == "used" else "delivered"
    if status == 409 and kind == "version_conflict_engine_exception":
        return "delivered"
    if status in (400, 413):
        return "halt" if kind in _OF_THE_SETUP or _NO_PIPELINE in _why(item) else "rejected"
    return "again" if status in (409, 429) or status >= 500 else "halt"


def _expect_that_some_pass(items: Sequence[dict[str, Any]], streams: Sequence[str], retry: Iterable[int]) -> None:
    """See that no data stream refuses everything because it is full or away: that is no fault of single events."""
    taken = {stream for stream, item in zip(streams, items, strict=True) if _fate(item) == "delivered"}
    for at in retry:
        if items[at]["status"] in (429, 503) and streams[at] not in taken:
            raise acctship.RetryableError(f"{streams[at]}: HTTP {items[at]['status']}: {_why(items[at])}")


def _why(item: dict[str, Any]) -> str:
    if item.get("failure_store") == "used":
        return "Elasticsearch has put it into the failure store of the data stream, for it does not fit its mapping"
    return reason_of(item.get("error"))


def _remedy(item: dict[str, Any]) -> str:
    error = item.get("error")
    kind = error.get("type") if isinstance(error, dict) else None
    remedy = _OF_THE_SETUP.get(str(kind)) or _REMEDY.get(item["status"])
    return f": {remedy}" if remedy else ""
