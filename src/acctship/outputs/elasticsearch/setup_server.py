"""The cluster as `acctship setup elasticsearch` sees it: ask, change, and what it said when it would not."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import elasticsearch

import acctship
from acctship.network.deadline import Deadline
from acctship.outputs.elasticsearch.failures import Unreachable
from acctship.outputs.elasticsearch.node import WARNING
from acctship.outputs.elasticsearch.nodes import Nodes
from acctship.outputs.elasticsearch.reasons import harmless, reason_of
from acctship.outputs.elasticsearch.setup_plan import Request

_SECONDS = 60.0
"""How long one request may take: a rollover waits for shards."""
_HEADERS = {"accept": "application/json", "content-type": "application/json"}
_WARNED = re.compile(r'299 [^"]*"((?:[^"\\]|\\.)*)"')
_REMEDY = {
    401: "check the user and the password, or the API key",
    403: "who sets up needs the rights in docs/elasticsearch-setup.md#rights",
}


class Server:
    """A cluster with plain answers.

    Args:
        nodes: of it.
        warn: is told what the server warns of.
    """

    def __init__(self, nodes: Nodes, warn: Callable[[str], None]) -> None:
        self._nodes, self._warn = nodes, warn

    def ask(self, path: str) -> Any:
        """What is at a path; None if nothing is (404).

        Raises:
            AcctshipError: it cannot be known.
        """
        return self._perform("GET", path, None, (404,))

    def send(self, request: Request) -> Any:
        """Have something changed.

        Raises:
            AcctshipError: it was not.
        """
        answer = self._perform(request.method, request.path, request.body, ())
        if answer.get("acknowledged") is False:
            raise acctship.AcctshipError(f"{request.method} {request.path}: some nodes were too slow: run it again")
        return answer

    def _perform(self, method: str, path: str, body: Any, absent: tuple[int, ...]) -> Any:
        def question(client: elasticsearch.Elasticsearch, _seconds: float) -> tuple[int, str, Any]:
            asked = client.options(ignore_status=(*absent, *range(400, 413)))
            answer = asked.perform_request(method, path, headers=_HEADERS, body=body)
            return answer.meta.status, answer.meta.headers.get(WARNING) or "", answer.body

        try:
            status, warned, answer = self._nodes.ask(question, Deadline(_SECONDS, threading.Event()))
        except Unreachable as problem:
            raise acctship.AcctshipError(f"{method} {path}: {problem.error}") from None
        except acctship.OutputError as error:
            raise acctship.AcctshipError(f"{method} {path}: {error}") from None
        for text in _WARNED.findall(warned):
            self._warn(f"{method} {path}: the server warns: {harmless(text)}")
        if status in absent:
            return None
        if status >= 400:
            why = reason_of(answer.get("error")) if isinstance(answer, dict) else harmless(answer)
            remedy = f": {_REMEDY[status]}" if status in _REMEDY else ""
            raise acctship.AcctshipError(f"{method} {path}: HTTP {status}: {why}{remedy}")
        return answer
