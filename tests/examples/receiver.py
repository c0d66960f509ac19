"""A webhook's receiver on Waitress, a real HTTP server; the tests run it in the environment of the plugin.

Usage: receiver.py FOLDER SECRET [--busy N] [--most BYTES]

It prints its port, then the status of each answer, and keeps the body of each request that it takes in FOLDER. A wrong
signature is answered with 401 and a body above BYTES with 413; the first N requests get 503.
"""

from __future__ import annotations

import argparse
import hmac
from collections.abc import Callable, Iterable
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("secret")
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--most", type=int, default=1 << 30)
    options = parser.parse_args()
    numbers = count(1)

    def status(environ: dict[str, Any]) -> str:
        number, body = next(numbers), environ["wsgi.input"].read()
        expected = "sha256=" + hmac.digest(options.secret.encode(), body, "sha256").hex()
        if len(body) > options.most:
            return "413 Content Too Large"
        if environ["PATH_INFO"] != "/acct":
            return "404 Not Found"
        if environ.get("CONTENT_TYPE") != "application/x-ndjson":
            return "415 Unsupported Media Type"
        if not hmac.compare_digest(expected, environ.get("HTTP_X_SIGNATURE", "")):
            return "401 Unauthorized"
        if environ["REQUEST_METHOD"] != "POST":
            return "204 No Content"
        if number <= options.busy:
            return "503 Service Unavailable"
        (options.folder / f"{number:06}").write_bytes(body)
        return "202 Accepted"

    def application(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        line = status(environ)
        print(line[:3], flush=True)
        start(line, [("Content-Length", "0"), *([("Retry-After", "0")] if line.startswith("503") else [])])
        return [b""]

    server = import_module("waitress").create_server(application, host="127.0.0.1", port=0, threads=1)
    print(server.effective_port, flush=True)
    server.run()


if __name__ == "__main__":
    main()
