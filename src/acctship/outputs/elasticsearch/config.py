"""What a site configures for one `elasticsearch` output."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

import acctship
from acctship.network.tls import TlsKeys

_NAMESPACE = re.compile(r"[a-z0-9_.]{1,100}")
"""Elastic's naming scheme for data streams: lower case, no `-`, at most 100 bytes."""


class Config(TlsKeys, kw_only=True):
    """An Elasticsearch cluster, of version 8 or 9."""

    url: Annotated[
        str | tuple[str, ...] | None,
        Meta(
            description='`"https://HOST:PORT"`, or a list of several nodes of one cluster: one of them is used until '
            "it fails, then the next"
        ),
    ] = None
    cloud_id: Annotated[
        str | None, Meta(description="In place of `url`: the Cloud ID of an Elastic Cloud deployment")
    ] = None
    namespace: Annotated[
        str,
        Meta(
            description="Last part of the names of the data streams: `logs-acct.process-NAMESPACE` and "
            "`logs-acct.health-NAMESPACE`; lower case, without `-`"
        ),
    ] = "default"
    api_key: Annotated[
        acctship.Secret | None,
        Meta(description="API key, as Elasticsearch encodes it, or `ID:KEY`; it needs no right but to append"),
    ] = None
    username: Annotated[str | None, Meta(description="In place of an API key: a user of Elasticsearch")] = None
    password: Annotated[acctship.Secret | None, Meta(description="Password of that user")] = None
    compress: Annotated[bool, Meta(description="Whether requests are compressed by gzip")] = False

    @property
    def urls(self) -> tuple[str, ...]:
        """`url` as a list, empty if there is none."""
        return (self.url,) if isinstance(self.url, str) else self.url or ()

    def delivery(self) -> acctship.Delivery:
        """Acknowledged: an answer comes when the events are in the primary shard's log on disk."""
        # Two of 5,000 events are no faster into a real node, and take 28 MB more.
        return acctship.Delivery(guarantee="acknowledged", in_flight=3, batch_events=2000, batch_bytes=2_000_000)

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """A sender to these nodes.

        Raises:
            ConfigError: keys contradict each other, or a URL is none.
        """
        self.check()
        from acctship.outputs.elasticsearch.sender import Sender  # noqa: PLC0415 - the client library takes a while

        return Sender(self, limits)

    def check(self) -> None:
        """See that the keys go together.

        Raises:
            ConfigError: they do not.
        """
        if (self.url is None) == (self.cloud_id is None):
            raise acctship.ConfigError("url: name the nodes here, or a deployment in cloud_id, and not both")
        if self.url is not None and not self.urls:
            raise acctship.ConfigError("url: is an empty list: name a node")
        schemes = {_parsed(url).scheme for url in self.urls}
        if len(schemes) > 1:
            raise acctship.ConfigError("url: some begin with https and some with http: have all alike")
        if not _NAMESPACE.fullmatch(self.namespace):
            raise acctship.ConfigError("namespace: takes 1 to 100 lower case letters, digits, '_' and '.'")
        self._check_who_we_are()
        if schemes == {"http"}:
            self.refuse_tls("write https in url")
        self.check_tls()

    def _check_who_we_are(self) -> None:
        if self.api_key is not None and (self.username is not None or self.password is not None):
            raise acctship.ConfigError("api_key: takes the place of username and password: take them out, or it")
        if (self.username is None) != (self.password is None):
            name, other = ("username", "password") if self.password is None else ("password", "username")
            raise acctship.ConfigError(f"{name}: there is no {other} to it: set {other}, too")
        if ":" in (self.username or ""):
            raise acctship.ConfigError("username: no user of Elasticsearch has ':' in its name")


def _parsed(url: str) -> SplitResult:
    """Take a URL apart; what may be a secret in it is not shown."""
    wanted = 'expected "https://HOST:PORT"'
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise acctship.ConfigError(f"url: {wanted}, with a port from 1 to 65535") from None
    if parts.username is not None or parts.password is not None:
        raise acctship.ConfigError("url: a user and a password have no place in it: set username and password")
    if parts.scheme not in ("https", "http") or not parts.hostname or not port or parts.query or parts.fragment:
        raise acctship.ConfigError(f"url: {acctship.escape(url.encode()[:100])}: {wanted}")
    return parts
