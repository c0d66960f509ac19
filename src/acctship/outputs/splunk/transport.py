"""HTTP by urllib3: connections that are kept, that can be cut off while somebody waits, and what their errors mean."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import connection, connectionpool, exceptions

import acctship
from acctship.network import tls
from acctship.network.http import InUse
from acctship.network.wire import tune
from acctship.outputs.splunk.config import REQUEST

if TYPE_CHECKING:
    from acctship.outputs.splunk.config import Config

_CONNECTING = 10.0
"""Seconds to connect, and to speak TLS."""
_LONGEST_ANSWER = 65_536
"""Bytes of an answer that are read."""


class UnansweredError(acctship.RetryableError):
    """What became of a request is not known: it was sent, and no answer came."""


class Transport:
    """Connections to one place.

    Args:
        config: with proxy and keys of TLS; certificates and keys are read now.
        scheme: https or http.
        peer: the place, for messages.
        connections: that are kept.

    Raises:
        HaltError: a file is missing or wrong.
    """

    def __init__(self, config: Config, scheme: str, peer: str, connections: int) -> None:
        self._peer, self._lock = peer, threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        keys: dict[str, Any] = {"num_pools": 1, "maxsize": connections}
        if scheme == "https":
            keys |= {"ssl_context": tls.context(config), "assert_fingerprint": config.pinned}
            if config.server_name is not None:
                keys["server_hostname"] = config.server_name
        self._manager = urllib3.ProxyManager(config.proxy, **keys) if config.proxy else urllib3.PoolManager(**keys)
        self._manager.pool_classes_by_scheme = _pools(self._note)
        self._in_use = InUse(self._manager.clear)

    def request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> tuple[urllib3.BaseHTTPResponse, bytes]:
        """Send a request, and wait so many seconds for what comes; gives the answer, and the beginning of its body.

        Raises:
            RetryableError: it did not get there.
            UnansweredError: nobody knows whether it did.
            HaltError: the two cannot understand each other.
        """
        timeout = urllib3.Timeout(connect=min(_CONNECTING, seconds), read=seconds)
        with self._in_use:
            try:
                answer = self._manager.urlopen(
                    method,
                    url,
                    body=body,
                    headers=headers,
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
                data = answer.read(_LONGEST_ANSWER)
                if answer.read(1):
                    answer.close()
                answer.release_conn()
            except (exceptions.HTTPError, OSError) as error:
                raise explained(error, self._peer) from None
            return answer, data

    def cut(self) -> None:
        """Close all connections, also those on which somebody waits."""
        with self._lock:
            there = list(self._sockets)
        for one in there:
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)  # of TLS, too: its own would disturb who reads
        self._in_use.end()

    def _note(self, sock: socket.socket | None) -> None:
        if sock is not None:
            tune(sock, REQUEST)
            with self._lock:
                self._sockets.add(sock)


def _pools(note: Callable[[socket.socket | None], None]) -> dict[str, type[connectionpool.HTTPConnectionPool]]:
    """Classes of urllib3 that tell of the socket of each connection."""

    class Plain(connection.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            note(self.sock)

    class Encrypted(connection.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            note(self.sock)

    class PlainPool(connectionpool.HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(connectionpool.HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


def explained(error: Exception, peer: str) -> acctship.OutputError:
    """What went wrong on the way, and whether it passes by itself."""
    inner = [one for one in (*error.args, error.__cause__) if isinstance(one, Exception)]
    if isinstance(error, exceptions.ProxyError):
        why = _why(error.original_error) or str(error.args[0])
        return acctship.RetryableError(f"{peer}: the proxy does not let us through: {acctship.escape(why.encode())}")
    if isinstance(error, exceptions.SSLError):
        of_tls = next((one for one in inner if isinstance(one, ssl.SSLError)), None)
        if of_tls is not None:
            return tls.explain(of_tls, peer)
        return acctship.HaltError(
            f"{peer}: shows another certificate: {error}: if that is right, set fingerprint to it; if not, somebody is "
            "in between"
        )
    if isinstance(error, exceptions.NameResolutionError | exceptions.NewConnectionError):
        return acctship.RetryableError(f"{peer}: {_why(error) or 'no connection'}")
    if isinstance(error, exceptions.ConnectTimeoutError):
        return acctship.RetryableError(f"{peer}: takes no connection in time")
    if isinstance(error, exceptions.ReadTimeoutError):
        return UnansweredError(f"{peer}: no answer in time")
    if strange := next((one for one in inner if isinstance(one, http.client.BadStatusLine)), None):
        said = str(strange.args[0] if strange.args else "")[:60]
        if not isinstance(strange, ConnectionError) and not said.startswith("HTTP/"[: len(said.strip()) or 1]):
            shown = acctship.escape(said.encode("utf-8", "surrogatepass"))
            return acctship.HaltError(f"{peer}: speaks no HTTP there: it says {shown}: check url")
    return UnansweredError(f"{peer}: {_why(error) or 'the connection broke off'}")


def _why(error: BaseException) -> str:
    """What the system says of an error, if it says something."""
    seen: list[BaseException] = []
    queue: list[BaseException] = [error]
    while queue:
        one = queue.pop(0)
        if isinstance(one, socket.gaierror):
            return one.strerror or str(one)
        if isinstance(one, OSError):
            return os.strerror(one.errno) if one.errno else str(one) or type(one).__name__
        seen.append(one)
        more = [*one.args, one.__cause__, one.__context__]
        queue += [other for other in more if isinstance(other, BaseException) and other not in seen]
    return ""
