"""The official client, made to reach one node: its transport with our TLS, our limits of time, and no retries."""

from __future__ import annotations

import dataclasses
import gzip
import logging
from typing import TYPE_CHECKING, Any

import urllib3
from elastic_transport import HttpHeaders, NodeConfig, Urllib3HttpNode
from elastic_transport._node import NodeApiResponse
from elastic_transport.client_utils import DEFAULT, DefaultType
from elasticsearch import Elasticsearch
from elasticsearch.serializer import CompatibilityModeNdjsonSerializer

from acctship.network.http import InUse

if TYPE_CHECKING:
    import ssl

_CONNECTING = 10.0
"""Seconds after which a node that takes no connection is given up, for there may be others."""
_LEVEL = 1
"""Of gzip: the client's own 9 takes many times as long, and gains a few per cent."""
_OURS = "_acctship"
"""Where a node finds what the client has no parameter for."""
WARNING = "x-acctship-warning"
"""Name under which an answer has its header Warning, which the client would have Python print to standard error."""

# Of each node that fails the client warns in words of its own, past the host's log; our errors say all of it.
logging.getLogger("elastic_transport").addHandler(logging.NullHandler())


def client(
    scheme: str,
    host: str,
    port: int,
    prefix: str,
    *,
    connections: int,
    compress: bool,
    context: ssl.SSLContext | None,
    fingerprint: str | None,
    server_name: str | None,
) -> Elasticsearch:
    """A client of one node; it connects when it is used.

    Args:
        scheme: `https` or `http`.
        host: name or address.
        port: of TCP.
        prefix: of all paths, where a proxy wants one.
        connections: how many may be in use at the same time.
        compress: whether requests are.
        context: of TLS.
        fingerprint: SHA-256 that the server's certificate has to have, as 64 hex digits.
        server_name: for which it has to be, in place of the host.
    """
    extras = {_OURS: {"compress": compress, "fingerprint": fingerprint, "server_name": server_name}}
    config = NodeConfig(
        scheme, host, port, prefix, connections_per_node=connections, ssl_context=context, _extras=extras
    )
    return Elasticsearch(
        [config],
        node_class=_Node,
        max_retries=0,
        retry_on_status=(),
        serializers={CompatibilityModeNdjsonSerializer.mimetype: _Bytes()},
    )


class _Node(Urllib3HttpNode):
    """One node, over connections that stay open."""

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        self._in_use = InUse(super().close)
        ours: dict[str, Any] = config._extras[_OURS]
        self._gzip = bool(ours["compress"])
        if config.scheme == "https":
            # The client's own pool also trusts whatever certificate a pinned authority has issued; `fingerprint` says
            # that exactly one is trusted, here as in every output.
            self.pool = urllib3.HTTPSConnectionPool(
                config.host,
                port=config.port,
                maxsize=config.connections_per_node,
                block=True,
                ssl_context=config.ssl_context,
                assert_fingerprint=ours["fingerprint"],
                server_hostname=ours["server_name"],
            )

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> NodeApiResponse:
        """As the client does it, but it is soon seen that nobody is there, and warnings are not printed.

        Nobody would escape what a server warns of: it has another name then, for who wants to know.
        """
        timeout: Any = request_timeout
        if isinstance(timeout, int | float):
            timeout = urllib3.Timeout(connect=min(_CONNECTING, timeout), read=timeout)
        if body and self._gzip:
            body, headers = gzip.compress(body, _LEVEL), HttpHeaders({**(headers or {}), "content-encoding": "gzip"})
        with self._in_use:
            answer = super().perform_request(method, target, body, headers, timeout)
        given = answer.meta.headers.items()
        kept = HttpHeaders({WARNING if name.lower() == "warning" else name: value for name, value in given})
        return NodeApiResponse(dataclasses.replace(answer.meta, headers=kept), answer.body)

    def close(self) -> None:
        """Close its connections, once none is in use."""
        self._in_use.end()


class _Bytes(CompatibilityModeNdjsonSerializer):
    """Passes on what is bytes already; the client's own copies it twice."""

    def dumps(self, data: Any) -> bytes:
        return data if isinstance(data, bytes) else super().dumps(data)
