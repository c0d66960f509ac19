"""Output `elasticsearch`: each batch is one bulk request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import acctship
from acctship.network.deadline import OURS, Deadline
from acctship.outputs.elasticsearch.body import PROCESS, bulk
from acctship.outputs.elasticsearch.checking import look
from acctship.outputs.elasticsearch.failures import Unreachable
from acctship.outputs.elasticsearch.nodes import Nodes
from acctship.outputs.elasticsearch.replies import FILTER, outcome
from acctship.outputs.elasticsearch.templates import DATASETS, stream

if TYPE_CHECKING:
    import elasticsearch

    from acctship.outputs.elasticsearch.config import Config

T = TypeVar("T")


class Sender:
    """Sends batches to a cluster.

    Args:
        config: of the output.
        limits: of the output.
    """

    def __init__(self, config: Config, limits: acctship.Delivery) -> None:
        self._seconds, self._closed = limits.timeout * OURS, threading.Event()
        self._process = stream(PROCESS, config.namespace)
        self._others = {one: stream(one, config.namespace) for one in DATASETS if one != PROCESS}
        self._nodes = Nodes(config, limits.in_flight)

    def open(self) -> None:
        """Read certificates and keys; connections are made when they are needed.

        Raises:
            HaltError: one is missing or wrong.
        """
        self._nodes.open()

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Deliver a batch, and take each event's answer by itself.

        Raises:
            RetryableError: not known to be stored.
            TooLargeError: more than Elasticsearch takes at once.
            HaltError: not before a person mends the set-up.
        """
        if not len(batch):
            return acctship.SendResult()
        body = bulk(batch, self._others)

        def question(client: elasticsearch.Elasticsearch, seconds: float) -> object:
            return client.bulk(
                operations=body,  # type: ignore[arg-type]  # its serializer passes bytes on
                index=self._process,
                require_data_stream=True,
                filter_path=FILTER,
                timeout=f"{int(seconds * 500)}ms",  # for a shard that is away: before we give up, so that it is said
            ).body

        return outcome(self._ask(question), [self._others.get(one, self._process) for one in batch.datasets])

    def check(self) -> str:
        """Reach the cluster, and see whether it lets us in and the data streams are there; it changes nothing.

        Raises:
            RetryableError: no node can be reached now.
            HaltError: the cluster does not let us in.
        """
        return look(self._ask, [self._process, *self._others.values()])

    def close(self) -> None:
        """Close connections; a request that is under way ends with its answer, or by its own limit of time."""
        self._closed.set()
        self._nodes.close()

    def _ask(self, question: Callable[[elasticsearch.Elasticsearch, float], T]) -> T:
        try:
            return self._nodes.ask(question, Deadline(self._seconds, self._closed))
        except Unreachable as problem:
            self._nodes.close()  # connect anew, with what is in the files of certificates then
            raise problem.error from None
