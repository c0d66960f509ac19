"""FluentServer of the npm package `@fluent-org/logger`: forward with a handshake, TLS, acknowledgements and gzip.

What it cannot show: it has no limit of a chunk's size; it takes invalid UTF-8 for other characters instead of refusing
it; integers beyond 2**53 lose their last digits; a time that is a plain number loses its fraction; and its HELO always
says that connections are kept alive. Of a chunk with an entry that it cannot decode it keeps nothing, and closes the
connection without an acknowledgement.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from tests.programs import UnavailableError, built_folder, run_builder
from tests.servers.certificates import Issued
from tests.servers.daemon import Daemon, Received

NAME = "receiver.example.com"
"""What it calls itself in the handshake; it refuses a client of the same name."""

Listening = Literal["tcp", "tls", "unix"]

_RECIPE = [
    Path(__file__).parent / "fluent_server" / name for name in ("package.json", "package-lock.json", "server.js")
]


def _build(folder: Path) -> None:
    for path in _RECIPE:
        shutil.copy(path, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run_builder(command, folder, install="Node.js 18 or later, with npm")


class FluentServer(Received[Listening], Daemon):
    """One that listens in every way, or in some, and writes each event to a file before it acknowledges its chunk.

    Args:
        folder: made for all of its files.
        listening: in which ways.
        shared_key: that clients have to have; empty for no handshake.
        users: their passwords; without any, clients need none. Only with a shared key.
        acks: whether it acknowledges; without, it keeps what it gets and says nothing, as one that hangs.
        certificate: of the server, for TLS.
        ca: who may issue certificates of clients; without it, clients need none.

    Attributes:
        received: a line of JSON for each event: `tag`, `time_ns`, `record`; bytes are `{"base64": text}`.

    Raises:
        UnavailableError: it cannot be installed here.
    """

    def __init__(
        self,
        folder: Path,
        *listening: Listening,
        shared_key: str = "",
        users: Mapping[str, str] | None = None,
        acks: bool = True,
        certificate: Issued | None = None,
        ca: Path | None = None,
    ) -> None:
        assert shared_key or not users, "it asks for users in the handshake alone, which needs a shared key"
        Received.__init__(self, folder, listening)
        self._certificate, self._ca = certificate, ca
        if not shutil.which("node"):
            raise UnavailableError("the command node is not installed: install Node.js 18 or later, with npm")
        self._program = built_folder("fluent-server", _RECIPE, _build, takes="seconds") / "server.js"
        config = folder / "server.json"
        handshake: dict[str, Any] = {"serverHostname": NAME, "sharedKey": shared_key}
        handshake |= {"authorize": bool(users), "userDict": dict(users or {})}
        listeners = [self._listener(way, where) for way, where in self._where.items()]
        config.write_text(
            json.dumps(
                {
                    "received": str(self.received),
                    "acks": acks,
                    "security": handshake if shared_key else None,
                    "listening": listeners,
                }
            )
        )
        Daemon.__init__(self, config, [], self.ports, self.sockets)

    def start(self) -> None:
        """Start it, over whole lines alone."""
        self.cut_unfinished()
        super().start()

    def command(self) -> list[str | Path]:
        """In the foreground."""
        return ["node", self._program, self.config]

    def check(self) -> str:
        """It has nothing to look at a configuration alone with."""
        return ""

    def _listener(self, way: Listening, where: str) -> dict[str, Any]:
        if way == "unix":
            return {"listen": {"path": where}}
        listener: dict[str, Any] = {"listen": {"host": "127.0.0.1", "port": int(where)}}
        if way == "tls":
            assert self._certificate is not None
            files = {"cert": self._certificate.certificate, "key": self._certificate.key, "ca": self._ca}
            listener["tls"] = {name: str(path) for name, path in files.items() if path}
        return listener
