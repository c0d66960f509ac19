"""How one message is told from the next on a stream: RFC 6587."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Frame = Callable[[Sequence[bytes]], bytes]


def octet_counting(messages: Sequence[bytes]) -> bytes:
    r"""Put its length before each message, so that it may hold anything (RFC 6587 3.4.1, RFC 5425 4.3).

    >>> octet_counting([b"<86>1 - - -", b"<86>1\n"])
    b'11 <86>1 - - -6 <86>1\n'
    """
    return b"".join([b"%d %b" % (len(message), message) for message in messages])


def newline(messages: Sequence[bytes]) -> bytes:
    r"""Put a newline behind each message, which must hold none itself (RFC 6587 3.4.2).

    >>> newline([b"<86>1 - - -", b"<86>1"])
    b'<86>1 - - -\n<86>1\n'
    """
    return b"\n".join([*messages, b""])


FRAMINGS: Mapping[str, Frame] = {"octet-counting": octet_counting, "newline": newline}
