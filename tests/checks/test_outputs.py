"""What is said of an output and its receiver. The outputs stand in for what a receiver may do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acctship import Delivery, HaltError, Output, OutputConfig, PluginError, Secret
from acctship.checks.outputs import outputs, receiver
from acctship.config import load
from acctship.deployed import Deployed
from tests.delivery.standins import Scripted, deploy


class Asked(Scripted):
    """Answers `check` as it is told to."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        super().__init__()
        self.answer = answer

    def check(self) -> str:
        answer = self.answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return]  # some tests want the wrong type


def asked(answer: Callable[[], Any], **limits: Any) -> tuple[Asked, Deployed]:
    output = Asked(answer)
    return output, deploy(lambda: output, name="siem", **limits)


def test_receiver_that_answers_is_let_go_and_nothing_was_sent() -> None:
    output, deployed = asked(lambda: "HTTP 200\x1b[31m")
    found = receiver(deployed)
    assert (found.check, found.state, found.finding) == ("outputs.siem.receiver", "ok", "HTTP 200\\x1b[31m")
    assert (output.opened, output.sent, output.closed) == (0, [], 1)


def test_output_without_a_check_is_told_as_that() -> None:
    output = Scripted()
    found = receiver(deploy(lambda: output))
    assert (found.state, found.finding) == ("ok", "not asked: this output has no check")
    assert (output.opened, output.sent) == (0, [])


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (HaltError("401\nunknown token"), 1, "outputs.siem: the receiver would not take events: 401\\x0aunknown token"),
        (ConnectionRefusedError(111, "Connection refused"), 1, "[Errno 111] Connection refused"),
        (KeyError("bug"), 3, "outputs.siem: a bug in standin 1: KeyError: 'bug'"),
        (SystemExit(0), 3, "outputs.siem: a bug in standin 1: RuntimeError: it raised SystemExit: 0"),
        (KeyboardInterrupt(), 3, "outputs.siem: a bug in standin 1: RuntimeError: it raised KeyboardInterrupt"),
        (GeneratorExit(), 3, "outputs.siem: a bug in standin 1: RuntimeError: it raised GeneratorExit"),
        (None, 3, "check() returned NoneType, not text"),
        (PluginError("outputs.siem: needs a library"), 3, "outputs.siem: needs a library"),
    ],
)
def test_whatever_goes_wrong_is_one_line(answer: Any, code: int, said: str) -> None:
    output, deployed = asked(lambda: answer)
    found = receiver(deployed)
    assert (found.state, found.exit_code, said in found.finding) == ("FAILED", code, True)
    assert output.closed == 1


def test_receiver_that_hangs_is_given_up() -> None:
    release = threading.Event()
    output, deployed = asked(release.wait, timeout=0.05)
    found = receiver(deployed)
    release.set()
    assert (found.state, "is not reached: no answer in 0.05 s" in found.finding) == ("FAILED", True)
    assert output.closed == 1


class WithSecret(OutputConfig, kw_only=True):
    """Has a secret in a table of its own."""

    tls: dict[str, Secret]

    def output(self, limits: Delivery, /) -> Output:  # noqa: ARG002 - nothing is sent
        return Asked(lambda: "reached")


def with_secret(kind: str, name: str) -> Deployed:
    return replace(deploy(Scripted, name="siem"), config=WithSecret(tls={"key": Secret(kind, name)}))


def test_credential_of_a_unit_is_not_to_be_had_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    found = receiver(with_secret("credential", "key"))
    assert (found.state, "outputs.siem.tls.key is a credential" in found.finding) == ("warn", True)
    assert "systemd-run" in found.advice
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    found = receiver(with_secret("credential", "key"))
    assert (found.state, found.exit_code) == ("FAILED", 3)
    (tmp_path / "key").write_text("s3cret")
    found = receiver(with_secret("credential", "key"))
    assert (found.state, found.finding) == ("ok", "reached")
    assert "s3cret" not in msgspec.json.encode(found).decode()


def test_secret_that_is_missing_is_named_by_its_key() -> None:
    found = receiver(with_secret("file", "/nonexistent/key"))
    assert found.finding == "outputs.siem.tls.key: secret file /nonexistent/key: No such file or directory"


def test_each_output_is_judged_by_itself(tmp_path: Path) -> None:
    config = tmp_path / "acctship.toml"
    config.write_text('[outputs.a]\ntype = "jsonk"\n[outputs.b]\ntype = "jsonl"\n[outputs.c]\ntype = "jsonl"\nx = 1\n')
    valid, found = outputs(load(config))
    assert [one.name for one in valid] == ["b"]
    assert [(one.check, one.state, one.exit_code) for one in found] == [
        ("outputs.a", "FAILED", 3),
        ("outputs.b", "ok", 0),
        ("outputs.c", "FAILED", 3),
    ]
