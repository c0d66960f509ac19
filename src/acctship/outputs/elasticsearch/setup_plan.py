"""What has to be sent to a cluster so that it is set up: nothing where all is as it should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import acctship
from acctship.outputs.elasticsearch.lifecycle import Lifecycle
from acctship.outputs.elasticsearch.setup_difference import differences
from acctship.outputs.elasticsearch.templates import DATASETS, VERSION, stream, templates

Ask = Callable[[str], Any]
"""What GET on a path gives, as Python objects; None for 404."""


class Request(NamedTuple):
    """One change.

    Attributes:
        method: of HTTP.
        path: with its slash.
        body: as Python objects; None for none.
        what: is done by it, for people.
        differences: from what is installed, a line each.
    """

    method: str
    path: str
    body: Any
    what: str
    differences: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As Kibana's console and the documentation of Elasticsearch write requests."""
        head = f"{self.method} {self.path}\n"
        return head if self.body is None else f"{head}{json.dumps(self.body, indent=2, ensure_ascii=False)}\n"


def plan(ask: Ask, lifecycle: Lifecycle, namespace: str, *, force: bool) -> list[Request]:
    """Requests that are needed, in order.

    Args:
        ask: reads what is installed.
        lifecycle: how long events are kept.
        namespace: of the data streams.
        force: also put older templates in the place of newer ones.

    Raises:
        AcctshipError: templates of a newer acctship are installed.
    """
    needed = [one for path, body in templates(lifecycle).items() for one in _template(ask, path, body, force=force)]
    for dataset in DATASETS:
        needed += _stream(ask, stream(dataset, namespace), lifecycle)
    return needed


def _template(ask: Ask, path: str, body: dict[str, Any], *, force: bool) -> Iterator[Request]:
    installed = _installed(ask(f"{path}?flat_settings=true" if "_component_" in path else path))
    if installed is None:
        yield Request("PUT", path, body, f"{path[1:]}: made")
        return
    version = (installed.get("_meta") or {}).get("version", 0)
    if isinstance(version, int) and version > VERSION and not force:
        raise acctship.AcctshipError(
            f"{path[1:]}: of version {version}, by a newer acctship; this one has {VERSION}: update it, or say --force"
        )
    found = differences(installed, body)
    if found:
        yield Request("PUT", path, body, f"{path[1:]}: changed", tuple(found))


def _installed(answer: Any) -> Any:
    """The one template, or policy, in an answer."""
    if answer is None:
        return None
    for kind in ("component_template", "index_template"):
        if f"{kind}s" in answer:
            return answer[f"{kind}s"][0][kind]
    (policy,) = answer.values()
    return {"policy": policy["policy"]}


def _stream(ask: Ask, name: str, lifecycle: Lifecycle) -> Iterator[Request]:
    answer = ask(f"/_data_stream/{name}")
    if answer is None:
        yield Request("PUT", f"/_data_stream/{name}", None, f"data stream {name}: made")
        return
    (found,) = answer["data_streams"]
    if lifecycle.of_stream is not None:  # of a stream that exists, templates change mapping and settings alone
        changed = differences(found.get("lifecycle") or {}, lifecycle.of_stream)
        if changed:
            path = f"/_data_stream/{name}/_lifecycle"
            yield Request("PUT", path, lifecycle.of_stream, f"data stream {name}: lifecycle changed", tuple(changed))
    newest = found["indices"][-1]["index_name"]
    mapping = (ask(f"/{newest}/_mapping") or {}).get(newest, {}).get("mappings", {})
    version = mapping.get("_meta", {}).get("version", 0)
    if version != VERSION:
        yield Request(
            "POST",
            f"/{name}/_rollover",
            None,
            f"data stream {name}: rolled over, for an index keeps the mapping that it was made with",
            (f"mapping of {newest}: version {version} -> {VERSION}",),
        )
