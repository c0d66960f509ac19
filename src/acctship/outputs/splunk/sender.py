"""Output `splunk_hec`: batches to one of the HECs, each until it is acknowledged."""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import acctship
from acctship.network.addresses import what_each_says
from acctship.network.deadline import OURS, Deadline
from acctship.outputs.splunk.checking import look
from acctship.outputs.splunk.endpoints import Endpoints, Posted
from acctship.outputs.splunk.envelope import Envelopes
from acctship.outputs.splunk.isolating import deliver
from acctship.outputs.splunk.replies import Bad
from acctship.outputs.splunk.session import Session

if TYPE_CHECKING:
    from acctship.outputs.splunk.config import Config

_TOKEN = re.compile(r"[!-~]{1,1000}")
_LEVEL, _GZIP = 1, 31
"""Of zlib: the fastest, for a third of the CPU time that its default takes; and the format."""
_CHECKING = 30.0
"""Seconds that `check` may take."""


class Sender:
    """Sends batches.

    Args:
        config: of the output.
        limits: of the output.

    Raises:
        ConfigError: `fields` names what no event has.
    """

    def __init__(self, config: Config, limits: acctship.Delivery) -> None:
        self._config, self._seconds = config, limits.timeout * OURS
        self._envelopes = Envelopes(config)
        self._endpoints = Endpoints(config, limits.in_flight + 1)
        self._closed = threading.Event()

    def open(self) -> None:
        """See that one of the HECs is there.

        Raises:
            RetryableError: none is, for now.
            HaltError: a person has to mend something.
        """
        authorization = self._authorization()
        self._endpoints.first_that_works(lambda one, share: one.session(authorization, share), self._deadline())

    def send(self, batch: acctship.EventBatch, /) -> acctship.SendResult:
        """Deliver a batch: with acknowledgements, return when an indexer has written it.

        Raises:
            RetryableError: not known to be delivered.
            HaltError: not before a person mends the set-up.
            TooLargeError: not at once.
        """
        authorization, deadline = self._authorization(), self._deadline()

        def take(part: Sequence[int]) -> Bad | float:
            return self._take(batch if len(part) == len(batch) else batch.select(part), authorization, deadline)

        return deliver(len(batch), take) if len(batch) else acctship.SendResult()

    def check(self) -> str:
        """Ask each HEC whether it would let us in, without an event; gives a line that says what each answers.

        Raises:
            RetryableError: none can be asked now.
            HaltError: none will take anything until a person mends the set-up.
        """
        authorization, deadline = self._authorization(), self._deadline().at_most(_CHECKING)

        def ask(url: str, share: Deadline) -> str:
            return look(Session(self._config, url, authorization, connections=1), self._config, share)

        return what_each_says([partial(ask, url) for url in self._config.urls], deadline)

    def close(self) -> None:
        """Close all connections; a `send` that waits for its acknowledgement ends, and its events are sent again."""
        self._closed.set()
        self._endpoints.close()

    def _take(self, batch: acctship.EventBatch, authorization: str, deadline: Deadline) -> Bad | float:
        session, answer, receipt = self._post(batch, authorization, deadline)
        if isinstance(answer, Bad):
            return answer
        if receipt is not None and session.acks is not None:
            session.acks.wait(receipt, deadline)
        return answer.pause

    def _post(self, batch: acctship.EventBatch, authorization: str, deadline: Deadline) -> Posted:
        """Apart from the wait for an acknowledgement, so that nobody holds the body meanwhile."""
        body = b"".join(self._envelopes.objects(batch))
        if self._config.compress:
            body = zlib.compress(body, _LEVEL, _GZIP)
        return self._endpoints.first_that_works(lambda one, share: one.post(body, authorization, share), deadline)

    def _deadline(self) -> Deadline:
        return Deadline(self._seconds, self._closed)

    def _authorization(self) -> str:
        token = self._config.token.reveal()
        if not _TOKEN.fullmatch(token):  # an error of the HTTP library would show it
            raise acctship.HaltError("token: is no token of HEC: expected printable characters without spaces")
        return f"Splunk {token}"
