"""What went wrong with a whole request, as an error of acctship."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import elastic_transport
import elasticsearch
import urllib3.exceptions

import acctship
from acctship.network.http import retry_after
from acctship.network.tls import explain
from acctship.outputs.elasticsearch.reasons import harmless, reason_of

_PASSING = (408, 425, 429)
"""With 5xx, what is worth trying again."""
_REMEDY = {
    401: "check api_key, or username and password",
    403: "may the key append to the data stream?",
    404: "does url lead to Elasticsearch, and is the data stream's index template there?",
    406: "acctship speaks with Elasticsearch 8 and 9",
    415: "acctship speaks with Elasticsearch 8 and 9",
}


class Unreachable(Exception):  # noqa: N818 - it is what a node is, and another one may not be
    """A node gave no answer, but another may.

    Args:
        error: what to say if none does.
        silent: whether it may have taken what was sent.
    """

    def __init__(self, error: Exception, *, silent: bool = False) -> None:
        super().__init__(str(error))
        self.error, self.silent = error, silent


def refused(error: elasticsearch.ApiError, peer: str) -> acctship.OutputError:
    """Say what an answer other than 2xx means."""
    status, headers = error.meta.status, error.meta.headers
    body = error.body
    why = reason_of(body.get("error")) if isinstance(body, dict) else harmless(body) if body else "no reason given"
    said = f"{peer}: HTTP {status}: {why}"
    if isinstance(error, elasticsearch.UnsupportedProductError):
        return acctship.HaltError(f"{peer}: is no Elasticsearch, or a proxy before it removes X-Elastic-Product")
    if status == 413:
        return acctship.TooLargeError(said)
    if status in _PASSING or status >= 500:
        return acctship.RetryableError(said, retry_after=retry_after(headers.get("retry-after")))
    remedy = _REMEDY.get(status, "check url")
    return acctship.HaltError(f"{said}: {remedy}")


def unreachable(error: elastic_transport.TransportError, peer: str) -> Unreachable | acctship.OutputError:
    """Say why there is no answer."""
    if isinstance(error, elastic_transport.ConnectionTimeout):
        connecting = any(isinstance(one, urllib3.exceptions.ConnectTimeoutError) for one in _causes(error))
        what = "no connection" if connecting else "no answer"
        return Unreachable(acctship.RetryableError(f"{peer}: {what} in time"), silent=not connecting)
    if isinstance(error, elastic_transport.SerializationError):
        return acctship.RetryableError(f"{peer}: its answer is no JSON, or only a part of it")
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return Unreachable(explain(cause, peer))
        if isinstance(cause, urllib3.exceptions.SSLError) and "Fingerprints did not match" in str(cause):
            shown = str(cause).rpartition("got ")[2].strip("\"'. )")
            return Unreachable(acctship.HaltError(
                f"{peer}: shows another certificate, with fingerprint {harmless(shown)}: if that is right, set "
                "fingerprint to it; if not, somebody is in between"
            ))  # fmt: skip
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return Unreachable(acctship.RetryableError(f"{peer}: {cause.strerror}"))
    return Unreachable(acctship.RetryableError(f"{peer}: {harmless(error.message)}"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and all that it wraps: urllib3 keeps the cause among the arguments."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
            yield one
