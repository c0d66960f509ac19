"""Real Elasticsearch, of each version, and a stand-in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests.cli.command import Done, acctship
from tests.conftest import skip
from tests.outputs.elasticsearch.gaps import Cluster, Setup, filled
from tests.outputs.elasticsearch.scripted import Scripted
from tests.outputs.elasticsearch.stored import Stored
from tests.programs import UnavailableError
from tests.servers.elasticsearch import Elasticsearch, Major

NEWEST: Major = 9

Node = Callable[[Major], Elasticsearch]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node of a version, started when it is first wanted; whoever stops it starts it again."""
    with ExitStack() as stack:

        @cache
        def start(major: Major) -> Elasticsearch:
            try:
                made = Elasticsearch(tmp_path_factory.mktemp("elasticsearch") / "node", major)
            except UnavailableError as error:
                skip(str(error))
            return stack.enter_context(made)

        yield start


@pytest.fixture(params=[8, 9])
def stored(request: pytest.FixtureRequest, node: Node) -> Iterator[Stored]:
    """Data streams that nobody has written to, in each version."""
    yield from _empty(node(request.param))


@pytest.fixture
def newest(node: Node) -> Iterator[Stored]:
    """The same in the newest version alone."""
    yield from _empty(node(NEWEST))


@pytest.fixture
def major() -> Major:
    """Version of `cluster`, where the test does not say which."""
    return NEWEST


@pytest.fixture
def cluster(major: Major, node: Node) -> Iterator[Cluster]:
    """A server without our templates, with what it lacks in front of it."""
    with filled(node(major).url) as made:
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
