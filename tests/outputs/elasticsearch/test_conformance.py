"""Output `elasticsearch` passes the suite that every output passes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from acctship.testing import Fault, FaultProxy, OutputConformance
from acctship.testing.proxy import ProxyFault
from tests.outputs.elasticsearch.scripted import Answer, Scripted, stored as all_stored
from tests.outputs.elasticsearch.stored import MAPPING, Stored

KEY = "aWQ6Y29ycmVjdCBob3JzZQ=="


class Proxied:
    """A real node behind a proxy that fails."""

    def __init__(self, there: Stored, proxy: FaultProxy, key: Path) -> None:
        self._there, self._proxy, self._key = there, proxy, key

    def config(self) -> dict[str, Any]:
        return self._there.table(f"http://127.0.0.1:{self._proxy.port}", api_key={"file": str(self._key)})

    def ids(self) -> list[str]:
        return self._there.ids()

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        return self._proxy.fault(cast(ProxyFault, kind))


class TestReal(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ("down", "hang", "reset", "lost-ack")

    @pytest.fixture
    def receiver(self, newest: Stored, tmp_path: Path) -> Iterator[Proxied]:
        key = tmp_path / "key"
        key.write_text(f"{KEY}\n")
        host, _, port = newest.server.url.removeprefix("http://").partition(":")
        with FaultProxy(host, int(port)) as proxy:
            yield Proxied(newest, proxy, key)


class Picky:
    """A real node whose mapping takes no process but `true`: what it says to others is what it says of any conflict."""

    def __init__(self, there: Stored) -> None:
        self._there = there
        process = {"properties": {"name": {"type": "boolean"}}}
        there.template({**MAPPING, "properties": {**MAPPING["properties"], "process": process}})

    def config(self) -> dict[str, Any]:
        return self._there.table()

    def ids(self) -> list[str]:
        return self._there.ids()

    def fault(self, kind: Fault, /) -> AbstractContextManager[object]:
        assert kind == "reject"
        return nullcontext()


class TestRejections(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ["reject"]
    test_hostile_names_and_labels_arrive = None  # type: ignore[assignment]  # they are what the mapping refuses

    @pytest.fixture
    def receiver(self, newest: Stored) -> Picky:
        return Picky(newest)


class Throttling:
    """The stand-in: a real node says for how long only behind a proxy of Elastic's cloud."""

    def __init__(self, server: Scripted) -> None:
        self._server = server

    def config(self) -> dict[str, Any]:
        return {"type": "elasticsearch", "url": self._server.url}

    def ids(self) -> list[str]:
        taken = [one for one in self._server.asked if one.method in ("POST", "PUT") and "x-busy" not in one.headers]
        return [name for request in taken for name in request.ids]

    @contextmanager
    def fault(self, kind: Fault, /) -> Iterator[None]:
        assert kind == "throttle"

        def busy(request: Any) -> Answer:
            request.headers["x-busy"] = "yes"
            return Answer(429, {"error": "busy", "status": 429}, {"Retry-After": "7"})

        self._server.script = busy
        yield
        self._server.script = all_stored


class TestThrottling(OutputConformance):
    faults: ClassVar[Collection[Fault]] = ["throttle"]
    test_check_finds_the_receiver_and_delivers_nothing = None  # type: ignore[assignment]  # it answers bulk requests

    @pytest.fixture
    def receiver(self, scripted: Scripted) -> Throttling:
        return Throttling(scripted)
