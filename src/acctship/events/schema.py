"""The event: Elastic Common Schema, and under `acct` what ECS has no name for.

These structs are the one source of the JSON and MessagePack that is shipped, of `acctship schema`, and of the field
table in `docs/events.md`. A field with a default may be absent: unknown, or omitted by the configuration; one without
is always there. No default is anything but None, because a constant that equals its default would not be encoded.

Source: Elastic Common Schema 9, https://www.elastic.co/docs/reference/ecs
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

ECS_VERSION = "9.0.0"

Text = Annotated[str, Meta(description="text")]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Count = Annotated[int, Meta(ge=0)]


# gc=False: an event holds no cycle, and the collector need not look at thousands of them.
class EventMeta(Struct, omit_defaults=True, gc=False, frozen=True):
    """What kind of event this is, and which one (ECS `event`)."""

    kind: Annotated[str, Meta(description="Always `event`")]
    category: Annotated[tuple[str, ...], Meta(description="`[process]` for a process that ended, `[host]` for health")]
    type: Annotated[
        tuple[str, ...],
        Meta(description="`[end]` for a process that ended; for health `[info]`, `[error]`, or `[change]`"),
    ]
    action: Annotated[str, Meta(description="What happened: `process-ended`; for health see `docs/health.md`")]
    dataset: Annotated[
        str, Meta(description="`acct.process`: a record of the kernel's; `acct.health`: what acctship says of itself")
    ]
    id: Annotated[
        str,
        Meta(
            description="Names this record for ever: segment, byte offset in hex, CRC-32 of the record's bytes in hex. "
            "Reading the same record again gives the same id; no other record has it. Of health: random, but for "
            "checkpoints"
        ),
    ]
    module: Annotated[str | None, Meta(description="Always `acct`")] = None
    sequence: Annotated[
        Count | None, Meta(description="Place of the record in its file, from 0: byte offset over record size")
    ] = None
    duration: Annotated[
        Count | None, Meta(description="Elapsed time, in nanoseconds, to 10 ms; how long an outage lasted")
    ] = None
    outcome: Annotated[
        str | None, Meta(description="`success` if the exit code is 0, `failure` if not, or if a signal ended it")
    ] = None
    start: Annotated[Time | None, Meta(description="Same as `process.start`; of an outage, its start")] = None
    end: Annotated[Time | None, Meta(description="Same as `@timestamp`")] = None


class Parent(Struct, omit_defaults=True, gc=False, frozen=True):
    """The parent of the process (ECS `process.parent`)."""

    pid: Annotated[
        Count, Meta(description="Its process id at that time; 0 if it lives outside the pid namespace of the record")
    ]


class CharDevice(Struct, omit_defaults=True, gc=False, frozen=True):
    """Device numbers of a terminal (ECS `process.tty.char_device`)."""

    major: Annotated[Count, Meta(description="Major number of the terminal's device")]
    minor: Annotated[
        Count, Meta(description="Minor number; the kernel keeps few bits: pts/2048 and above alias pts/0 and above")
    ]


class Tty(Struct, omit_defaults=True, gc=False, frozen=True):
    """The controlling terminal (ECS `process.tty`)."""

    char_device: CharDevice


class Process(Struct, omit_defaults=True, gc=False, frozen=True):
    """The process that ended (ECS `process`)."""

    name: Annotated[
        str,
        Meta(
            description="Name of the command: at most 15 bytes that the process itself chose. Backslash, bytes that "
            "are not UTF-8, and control, format and separator characters are written `\\\\`, `\\xNN`"
        ),
    ]
    pid: Annotated[
        Count | None,
        Meta(description="Process id, in the pid namespace of whoever switched accounting on; absent before Linux v3"),
    ] = None
    parent: Parent | None = None
    exit_code: Annotated[
        Count | None, Meta(description="Exit code of the leader thread, 0 to 255; absent if a signal ended it")
    ] = None
    start: Annotated[
        Time | None, Meta(description="End less elapsed time; up to 1 s early or late, for the end is a whole second")
    ] = None
    end: Annotated[Time | None, Meta(description="Same as `@timestamp`")] = None
    tty: Tty | None = None


class User(Struct, omit_defaults=True, gc=False, frozen=True):
    """The real user (ECS `user`)."""

    id: Annotated[str, Meta(description="Real user id, in decimal")]
    name: Annotated[str | None, Meta(description="Its name; absent if the user database does not tell in time")] = None


class Group(Struct, omit_defaults=True, gc=False, frozen=True):
    """The real group (ECS `group`)."""

    id: Annotated[str, Meta(description="Real group id, in decimal")]
    name: Annotated[str | None, Meta(description="Its name; absent if the group database does not tell in time")] = None


class Related(Struct, omit_defaults=True, gc=False, frozen=True):
    """For searches across data sets (ECS `related`)."""

    user: Annotated[tuple[str, ...], Meta(description="The user's name; absent if unknown")]


class Boot(Struct, omit_defaults=True, gc=False, frozen=True):
    """One run of the machine's kernel (ECS `host.boot`)."""

    id: Annotated[str, Meta(description="Linux boot id; absent if the process ended before this boot")]


class Host(Struct, omit_defaults=True, gc=False, frozen=True):
    """The machine on which the process ran (ECS `host`)."""

    name: Annotated[str | None, Meta(description="Host name; absent for another machine's file, unless given")] = None
    id: Annotated[str | None, Meta(description="machine-id(5); absent for another machine's file, unless given")] = None
    boot: Boot | None = None


class LogFile(Struct, omit_defaults=True, gc=False, frozen=True):
    """The file that the event was read from (ECS `log.file`)."""

    path: Annotated[str, Meta(description="Path of the accounting file; absent for standard input")]


class Log(Struct, omit_defaults=True, gc=False, frozen=True):
    """Where the event was read (ECS `log`)."""

    file: LogFile


class Agent(Struct, omit_defaults=True, gc=False, frozen=True):
    """The program that made the event (ECS `agent`)."""

    type: Annotated[str, Meta(description="Always `acctship`")]
    version: Annotated[str, Meta(description="Its version")]


class Ecs(Struct, omit_defaults=True, gc=False, frozen=True):
    """The schema that the event follows (ECS `ecs`)."""

    version: Annotated[str, Meta(description="Version of the Elastic Common Schema")]


class Cpu(Struct, omit_defaults=True, gc=False, frozen=True):
    """CPU time of the process."""

    user: Annotated[Count, Meta(description="CPU time in user mode, in nanoseconds, to 10 ms")]
    system: Annotated[Count, Meta(description="CPU time in the kernel, in nanoseconds, to 10 ms")]


class Faults(Struct, omit_defaults=True, gc=False, frozen=True):
    """Page faults of the process."""

    minor: Annotated[Count, Meta(description="Page faults served without the disk")]
    major: Annotated[Count, Meta(description="Page faults that waited for the disk")]


class Signal(Struct, omit_defaults=True, gc=False, frozen=True):
    """The signal that ended the process; absent if it exited by itself."""

    number: Annotated[Count, Meta(description="Number of the signal that ended the process")]
    name: Annotated[str | None, Meta(description="Its name, as on Linux for x86 and ARM: `SIGKILL`")] = None


class Caller(Struct, omit_defaults=True, gc=False, frozen=True):
    """Who switched accounting: acct(2) writes a record of its caller."""

    event: Annotated[str, Meta(description="`event.id` of the record that acct(2) wrote of its caller")]
    name: Annotated[str, Meta(description="Name of the process, escaped as `process.name` is")]
    user: User
    pid: Annotated[int | None, Meta(description="Its process id, as in `process.pid`")] = None
    tty: Annotated[str | None, Meta(description="Its controlling terminal, as in `acct.tty`; absent: none")] = None


class Health(Struct, omit_defaults=True, gc=False, frozen=True):
    """What acctship says of itself, its outputs and the accounting file; `docs/health.md` lists the actions."""

    output: Annotated[str | None, Meta(description="Name of the output that it concerns, in the configuration")] = None
    outage: Annotated[str | None, Meta(description="Same in the two events of one outage, its start and its end")] = (
        None
    )
    phase: Annotated[str | None, Meta(description="`start` or `end` of an outage; absent for what just happened")] = (
        None
    )
    about: Annotated[str | None, Meta(description="What is out of order: a path, or the name of an output")] = None
    segment: Annotated[str | None, Meta(description="Segment that it concerns, as in `acct.segment`")] = None
    previous: Annotated[str | None, Meta(description="Segment before that one")] = None
    begin: Annotated[Count | None, Meta(description="Offset in the segment from which on this holds, in bytes")] = None
    end: Annotated[Count | None, Meta(description="Offset in the segment up to which this holds, in bytes")] = None
    after: Annotated[str | None, Meta(description="`event.id` of the last record known before a gap")] = None
    before: Annotated[str | None, Meta(description="`event.id` of the first record known behind a gap")] = None
    records: Annotated[
        Count | None, Meta(description="Records read between `begin` and `end`: sent, filtered and rejected ones")
    ] = None
    sent: Annotated[Count | None, Meta(description="Records that the output acknowledged, each counted once")] = None
    filtered: Annotated[
        Count | None, Meta(description="Records that `where` kept from the output, and those of canaries")
    ] = None
    rejected: Annotated[Count | None, Meta(description="Records that went to the dead letters")] = None
    skipped: Annotated[Count | None, Meta(description="Bytes that are no record")] = None
    complete: Annotated[bool | None, Meta(description="Whether the segment has ended and the output has all of it")] = (
        None
    )
    lag: Annotated[Count | None, Meta(description="Bytes that the output has not had yet, in all segments")] = None
    by: Caller | None = None
    size: Annotated[Count | None, Meta(description="Bytes of a file that was removed")] = None
    reason: Annotated[str | None, Meta(description="Why that was done")] = None
    cause: Annotated[str | None, Meta(description="At the end of an outage: what was said at its start")] = None


class Acct(Struct, omit_defaults=True, gc=False, frozen=True):
    """What the kernel recorded and ECS has no field for."""

    segment: Annotated[
        str | None, Meta(description="Names the accounting file by source and first record, whatever its path")
    ] = None
    offset: Annotated[Count | None, Meta(description="Where the record starts, in bytes of the uncompressed file")] = (
        None
    )
    layout: Annotated[str | None, Meta(description="Layout of the record on disk: `linux-v3-le`")] = None
    tty: Annotated[str | None, Meta(description="Name of the controlling terminal, such as `pts/0`; absent: none")] = (
        None
    )
    cpu: Cpu | None = None
    memory: Annotated[Count | None, Meta(description="Virtual size at exit, in bytes")] = None
    faults: Faults | None = None
    flags: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="`fork`: forked and never called exec; `su`: used a privilege of root, itself or before an "
            "exec; `core`: ended in a way that dumps core, where limits allow; `signal`: killed by a signal; "
            "`compat`: used compatibility mode"
        ),
    ] = None
    signal: Signal | None = None
    health: Health | None = None


class Event(Struct, omit_defaults=True, gc=False, frozen=True):
    """One event, as every output receives it."""

    timestamp: Annotated[
        str,
        Meta(
            description="The second in which the process ended, in UTC: exact in Linux v3; of health, when it was seen",
            extra_json_schema={"format": "date-time"},
        ),
    ] = field(name="@timestamp")
    ecs: Ecs
    event: EventMeta
    message: Annotated[str | None, Meta(description="Health: what happened, for people; absent for a process")] = None
    process: Process | None = None
    user: User | None = None
    group: Group | None = None
    related: Related | None = None
    host: Host | None = None
    acct: Acct | None = None
    log: Log | None = None
    agent: Agent | None = None
    labels: Annotated[dict[str, str] | None, Meta(description="Labels that the site set in `[source]`")] = None
    tags: Annotated[tuple[str, ...] | None, Meta(description="Tags that the site set in `[source]`")] = None
