"""A real cluster, with what the published server lacks put in front of it, answered as Elastic's documentation records.

Those are the APIs of security, of the lifecycles of data streams, and of index lifecycle management: their modules are
not published, so no test here can show that Elasticsearch takes what they are sent. All else goes to the real server.

Source: https://www.elastic.co/docs/api/doc/elasticsearch
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

from tests.cli.command import Done

CREATED = 1_764_000_000_000
"""When keys were made, in milliseconds since 1970."""


Setup = Callable[..., Done]
"""Runs `acctship setup elasticsearch` on a cluster."""


class Asked(NamedTuple):
    """One request of a client."""

    method: str
    path: str
    authorization: str
    body: Any


class Cluster(ThreadingHTTPServer):
    """In front of a real server.

    Attributes:
        asked: every request, in order.
        refused: a status with which everything is answered, as security does; 0 for none.
        derived: whether who asks is a key itself, which can make no others.
        stubborn: whether keys stay in force.
        keys: API keys by id, as security lists them.
        lifecycles: of data streams, by name.
        policies: of index lifecycle management.
    """

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.asked: list[Asked] = []
        self.refused, self.derived, self.stubborn = 0, False, False
        self.keys: dict[str, dict[str, Any]] = {}
        self.lifecycles: dict[str, Any] = {}
        self.policies: dict[str, Any] = {}
        self.policy_named: str | None = None
        self.warned = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def changes(self) -> list[str]:
        """Requests that change something: method and path."""
        return [f"{one.method} {one.path}" for one in self.asked if one.method not in ("GET", "HEAD")]

    def empty(self) -> None:
        """Take away all that set-up makes, as if nobody had ever run it."""
        names = ("process", "health")
        made = [f"/_data_stream/logs-acct.{one}-*" for one in names]
        made += [f"/_index_template/logs-acct.{one}" for one in names] + ["/_index_template/logs"]
        made += [f"/_component_template/acctship@{one}" for one in ("mappings", "settings")]
        made += ["/_component_template/logs-acct.process@custom"]
        for path in made:
            self.forward("DELETE", path, None)

    def forward(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        request = Request(self.upstream + path, body, {"content-type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=60) as answer:
                self.warned = answer.headers.get("warning", "")
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)

    def answer(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        """Status and body."""
        if self.refused:
            reason = "action [indices:admin/index_template/get] is unauthorized for user [ann]"
            return self.refused, {"error": {"type": "security_exception", "reason": reason}, "status": self.refused}
        for pattern, take in _ROUTES.items():
            found = re.fullmatch(pattern, f"{method} {urlsplit(path).path}")
            if found:
                query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
                return take(self, path, body, *found.groups(), **query)
        return self.forward(method, path, body)


@contextmanager
def filled(url: str) -> Iterator[Cluster]:
    """A server without our templates, with what it lacks in front of it; it has none of them afterwards."""
    with Cluster(url) as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()
        made.empty()


def _make_key(cluster: Cluster, _path: str, body: bytes | None) -> tuple[int, Any]:
    if cluster.derived:
        reason = "creating derived api keys requires an explicit role descriptor that is empty (has no privileges)"
        return 400, {"error": {"type": "illegal_argument_exception", "reason": reason}, "status": 400}
    wanted, number = json.loads(body or b""), len(cluster.keys)
    made = {"id": f"VuaCfGcBCdbkQm-e5aO{number}", "name": wanted["name"], "creation": CREATED, "invalidated": False}
    made |= {"username": "ann", "realm": "native", "metadata": wanted.get("metadata", {})}
    if "expiration" in wanted:
        made["expiration"] = CREATED + int(wanted["expiration"].removesuffix("d")) * 86_400_000
    cluster.keys[made["id"]] = made
    secret = "ui2lp2axTNmsyakw9tvNnw"
    shown = {name: made[name] for name in ("id", "name", "expiration") if name in made}
    return 200, {**shown, "api_key": secret, "encoded": base64.b64encode(f"{made['id']}:{secret}".encode()).decode()}


def _list_keys(cluster: Cluster, _path: str, _body: bytes | None, *, name: str, active_only: str) -> tuple[int, Any]:
    assert active_only == "true"
    return 200, {"api_keys": [one for one in cluster.keys.values() if one["name"] == name and not one["invalidated"]]}


def _revoke(cluster: Cluster, _path: str, body: bytes | None) -> tuple[int, Any]:
    ids = [] if cluster.stubborn else json.loads(body or b"")["ids"]
    for one in ids:
        cluster.keys[one]["invalidated"] = True
    return 200, {"invalidated_api_keys": ids, "previously_invalidated_api_keys": [], "error_count": 0}


def _make_stream(cluster: Cluster, path: str, body: bytes | None, name: str) -> tuple[int, Any]:
    _, settings = cluster.forward("GET", "/_component_template/acctship@settings", None)
    cluster.lifecycles[name] = settings["component_templates"][0]["component_template"]["template"].get("lifecycle")
    return cluster.forward("PUT", path, body)


def _show_stream(cluster: Cluster, path: str, _body: bytes | None, name: str) -> tuple[int, Any]:
    status, found = cluster.forward("GET", path, None)
    if status == 200 and cluster.lifecycles.get(name):
        found["data_streams"][0]["lifecycle"] = cluster.lifecycles[name]
    return status, found


def _set_lifecycle(cluster: Cluster, _path: str, body: bytes | None, name: str) -> tuple[int, Any]:
    cluster.lifecycles[name] = {"enabled": True, **json.loads(body or b"")}
    return 200, {"acknowledged": True}


def _set_policy(cluster: Cluster, _path: str, body: bytes | None, name: str) -> tuple[int, Any]:
    cluster.policies[name] = {"version": 1, "modified_date": CREATED, **json.loads(body or b"")}
    return 200, {"acknowledged": True}


def _show_policy(cluster: Cluster, _path: str, _body: bytes | None, name: str) -> tuple[int, Any]:
    if name in cluster.policies:
        return 200, {name: cluster.policies[name]}
    reason = f"Lifecycle policy not found: {name}"
    return 404, {"error": {"type": "resource_not_found_exception", "reason": reason}, "status": 404}


def _set_settings(cluster: Cluster, path: str, body: bytes | None) -> tuple[int, Any]:
    """The published server refuses `index.lifecycle.name`, so it is kept here."""
    template = json.loads(body or b"")
    cluster.policy_named = template["template"]["settings"].pop("index.lifecycle.name", None)
    return cluster.forward("PUT", path, json.dumps(template).encode())


def _show_settings(cluster: Cluster, path: str, _body: bytes | None, **_query: str) -> tuple[int, Any]:
    status, found = cluster.forward("GET", path, None)
    if status == 200 and cluster.policy_named:
        settings = found["component_templates"][0]["component_template"]["template"]["settings"]
        settings["index.lifecycle.name"] = cluster.policy_named
    return status, found


_ROUTES: dict[str, Callable[..., tuple[int, Any]]] = {
    "POST /_security/api_key": _make_key,
    "GET /_security/api_key": _list_keys,
    "DELETE /_security/api_key": _revoke,
    "PUT /_data_stream/([^/]+)": _make_stream,
    "GET /_data_stream/([^/]+)": _show_stream,
    "PUT /_data_stream/([^/]+)/_lifecycle": _set_lifecycle,
    "PUT /_ilm/policy/([^/]+)": _set_policy,
    "GET /_ilm/policy/([^/]+)": _show_policy,
    "PUT /_component_template/acctship(?:@|%40)settings": _set_settings,
    "GET /_component_template/acctship(?:@|%40)settings": _show_settings,
}


class _Handler(BaseHTTPRequestHandler):
    server: Cluster
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))) or None
        shown = json.loads(body) if body else None
        self.server.asked.append(Asked(self.command, self.path, self.headers.get("authorization", ""), shown))
        self.server.warned = ""
        status, answer = self.server.answer(self.command, self.path, body)
        text = json.dumps(answer).encode()
        self.send_response(status)
        headers = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}
        if self.server.warned:
            headers["Warning"] = self.server.warned
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None: ...
