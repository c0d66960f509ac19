"""Keys of `elasticsearch`: which go together, and what follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from acctship import ConfigError
from acctship.outputs.elasticsearch.config import Config
from acctship.strict import convert

URL = "https://es.example:9200"
CLOUD = "name:ZXUuZXhhbXBsZSRhYmM="
HERE = {"env": "HOME"}


def read(**table: Any) -> Config:
    """What acctship makes of a table, built."""
    made = convert(table, Config, "outputs.es")
    made.output(made.delivery())
    return made


@pytest.mark.parametrize(
    "table",
    [
        {"url": URL},
        {"url": [URL, "https://[2001:db8::1]:9200", "https://proxy.example:443/es/"]},
        {"url": "http://127.0.0.1:9200", "username": "a", "password": HERE},
        {"cloud_id": CLOUD, "api_key": HERE, "compress": True},
        {"url": URL, "ca": "/ca.pem", "certificate": "/c.pem", "key": "/k.pem", "server_name": "es"},
        {"url": URL, "fingerprint": "0F" * 32, "namespace": "prod_1.eu"},
    ],
)
def test_what_goes_together(table: dict[str, Any]) -> None:
    assert read(**table).delivery().guarantee == "acknowledged"


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({}, "url"),
        ({"url": []}, "url"),
        ({"url": URL, "cloud_id": CLOUD}, "url"),
        ({"url": "es.example:9200"}, "url"),
        ({"url": "https://es.example"}, "url"),
        ({"url": "https://:9200"}, "url"),
        ({"url": "https://es.example:0"}, "url"),
        ({"url": "https://es.example:99999"}, "url"),
        ({"url": "https://es.example:9200/?a=b"}, "url"),
        ({"url": "https://a..b:9200"}, "url"),
        ({"url": "ftp://es.example:9200"}, "url"),
        ({"url": ["https://a:9200", "http://b:9200"]}, "url"),
        ({"url": URL, "namespace": "a-b"}, "namespace"),
        ({"url": URL, "namespace": "Prod"}, "namespace"),
        ({"url": URL, "namespace": ""}, "namespace"),
        ({"url": URL, "namespace": "a*"}, "namespace"),
        ({"url": URL, "namespace": "a" * 101}, "namespace"),
        ({"url": URL, "api_key": HERE, "username": "a", "password": HERE}, "api_key"),
        ({"url": URL, "username": "a"}, "username"),
        ({"url": URL, "password": HERE}, "password"),
        ({"url": "http://a:9200", "ca": "/ca.pem"}, "ca"),
        ({"url": "http://a:9200", "fingerprint": "0F" * 32}, "fingerprint"),
        ({"url": URL, "key": "/k.pem"}, "key"),
        ({"url": URL, "username": "a:b", "password": HERE}, "username"),
    ],
)
def test_keys_that_contradict_each_other_are_named(table: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{key}: ") as error:
        read(**table)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("url", ["https://elastic:hunter2@es.example:9200", "https://hunter2@es.example:9200"])
def test_secret_in_a_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="have no place in it") as error:
        read(url=url)
    assert "hunter2" not in str(error.value)
