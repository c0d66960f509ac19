"""A dozen chosen records and their events, to be read by people: `tests/golden/`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from acctship import __version__
from acctship.events.names import Names, file_lookup, no_name
from acctship.events.normalize import Normalizer
from acctship.events.omit import omitted
from acctship.records import LAYOUTS, RecordBatch
from tests.builders import BTIME, Order, batch, comp_t, record
from tests.events.making import SOURCE
from tests.layouts import NAMES, Fields, encode
from tests.schema import assert_valid_event

GOLDEN = Path(__file__).parent.parent / "golden"
PASSWD = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n"
GROUP = "root:x:0:\nwww-data:x:33:\nalice:x:1000:\n"


def chosen(order: Order) -> list[bytes]:
    """An ordinary morning, and what goes wrong in it."""
    return [
        record(
            order=order, flag=2, uid=0, gid=0, pid=812, ppid=1, btime=BTIME - 900, etime=200.0, comm=b"systemd-udevd"
        ),
        record(order=order, tty=0x8800, pid=900, ppid=880, etime=1.0, minflt=120, mem=comp_t(2608), comm=b"ls"),
        record(order=order, tty=0x8800, pid=901, ppid=880, status=2 << 8, etime=3.0, utime=1, stime=1, comm=b"grep"),
        record(order=order, flag=1, tty=0x8800, pid=902, ppid=880, status=127 << 8, comm=b"bash"),
        record(order=order, flag=0x10, tty=0x892C, pid=903, ppid=880, status=9, etime=360_012.0, comm=b"sleep"),
        record(order=order, flag=0x18, uid=33, gid=33, pid=904, status=0x80 | 11, majflt=4, comm=b"apache2"),
        record(order=order, tty=0x0440, uid=0, gid=0, pid=905, ppid=0, comm=b"agetty"),
        record(order=order, tty=0x0501, uid=0, gid=0, flag=2, pid=906, etime=17.0, comm=b"sulogin"),
        record(order=order, uid=4_000_000_000, gid=77, pid=907, comm=b"unknown-user"),
        record(
            order=order, pid=908, etime=3_000_000.0, utime=comp_t(2_900_000), mem=comp_t(50_000_000), comm=b"cc1plus"
        ),
        record(order=order, pid=909, comm=b"\x1b[2J\n\xff%s\\"),
        record(order=order, pid=910, comm="\u202egnp.größe".encode()),
        record(order=order, pid=2**22, ppid=2**22 - 1, status=255 << 8, btime=2**32 - 1, comm=b"fifteen--bytes!"),
    ]


@pytest.mark.parametrize(
    ("order", "preset", "name"),
    [
        ("<", "full", "events.jsonl"),
        ("<", "minimal", "events-minimal.jsonl"),
        (">", "full", "events-big-endian.jsonl"),
    ],
)
def test_chosen_records_give_the_events_that_were_agreed_on(
    tmp_path: Path, golden: Callable[[Path, str], None], order: Order, preset: str, name: str
) -> None:
    (tmp_path / "passwd").write_text(PASSWD)
    (tmp_path / "group").write_text(GROUP)
    names = Names(file_lookup(tmp_path / "passwd"), file_lookup(tmp_path / "group"))
    lines = Normalizer(SOURCE, names, omitted(preset, "here")).events(batch(chosen(order), order)).json()
    golden(GOLDEN / name, as_text(lines))


def old(name: str) -> RecordBatch:
    """What a kernel before v3 could tell of a morning."""
    chosen = [
        Fields(flag=2, uid=0, gid=0, btime=BTIME - 900, etime=12_345, utime=250, comm=b"cron"),
        Fields(tty=0x8800, status=1 << 8, etime=99, mem=2608, minflt=120, comm=b"grep"),
        Fields(flag=0x18, uid=33, gid=33, status=0x80 | 11, majflt=4, comm=b"apache"),
        Fields(uid=70_000, gid=70_000, etime=1_234_567, stime=20_000_000, comm=b"too-large-for16"),
        Fields(flag=1, status=127 << 8, comm=b"\x1b[2J\xff"),
    ]
    rows = np.frombuffer(b"".join(encode(name, one) for one in chosen), LAYOUTS[name].dtype)
    return RecordBatch(LAYOUTS[name], rows, np.arange(len(rows), dtype=np.int64) * LAYOUTS[name].size)


@pytest.mark.parametrize("name", NAMES[2:])
def test_records_of_layouts_before_v3_give_the_events_that_were_agreed_on(
    golden: Callable[[Path, str], None], name: str
) -> None:
    lines = Normalizer(SOURCE, Names(no_name, no_name)).events(old(name)).json()
    golden(GOLDEN / f"events-{name}.jsonl", as_text(lines))


def as_text(lines: Sequence[bytes]) -> str:
    for line in lines:
        assert_valid_event(line)
    text = b"".join(line + b"\n" for line in lines).decode()
    # A new version is no change of the events.
    return text.replace(
        f'"agent":{{"type":"acctship","version":"{__version__}"', '"agent":{"type":"acctship","version":"0"'
    )
