"""What is said to one HEC: events, questions, one channel, and the cookies that keep us at one indexer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from acctship.network.deadline import Deadline
from acctship.outputs.splunk.acks import Acks
from acctship.outputs.splunk.config import REQUEST
from acctship.outputs.splunk.replies import Reply, acknowledged
from acctship.outputs.splunk.transport import Transport

if TYPE_CHECKING:
    from acctship.outputs.splunk.config import Config

_ASKING = 30.0
"""Seconds to answer a question."""
_LONGEST_COOKIES = 4096
"""Characters of all that are kept."""


class Session:
    """Requests to one HEC, until a batch is not answered: then it ends, and another one is begun.

    Args:
        config: of the output; certificates and keys are read now.
        url: of the HEC, without a path.
        authorization: the header.
        connections: that are kept.

    Attributes:
        peer: the HEC, for messages.
        acks: of its channel; None without acknowledgements.
        authorization: the header from now on.
        in_the_clear: whether anybody on the way can read it.

    Raises:
        HaltError: a file is missing or wrong.
    """

    def __init__(self, config: Config, url: str, authorization: str, connections: int) -> None:
        parts = urlsplit(url)
        self.peer, self.authorization = parts.netloc, authorization
        self.in_the_clear = parts.scheme == "http"
        self._url = f"{parts.scheme}://{parts.netloc}/services/collector"
        self._cookies: Mapping[str, str] = {}
        self._transport = Transport(config, parts.scheme, self.peer, connections)
        self.acks = Acks(self._ask, self.peer, config.ack_timeout) if config.acknowledge else None

    def post(self, body: bytes, deadline: Deadline, *, compressed: bool = False) -> Reply:
        """Send a body of events.

        Raises:
            RetryableError: it did not get there.
            UnansweredError: nobody knows whether it did.
            HaltError: the two cannot understand each other.
        """
        more = {"Content-Encoding": "gzip"} if compressed else {}
        return self._request("POST", "/event", body, min(deadline.left(), REQUEST), more)

    def health(self, deadline: Deadline) -> Reply:
        """Ask how it is; Splunk looks at no token then.

        Raises:
            OutputError: as `post`.
        """
        return self._request("GET", "/health", None, min(deadline.left(), _ASKING))

    def ask(self, channel: str, numbers: Sequence[int], seconds: float = _ASKING) -> Reply:
        """Ask for acknowledgements.

        Raises:
            OutputError: as `post`.
        """
        body = msgspec.json.encode({"acks": numbers})
        return self._request("POST", "/ack", body, seconds, {"X-Splunk-Request-Channel": channel})

    def end(self, error: Exception) -> None:
        """Close all connections, also those on which somebody waits; what is not acknowledged fails with this error."""
        if self.acks is not None:
            self.acks.end(error)
        self._transport.cut()

    def _ask(self, channel: str, numbers: Sequence[int]) -> frozenset[int]:
        return acknowledged(self.ask(channel, numbers), self.peer)

    def _request(
        self, method: str, path: str, body: bytes | None, seconds: float, more: Mapping[str, str] | None = None
    ) -> Reply:
        headers = {"Authorization": self.authorization, "User-Agent": "acctship"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.acks is not None:
            headers["X-Splunk-Request-Channel"] = self.acks.channel
        if self._cookies:
            headers["Cookie"] = "; ".join([f"{name}={value}" for name, value in self._cookies.items()])
        answer, data = self._transport.request(method, self._url + path, body, {**headers, **(more or {})}, seconds)
        self._keep(answer.headers.getlist("Set-Cookie"))
        token = self.authorization.partition(" ")[2].encode()
        return Reply(answer.status, data.replace(token, b"(the token)"), answer.headers.get("Retry-After", ""))

    def _keep(self, set_cookies: Sequence[str]) -> None:
        """Keep what a balancer wants to hear again (RFC 6265): by this it sends us to the same indexer."""
        for one in set_cookies:
            name, _, value = one.partition(";")[0].partition("=")
            kept = {**self._cookies, name.strip(): value.strip()}
            if one.isascii() and one.isprintable() and sum(map(len, (*kept, *kept.values()))) <= _LONGEST_COOKIES:
                self._cookies = kept
