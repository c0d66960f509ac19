"""The handshake of the forward protocol: each side proves to the other that it knows the shared key.

The receiver says HELO, with a nonce; we say PING, with a digest; it says PONG, with one of its own.
https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

import acctship
from acctship.outputs.fluentd.replies import GarbledError, shown

_encode = msgspec.msgpack.Encoder().encode

Listen = Callable[[], object]
"""Waits for the next message of the receiver's."""


@dataclass(frozen=True, repr=False)
class Credentials:
    """What we prove to know.

    Attributes:
        host: our name.
        key: shared with the receiver.
        username: our user; None if the receiver is not expected to want one.
        password: of that user.
        salt: random, for one connection.
    """

    host: str
    key: str
    username: str | None = None
    password: str = ""
    salt: str = ""


@dataclass(frozen=True)
class Hello:
    """HELO.

    Attributes:
        nonce: random bytes.
        auth: salt of the password's digest; empty if no user is wanted.
        keepalive: whether the connection may be used for more than one message.
    """

    nonce: bytes
    auth: bytes
    keepalive: bool


def shake(peer: str, known: Credentials, listen: Listen, say: Callable[[bytes], None]) -> bool:
    """Shake hands.

    Returns:
        Whether the connection may be used for more than one message.

    Raises:
        HaltError: the two do not know the same secrets, or it is no receiver of the forward protocol.
        RetryableError: it broke off, or took too long.
    """
    try:
        return _shake(peer, known, listen, say)
    except GarbledError as error:
        raise acctship.HaltError(f"{error}: check address, port and tls") from None


def _shake(peer: str, known: Credentials, listen: Listen, say: Callable[[bytes], None]) -> bool:
    try:
        said = listen()
    except GarbledError:
        raise
    except acctship.RetryableError as error:
        raise acctship.RetryableError(
            f"{error}: said no HELO: check that it has a shared key, tls or not, and over TLS, trusts our certificate"
        ) from None
    if (hello := understood(said)) is None:
        raise acctship.HaltError(
            f"{peer}: speaks no forward protocol there: it says {shown(said)} where HELO is due: "
            "check address, port and tls"
        )
    if hello.auth and known.username is None:
        raise acctship.HaltError(f"{peer}: wants a user and a password: set username and password")
    say(ping(hello, known))
    try:
        answer = listen()
    except GarbledError:
        raise
    except acctship.RetryableError as error:
        raise acctship.RetryableError(
            f"{error}: did not answer our PING: check shared_key, username and password"
        ) from None
    _judge(peer, answer, hello, known)
    return hello.keepalive


def understood(message: object) -> Hello | None:
    """A message as HELO; None if it is something else."""
    match message:
        case [b"HELO", dict() as option]:
            nonce, auth, keepalive = option.get(b"nonce"), option.get(b"auth"), option.get(b"keepalive", True)
            if isinstance(nonce, bytes) and isinstance(auth, bytes | None):
                return Hello(nonce, auth or b"", keepalive is not False)
    return None


def ping(hello: Hello, known: Credentials) -> bytes:
    """PING, as the bytes of one message."""
    username = password = ""
    if hello.auth and known.username is not None:
        username = known.username
        password = _hex(hello.auth, username.encode(), known.password.encode())
    digest = _hex(known.salt.encode(), known.host.encode(), hello.nonce, known.key.encode())
    return _encode(("PING", known.host, known.salt, digest, username, password))


def new_salt() -> str:
    """Random text: a receiver may take nothing but UTF-8."""
    return secrets.token_hex(16)


def _judge(peer: str, answer: object, hello: Hello, known: Credentials) -> None:
    match answer:
        case [b"PONG", bool() as welcome, reason, bytes() as host, digest]:
            pass
        case _:
            raise acctship.HaltError(f"{peer}: answered our PING with {shown(answer)}: check what it is")
    if not welcome:
        said = acctship.escape(reason[:200]) if isinstance(reason, bytes) and reason else "no reason given"
        raise acctship.HaltError(f"{peer}: will not let us in: {said}: check shared_key, username and password")
    due = _hex(known.salt.encode(), host, hello.nonce, known.key.encode())
    if not isinstance(digest, bytes) or not hmac.compare_digest(digest, due.encode()):
        raise acctship.HaltError(
            f"{peer}: let us in, but does not know the shared key itself: check address: somebody may be in between"
        )


def _hex(*parts: bytes) -> str:
    return hashlib.sha512(b"".join(parts)).hexdigest()
