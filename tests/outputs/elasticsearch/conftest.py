"""Data streams of a real Elasticsearch, of each version, and a stand-in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.cli.command import Done, acctship
from tests.conftest import skip
from tests.outputs.elasticsearch.gaps import Cluster, Setup, filled
from tests.outputs.elasticsearch.scripted import Scripted
from tests.outputs.elasticsearch.stored import Stored
from tests.programs import UnavailableError
from tests.servers.elasticsearch import Elasticsearch, Major

Node = Callable[[Major], Elasticsearch]
LIMIT = 1_000_000
"""Bytes of a request."""
_numbers = itertools.count()


@pytest.fixture(params=[8, 9])
def stored(request: pytest.FixtureRequest, elasticsearch: Node) -> Iterator[Stored]:
    """Data streams that nobody has written to, in each version."""
    yield from _empty(elasticsearch(request.param))


@pytest.fixture
def newest(elasticsearch: Node) -> Iterator[Stored]:
    """The same in the newest version alone."""
    yield from _empty(elasticsearch(9))


@pytest.fixture(scope="session")
def mortals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Nodes that tests may kill, if they start them again; they take requests of no more than `LIMIT`."""
    nodes: dict[Major, Elasticsearch] = {}
    with ExitStack() as stack:

        def mortal(major: Major) -> Elasticsearch:
            if major not in nodes:
                folder = tmp_path_factory.mktemp("mortal") / "node"
                try:
                    made = Elasticsearch(folder, major, {"http.max_content_length": f"{LIMIT}b"})
                except UnavailableError as error:
                    skip(str(error))
                nodes[major] = stack.enter_context(made)
            return nodes[major]

        yield mortal


@pytest.fixture
def mortal(mortals: Node) -> Iterator[Callable[[Major], Stored]]:
    """Gives data streams that nobody has written to, in a node of a version that may be killed."""
    with ExitStack() as stack:

        def there(major: Major) -> Stored:
            return stack.enter_context(contextmanager(_empty)(mortals(major)))

        yield there


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
