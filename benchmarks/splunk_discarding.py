"""A HEC that discards, and prints its URL.

    python benchmarks/splunk_discarding.py SECONDS

It reads bodies, looks at none, and answers; with acknowledgements, each is true so many seconds after its batch. It
speaks no more of HTTP than acctship needs, so that it costs little: it takes part in the same cores.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Receiver:
    """Numbers batches, and knows when each was taken."""

    def __init__(self, delay: float) -> None:
        self._delay, self._taken = delay, list[float]()

    def answer(self, path: bytes, body: bytes) -> bytes:
        """The answer to a request."""
        if path.endswith(b"/health"):
            return b'{"text":"HEC is healthy","code":17}'
        if path.endswith(b"/ack"):
            now, asked = time.monotonic(), json.loads(body)["acks"]
            return json.dumps({"acks": {str(one): self._taken[one] + self._delay <= now for one in asked}}).encode()
        self._taken.append(time.monotonic())
        return b'{"text":"Success","code":0,"ackId":%d}' % (len(self._taken) - 1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = _LENGTH.search(head)
                body = await reader.readexactly(int(found[1]) if found else 0)
                said = self.answer(head.split(b" ", 2)[1], body)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def main(delay: float) -> None:
    """Serve for ever."""
    server = await asyncio.start_server(Receiver(delay).serve, "127.0.0.1", 0, limit=1 << 22)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
