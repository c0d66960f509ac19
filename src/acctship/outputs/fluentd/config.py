"""What a site configures for one `fluentd` output."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta

import acctship
from acctship.network import addresses
from acctship.network.tls import TlsKeys

Compression = Literal["none", "gzip"]

LARGEST = 3_500_000
"""Bytes of a chunk's events. Fluent Bit resets a connection above 6,144,000; Fluentd's buffers may take less than that,
and drop what is longer without a word."""
LARGEST_TLS = 250_000
"""The same over TLS, where receivers handle larger frames ten times more slowly."""

_TEMPLATE = re.compile(r"(?:[!-z|~]|\{dataset\}|\{host\})+")
"""Printable ASCII; braces only around what is put in."""


class Config(TlsKeys, kw_only=True):
    """A receiver of the forward protocol: Fluentd, Fluent Bit, an OpenTelemetry collector."""

    address: Annotated[
        str | tuple[str, ...],
        Meta(
            description='`"HOST:PORT"`, the path of a Unix socket, or a list of them, of which the first that answers '
            "is used; one that failed is used again once it lets us in"
        ),
    ]
    weights: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=1000)], ...] | None,
        Meta(
            description="A whole number for each of several addresses: batches are spread over them in that "
            "proportion; 0 for one that is used only when the others fail"
        ),
    ] = None
    tag: Annotated[
        str,
        Meta(
            description="Tag of events: `{dataset}` stands for `acct.process` or `acct.health`, `{host}` for the name "
            'of the host that an event is about, such as `"unix.{host}.{dataset}"`'
        ),
    ] = "{dataset}"
    shared_key: Annotated[
        acctship.Secret | None, Meta(description="Key that both sides prove to know; with it, they shake hands first")
    ] = None
    username: Annotated[str | None, Meta(description="User, if the receiver wants one")] = None
    password: Annotated[acctship.Secret | None, Meta(description="Password of that user")] = None
    tls: Annotated[bool, Meta(description="Whether to speak TLS")] = False
    compress: Annotated[Compression, Meta(description="Whether chunks are compressed")] = "none"
    flat: Annotated[
        bool,
        Meta(description="Whether records have keys such as `process.name` in place of nested objects"),
    ] = False
    max_chunk: Annotated[
        Annotated[int, Meta(ge=1000, le=16_000_000)] | None,
        Meta(
            description="Bytes of the events in one chunk, before compression; set it to no more than the receiver's "
            "`chunk_size_limit`; an event that is longer becomes a dead letter; without it, 3500000, of which TLS uses "
            "250000 unless a single event is longer"
        ),
    ] = None
    connections: Annotated[int, Meta(ge=1, le=64, description="Connections to each receiver that is used")] = 1

    @property
    def addresses(self) -> tuple[str, ...]:
        """`address` as a list."""
        return (self.address,) if isinstance(self.address, str) else self.address

    @property
    def largest(self) -> int:
        """Bytes of an event that is sent, however alone."""
        return self.max_chunk or LARGEST

    @property
    def longest(self) -> int:
        """Bytes of a chunk that has more than one event."""
        return self.max_chunk or (LARGEST_TLS if self.tls else LARGEST)

    def delivery(self) -> acctship.Delivery:
        """Everything is acknowledged by the receiver.

        Raises:
            ConfigError: keys contradict each other.
        """
        self._check()
        return acctship.Delivery(guarantee="acknowledged", in_flight=2 * self.connections)

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """A sender of chunks.

        Raises:
            ConfigError: keys contradict each other, or an address is none.
        """
        from acctship.outputs.fluentd.chunks import Packer  # noqa: PLC0415 - needs the extra
        from acctship.outputs.fluentd.reaching import servers  # noqa: PLC0415
        from acctship.outputs.fluentd.sender import Sender  # noqa: PLC0415
        from acctship.outputs.fluentd.sizes import Sizes  # noqa: PLC0415

        self._check()
        return Sender(Packer(self), partial(servers, self), Sizes(self.longest), limits.timeout)

    def _check(self) -> None:
        self._check_addresses()
        if not _TEMPLATE.fullmatch(self.tag):
            raise acctship.ConfigError(
                "tag: takes printable ASCII without spaces, and of {...} only {dataset} and {host}: mend it"
            )
        if (self.username is None) != (self.password is None):
            missing = "username" if self.username is None else "password"
            raise acctship.ConfigError(f"{missing}: a user has both: set it, or take the other one out")
        if not self.tls:
            self.refuse_tls("set tls = true")
        self.check_tls()

    def _check_addresses(self) -> None:
        if not self.addresses:
            raise acctship.ConfigError("address: is an empty list: name a receiver")
        for one in self.addresses:
            if not one.startswith("/"):
                addresses.parse(one)
            elif self.tls and self.server_name is None and self.fingerprint is None:
                raise acctship.ConfigError(f"address: {one!r}: a path is no name for TLS: set server_name, or no tls")
        if self.weights is None:
            return
        if len(self.weights) != len(self.addresses):
            raise acctship.ConfigError(
                f"weights: {len(self.weights)} numbers for {len(self.addresses)} addresses: give each one"
            )
        if not any(self.weights):
            raise acctship.ConfigError("weights: all are 0: give one address more")
