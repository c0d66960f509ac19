"""Bodies of `_bulk`: for each event a line that says what to do, and the event as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain, repeat

import msgspec

import acctship

PROCESS = "acct.process"
"""The dataset whose data stream the request itself names: nearly all events are of it."""

_PLAIN = re.compile(r"[0-9A-Za-z_.:/-]*")


def bulk(batch: acctship.EventBatch, streams: Mapping[str, str]) -> bytes:
    r"""The body for a batch that goes to the data stream of processes, and in part to others.

    Data streams take only `create`: an `event.id` that is there already is a conflict, and never a second document.

    Args:
        batch: of which each line of JSON is taken as it is.
        streams: data stream by `event.dataset`, for all but processes; an unknown one goes with the processes.

    >>> bulk(acctship.EventBatch([]), {})
    b''
    """
    heads = _heads(batch.ids)
    if batch.datasets.count(PROCESS) < len(heads):
        for at, dataset in enumerate(batch.datasets):
            if dataset in streams:
                heads[at] = _head(batch.ids[at], streams[dataset])
    return b"".join(chain.from_iterable(zip(heads, batch.json(), repeat(b"\n"))))


def _heads(ids: Sequence[str]) -> list[bytes]:
    if _PLAIN.fullmatch("".join(ids)):  # at once: three times as fast as one after the other
        return "".join([f'{{"create":{{"_id":"{one}"}}}}\n' for one in ids]).encode().splitlines(keepends=True)
    return [_head(one) for one in ids]


def _head(name: str, stream: str | None = None) -> bytes:
    where = {} if stream is None else {"_index": stream}
    return msgspec.json.encode({"create": {**where, "_id": name}}) + b"\n"
