"""Data streams of a real Elasticsearch, of each version, and a stand-in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.command import Done, acctship
from tests.outputs.elasticsearch.gaps import Cluster, Setup, filled
from tests.outputs.elasticsearch.scripted import Scripted
from tests.outputs.elasticsearch.stored import Stored
from tests.servers.elasticsearch import Elasticsearch, Major

Node = Callable[[Major], Elasticsearch]
_numbers = itertools.count()


@pytest.fixture(params=[8, 9])
def stored(request: pytest.FixtureRequest, elasticsearch: Node) -> Iterator[Stored]:
    """Data streams that nobody has written to, in each version."""
    yield from _empty(elasticsearch(request.param))


@pytest.fixture
def newest(elasticsearch: Node) -> Iterator[Stored]:
    """The same in the newest version alone."""
    yield from _empty(elasticsearch(9))


@pytest.fixture
def major() -> Major:
    """Version of `cluster`, where the test does not say which."""
    return 9


@pytest.fixture
def cluster(major: Major, elasticsearch: Node) -> Iterator[Cluster]:
    """A server without our templates, with what it lacks in front of it."""
    with filled(elasticsearch(major).url) as made:
        yield made


@pytest.fixture
def setup(cluster: Cluster) -> Setup:
    """Runs it on the cluster."""

    def setup(*arguments: str | Path, environment: dict[str, str] | None = None) -> Done:
        cluster.asked.clear()
        return acctship("setup", "elasticsearch", "--url", cluster.url, *arguments, environment=environment)

    return setup


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A stand-in that stores all, until it is told otherwise."""
    with Scripted() as made:
        yield made


def _empty(server: Elasticsearch) -> Iterator[Stored]:
    made = Stored(server, f"test{next(_numbers)}")
    yield made
    made.clear()
