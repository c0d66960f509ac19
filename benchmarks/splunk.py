"""Compare `acctship run` to Splunk's HTTP Event Collector with a bare load of the same bytes by urllib3.

    python benchmarks/splunk.py [--quick]

A backlog of real records goes to a receiver on the same cores that discards, without acknowledgements and with such
that take one second (64 batches in flight), and to a real OpenTelemetry Collector that writes a file, and
acknowledges at once. Events a second of the whole run, start and end included; CPU time an event; peak memory. The load
is urllib3 with one connection, and bodies that are made and compressed beforehand. Then bytes an event, on the wire.

Aims: 60,000 events/s without acknowledgements, 40,000/s with such that take one second.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.daemon import Site
from benchmarks.measure import ACCTSHIP, ROUNDS, Cost, cost, machine, make_records, median
from tests.programs import UnavailableError
from tests.servers.daemon import free_port
from tests.servers.otelcol import TOKEN, Collector

RECORDS = 500_000
LONGER = 2
"""Times as many are acknowledged after one second: start and end, with two acknowledgements, take three seconds."""
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


@contextmanager
def receiver(delay: float) -> Iterator[str]:
    """The receiver that discards; gives its URL."""
    port = free_port()
    program = Path(__file__).with_name("splunk_receiver.py")
    with subprocess.Popen([sys.executable, program, str(port), str(delay)]) as process:
        time.sleep(0.5)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def ship(folder: Path, records: Path, count: int, outputs: str) -> Cost:
    """Drain a backlog; gives what that took."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        site = Site(Path(name), outputs)
        os.link(records, site.path)
        one = cost(["sh", "-c", f"exec {ACCTSHIP} run -c {site.config} --drain 2> {name}/messages"])
        said = (Path(name) / "messages").read_text()
        if "all is shipped" not in said:
            sys.exit(f"{count} records are not shipped: {said[-1000:]}")
        return one


def line(name: str, count: int, one: Cost) -> None:
    """Print a line of the table."""
    cpu = one.cpu_seconds / count * 1e6
    print(f"{name:46} {count / one.wall_seconds:>9,.0f}/s {cpu:>6.1f} us {one.peak_mb:>6.0f} MB", flush=True)


def load(url: str, bodies: list[bytes], events: int, *, compress: bool) -> None:
    """Print what bare requests of the same bytes come to."""
    import urllib3  # noqa: PLC0415 - this process stays small until the others are measured

    pool = urllib3.PoolManager()
    headers = {"Content-Type": "application/json"} | ({"Content-Encoding": "gzip"} if compress else {})
    cpu, began = time.process_time(), time.perf_counter()
    for body in bodies:
        pool.request("POST", f"{url}/services/collector/event", body=body, headers=headers)
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    what = "gzipped" if compress else "plain"
    print(
        f"bare urllib3, bodies made before, {what:13} {events / wall:>9,.0f}/s {used / events * 1e6:>6.1f} us",
        flush=True,
    )


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
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    count = RECORDS // 10 if parser.parse_args().quick else RECORDS
    os.environ["HEC_TOKEN"] = TOKEN
    print(f"{machine()}; {count:,} records; median of {ROUNDS} rounds\n")
    with tempfile.TemporaryDirectory(prefix="acctship-bench-") as name:
        folder = Path(name)
        make_records("real", count, folder / "records")

        make_records("real", LONGER * count, folder / "more")

        def measure(what: str, outputs: str, times: int = 1) -> None:
            records, total = folder / ("records" if times == 1 else "more"), times * count
            line(what, total, median([ship(folder, records, total, outputs) for _ in range(ROUNDS)]))

        with receiver(0) as url:
            measure("discarding, no acks, gzipped", table(url))
            measure("discarding, no acks, plain", table(url, compress=False))
            measure("discarding, no acks, minimal, gzipped", table(url, omit="minimal"))
        with receiver(1) as url:
            measure("discarding, acks after 1 s, 64 in flight", table(url, acks=True, threads=64), LONGER)
            measure("discarding, acks after 1 s, 16 in flight", table(url, acks=True, threads=16))
        try:
            with Collector(folder / "otelcol", "hec", "hec-ack") as it:
                measure("OTel Collector, no acks", table(it.url("hec")))
                measure("OTel Collector, acks, 64 in flight", table(it.url("hec-ack"), acks=True, threads=64))
        except UnavailableError as error:
            print(f"no OTel Collector: {error}")
        bodies, events = sizes(folder / "records", "full")
        sizes(folder / "records", "minimal")
        with receiver(0) as url:
            load(url, bodies, events, compress=False)
            load(url, [zlib.compress(body, 1, 31) for body in bodies], events, compress=True)


if __name__ == "__main__":
    main()
