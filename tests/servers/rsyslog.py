"""Debian's rsyslog on loopback ports and in a folder of its own, unpacked without being installed or started."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from tests.programs import debian_folder
from tests.servers.certificates import Issued
from tests.servers.daemon import Daemon, Received

PACKAGES = ("rsyslog", "rsyslog-relp", "rsyslog-gnutls", "rsyslog-openssl")

Listening = Literal["tcp", "udp", "tls", "relp", "relp+tls", "unix-dgram", "unix-stream"]

_PARTS = {
    "pri": "pri",
    "host": "hostname",
    "app": "app-name",
    "procid": "procid",
    "msgid": "msgid",
    "structured": "structured-data",
    "tag": "syslogtag",
    "input": "inputname",
    "raw": "rawmsg",
    "msg": "msg",
}


class Rsyslogd(Daemon):
    """The process, over a configuration that somebody has written.

    Args:
        config: the configuration.
        ports: of TCP and UDP on which it listens when it has started.
        sockets: Unix sockets that are there when it has started.

    Raises:
        UnavailableError: rsyslog cannot be had here.
    """

    def __init__(self, config: Path, ports: Collection[int] = (), sockets: Collection[Path] = ()) -> None:
        root = debian_folder("rsyslog", *PACKAGES)
        (modules,) = root.glob("usr/lib/*/rsyslog")
        super().__init__(config, [modules.parent], ports, sockets)
        self._program: list[str | Path] = [root / "usr/sbin/rsyslogd", "-M", modules]

    def command(self) -> list[str | Path]:
        """In the foreground."""
        return [*self._program, "-n", "-f", self.config, "-i", self.config.with_suffix(".pid")]

    def check(self) -> str:
        """Have it look at the configuration alone; gives its complaints, without the line that says that it looks."""
        done = self.run([*self._program, "-N1", "-f", self.config])
        lines = [line for line in done.stderr.splitlines() if "config validation run" not in line]
        return "\n".join(line for line in lines if "End of config validation run" not in line)


class Rsyslog(Received[Listening], Rsyslogd):
    """One that listens in every way, or in some, and writes each message to a file before it acknowledges it.

    Args:
        folder: made for all of its files.
        listening: in which ways.
        certificate: of the server, for TLS.
        ca: who may issue certificates of clients; without it, clients need none.

    Attributes:
        received: a line of JSON for each message: its parts, those of `_PARTS`, and `time` as RFC 3339 has it.
    """

    def __init__(
        self, folder: Path, *listening: Listening, certificate: Issued | None = None, ca: Path | None = None
    ) -> None:
        Received.__init__(self, folder, listening)
        self._certificate, self._ca = certificate, ca
        config = folder / "rsyslog.conf"
        config.write_text(self._text(folder))
        Rsyslogd.__init__(self, config, self.ports, self.sockets)

    def start(self) -> None:
        """Start it, over whole lines alone."""
        self.cut_unfinished()
        super().start()

    def port(self, way: Listening) -> int:
        """Port of TCP or UDP."""
        return int(self._where[way])

    def _text(self, folder: Path) -> str:
        """Its configuration. A direct queue has no memory: what is acknowledged has been written."""
        properties = "".join(
            f'  property(outname="{name}" name="{of}" format="jsonf")\n' for name, of in _PARTS.items()
        )
        return (
            f'global(workDirectory="{folder}" maxMessageSize="128k" net.enableDNS="off"\n'
            f'  parser.escapeControlCharactersOnReceive="off"{self._files()})\n'
            'main_queue(queue.type="Direct")\n'
            + "".join(self._input(way, where) for way, where in self._where.items())
            + f'template(name="parts" type="list" option.jsonf="on") {{\n{properties}'
            '  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")\n}\n'
            f'if $inputname != "rsyslogd" then action(type="omfile" file="{self.received}" template="parts")\n'
        )

    def _files(self) -> str:
        if self._certificate is None:
            return ""
        files = {"CA": self._ca, "Cert": self._certificate.certificate, "Key": self._certificate.key}
        return "".join(f' defaultNetstreamDriver{name}File="{path}"' for name, path in files.items() if path)

    def _input(self, way: Listening, where: str) -> str:
        local = f'port="{where}" address="127.0.0.1"'
        match way:
            case "tcp":
                return f'module(load="imptcp")\ninput(type="imptcp" {local})\n'
            case "udp":
                return f'module(load="imudp")\ninput(type="imudp" {local} rcvbufSize="4m")\n'
            case "tls":
                names = "x509/certvalid" if self._ca else "anon"
                driver = f'streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="{names}"'
                return f'module(load="imtcp" {driver})\ninput(type="imtcp" {local})\n'
            case "relp":
                return f'module(load="imrelp" tls.tlslib="openssl")\ninput(type="imrelp" {local})\n'
            case "relp+tls":
                assert self._certificate is not None
                files = f'tls.myCert="{self._certificate.certificate}" tls.myPrivKey="{self._certificate.key}"'
                files += f' tls.caCert="{self._ca}" tls.authMode="certvalid"' if self._ca else ""
                load = "" if "relp" in self._where else 'module(load="imrelp" tls.tlslib="openssl")\n'
                return f'{load}input(type="imrelp" {local} tls="on" {files})\n'
            case "unix-dgram":
                return f'module(load="imuxsock" sysSock.use="off")\ninput(type="imuxsock" socket="{where}")\n'
            case "unix-stream":
                load = "" if "tcp" in self._where else 'module(load="imptcp")\n'
                return f'{load}input(type="imptcp" path="{where}")\n'
