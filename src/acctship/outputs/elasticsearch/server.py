"""The cluster as `acctship setup elasticsearch` sees it: ask, change, and what it said when it would not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import acctship
from acctship.outputs.elasticsearch.plan import Request

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_LONGEST = 300
"""Characters of what a server says that a message quotes."""
_HEADERS = {"accept": "application/json", "content-type": "application/json"}


class Server:
    """A client with plain answers.

    Args:
        client: of Elasticsearch.
        warn: is told what the server warns of.
    """

    def __init__(self, client: Elasticsearch, warn: Callable[[str], None]) -> None:
        self._client, self._warn = client, warn

    def ask(self, path: str) -> Any:
        """What is at a path; None if nothing is (404).

        Raises:
            AcctshipError: it cannot be known.
        """
        return self._perform("GET", path, None, absent=True)

    def send(self, request: Request) -> Any:
        """Have something changed.

        Raises:
            AcctshipError: it was not.
        """
        answer = self._perform(request.method, request.path, request.body, absent=False)
        if answer.get("acknowledged") is False:
            raise acctship.AcctshipError(f"{request.method} {request.path}: some nodes were too slow: run it again")
        return answer

    def _perform(self, method: str, path: str, body: Any, *, absent: bool) -> Any:
        from elasticsearch import ApiError, TransportError  # noqa: PLC0415 - of the extra

        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                answer = self._client.perform_request(method, path, headers=_HEADERS, body=body).body
            except ApiError as error:
                if absent and error.meta.status == 404:
                    return None
                raise acctship.AcctshipError(f"{method} {path}: {_refused(error.meta.status, error.body)}") from None
            except TransportError as error:
                raise acctship.AcctshipError(f"{method} {path}: {_quoted(str(error.message))}") from None
        for one in heard:
            self._warn(f"{method} {path}: the server warns: {_quoted(str(one.message))}")
        return answer


def _refused(status: int, body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else body
    if isinstance(error, dict):
        error = error.get("reason") or error.get("type")
    said = f"{status}, {_quoted(str(error))}"
    if status == 401:
        return f"{said}: the user or the password, or the API key, is wrong"
    if status == 403:
        return f"{said}: who sets up needs the rights in docs/elasticsearch-setup.md#rights"
    return said


def one_line(text: str) -> str:
    """A message with what others have put into it made safe for a terminal; nobody reverses it."""
    return acctship.escape(text.encode("utf-8", "surrogateescape")).replace("\\\\", "\\")


def _quoted(text: str) -> str:
    return one_line(text)[:_LONGEST]
