"""The stand-in and the real collector, with outputs that ask for acknowledgements more often than Splunk likes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acctship.outputs.splunk import acks
from tests.conftest import skip
from tests.outputs.splunk.scripted import TOKEN, Scripted
from tests.programs import UnavailableError
from tests.servers.certificates import Issued
from tests.servers.otelcol import Collector, Listening


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions at intervals of milliseconds, and the token that all servers here know."""
    monkeypatch.setenv("HEC_TOKEN", TOKEN)
    monkeypatch.setattr(acks, "SHORTEST", 0.01)
    monkeypatch.setattr(acks, "LONGEST", 0.05)
    monkeypatch.setattr(acks, "FORGOTTEN", 0.5)


@pytest.fixture
def hec() -> Iterator[Scripted]:
    """The stand-in, with acknowledgements."""
    with Scripted() as server:
        yield server


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory, certificate: Issued) -> Iterator[Collector]:
    """A real OpenTelemetry Collector, listening in every way of HEC."""
    ways: tuple[Listening, ...] = ("hec", "hec-ack", "hec-tls", "hec-ack-tls")
    try:
        made = Collector(tmp_path_factory.mktemp("collector") / "otelcol", *ways, certificate=certificate)
    except UnavailableError as error:
        skip(str(error))
    with made:
        yield made
