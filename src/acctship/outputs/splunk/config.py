"""What a site configures for one `splunk_hec` output."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

import acctship
from acctship.network.deadline import OURS
from acctship.network.tls import TlsKeys

REQUEST = 60.0
"""Seconds that one request may take at most."""
_FEWEST_THREADS, _THREADS = 2, 16


class Config(TlsKeys, kw_only=True):
    """Splunk's HTTP Event Collector, or what speaks like it."""

    url: Annotated[
        str | tuple[str, ...],
        Meta(
            description='`"https://HOST:8088"`, or a list of them, among which batches are spread; one that fails is '
            "left out until it is well again"
        ),
    ]
    token: Annotated[acctship.Secret, Meta(description="Token of the HTTP Event Collector")]
    index: Annotated[str | None, Meta(description="Index of all events; without it, the token's own")] = None
    source: Annotated[str, Meta(description="Field `source` of all events")] = "acctship"
    sourcetype: Annotated[str, Meta(description="Field `sourcetype` of records")] = "acct:process"
    health_sourcetype: Annotated[
        str, Meta(description="Field `sourcetype` of health events, what acctship says of itself")
    ] = "acct:health"
    host: Annotated[
        str | None, Meta(description="Field `host` of all events; without it, each event's `host.name`")
    ] = None
    acknowledge: Annotated[
        bool,
        Meta(
            description="Whether a batch counts as delivered when an indexer has written it, not when Splunk has taken "
            "it; the token must have indexer acknowledgement, which only Splunk Enterprise offers"
        ),
    ] = True
    ack_timeout: Annotated[
        float, Meta(gt=0, le=3600, description="Seconds after which a batch without acknowledgement is sent again")
    ] = 300.0
    fields: Annotated[
        tuple[str, ...],
        Meta(description='Fields of the event to send as indexed fields, too, such as `["event.id"]`'),
    ] = ()
    compress: Annotated[bool, Meta(description="Whether batches are compressed by gzip")] = True
    proxy: Annotated[str | None, Meta(description='`"http://HOST:PORT"` of an HTTP proxy; without it, none')] = None

    @property
    def urls(self) -> tuple[str, ...]:
        """`url` as a list."""
        return (self.url,) if isinstance(self.url, str) else self.url

    def delivery(self) -> acctship.Delivery:
        """What can be promised, and for how long a `send` may wait for its acknowledgement.

        With envelopes of 120 bytes, that is a body of no more than 1 MB, which the oldest Splunk takes.

        Raises:
            ConfigError: keys contradict each other.
        """
        self._check()
        seconds = (REQUEST + self.ack_timeout if self.acknowledge else REQUEST) / OURS
        return acctship.Delivery(
            guarantee="acknowledged" if self.acknowledge else "written",
            in_flight=_THREADS if self.acknowledge else _FEWEST_THREADS,
            batch_events=1250,
            batch_bytes=850_000,
            timeout=seconds,
        )

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """A sender to these URLs.

        Raises:
            ConfigError: keys contradict each other, or a URL or a field is none.
        """
        from acctship.outputs.splunk.sender import Sender  # noqa: PLC0415 - imports urllib3

        self._check()
        return Sender(self, limits)

    def _check(self) -> None:
        if not self.urls:
            raise acctship.ConfigError("url: is an empty list: name a Splunk")
        schemes = {_checked("url", one, ("https", "http")).scheme for one in self.urls}
        if self.proxy is not None:
            _checked("proxy", self.proxy, ("http",))
        self.check_tls()
        if schemes == {"http"}:
            self.refuse_tls("write https in url")
        for name in ("index", "source", "sourcetype", "health_sourcetype", "host"):
            if getattr(self, name) == "":
                raise acctship.ConfigError(f"{name}: is empty: name one, or take it out")


def _checked(key: str, url: str, schemes: tuple[str, ...]) -> SplitResult:
    """Understand a URL of a scheme, a host and a port.

    Raises:
        ConfigError: it is something else.
    """
    example = '"https://HOST:8088"' if key == "url" else '"http://HOST:3128"'
    try:
        parts = urlsplit(url)
        there = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        there = None
    if "@" in url:
        raise acctship.ConfigError(f"{key}: has a password in it, or an @: expected {example}")  # not to be shown
    if not there or not url.isascii() or not url.isprintable() or " " in url:
        raise acctship.ConfigError(f"{key}: {url!r}: expected {example}")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise acctship.ConfigError(f"{key}: {url!r}: expected {example}: what stands behind it is added by acctship")
    return parts
