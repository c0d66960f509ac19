"""Debian's syslog-ng on loopback ports and in a folder of its own; unpacked, for it conflicts with rsyslog."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from tests.programs import debian_folder
from tests.servers.certificates import Issued
from tests.servers.daemon import Daemon, Received

PACKAGES = ("syslog-ng-core", "syslog-ng-scl")

Listening = Literal["tcp", "tcp-newline", "udp", "tls", "unix-dgram", "unix-stream"]

_PARTS = {
    "pri": "PRI",
    "host": "HOST",
    "app": "PROGRAM",
    "procid": "PID",
    "msgid": "MSGID",
    "structured": "SDATA",
    "msg": "MSG",
    "time": "S_ISODATE",
}


class SyslogNgd(Daemon):
    """The process, over a configuration that somebody has written.

    Args:
        config: the configuration.
        ports: of TCP and UDP on which it listens when it has started.
        sockets: Unix sockets that are there when it has started.

    Attributes:
        version: such as `3.38`, for the first line of a configuration.

    Raises:
        UnavailableError: syslog-ng cannot be had here.
    """

    def __init__(self, config: Path, ports: Collection[int] = (), sockets: Collection[Path] = ()) -> None:
        root = debian_folder("syslog-ng", *PACKAGES)
        libraries = [root / "usr/lib/syslog-ng", *root.glob("usr/lib/*-linux-gnu*"), *root.glob("lib/*-linux-gnu*")]
        super().__init__(config, libraries, ports, sockets)
        (modules,) = (path for path in (root / "usr/lib/syslog-ng").iterdir() if (path / "libaffile.so").exists())
        self.version = modules.name
        self._program: list[str | Path] = [root / "usr/sbin/syslog-ng", "--module-path", modules, "-f", config]
        self._control: list[str | Path] = [root / "usr/sbin/syslog-ng-ctl"]

    def command(self) -> list[str | Path]:
        """In the foreground."""
        own = (("-R", ".persist"), ("-c", ".ctl"), ("-p", ".pid"))
        files = [part for option, suffix in own for part in (option, self.config.with_suffix(suffix))]
        return [*self._program, "-F", "--no-caps", *files]

    def check(self) -> str:
        """Have it look at the configuration alone; gives what it says, which is nothing where all is well."""
        done = self.run([*self._program, "--syntax-only"])
        assert done.returncode == 0 or done.stderr, done
        return done.stderr


class SyslogNg(Received[Listening], SyslogNgd):
    """One that listens in every way, or in some, and writes each message to a file.

    Args:
        folder: made for all of its files.
        listening: in which ways.
        certificate: of the server, for TLS.
        ca: who may issue certificates of clients; without it, clients need none.

    Attributes:
        received: a line of JSON for each message: its parts, those of `_PARTS`.
    """

    def __init__(
        self, folder: Path, *listening: Listening, certificate: Issued | None = None, ca: Path | None = None
    ) -> None:
        Received.__init__(self, folder, listening)
        self._certificate, self._ca = certificate, ca
        config = folder / "syslog-ng.conf"
        SyslogNgd.__init__(self, config, self.ports, self.sockets)
        config.write_text(self._text())

    def _text(self) -> str:
        """Its configuration. Without flow control it would read what it then has no room for."""
        sources = "".join(self._source(way, where) for way, where in self._where.items())
        pairs = " ".join(f"{name}=${of}" for name, of in _PARTS.items())
        return (
            f"@version: {self.version}\n"
            "options { keep-hostname(yes); use-dns(no); dns-cache(no); use-fqdn(no); chain-hostnames(no);"
            " log-msg-size(131072); stats-freq(0); flush-lines(1); frac-digits(3); };\n"
            f"source s_in {{\n{sources}}};\n"
            f'destination d_out {{ file("{self.received}" template("$(format-json --scope none {pairs})\\n")); }};\n'
            "log { source(s_in); destination(d_out); flags(flow-control); };\n"
        )

    def _source(self, way: Listening, where: str) -> str:
        local = f"ip(127.0.0.1) port({where})"
        match way:
            case "tcp":
                return f"syslog({local} transport(tcp));\n"
            case "tcp-newline":
                return f"network({local} transport(tcp) flags(syslog-protocol));\n"
            case "udp":
                return f"syslog({local} transport(udp) so-rcvbuf(4194304));\n"
            case "tls":
                assert self._certificate is not None
                files = f'cert-file("{self._certificate.certificate}") key-file("{self._certificate.key}")'
                wanted = f'ca-file("{self._ca}") peer-verify(required-trusted)' if self._ca else "peer-verify(no)"
                return f"syslog({local} transport(tls) tls({files} {wanted}));\n"
            case "unix-dgram":
                return f'unix-dgram("{where}");\n'
            case "unix-stream":
                return f'unix-stream("{where}");\n'
