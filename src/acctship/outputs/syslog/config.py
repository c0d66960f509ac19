"""What a site configures for one `syslog` output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import fields

import acctship
from acctship.network.tls import TLS_KEYS, TlsKeys

Transport = Literal["unix", "udp", "tcp", "tls", "relp", "relp+tls"]
Format = Literal["json", "cee", "text"]
Framing = Literal["octet-counting", "newline"]
Rfc = Literal["5424", "3164"]
Facility = Literal[
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
]  # fmt: skip
"""As syslog(3) has them."""
Severity = Literal["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
"""From 0 to 7, as syslog(3) has them."""

_OWN_KEYS: Mapping[str, tuple[Transport, ...]] = {
    "framing": ("tcp", "tls", "unix"),
    **dict.fromkeys(TLS_KEYS, ("tls", "relp+tls")),
    "relp_window": ("relp", "relp+tls"),
}
"""Keys that only some transports have a use for."""

_LARGEST_DATAGRAM = 65_507
"""What UDP over IPv4 can carry, in bytes."""
_PRINTABLE = re.compile(r"[!-~]+")
_TAG = re.compile(r"[A-Za-z0-9._/-]{1,32}")
"""RFC 3164 says letters and digits; daemons take these, too."""
_SD_ID = re.compile(r"[!#-<>?A-\\^-~]+@[0-9]+(\.[0-9]+)*")
"""Printable ASCII but `"`, `=`, `]` and `@`, then the enterprise number."""


class Config(TlsKeys, kw_only=True):
    """A syslog server, or this machine's own daemon."""

    transport: Annotated[
        Transport,
        Meta(description="How messages travel; only RELP is acknowledged by the server, and UDP may lose any of them"),
    ]
    address: Annotated[
        str | tuple[str, ...],
        Meta(
            description='`"HOST:PORT"`, or a list of them, of which each connection takes the first that answers; for '
            '`unix` the path of a socket, such as `"/dev/log"`'
        ),
    ]
    format: Annotated[
        Format,
        Meta(description="What the message says: the event as JSON, the same behind `@cee:`, or `key=value` text"),
    ] = "json"
    rfc: Annotated[
        Rfc | None,
        Meta(description='Which header messages have; without it, `"3164"` for `unix` and `"5424"` for the others'),
    ] = None
    framing: Annotated[
        Framing, Meta(description="How `tcp`, `tls` and a stream socket tell one message from the next (RFC 6587)")
    ] = "octet-counting"
    facility: Annotated[Facility, Meta(description="Facility of every message")] = "authpriv"
    severity: Annotated[Severity, Meta(description="Severity of what the keys below do not name")] = "info"
    severity_failed: Annotated[
        Severity | None,
        Meta(description="Of a process whose exit code was not 0, or that a signal ended; without it, as `severity`"),
    ] = None
    severity_signal: Annotated[
        Severity | None, Meta(description="Of a process that a signal ended; without it, as `severity_failed`")
    ] = None
    severity_core: Annotated[
        Severity | None,
        Meta(description="Of a process that ended in a way that dumps core; without it, as `severity_signal`"),
    ] = None
    app_name: Annotated[
        str, Meta(description="APP-NAME (RFC 5424) or TAG (RFC 3164): printable ASCII, at most 48 or 32 characters")
    ] = "acctship"
    structured_data: Annotated[
        bool, Meta(description="Whether RFC 5424 messages also have the event's fields as structured data")
    ] = False
    sd_id: Annotated[
        str, Meta(description="SD-ID of that: `NAME@NUMBER`, with a private enterprise number of yours")
    ] = "acct@32473"
    max_message: Annotated[
        Annotated[int, Meta(ge=480)] | None,
        Meta(
            description="Longest message in bytes, at least 480; set it to no more than the server takes; "
            "a longer one loses optional fields; without it, 2048 for `udp` and 8000 for the others"
        ),
    ] = None
    relp_window: Annotated[
        int, Meta(ge=1, le=100_000, description="Messages on their way to a RELP server before it answers")
    ] = 1024

    @property
    def rfc_in_use(self) -> Rfc:
        """`rfc`, or what the transport makes of it: daemons behind /dev/log know no RFC 5424."""
        return self.rfc or ("3164" if self.transport == "unix" else "5424")

    @property
    def longest(self) -> int:
        """`max_message`, or what the transport makes of it.

        RFC 5426 has receivers take 2048 bytes of a datagram; rsyslog cuts off what is longer than 8096, unless told
        otherwise.
        """
        return self.max_message or (2048 if self.transport == "udp" else 8000)

    def delivery(self) -> acctship.Delivery:
        """What the transport can promise.

        Raises:
            ConfigError: keys contradict each other.
        """
        self._check()
        if self.transport in ("relp", "relp+tls"):
            return acctship.Delivery(guarantee="acknowledged")
        return acctship.Delivery(guarantee="best-effort" if self.transport == "udp" else "written")

    def output(self, limits: acctship.Delivery, /) -> acctship.Output:
        """A sender over the transport.

        Raises:
            ConfigError: keys contradict each other, or an address is none.
        """
        from acctship.outputs.syslog.message import Formatter  # noqa: PLC0415 - imported by `run` alone
        from acctship.outputs.syslog.reaching import attempts  # noqa: PLC0415
        from acctship.outputs.syslog.sender import Sender  # noqa: PLC0415

        self._check()
        return Sender(attempts(self, limits.timeout), Formatter(self), limits.timeout)

    def _check(self) -> None:
        defaults = {one.name: one.default for one in fields(Config)}
        for name, transports in _OWN_KEYS.items():
            if self.transport not in transports and getattr(self, name) != defaults[name]:
                raise acctship.ConfigError(f"{name}: means nothing to transport {self.transport!r}: take it out")
        self._check_address()
        self._check_names()
        self.check_tls()
        if self.transport == "udp" and self.longest > _LARGEST_DATAGRAM:
            raise acctship.ConfigError(f"max_message: no datagram is longer than {_LARGEST_DATAGRAM} bytes")

    def _check_address(self) -> None:
        addresses = (self.address,) if isinstance(self.address, str) else self.address
        if not addresses:
            raise acctship.ConfigError("address: is an empty list: name a server")
        for one in addresses:
            if (self.transport == "unix") != one.startswith("/"):
                wanted = 'the path of a socket, such as "/dev/log"' if self.transport == "unix" else '"HOST:PORT"'
                raise acctship.ConfigError(f"address: {one!r}: transport {self.transport!r} takes {wanted}")

    def _check_names(self) -> None:
        if self.rfc_in_use == "3164":
            if not _TAG.fullmatch(self.app_name):
                raise acctship.ConfigError("app_name: RFC 3164 takes 1 to 32 letters, digits, '.', '_', '-', '/'")
            if self.structured_data:
                raise acctship.ConfigError('structured_data: RFC 3164 has none: set rfc = "5424", or take it out')
        if not _PRINTABLE.fullmatch(self.app_name) or len(self.app_name) > 48:
            raise acctship.ConfigError("app_name: RFC 5424 takes 1 to 48 printable ASCII characters and no space")
        if not _SD_ID.fullmatch(self.sd_id) or len(self.sd_id) > 32:
            raise acctship.ConfigError("sd_id: RFC 5424 takes NAME@NUMBER in ASCII, at most 32 characters")
