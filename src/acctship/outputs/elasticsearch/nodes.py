"""The nodes of a cluster: one is used until it fails, then the next."""

from __future__ import annotations

import random
import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urlsplit

import elastic_transport
import elasticsearch
from elastic_transport.client_utils import parse_cloud_id

import acctship
from acctship.network import tls
from acctship.network.addresses import combined
from acctship.network.deadline import Deadline
from acctship.outputs.elasticsearch.failures import Unreachable, refused, unreachable
from acctship.outputs.elasticsearch.node import client

if TYPE_CHECKING:
    import ssl

    from acctship.outputs.elasticsearch.config import Config

T = TypeVar("T")

_PRINTABLE = re.compile(r"[!-~]+")


class Nodes:
    """Clients of all nodes of a configuration, in an order of chance: many machines with one list spread over it.

    Args:
        config: of the output.
        connections: to each node, at the same time.
    """

    def __init__(self, config: Config, connections: int) -> None:
        self._config, self._connections = config, connections
        self._places, self._first = list[_Place](), 0
        self._clients = list[tuple[str, elasticsearch.Elasticsearch]]()
        self._lock = threading.Lock()

    def open(self) -> Sequence[tuple[str, elasticsearch.Elasticsearch]]:
        """Read certificates and keys, if that was not done since `close`; connections are made when they are needed.

        Returns:
            Name and client of each node, in an order that stays the same.

        Raises:
            HaltError: a certificate, a key, or `cloud_id` is wrong.
        """
        with self._lock:
            if not self._places:
                places = list(_places(self._config))
                random.shuffle(places)
                self._places = places
            if not self._clients:
                context = tls.context(self._config) if self._places[0].scheme == "https" else None
                self._clients = [(place.name, self._client(place, context)) for place in self._places]
            return self._clients

    def ask(self, question: Callable[[elasticsearch.Elasticsearch, float], T], deadline: Deadline) -> T:
        """Ask the node that is in use; where it cannot be reached, the next one.

        Args:
            question: what to ask of a client, in so many seconds.
            deadline: of all attempts; each may take a fair share of what is left.

        Raises:
            Unreachable: no node gave an answer, for the reasons of all of them.
            OutputError: what the answer of a node means that is none of 2xx; and as `open`.
            ConfigError: a secret cannot be read.
        """
        clients, who = self.open(), _who_we_are(self._config)
        problems: list[Unreachable] = []
        count, first = len(clients), self._first
        for at in range(count):
            name, node = clients[(first + at) % count]
            seconds = deadline.share(count - at).left()
            try:
                return question(node.options(request_timeout=seconds, headers=who), seconds)
            except elasticsearch.ApiError as error:
                raise refused(error, name) from None
            except elastic_transport.TransportError as error:
                problem = unreachable(error, name)
                if isinstance(problem, acctship.OutputError):
                    raise problem from None
            problems.append(problem)
            self._first = (first + at + 1) % count
            if problem.silent:
                break  # what a busy cluster may have taken is not put on its next node at once
        raise Unreachable(combined([problem.error for problem in problems]))

    def close(self) -> None:
        """Close the connections of each node, once none of them is in use."""
        with self._lock:
            clients, self._clients = self._clients, []
        for _, node in clients:
            node.close()

    def _client(self, place: _Place, context: ssl.SSLContext | None) -> elasticsearch.Elasticsearch:
        return client(
            *place,
            connections=self._connections,
            compress=self._config.compress,
            context=context,
            fingerprint=self._config.pinned,
            server_name=self._config.server_name,
        )


class _Place(NamedTuple):
    """Where a node is; `prefix` of all paths, where a proxy wants one."""

    scheme: str
    host: str
    port: int
    prefix: str

    @property
    def name(self) -> str:
        """It, for messages."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def _places(config: Config) -> Iterator[_Place]:
    if config.cloud_id is not None:
        try:
            address = parse_cloud_id(config.cloud_id).es_address
        except ValueError:
            address = None
        if address is None:
            raise acctship.HaltError("cloud_id: is no Cloud ID: copy it from the page of the deployment")
        yield _Place("https", address[0], address[1], "")
    for url in config.urls:
        parts = urlsplit(url)
        yield _Place(parts.scheme, parts.hostname or "", parts.port or 0, parts.path.rstrip("/"))


def _who_we_are(config: Config) -> dict[str, str]:
    """Headers that say who we are; secrets are read each time, so that a new one is in force at once.

    Raises:
        ConfigError: a secret cannot be read.
        HaltError: it is no API key.
    """
    if config.username is not None and config.password is not None:
        return {"authorization": f"Basic {_base64(f'{config.username}:{config.password.reveal()}')}"}
    if config.api_key is None:
        return {}
    key = config.api_key.reveal()
    if not _PRINTABLE.fullmatch(key):  # the client would show it in its error
        raise acctship.HaltError(f"api_key: {config.api_key!r} holds spaces, or other characters that no API key has")
    return {"authorization": f"ApiKey {_base64(key) if ':' in key else key}"}


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
