"""Secrets: where they come from, what is wrong with them, and that nothing shows them."""

from __future__ import annotations

import copy
import os
import traceback
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acctship import ConfigError, OutputConfig, Secret
from acctship.strict import convert

VALUE = "hunter2-\u00fc"


@pytest.fixture(params=["file", "env", "credential"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the configuration says of a secret that is there."""
    path = tmp_path / "secret"
    path.write_text(VALUE + "\n", "utf-8")
    monkeypatch.setenv("MY_SECRET", VALUE)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    name = {"file": str(path), "env": "MY_SECRET", "credential": "secret"}[request.param]
    return {request.param: name}


class Config(OutputConfig, kw_only=True):
    token: Secret


def test_secret_is_read_where_it_is(place: dict[str, str]) -> None:
    assert convert({"token": place}, Config, "outputs.x").token.reveal() == VALUE


def test_nothing_shows_it(place: dict[str, str]) -> None:
    config = convert({"token": place}, Config, "outputs.x")
    secret = config.token
    for shown in (repr(secret), str(secret), f"{secret}", repr(config), repr(vars(type(secret)))):
        assert "hunter2" not in shown
    for encode in (msgspec.json.encode, msgspec.to_builtins):
        with pytest.raises(TypeError):
            encode(config)
    assert repr(copy.copy(secret)) == repr(secret)


def test_it_is_read_again_at_each_use(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old\n")
    secret = Secret("file", str(path))
    assert secret.reveal() == "old"
    path.write_text("new\n")
    assert secret.reveal() == "new"
    path.unlink()
    with pytest.raises(ConfigError, match="No such file"):
        secret.reveal()


@pytest.mark.parametrize(
    ("content", "value"), [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), (" a b \n", " a b "), ("a\nb\n", "a\nb")]
)
def test_only_the_newline_at_the_end_is_taken_off(content: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content.encode())
    assert Secret("file", str(path)).reveal() == value


@pytest.mark.parametrize(
    "raw",
    [
        VALUE, 7, None, [], {}, {"vault": "x"}, {"file": "x", "env": "y"}, {"file": 7}, {"env": ""}, {"env": None},
        {"file": "/no/such/file"}, {"env": "NOT_SET_ANYWHERE"}, {"file": "/dev/null"}, {"file": "/"}, {"file": "a\0b"},
    ],
)  # fmt: skip
def test_wrong_place_is_refused_when_the_configuration_is_read(raw: Any) -> None:
    with pytest.raises(ConfigError, match=r"^outputs\.x\.token: ") as caught:
        convert({"token": raw}, Config, "outputs.x")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_credential_without_systemd_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError, match=r"secret credential token: \$CREDENTIALS_DIRECTORY is not set"):
        Secret("credential", "token").reveal()


def test_variable_that_is_empty_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "\n")
    with pytest.raises(ConfigError, match="secret env MY_SECRET: is empty"):
        Secret("env", "MY_SECRET").reveal()


def test_file_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"hunter2\xff")
    with pytest.raises(ConfigError, match="is not UTF-8 text") as caught:
        Secret("file", str(path)).reveal()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_variable_that_is_no_utf8_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "MY_SECRET", os.fsdecode(b"hunter2\xff"))
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        Secret("env", "MY_SECRET").reveal()
