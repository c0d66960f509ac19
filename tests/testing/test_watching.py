"""The watch over an output: it notes what is asked and answered, and changes neither."""

from __future__ import annotations

import pytest
from msgspec import Struct

from acctship import RetryableError, Secret, SendResult
from acctship.testing import deliver, events
from acctship.testing.checks import secrets_of
from acctship.testing.switch import Switch, switched
from acctship.testing.watching import Watch, limited, unwatched, watched
from tests.delivery.standins import Scripted, deploy


def test_calls_and_errors_are_noted_in_order() -> None:
    error, watch = RetryableError("later"), Watch()
    output = Scripted(error, SendResult(rejected={1: "no"}, retry=[2]))
    done = deliver(watched(deploy(lambda: output), watch), [events(3)])
    assert watch.raised == [("send", error)]
    first, second, third = watch.calls
    assert (first.error, first.acknowledged, first.ended) == (error, [], True)
    assert (second.error, second.acknowledged) == (None, [events(3).ids[0]])
    assert third.acknowledged == [events(3).ids[2]]
    assert (done.acknowledged, list(done.rejected), done.failure) == (2, [events(3).ids[1]], None)


def test_error_at_open_is_noted_and_raised() -> None:
    error, watch = RetryableError("down"), Watch()
    deployed = watched(deploy(lambda: Scripted(at_open=[error])), watch)
    with pytest.raises(RetryableError, match="down"):
        deployed.build().open()
    assert watch.raised == [("open", error)]


def test_failure_that_ends_a_delivery_is_told() -> None:
    waits: list[float] = []
    error = RetryableError("busy", retry_after=7)
    done = deliver(deploy(lambda: Scripted(*[error] * 9)), [events(1)], waits.append)
    assert "busy" in str(done.failure)
    assert min(waits) >= 7
    assert done.acknowledged == 0


def test_limits_are_replaced_and_the_rest_stays() -> None:
    deployed = deploy(Scripted, batch_events=5)
    other = limited(deployed, timeout=3.0)
    assert (other.limits.timeout, other.limits.batch_events, other.config) == (3.0, 5, deployed.config)
    assert unwatched(watched(other, Watch())) is deployed.config
    assert unwatched(other) is deployed.config


class Inner(Struct):
    key: Secret


class Outer(Struct):
    token: Secret
    tls: Inner
    more: list[Inner]
    by_name: dict[str, Secret]
    url: str = "x"


class Context:
    def __init__(self) -> None:
        self.said: list[str] = []

    def __enter__(self) -> None:
        self.said.append("on")

    def __exit__(self, *_: object) -> None:
        self.said.append("off")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("", []),
        ("off on", []),
        ("on on", ["on", "off"]),
        ("on off", ["on", "off"]),
        ("on off off on", ["on", "off"]),
    ],
)
def test_fault_begins_once_and_ends_once(steps: str, said: list[str]) -> None:
    context = Context()
    with switched(context) as switch:
        for step in steps.split():
            getattr(Switch, step)(switch)
    assert context.said == said


def test_secrets_are_found_wherever_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def secret(name: str) -> Secret:
        monkeypatch.setenv(name, f"value of {name}")
        return Secret("env", name)

    config = Outer(secret("A"), Inner(secret("B")), [Inner(secret("C"))], {"d": secret("D")})
    assert secrets_of(config) == {
        "token": "value of A",
        "tls.key": "value of B",
        "more.0.key": "value of C",
        "by_name.d": "value of D",
    }
