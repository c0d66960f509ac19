"""API keys that can only append: whoever steals one can neither read nor change an event that is stored.

Source: https://www.elastic.co/docs/reference/elasticsearch/security-privileges
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import acctship
from acctship.outputs.elasticsearch.setup_plan import Ask, Request
from acctship.outputs.elasticsearch.templates import DATASETS, stream

MANAGED = {"managed_by": "acctship"}
"""Metadata of our keys: only those are ever withdrawn."""


def key_request(name: str, namespace: str, expires: int | None) -> Request:
    """Have a key made.

    Args:
        name: of the key.
        namespace: of the data streams it is for.
        expires: days until it is void; None for never.
    """
    # create_doc refuses everything but new documents; auto_configure lets the first of them make the stream.
    rights = {"names": [stream(one, namespace) for one in DATASETS], "privileges": ["create_doc", "auto_configure"]}
    body: dict[str, Any] = {
        "name": name,
        "role_descriptors": {"acctship": {"cluster": [], "indices": [rights]}},
        "metadata": MANAGED,
    }
    if expires is not None:
        body["expiration"] = f"{expires}d"
    return Request("POST", "/_security/api_key", body, f"API key {name!r}: made")


def active_keys(ask: Ask, name: str) -> list[dict[str, Any]]:
    """Keys of that name that are in force.

    Raises:
        AcctshipError: one of them was not made by acctship.
    """
    answer = ask(f"/_security/api_key?name={quote(name, safe='')}&active_only=true") or {}
    keys: list[dict[str, Any]] = [one for one in answer.get("api_keys", ()) if one["name"] == name]
    strange = [one["id"] for one in keys if (one.get("metadata") or {}).get("managed_by") != MANAGED["managed_by"]]
    if strange:
        raise acctship.AcctshipError(
            f"API key {name!r} ({', '.join(strange)}): not made by acctship: take another name"
        )
    return keys


def described(key: dict[str, Any]) -> str:
    """A key that is there, for people."""
    ends = f"until {_day(key['expiration'])}" if key.get("expiration") else "for ever"
    return f"API key {key['name']!r}: is there since {_day(key['creation'])}, {ends} (id {key['id']})"


def revoke_request(keys: list[dict[str, Any]]) -> Request:
    """Have keys withdrawn."""
    ids = [one["id"] for one in keys]
    return Request("DELETE", "/_security/api_key", {"ids": ids}, f"API key {keys[0]['name']!r}: withdrawn")


def _day(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d}"
