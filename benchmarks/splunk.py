"""Compare `acctship run` to Splunk's HTTP Event Collector with a bare load of the same bytes by urllib3.

    python benchmarks/splunk.py [--quick]

A backlog of real records goes to a receiver on the same cores that discards, without acknowledgements and with such
that take one second (64 batches in flight), and to a real OpenTelemetry Collector that writes a file, and
acknowledges at once. Events a second of the whole run, start and end included; CPU time an event; peak memory. The load
is urllib3 with one connection, and bodies that are made and compressed beforehand. Then bytes an event, on the wire.

Aims: 60,000 events/s without acknowledgements, 40,000/s with such that take one second.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.daemon import Site
from benchmarks.measure import ACCTSHIP, cost, make_records
from benchmarks.sending import Sent, begin, compare, discarding, end, new_folder
from tests.programs import UnavailableError
from tests.servers.otelcol import TOKEN, Collector

RECORDS = 500_000
LONGER = 2
"""Times as many are acknowledged after one second: start and end, with two acknowledgements, take three seconds."""
_DISCARDING = "splunk_discarding.py"
_SAMPLE, _MEASURED = 1000, 100_000
"""Events of a body; and of all whose bytes are counted."""
_TABLE = """
[outputs.siem]
type = "splunk_hec"
url = "{url}"
token = {{{{ env = "HEC_TOKEN" }}}}
acknowledge = {acknowledge}
compress = {compress}
omit = "{omit}"
start = "oldest"
[outputs.siem.delivery]
in_flight = {threads}
"""


def table(url: str, *, acks: bool = False, threads: int = 2, compress: bool = True, omit: str = "full") -> str:
    """The output's table."""
    yes = {True: "true", False: "false"}
    return _TABLE.format(url=url, acknowledge=yes[acks], compress=yes[compress], omit=omit, threads=threads)


def ship(records: Path, count: int, outputs: str) -> Sent:
    """A run of the daemon that drains a backlog, with new state."""
    with new_folder() as folder:
        site = Site(folder, outputs)
        os.link(records, site.path)
        one = cost(["sh", "-c", f"exec {ACCTSHIP} run -c {site.config} --drain 2> {folder}/messages"])
        said = (folder / "messages").read_text()
        if "all is shipped" not in said:
            sys.exit(f"{count} records are not shipped: {said[-1000:]}")
        return Sent(count / one.wall_seconds, one.cpu_seconds / count * 1e6, one.peak_mb)


def load(url: str, bodies: list[bytes], events: int, *, compress: bool) -> Sent:
    """Bare requests of the same bytes; the memory is that of this process, which has them all."""
    import urllib3  # noqa: PLC0415 - this process stays small until the others are measured

    pool = urllib3.PoolManager()
    headers = {"Content-Type": "application/json"} | ({"Content-Encoding": "gzip"} if compress else {})
    cpu, began = time.process_time(), time.perf_counter()
    for body in bodies:
        pool.request("POST", f"{url}/services/collector/event", body=body, headers=headers)
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    return Sent(events / wall, used / events * 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def sizes(records: Path, omit: str) -> tuple[list[bytes], int]:
    """Print bytes an event; gives the bodies of a backlog, and of how many events."""
    import acctship  # noqa: PLC0415 - as above
    from acctship.outputs.splunk.config import Config  # noqa: PLC0415
    from acctship.outputs.splunk.envelope import Envelopes  # noqa: PLC0415

    config_file = records.with_name("sizes.toml")
    config_file.write_text(f'[outputs.out]\ntype = "jsonl"\nomit = "{omit}"\n')
    command = [str(ACCTSHIP), "run", "--once", "-c", str(config_file), "-f", str(records)]
    done = subprocess.run([*command, "--host-name", "web1.example.com"], capture_output=True, check=True)
    lines = done.stdout.splitlines()[:_MEASURED]
    config = Config(url="https://a:1", token=acctship.Secret("env", "HEC_TOKEN"), index="acct")
    objects = Envelopes(config).objects(acctship.EventBatch.from_json(lines))
    bodies = [b"".join(objects[at : at + _SAMPLE]) for at in range(0, len(objects), _SAMPLE)]
    raw, count = sum(map(len, bodies)), len(objects)
    packed = sum(len(zlib.compress(body, 1, 31)) for body in bodies)
    print(f"{omit:8} {sum(map(len, lines)) / count:.0f} bytes an event, {raw / count:.0f} in its envelope, ", end="")
    print(f"{packed / count:.0f} gzipped", flush=True)
    return bodies, count


def main() -> None:
    """Measure and print."""
    rounds = begin(__doc__)
    os.environ["HEC_TOKEN"] = TOKEN
    with new_folder() as folder:
        few, many = folder / "records", folder / "more"
        make_records("real", RECORDS, few)
        make_records("real", LONGER * RECORDS, many)

        def run(outputs: str) -> Callable[[], Sent]:
            return partial(ship, few, RECORDS, outputs)

        with discarding(_DISCARDING, "0") as url:
            programs = {
                "acctship, no acks, gzipped": run(table(url)),
                "acctship, no acks, plain": run(table(url, compress=False)),
                "acctship, no acks, minimal, gzipped": run(table(url, omit="minimal")),
            }
            compare(f"{RECORDS:,} real records into a HEC that discards", programs, rounds)
        with discarding(_DISCARDING, "1") as url:
            long = partial(ship, many, LONGER * RECORDS, table(url, acks=True, threads=64))
            programs = {
                f"acctship, 64 in flight, {LONGER * RECORDS:,} records": long,
                "acctship, 16 in flight": run(table(url, acks=True, threads=16)),
            }
            compare(f"{RECORDS:,} real records, acks after 1 s", programs, rounds)
        try:
            with Collector(folder / "otelcol", "hec", "hec-ack") as it:
                programs = {
                    "acctship, no acks": run(table(it.url("hec"))),
                    "acctship, acks, 64 in flight": run(table(it.url("hec-ack"), acks=True, threads=64)),
                }
                compare(f"{RECORDS:,} real records into a collector", programs, rounds)
        except UnavailableError as error:
            print(f"no OTel Collector: {error}")
        bodies, events = sizes(few, "full")
        sizes(few, "minimal")
        with discarding(_DISCARDING, "0") as url:
            packed = [zlib.compress(body, 1, 31) for body in bodies]
            programs = {
                "bare urllib3, bodies made before, plain": partial(load, url, bodies, events, compress=False),
                "bare urllib3, bodies made before, gzipped": partial(load, url, packed, events, compress=True),
            }
            compare("the same bytes into a HEC that discards", programs, 1)
    end()


if __name__ == "__main__":
    main()
