"""`status.json`: what the daemon says of itself, once a second while anything changes, else every ten seconds.

It is no state: nobody needs it to go on, so it is not synced, and a disk that does not take it is no error.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from acctship.accounting.canary import CanaryStatus
from acctship.delivery.keeping import documents
from acctship.delivery.keeping.documents import Document
from acctship.errors import StateError

STATUS = "status.json"
RENEW = 10.0
"""Seconds after which it is written again although nothing has changed."""
STALE = 30.0
"""Seconds of age from which on the daemon does not run, is stuck, or cannot write."""


class OutageStatus(Struct):
    """Something that is out of order at present."""

    action: Annotated[str, Meta(description="`event.action` of its health events")]
    about: Annotated[str, Meta(description="What is out of order: a path, or the name of an output")]
    since: Annotated[float, Meta(description="When it began, in seconds since 1970")]


class OutputStatus(Struct):
    """One output of the configuration."""

    type: Annotated[str, Meta(description="Kind of output")]
    guarantee: Annotated[str, Meta(description="What it means that an event was delivered")]
    state: Annotated[
        Literal["waiting", "sending", "retrying", "halted", "stopped"],
        Meta(
            description="`waiting` for its turn after the start (`splay`); `sending`; `retrying`: its receiver gives "
            "no good answer; `halted`: a person has to mend its set-up; `stopped`: nothing is sent any more"
        ),
    ]
    lag_bytes: Annotated[
        int,
        Meta(
            description="Bytes in accounting files that the output has not acknowledged; of compressed files as far as "
            "they have been read"
        ),
    ]
    lag_records: Annotated[int, Meta(description="Records that the output has not acknowledged, in the same bytes")]
    lag_seconds: Annotated[
        float,
        Meta(
            description="Age of the oldest record that the output has not acknowledged, since its process ended; 0 if "
            "it has all. Of a compressed file, the age of its first record"
        ),
    ]
    oldest: Annotated[
        float | None, Meta(description="When that record's process ended, in seconds since 1970; null if it has all")
    ]
    delivered: Annotated[int, Meta(description="Events that the output acknowledged, since the start")]
    rejected: Annotated[int, Meta(description="Events that became dead letters, since the start")]
    filtered: Annotated[int, Meta(description="Records that `where` kept from the output, since the start")]
    retried: Annotated[int, Meta(description="Sends that had to be repeated, since the start")]
    dead_letters: Annotated[int, Meta(description="Events in the dead-letter file")]
    dead_letter_bytes: Annotated[int, Meta(description="Size of the dead-letter file in bytes")]
    last_error: Annotated[str, Meta(description="What went wrong last; it may be over; empty if nothing has")]
    last_delivery: Annotated[
        float | None,
        Meta(description="When an event was delivered last, in seconds since 1970; null if none was since the start"),
    ]


class SourceStatus(Struct):
    """The accounting file, and the files beside it."""

    id: Annotated[str, Meta(description="Source id: stands for the machine in every `event.id`")]
    path: Annotated[str, Meta(description="The accounting file, escaped")]
    segments: Annotated[int, Meta(description="Segments that are remembered")]
    held: Annotated[int, Meta(description="Segments that are in files at present")]
    held_bytes: Annotated[int, Meta(description="Bytes of these segments, uncompressed, as far as known")]
    gaps: Annotated[int, Meta(description="Gaps in accounting that were told of since the start")]
    cuts: Annotated[int, Meta(description="Times that the file was cut while it was in use, since the start")]
    losses: Annotated[
        int, Meta(description="Times that unshipped records were in a file that is gone, since the start")
    ]
    canary: Annotated[CanaryStatus | None, Meta(description="How the canaries fare; null if there are none")]


class Status(Document):
    """What the daemon is doing. Times are seconds since 1970; counts begin anew with each start and each SIGHUP."""

    time: Annotated[float, Meta(description="When this was written, in seconds since 1970")]
    started: Annotated[
        float, Meta(description="When the daemon started, or last read its configuration: counts begin there")
    ]
    pid: Annotated[int, Meta(description="Process id of the daemon")]
    version: Annotated[str, Meta(description="Version of acctship")]
    source: Annotated[SourceStatus, Meta(description="The accounting file, and the files beside it")]
    outages: Annotated[list[OutageStatus], Meta(description="What is out of order at present")]
    outputs: Annotated[dict[str, OutputStatus], Meta(description="The outputs of the configuration, by name")]


def write(directory: Path, status: Status) -> None:
    """Replace the file in the state folder; where the disk does not take it, the old one stays."""
    with suppress(OSError):
        documents.replace(directory / STATUS, [documents.encode(status)], durable=False)


def read(directory: Path) -> Status | None:
    """The last one; None if there is none, or none that this version can read."""
    path = directory / STATUS
    try:
        return documents.decode(path.read_bytes(), Status, str(path), None)
    except (OSError, StateError):
        return None
