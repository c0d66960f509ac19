"""The tag of each event, by which Fluentd routes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

import acctship

_UNKNOWN = "unknown"
"""In place of the name of a host that nobody knows."""
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")
"""What would make a tag hard to match."""


class _Host(msgspec.Struct, gc=False, frozen=True):
    name: str | None = None


class _Heading(msgspec.Struct, gc=False, frozen=True):
    host: _Host | None = None


_decode = msgspec.json.Decoder(_Heading).decode


def tagger(template: str) -> Callable[[acctship.EventBatch], Sequence[str]]:
    """What gives the tag of each event of a batch.

    Args:
        template: with `{dataset}` and `{host}`.
    """
    has_dataset, has_host = "{dataset}" in template, "{host}" in template

    @lru_cache(maxsize=1024)
    def tag(dataset: str, host: str | None) -> str:
        return template.replace("{dataset}", dataset).replace("{host}", _UNFIT.sub("_", host or _UNKNOWN))

    def tags(batch: acctship.EventBatch) -> Sequence[str]:
        datasets = batch.datasets if has_dataset else [""] * len(batch)
        hosts = map(_host, batch.json()) if has_host else [None] * len(batch)
        return list(map(tag, datasets, hosts))

    return tags


def _host(line: bytes) -> str | None:
    host = _decode(line).host
    return None if host is None else host.name
