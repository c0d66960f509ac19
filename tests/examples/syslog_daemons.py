"""The receivers of examples/rsyslog and examples/syslog-ng in the real daemons, and what is sent to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import acctship
from acctship.deployed import deploy
from acctship.events.identity import Machine
from acctship.events.names import Names, no_name
from acctship.events.source import Source
from acctship.testing import deliver
from tests.events.making import make
from tests.paths import EXAMPLES
from tests.servers.daemon import Daemon
from tests.servers.rsyslog import Rsyslogd
from tests.servers.syslog_ng import SyslogNgd

WEB = 33
USERS = Names({0: "root", WEB: "www-data", 1000: "alice"}.get, no_name)


def load(kind: str, name: str, folder: Path, places: Mapping[str, Path], ports: Mapping[int, int]) -> Daemon:
    """A daemon, not started yet, with an example as it stands, but for its paths and its ports.

    Args:
        kind: folder of the example, and the daemon: `rsyslog` or `syslog-ng`.
        name: file of the example.
        folder: for the daemon's files.
        places: each path in the example, and what is put in its place.
        ports: each port in the example, likewise.

    Raises:
        UnavailableError: the daemon cannot be had here.
    """
    text = (EXAMPLES / kind / name).read_text()
    form = 'port="{}"' if kind == "rsyslog" else "port({})"
    changes = {before: str(after) for before, after in places.items()}
    for before, after in (changes | {form.format(port): form.format(free) for port, free in ports.items()}).items():
        assert before in text
        text = text.replace(before, after)
    example, main = folder / name, folder / "main.conf"
    example.write_text(text)
    if kind == "rsyslog":
        main.write_text(f'global(workDirectory="{folder}")\ninclude(file="{example}")\n')
        return Rsyslogd(main, list(ports.values()))
    daemon = SyslogNgd(main, list(ports.values()))
    main.write_text(f'@version: {daemon.version}\noptions {{ stats-freq(0); }};\n@include "{example}"\n')
    return daemon


def source(host: str) -> Source:
    """Where its events come from."""
    return Source("f" * 32, Machine(host))


def processes(host: str, *records: bytes) -> list[bytes]:
    """Its records as events."""
    return list(make(records, source=source(host), names=USERS).json())


def send(keys: dict[str, Any], lines: Sequence[bytes]) -> None:
    """Deliver events by an output of these keys; all of them are taken."""
    done = deliver(deploy("tested", keys), [acctship.EventBatch.from_json(lines)])
    assert (done.acknowledged, done.rejected, done.failure) == (len(lines), {}, None)
