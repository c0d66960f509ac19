"""Servers that tests start, and certificates for them: fixtures for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import ParamSpec, Protocol, TypeVar

import pytest

from tests.conftest import skip
from tests.programs import UnavailableError
from tests.servers.certificates import Authority, Issued
from tests.servers.daemon import Daemon
from tests.servers.elasticsearch import Elasticsearch, Major

Server = TypeVar("Server", bound=Daemon)
Given = ParamSpec("Given")


class Serve(Protocol):
    """Starts a server, and ends it when the fixture ends; skips the test where it cannot be had.

    Example: `serve(Collector, tmp_path / "collector", "hec", max_body=2000)`.
    """

    def __call__(
        self, server: Callable[Given, Server], /, *arguments: Given.args, **options: Given.kwargs
    ) -> Server: ...


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who issues the certificates of the tests."""
    try:
        return Authority(tmp_path_factory.mktemp("certificates") / "authority")
    except UnavailableError as error:
        skip(str(error))


@pytest.fixture(scope="session")
def certificate(authority: Authority) -> Issued:
    """The server's."""
    return authority.issue("server")


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers for one test."""
    with ExitStack() as stack:
        yield _serving(stack)


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Major], Elasticsearch]]:
    """Gives a node of a version, the same one to all tests that ask: each has names of its own, and lets it run."""
    nodes: dict[Major, Elasticsearch] = {}
    with ExitStack() as stack:

        def node(major: Major) -> Elasticsearch:
            if major not in nodes:
                folder = tmp_path_factory.mktemp("elasticsearch") / "node"
                nodes[major] = _serving(stack)(Elasticsearch, folder, major)
            return nodes[major]

        yield node


def _serving(stack: ExitStack) -> Serve:
    def serve(server: Callable[Given, Server], /, *arguments: Given.args, **options: Given.kwargs) -> Server:
        try:
            made = server(*arguments, **options)
        except UnavailableError as error:
            skip(str(error))
        stack.enter_context(made)
        return made

    return serve
