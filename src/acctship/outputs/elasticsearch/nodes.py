"""The nodes of a cluster: one is used until it fails, then the next."""

from __future__ import annotations

import random
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar
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
    from acctship.outputs.elasticsearch.config import Config

T = TypeVar("T")

_PRINTABLE = re.compile(r"[!-~]+")


class Nodes:
    """Clients of all nodes of a configuration, in an order of chance: many machines with one list spread over it.

    Args:
        config: of the output.
        connections: to each node, at the same time.

    Raises:
        HaltError: a certificate, a key, or `cloud_id` is wrong.
    """

    def __init__(self, config: Config, connections: int) -> None:
        self._config = config
        found = list(_places(config))
        random.shuffle(found)
        context = tls.context(config) if found[0][0] == "https" else None
        self._clients = [
            (
                f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}",
                client(
                    scheme,
                    host,
                    port,
                    prefix,
                    connections=connections,
                    compress=config.compress,
                    context=context,
                    fingerprint=config.pinned,
                    server_name=config.server_name,
                ),
            )
            for scheme, host, port, prefix in found
        ]
        self._first = 0

    @property
    def names(self) -> list[str]:
        """Of all nodes."""
        return sorted(name for name, _ in self._clients)

    def ask(self, question: Callable[[elasticsearch.Elasticsearch, float], T], deadline: Deadline) -> T:
        """Ask the node that is in use; where it cannot be reached, the next one.

        Args:
            question: what to ask of a client, in so many seconds.
            deadline: of all attempts; each may take a fair share of what is left.

        Raises:
            Unreachable: no node gave an answer, for the reasons of all of them.
            OutputError: what the answer of a node means that is none of 2xx.
            ConfigError: a secret cannot be read.
        """
        who = _who_we_are(self._config)
        problems: list[Unreachable] = []
        count, first = len(self._clients), self._first
        for at in range(count):
            name, node = self._clients[(first + at) % count]
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
        """Close connections that are not in use, now, and the others when they are not any more."""
        for _, node in self._clients:
            node.close()


def _places(config: Config) -> Iterator[tuple[str, str, int, str]]:
    """Scheme, host, port and path of each node."""
    if config.cloud_id is not None:
        try:
            address = parse_cloud_id(config.cloud_id).es_address
        except ValueError:
            address = None
        if address is None:
            raise acctship.HaltError("cloud_id: is no Cloud ID: copy it from the page of the deployment")
        yield "https", address[0], address[1], ""
    for url in config.urls:
        parts = urlsplit(url)
        yield parts.scheme, parts.hostname or "", parts.port or 0, parts.path.rstrip("/")


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
