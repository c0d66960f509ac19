"""What a filter costs, beside making the JSON events that it is there to spare: time a record, on one core.

    python benchmarks/where.py [RECORDS]

Both look at the same batches (as many records as a reader gives at once) in turn, three times; the ratio is that within
a round, and the time is that of the process. `records.py` describes the inputs.

Aim: all conditions at once in less than half of the time of the JSON.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from acctship.events.names import Names
from acctship.events.normalize import Normalizer
from acctship.events.source import Source
from acctship.events.where import Conditions, Where
from acctship.records import RecordBatch
from acctship.records.finding import BATCH_RECORDS
from benchmarks.measure import ROUNDS, machine, stay_on_one_core
from benchmarks.records import LINUX_V3_LE, mixed, real, varied

NAMES = Names("user{}".format, "group{}".format)
FILTERS = {
    "one command of one user": Where(exclude=(Conditions(command="sh", user="user0"),)),
    "ten patterns": Where(exclude=(Conditions(command=tuple(f"{letter}*[0-9]" for letter in "abcdefghij")),)),
    "durations and failures": Where(include=(Conditions(min_duration=1.0), Conditions(failed=True))),
    "every condition": Where(
        include=(Conditions(user=("user0", 1000)), Conditions(group="group7", tty="pts/*"), Conditions(signal="any")),
        exclude=(Conditions(command=("cron*", "sh"), parent=(1, 2), failed=False, min_duration=0.01),),
    ),
}


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print(f"{machine()}; on core {stay_on_one_core()} alone; median of {ROUNDS} rounds\n")
    print(f"{'input':8} {'records':>9}  {'what':26} {'ns a record':>11}   of the JSON")
    for make in (real, mixed, varied):
        rows = make(count, np.random.default_rng(20260101))
        whole = RecordBatch.of_bytes(LINUX_V3_LE, rows.view(np.uint8), 0)
        batches = [whole.take(slice(start, start + BATCH_RECORDS)) for start in range(0, count, BATCH_RECORDS)]
        _compare(make.__name__, count, batches)


def _compare(kind: str, count: int, batches: Sequence[RecordBatch]) -> None:
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        events = Normalizer(Source("a benchmark"), NAMES).events
        masks = [Where(one.include, one.exclude).mask for one in FILTERS.values()]  # fresh: nothing is known yet
        looks: list[Callable[[RecordBatch], object]] = [events, *(partial(mask, names=NAMES) for mask in masks)]
        rounds.append([_seconds(look, batches) for look in looks])
    for name, times in zip(("JSON", *FILTERS), zip(*rounds, strict=True), strict=True):
        ratio = statistics.median(mine / row[0] for mine, row in zip(times, rounds, strict=True))
        shown = "" if name == "JSON" else f"   {ratio:.1%}"
        print(f"{kind:8} {count:>9,}  {name:26} {statistics.median(times) / count * 1e9:>11,.0f}{shown}", flush=True)


def _seconds(look: Callable[[RecordBatch], object], batches: Sequence[RecordBatch]) -> float:
    began = time.process_time()
    for batch in batches:
        look(batch)
    return time.process_time() - began


if __name__ == "__main__":
    main()
