"""A single Splunk server, by its REST API through splunk-sdk: what it has, and what to create.

Source: Splunk Enterprise REST API Reference: server/info, data/indexes, data/inputs/http.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit

from acctship import HaltError, OutputError, PluginError, RetryableError, escape
from acctship.network import tls
from acctship.outputs.splunk.setup_plan import COLLECTOR, HTTP_APP, INDEXES, TOKENS, Found, Request
from acctship.outputs.splunk.setup_wanted import Wanted

TIMEOUT = 30.0
"""Seconds for each answer. Creating an index takes a busy server some."""

_CLUSTERED = ("cluster_", "shc_")
_SHOWN = 200
"""Characters of what a server says that go into an error."""

T = TypeVar("T")


class Server:
    """A server that has let us in.

    Args:
        url: of its management port, such as https://splunk.example.com:8089.
        user: a name with the right to create indexes and tokens.
        password: of that user.
        ca: PEM file of the authorities that may vouch for it; None for the system's.

    Raises:
        HaltError: it is not trusted, does not let us in, or is no Splunk.
        RetryableError: it cannot be reached.
        PluginError: splunk-sdk is not installed.
    """

    def __init__(self, url: str, user: str, password: str, ca: str | None) -> None:
        try:
            from splunklib import binding, client  # noqa: PLC0415 - an extra; and not needed to print stanzas
        except ModuleNotFoundError as error:
            raise PluginError(f"setup splunk: {error}: pip install 'acctship[splunk]'") from None
        parts = urlsplit(url)
        self._peer, self._user, self._http_error = parts.netloc, user, binding.HTTPError
        context = tls.context(tls.TlsKeys(ca=ca))
        self._service = client.Service(
            handler=binding.handler(timeout=TIMEOUT, verify=True, context=context),
            verify=True,
            scheme="https",
            host=parts.hostname,
            port=parts.port or 8089,
            username=user,
            password=password,
        )
        self._asked(self._service.login)

    def refuse_clusters(self) -> str:
        """See that this is a single server; gives a warning, empty if there is none.

        Raises:
            HaltError: it is Splunk Cloud, or part of a cluster: what REST creates there, others do not have.
        """
        [info] = self._get("server/info")
        content = info["content"]
        if content.get("instance_type") == "cloud":
            raise HaltError(f"{self._peer}: this is Splunk Cloud, which takes no index by REST: use --print acs")
        roles = [str(role) for role in content.get("server_roles") or ()]
        if clustered := [role for role in roles if role.startswith(_CLUSTERED)]:
            raise HaltError(
                f"{self._peer}: this is part of a cluster ({_shown(', '.join(clustered))}), which takes indexes and "
                "tokens by bundle, not by REST: use --print conf"
            )
        if "search_head" in roles:
            return f"{self._peer}: searches other servers: if these index, create both there, or use --print conf"
        return ""

    def look(self, wanted: Wanted) -> Found:
        """What it has of what is wanted; it changes nothing."""
        [collector] = self._get(COLLECTOR, app=HTTP_APP, owner="nobody")
        tokens = self._get(TOKENS, app="-", owner="-", count=0)
        indexes = self._get(INDEXES, app="-", owner="-", count=0)
        return Found(
            collector=collector["content"],
            index=_named(indexes, wanted.index),
            token=_named(tokens, wanted.token_name, f"http://{wanted.token_name}"),
        )

    def do(self, request: Request, **more: str) -> Mapping[str, Any]:
        """Create what is asked for; gives what Splunk made of it."""

        def post() -> list[dict[str, Any]]:
            form = {**request.form, **more, "output_mode": "json"}
            return _entries(self._service.post(request.path, owner="nobody", app=request.app, sharing="app", **form))

        entries = self._asked(post)
        content: Mapping[str, Any] = entries[0]["content"] if entries else {}
        return content

    def _get(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return self._asked(lambda: _entries(self._service.get(path, output_mode="json", **query)))

    def _asked(self, ask: Callable[[], T]) -> T:
        """What a question gives, or why it was not answered."""
        try:
            return ask()
        except self._http_error as error:
            raise self._refused(error) from None
        except ssl.SSLError as error:
            raise self._untrusted(error) from None
        except (OSError, HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise RetryableError(f"{self._peer}: {_shown(why)}") from None
        except (SyntaxError, LookupError, TypeError, ValueError):  # a ParseError of XML is a SyntaxError
            raise HaltError(
                f"{self._peer}: answers something else than Splunk's REST API: is it the management port, 8089?"
            ) from None

    def _untrusted(self, error: ssl.SSLError) -> OutputError:
        told = tls.explain(error, self._peer)
        hint = "; give the authority's certificate by --ca" if isinstance(error, ssl.SSLCertVerificationError) else ""
        return type(told)(f"{told}{hint}")

    def _refused(self, error: Any) -> OutputError:
        said = _message(error.body)
        if error.status == 401:
            return HaltError(f"{self._peer}: does not let {self._user} in: wrong name or password{said}")
        if error.status == 403:
            return HaltError(
                f"{self._peer}: {self._user} may not do that: it takes the capabilities indexes_edit and "
                f"edit_token_http, as the role admin has{said}"
            )
        kind = RetryableError if error.status in {429, 503} else HaltError
        return kind(f"{self._peer}: refuses with HTTP {error.status}{said}")


def _entries(response: Any) -> list[dict[str, Any]]:
    entries = json.loads(response.body.read())["entry"]
    if not isinstance(entries, list) or not all(isinstance(entry["content"], dict) for entry in entries):
        raise ValueError
    return entries


def _named(entries: list[dict[str, Any]], *called: str) -> Mapping[str, Any] | None:
    return next((entry["content"] for entry in entries if entry.get("name") in called), None)


def _message(body: bytes) -> str:
    """What an answer of Splunk's says, in JSON or in XML; empty if nothing."""
    try:
        texts = [str(message["text"]) for message in json.loads(body)["messages"]]
    except (LookupError, TypeError, ValueError):
        from xml.etree.ElementTree import ParseError, fromstring  # noqa: PLC0415 - as splunk-sdk itself reads it

        try:
            texts = [text for one in fromstring(body).iter("msg") if (text := one.text)]  # noqa: S314 - Splunk's own
        except ParseError:
            texts = []
    return f": {_shown('; '.join(texts))}" if texts else ""


def _shown(text: str) -> str:
    return escape(text.strip().encode("utf-8", "replace"))[:_SHOWN]
