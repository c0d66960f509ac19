"""What a whole request is answered with, or not: what that means, what is said of it, and which node is asked next."""

from __future__ import annotations

import base64
import random
import re
import warnings
from pathlib import Path

import msgspec
import pytest

import acctship
from acctship.deployed import deploy
from acctship.testing import events
from tests.outputs.elasticsearch.scripted import Answer, Scripted, stored
from tests.outputs.elasticsearch.sending import opened
from tests.servers.daemon import free_port

BRIEF = 1.0
"""The limit `timeout` where no answer may come, in seconds."""


def failure(scripted: Scripted, answer: Answer) -> acctship.OutputError:
    scripted.script = lambda _request: answer
    with opened(scripted.url) as output, pytest.raises(acctship.OutputError) as error:
        output.send(events(3))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1500
    return error.value


def test_request_is_what_the_documentation_says(scripted: Scripted) -> None:
    with opened(scripted.url) as output:
        assert output.send(events(2)) == acctship.SendResult()
    (asked,) = scripted.asked
    path, _, query = asked.path.partition("?")
    assert (asked.method, path) in (
        ("PUT", "/logs-acct.process-default/_bulk"),
        ("POST", "/logs-acct.process-default/_bulk"),
    )
    assert "require_data_stream=true" in query
    assert "items.*.status" in query
    assert "Content-Encoding" not in asked.headers
    assert asked.ids == list(events(2).ids)


def test_compressed_request_says_so_and_holds_the_same(scripted: Scripted) -> None:
    with opened(scripted.url, compress=True) as output:
        output.send(events(2))
    (asked,) = scripted.asked
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) < len(asked.body)
    assert asked.ids == list(events(2).ids)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(status: int, scripted: Scripted) -> None:
    error = failure(scripted, Answer(status, {"error": {"type": "a", "reason": "b"}, "status": status}))
    assert isinstance(error, acctship.RetryableError)
    assert str(error) == f"{scripted.url}: HTTP {status}: a: b"
    assert len(scripted.asked) == 1, "the client does not try again by itself"


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 406, 407, 410, 415])
def test_what_a_person_has_to_mend_halts(status: int, scripted: Scripted) -> None:
    error = failure(scripted, Answer(status, {"error": {"type": "a", "reason": "b"}, "status": status}))
    assert isinstance(error, acctship.HaltError)
    assert str(error).startswith(f"{scripted.url}: HTTP {status}: a: b: ")


def test_too_large_a_request_is_too_large(scripted: Scripted) -> None:
    assert isinstance(failure(scripted, Answer(413, b"", {"Content-Type": ""})), acctship.TooLargeError)


@pytest.mark.parametrize("body", [b"<html>\x1b[31m502\n</html>", b"", b"\xff\xfe"])
@pytest.mark.parametrize("kind", ["text/html", ""])
def test_answer_of_a_proxy_is_shown_harmlessly(body: bytes, kind: str, scripted: Scripted) -> None:
    error = failure(scripted, Answer(502, body, {"Content-Type": kind, "X-Elastic-Product": ""}))
    assert isinstance(error, acctship.RetryableError)
    assert str(error).isprintable()


def test_wait_that_the_server_asks_for_is_passed_on(scripted: Scripted) -> None:
    def asked(value: str) -> float | None:
        error = failure(scripted, Answer(503, {}, {"Retry-After": value}))
        assert isinstance(error, acctship.RetryableError)
        return error.retry_after

    assert asked("7") == 7
    assert asked("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert asked("soon") is None
    assert asked("Mon, 01 Jan 99999999999 00:00:00 GMT") is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(200, {"items": []}, {"X-Elastic-Product": ""}), acctship.HaltError),
        (Answer(200, b'{"items": [{"create"'), acctship.RetryableError),
        (Answer(200, b"welcome", {"Content-Type": "text/html"}), acctship.HaltError),
        (Answer(200, {"items": [{"create": {"status": 201}}]}), acctship.HaltError),
        (Answer(204, b""), acctship.OutputError),
    ],
)
def test_other_answer_than_that_of_elasticsearch_acknowledges_nothing(
    answer: Answer, kind: type[Exception], scripted: Scripted
) -> None:
    assert isinstance(failure(scripted, answer), kind)


def test_reply_is_cut_short_and_escaped(scripted: Scripted) -> None:
    error = failure(scripted, Answer(403, {"error": {"type": "x\n\x1b[31m", "reason": "y" * 5000}}))
    assert r"x\x0a\x1b[31m: yyy" in str(error)


def test_warning_of_a_server_is_printed_nowhere(scripted: Scripted, capfd: pytest.CaptureFixture[str]) -> None:
    warning = {"Warning": '299 Elasticsearch-8.19.3 "\x1b[31mold"'}
    scripted.script = lambda request: msgspec.structs.replace(stored(request), headers=warning)
    with opened(scripted.url) as output, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        output.send(events(1))
    assert seen == []
    assert "old" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("written", "sent"),
    [("aWQ6a2V5", "aWQ6a2V5"), ("id:key", base64.b64encode(b"id:key").decode())],
)
def test_api_key_is_sent_as_it_is_or_encoded_and_read_each_time(
    written: str, sent: str, scripted: Scripted, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(f"{written}\n")
    with opened(scripted.url, api_key={"file": str(key)}) as output:
        output.send(events(1))
        key.write_text("bmV3Om9uZQ==")
        output.send(events(1))
    assert [_authorization(request.headers) for request in scripted.asked] == [f"ApiKey {sent}", "ApiKey bmV3Om9uZQ=="]


def test_key_that_is_none_halts_and_is_not_shown(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "correct\nhorse battery")
    with (
        opened(scripted.url, api_key={"env": "KEY"}) as output,
        pytest.raises(acctship.HaltError, match="env KEY") as error,
    ):
        output.send(events(1))
    assert "horse" not in str(error.value)


def test_user_and_password_are_sent(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "größe:1")
    with opened(scripted.url, username="acctship", password={"env": "PASSWORD"}) as output:
        output.send(events(1))
    expected = base64.b64encode("acctship:größe:1".encode()).decode()
    assert _authorization(scripted.asked[0].headers) == f"Basic {expected}"


def _authorization(headers: dict[str, str]) -> str:
    return {name.lower(): value for name, value in headers.items()}["authorization"]


def test_node_that_is_away_is_passed_over_at_once(scripted: Scripted) -> None:
    away = [f"http://127.0.0.1:{free_port()}" for _ in range(3)]
    with opened([*away, scripted.url]) as output:
        for _ in range(3):
            assert output.send(events(1)) == acctship.SendResult()
    assert len(scripted.asked) == 3


def test_all_nodes_are_named_when_all_are_away() -> None:
    away = [f"http://127.0.0.1:{free_port()}" for _ in range(3)]
    with opened(away) as output, pytest.raises(acctship.RetryableError) as error:
        output.send(events(1))
    assert sorted(str(error.value).split("; ")) == sorted(f"{url}: Connection refused" for url in away)


def test_busy_node_is_not_passed_over(scripted: Scripted) -> None:
    """Its cluster is as busy: the batch would come to each of its nodes."""
    scripted.script = lambda _request: Answer(429, {})
    with Scripted(scripted.script) as other, opened([scripted.url, other.url]) as output:
        with pytest.raises(acctship.RetryableError):
            output.send(events(1))
        assert len(scripted.asked) + len(other.asked) == 1


def test_node_that_is_silent_is_passed_over_the_next_time(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when connections are made anew meanwhile, as they are after it gave no answer."""
    monkeypatch.setattr(random, "shuffle", list.reverse)
    with Scripted() as silent, opened([scripted.url, silent.url], timeout=BRIEF) as output:
        silent.script = lambda _request: _wait(silent)
        with pytest.raises(acctship.RetryableError, match=f"^{re.escape(silent.url)}: no answer in time$"):
            output.send(events(1))
        for at in range(2, 4):
            assert output.send(events(1, first_pid=at)) == acctship.SendResult()
        silent.released.set()


def _wait(server: Scripted) -> Answer:
    server.released.wait()
    return Answer(503, {})


def test_cloud_id_that_is_none_halts() -> None:
    output = deploy("tested", {"type": "elasticsearch", "cloud_id": "nonsense"}).build()
    with pytest.raises(acctship.HaltError, match="cloud_id: is no Cloud ID"):
        output.open()


def test_check_with_a_key_that_may_only_append(scripted: Scripted) -> None:
    scripted.script = lambda _request: Answer(403, {"error": {"type": "security_exception"}, "status": 403})
    with opened(scripted.url) as output:
        assert isinstance(output, acctship.CheckedOutput)
        said = output.check()
    assert "tells this key no version" in said
    assert "whether logs-acct.process-default is there is not told to this key" in said


def test_check_with_a_wrong_key_halts(scripted: Scripted) -> None:
    scripted.script = lambda _request: Answer(401, {"error": {"type": "security_exception"}, "status": 401})
    with opened(scripted.url) as output:
        assert isinstance(output, acctship.CheckedOutput)
        with pytest.raises(acctship.HaltError, match="check api_key"):
            output.check()
