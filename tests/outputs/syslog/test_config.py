"""Keys of `syslog`: their defaults, what they promise, and which of them contradict each other."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from acctship import ConfigError
from acctship.outputs.syslog.config import Config, Transport
from acctship.strict import convert

TLS = {"transport": "tls", "address": "siem.example:6514"}
PRINT = "0f" * 32


def read(**table: Any) -> Config:
    """What acctship makes of a table, as it would before the output is built."""
    made = convert({"transport": "tcp", "address": "siem.example:601", **table}, Config, "outputs.siem")
    made.delivery()
    return made


PROMISES: dict[Transport, tuple[str, str, str, int]] = {
    "unix": ("/dev/log", "written", "3164", 8000),
    "udp": ("siem.example:514", "best-effort", "5424", 2048),
    "tcp": ("siem.example:601", "written", "5424", 8000),
    "tls": ("siem.example:6514", "written", "5424", 8000),
    "relp": ("siem.example:2514", "acknowledged", "5424", 8000),
    "relp+tls": ("siem.example:2514", "acknowledged", "5424", 8000),
}


@pytest.mark.parametrize("transport", get_args(Transport))
def test_what_follows_from_the_transport(transport: Transport) -> None:
    address, *promised = PROMISES[transport]
    made = read(transport=transport, address=address)
    assert [made.delivery().guarantee, made.rfc_in_use, made.longest] == promised


def test_several_servers_and_everything_set() -> None:
    made = read(**TLS | {"address": ["a.example:6514", "[2001:db8::1]:6514"]}, ca="/ca.pem", certificate="/c.pem",
                key="/k.pem", server_name="siem", framing="newline", max_message=65536, rfc="3164")  # fmt: skip
    assert made.address == ("a.example:6514", "[2001:db8::1]:6514")
    assert (made.longest, made.rfc_in_use) == (65536, "3164")


@pytest.mark.parametrize("form", [PRINT, PRINT.upper(), ":".join(["0F"] * 32), f"SHA-256:{':'.join(['0F'] * 32)}"])
def test_fingerprint_as_tools_print_it(form: str) -> None:
    assert read(**TLS, fingerprint=form).fingerprint == form


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"address": []}, "address"),
        ({"address": "/dev/log"}, "address"),
        ({"address": ["siem.example:601", "/dev/log"]}, "address"),
        ({"transport": "unix"}, "address"),
        ({"transport": "udp", "framing": "newline"}, "framing"),
        ({"transport": "relp", "framing": "newline"}, "framing"),
        ({"ca": "/ca.pem"}, "ca"),
        ({"transport": "relp", "certificate": "/c.pem"}, "certificate"),
        ({"key": "/k.pem"}, "key"),
        ({"key_password": {"env": "HOME"}}, "key_password"),
        ({"server_name": "siem"}, "server_name"),
        ({"fingerprint": PRINT}, "fingerprint"),
        ({"relp_window": 5}, "relp_window"),
        ({"rfc": "3164", "structured_data": True}, "structured_data"),
        ({"transport": "unix", "address": "/dev/log", "structured_data": True}, "structured_data"),
        ({"rfc": "3164", "app_name": "a[1]:"}, "app_name"),
        ({"rfc": "3164", "app_name": "a" * 33}, "app_name"),
        ({"app_name": "a b"}, "app_name"),
        ({"app_name": "ä"}, "app_name"),
        ({"app_name": "a\n"}, "app_name"),
        ({"app_name": ""}, "app_name"),
        ({"app_name": "a" * 49}, "app_name"),
        ({"sd_id": "acct"}, "sd_id"),
        ({"sd_id": 'a"@1'}, "sd_id"),
        ({"sd_id": "a]@1"}, "sd_id"),
        ({"sd_id": "a@1\n"}, "sd_id"),
        ({"sd_id": "ä@1"}, "sd_id"),
        ({"sd_id": "a\x01@1"}, "sd_id"),
        ({"sd_id": "a" * 31 + "@1"}, "sd_id"),
        ({**TLS, "key": "/k.pem"}, "key"),
        ({**TLS, "key_password": {"env": "HOME"}}, "key_password"),
        ({**TLS, "fingerprint": "0f" * 20}, "fingerprint"),
        ({**TLS, "fingerprint": PRINT, "ca": "/ca.pem"}, "fingerprint"),
        ({"transport": "udp", "max_message": 65_508}, "max_message"),
    ],
)
def test_keys_that_contradict_each_other_are_named(table: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{key}: ") as error:
        read(**table)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"max_message": 479}, "max_message"),
        ({"facility": "security"}, "facility"),
        ({"relp_window": 0}, "relp_window"),
    ],
)
def test_values_out_of_range_are_named(table: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=rf"^outputs\.siem\.{key}: |^outputs\.siem: .*{key}"):
        read(**table)
