"""Compare `acctship run` to a syslog server with syslog-ng's own pacct() source, both sending to one real rsyslog.

    python benchmarks/syslog.py [--quick]

The same backlog of real records goes to rsyslog over loopback: imtcp, imtcp with TLS, imrelp. Events a second, from the
first line that rsyslog has written until there are as many as records; CPU time an event (user and system, of the whole
run of the sender), and its peak memory. rsyslog writes an empty line for each message, so that the disk decides
nothing, and takes part in the same two cores as the sender.

syslog-ng sends the fields that its pacct() parser gives, as JSON. `default` is pacct() as syslog-ng's library has it,
which is slow, so only what it does in ten seconds is counted; `tuned` fetches 10,000 records at once, looks for more
without delay, and flushes 1,000 lines at once. It speaks no RELP.

Aims: over TCP at least 100,000 events/s and 1.5 times the tuned syslog-ng; over RELP at least 60,000 acknowledged/s.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.daemon import Daemon, Site
from benchmarks.measure import make_records
from benchmarks.sending import Sent, begin, compare, end, new_folder
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued
from tests.servers.daemon import free_port
from tests.servers.rsyslog import Rsyslogd
from tests.servers.syslog_ng import SyslogNgd

RECORDS = 500_000
_WINDOW = 10.0
"""Seconds for which a slow sender is watched."""
_LONGEST, _LOOK = 300.0, 0.002
_DEFAULT = "follow-freq(1)"
_TUNED = "follow-freq(0.001) log-fetch-limit(10000) log-iw-size(100000)"
_QUEUE = "log-fifo-size(200000) flush-lines(1000)"


class Receiver:
    """A real rsyslog that counts."""

    def __init__(self, folder: Path, certificate: Issued) -> None:
        self.folder, self._count = folder, folder / "count"
        self.ports = {way: free_port() for way in ("tcp", "tls", "relp")}
        self.ca = folder / "authority/ca.pem"
        config = folder / "rsyslog.conf"
        tls = (
            f'streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon" '
            f'streamDriver.caFile="{self.ca}" streamDriver.certFile="{certificate.certificate}" '
            f'streamDriver.keyFile="{certificate.key}"'
        )
        config.write_text(
            f'global(workDirectory="{folder}" maxMessageSize="64k" net.enableDNS="off")\n'
            'main_queue(queue.type="FixedArray" queue.size="100000" queue.dequeueBatchSize="1024")\n'
            f'module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="{self.ports["tcp"]}")\n'
            f'input(type="imtcp" address="127.0.0.1" port="{self.ports["tls"]}" {tls})\n'
            f'module(load="imrelp")\ninput(type="imrelp" address="127.0.0.1" port="{self.ports["relp"]}")\n'
            'template(name="line" type="string" string="\\n")\n'
            f'if $inputname != "rsyslogd" then action(type="omfile" file="{self._count}" template="line"\n'
            '    ioBufferSize="64k" flushOnTXEnd="on")\n'
        )
        self.daemon = Rsyslogd(config, [*self.ports.values()])

    def count(self) -> int:
        """Messages that it has written."""
        return self._count.stat().st_size if self._count.exists() else 0


def acctship(receiver: Receiver, records: Path, transport: str, keys: str = "") -> Callable[[], Sent]:
    """A run of acctship, with new state."""

    def run() -> Sent:
        with new_folder() as folder:
            table = f'[outputs.siem]\ntype = "syslog"\nstart = "oldest"\ntransport = "{transport}"\n{keys}'
            ca = f'ca = "{receiver.ca}"\n' if transport == "tls" else ""
            site = Site(folder, f'{table}address = "127.0.0.1:{receiver.ports[transport]}"\n{ca}')
            os.link(records, site.path)
            before = receiver.count()
            with site.run() as daemon:
                return _watched(receiver, daemon, before, _LONGEST)

    return run


def syslog_ng(receiver: Receiver, records: Path, source: str, queue: str, seconds: float) -> Callable[[], Sent]:
    """A run of syslog-ng with its own source."""

    def run() -> Sent:
        with new_folder() as folder:
            config = folder / "syslog-ng.conf"
            sender = SyslogNgd(config)
            config.write_text(
                f"@version: {sender.version}\n\n@requires pacctformat\n"
                f'source s_acct {{ file("{records}" format("pacct") tags(".pacct") {source}); }};\n'
                f'destination d_siem {{ syslog("127.0.0.1" port({receiver.ports["tcp"]}) transport("tcp") {queue}\n'
                '    template("$(format-json --key .pacct.*)")); };\n'
                "log { source(s_acct); destination(d_siem); flags(flow-control); };\n"
            )
            before = receiver.count()
            sender.start()
            try:
                return _watched(receiver, Daemon(sender.process), before, seconds)
            finally:
                sender.kill()

    return run


def _watched(receiver: Receiver, sender: Daemon, before: int, seconds: float) -> Sent:
    """See how fast a sender is once its first message is there: until all are, or for some seconds."""
    while not (first := receiver.count() - before):
        time.sleep(_LOOK)
    began = time.monotonic()
    while (count := receiver.count() - before) < RECORDS and time.monotonic() - began < seconds:
        time.sleep(_LOOK)
    elapsed, used, count = time.monotonic() - began, sender.cpu_seconds(), min(count, RECORDS)
    return Sent((count - first) / elapsed, used / count * 1e6, sender.peak_mb())


def main() -> None:
    """Measure and print."""
    rounds = begin(__doc__)
    try:
        with new_folder() as folder:
            certificate = Authority(folder / "authority").issue("server")
            receiver, records = Receiver(folder, certificate), folder / "pacct"
            make_records("real", RECORDS, records)
            with receiver.daemon:
                _compare(receiver, records, rounds)
    except UnavailableError as error:
        sys.exit(str(error))
    end()


def _compare(receiver: Receiver, records: Path, rounds: int) -> None:
    title, peer = f"{RECORDS:,} real records into rsyslog", "syslog-ng pacct(), tuned, tcp"
    compare(title, {"syslog-ng pacct(), default, tcp": syslog_ng(receiver, records, _DEFAULT, "", _WINDOW)}, 1)
    programs = {
        peer: syslog_ng(receiver, records, _TUNED, _QUEUE, _LONGEST),
        "acctship, tcp, json": acctship(receiver, records, "tcp"),
        "acctship, tcp, text": acctship(receiver, records, "tcp", 'format = "text"\n'),
        "acctship, tls, json": acctship(receiver, records, "tls"),
        "acctship, relp, json": acctship(receiver, records, "relp"),
    }
    compare(title, programs, rounds, peer)


if __name__ == "__main__":
    main()
