"""A receiver that discards: it acknowledges chunks as Fluentd would if storing cost nothing, and prints its address.

    python benchmarks/fluentd_discarding.py

Of a PackedForward message it reads tag, length and option; its entries go nowhere. A sender of single messages, as
fluent-logger is, asks for no acknowledgement: what it says is read and dropped.
"""

from __future__ import annotations

import socket
import threading

import msgpack  # type: ignore[import-untyped]  # it has none

_PIECE = 1 << 20
_BIN32 = 0xC6
_BIN16 = 0xC5
_ARRAY_OF_THREE = 0x93


def _serve(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(_PIECE)
    kept = b""
    while True:
        head = _head(kept)
        if head is None:
            if not (got := sock.recv(65536)):
                return
            kept += got
            continue
        begin, length = head
        if length is None:
            while sock.recv_into(buffer):
                pass
            return
        left, kept = begin + length - len(kept), kept[begin + length :]
        while left > 0:
            if not (count := sock.recv_into(buffer, min(left, _PIECE))):
                return
            left -= count
        option, kept = _option(sock, kept)
        sock.sendall(msgpack.packb({"ack": option["chunk"]}))


def _head(data: bytes) -> tuple[int, int | None] | None:
    """Where the entries begin and how long they are, None if it is a single message; None as long as more must come."""
    if len(data) < 2 or len(data) < 2 + (data[1] & 31) + 5:
        return None
    if data[0] != _ARRAY_OF_THREE or data[1] >> 5 != 0b101:
        raise SystemExit(f"no message with a short tag: {data[:20]!r}")
    at = 2 + (data[1] & 31)
    if data[at] == _BIN32:
        return at + 5, int.from_bytes(data[at + 1 : at + 5])
    if data[at] == _BIN16:
        return at + 3, int.from_bytes(data[at + 1 : at + 3])
    if data[at] == _BIN16 - 1:
        return at + 2, data[at + 1]
    return at, None


def _option(sock: socket.socket, kept: bytes) -> tuple[dict[str, str], bytes]:
    """What follows the entries, and what has come behind it."""
    while True:
        unpacker = msgpack.Unpacker()
        unpacker.feed(kept)
        try:
            option: dict[str, str] = unpacker.unpack()
        except msgpack.OutOfData:
            if not (got := sock.recv(65536)):
                raise SystemExit("closed within a message") from None
            kept += got
        else:
            return option, kept[unpacker.tell() :]


def main() -> None:
    """Serve for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=_serve, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    main()
