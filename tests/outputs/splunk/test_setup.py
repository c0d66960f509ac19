"""`acctship setup splunk` on a stand-in of Splunk's REST API, through the real splunk-sdk and over real TLS."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.command import Done, acctship
from tests.outputs.splunk.rest_standin import PASSWORD, TOKEN, Splunk, serving
from tests.servers.certificates import Authority, Issued

COLLECTOR = "/servicesNS/nobody/splunk_httpinput/data/inputs/http/http"
TOKENS = "/servicesNS/nobody/splunk_httpinput/data/inputs/http"
INDEXES = "/servicesNS/nobody/search/data/indexes"
LOGIN = "/services/auth/login"
SIZE = ("--max-size", "200GB")
OWN = "0F3C1D5A-0000-4000-8000-00000000ABCD"

Run = Callable[..., Done]


@pytest.fixture
def splunk(certificate: Issued) -> Iterator[Splunk]:
    with serving(certificate) as splunk:
        yield splunk


@pytest.fixture
def run(splunk: Splunk, authority: Authority, tmp_path: Path) -> Run:
    def run(*arguments: str | Path, password: str = PASSWORD, ca: Path = authority.ca) -> Done:
        return acctship(
            "setup", "splunk", "--url", splunk.url, "--ca", ca, *SIZE, *arguments,
            environment={"SPLUNK_PASSWORD": password}, cwd=tmp_path,
        )  # fmt: skip

    return run


def test_all_is_created_once_and_said_first(run: Run, splunk: Splunk) -> None:
    done = run()
    assert (done.code, done.out) == (0, f"{TOKEN}\n".encode())
    said = done.err.splitlines()
    index = (
        "acctship: index acct: create it: events are frozen after 400 days (frozenTimePeriodInSecs=34560000), "
        "or above 190734 MB whatever their age (maxTotalDataSizeMB)"
    )
    assert said == [
        "acctship: HTTP Event Collector: enable it, on port 8088",
        index,
        "acctship: token acctship: create it: for index acct alone, with indexer acknowledgement (useACK)",
        "acctship: done: HTTP Event Collector",
        "acctship: done: index acct",
        "acctship: done: token acctship",
    ]
    assert splunk.changes == [
        (COLLECTOR, {"disabled": "0"}),
        (
            INDEXES,
            {
                "name": "acct",
                "datatype": "event",
                "frozenTimePeriodInSecs": "34560000",
                "maxTotalDataSizeMB": "190734",
            },
        ),
        (
            TOKENS,
            {
                "name": "acctship",
                "index": "acct",
                "indexes": "acct",
                "sourcetype": "acct:process",
                "useACK": "1",
                "disabled": "0",
            },
        ),
    ]
    again = run()
    assert (again.code, again.out) == (0, b"")
    assert again.err.splitlines() == [
        "acctship: index acct: is there, as wanted",
        "acctship: token acctship: is there, as wanted",
    ]
    assert len(splunk.changes) == 3


def test_dry_run_changes_nothing(run: Run, splunk: Splunk, tmp_path: Path) -> None:
    done = run("--dry-run", "--token-file", "token")
    assert (done.code, done.out, done.err.count("create it")) == (0, b"", 2)
    assert (splunk.changes, (tmp_path / "token").exists()) == ([], False)


def test_token_goes_to_a_file_for_its_owner_alone(run: Run, tmp_path: Path) -> None:
    done = run("--token-file", "token")
    path = tmp_path / "token"
    assert (done.code, done.out, path.read_text()) == (0, b"", f"{TOKEN}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert TOKEN not in done.err
    assert run("--token-file", "token").code == 0
    path.unlink()  # the token is there already: its value is told all the same
    assert run("--token-file", "token").code == 0
    assert path.read_text() == f"{TOKEN}\n"


def test_token_of_a_file_is_given_to_a_new_server(run: Run, splunk: Splunk, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{OWN}\n")
    assert run("--token-file", "token").code == 0
    assert splunk.tokens["acctship"]["token"] == OWN
    assert (tmp_path / "token").read_text() == f"{OWN}\n"


def test_file_that_holds_another_token_differs(run: Run, tmp_path: Path) -> None:
    run()
    (tmp_path / "token").write_text(OWN)
    done = run("--token-file", "token")
    assert (done.code, (tmp_path / "token").read_text()) == (1, OWN)
    assert "differs: --token-file token: holds another token than the server" in done.err
    assert OWN not in done.err


@pytest.mark.parametrize("content", [b"hello", b"", b"\xff"])
def test_file_that_holds_no_token_is_left_alone(run: Run, splunk: Splunk, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    done = run("--token-file", "token")
    assert (done.code, splunk.changes, (tmp_path / "token").read_bytes()) == (3, [], content)
    assert done.error == "--token-file token: holds something else than a token: name another file"


def test_what_differs_is_said_and_left_as_it_is(run: Run, splunk: Splunk) -> None:
    splunk.collector["disabled"] = False
    splunk.indexes["acct"] = {
        "disabled": True,
        "datatype": "metric",
        "frozenTimePeriodInSecs": 90 * 86_400,
        "maxTotalDataSizeMB": "500000",
    }
    splunk.tokens["acctship"] = {"token": TOKEN, "disabled": True, "indexes": ["main"], "useACK": "0"}
    done = run()
    assert (done.code, splunk.changes) == (1, [])
    texts = [
        "index acct: is disabled",
        "index acct: is an index of metrics",
        "index acct: freezes events after 90 days, not 400",
        "index acct: may grow to 500000 MB, not 190734",
        "token acctship: is disabled",
        "token acctship: has no indexer acknowledgement",
        "token acctship: allows other indexes alone: add acct",
    ]
    assert [
        line.split(": differs: ")[1][: len(text)] for line, text in zip(done.err.splitlines(), texts, strict=True)
    ] == texts


def test_longer_retention_is_as_wanted_and_a_token_of_more_indexes_is_not(run: Run, splunk: Splunk) -> None:
    run()
    splunk.indexes["acct"]["frozenTimePeriodInSecs"] = "188697600"
    splunk.tokens["acctship"]["indexes"] = ["acct", "main"]
    done = run()
    assert done.code == 1
    assert "index acct: is there, as wanted" in done.err
    assert "token acctship: allows other indexes, too" in done.err


@pytest.mark.parametrize(
    ("info", "advice"),
    [
        ({"server_roles": ["indexer", "cluster_peer"]}, "use --print conf"),
        ({"server_roles": ["shc_member"]}, "use --print conf"),
        ({"instance_type": "cloud", "server_roles": ["search_head"]}, "use --print acs"),
    ],
)
def test_clusters_and_cloud_are_refused(run: Run, splunk: Splunk, info: dict[str, object], advice: str) -> None:
    splunk.info |= info
    done = run()
    assert (done.code, splunk.changes) == (1, [])
    assert advice in done.error


def test_search_head_is_warned_of(run: Run, splunk: Splunk) -> None:
    splunk.info["server_roles"] = ["search_head"]
    assert "searches other servers" in run("--dry-run").err


def test_wrong_password_is_said_and_not_shown(run: Run, splunk: Splunk) -> None:
    done = run(password="a wrong one")
    assert (done.code, splunk.changes) == (1, [])
    assert done.error.endswith("does not let admin in: wrong name or password: Login failed")
    assert "a wrong one" not in done.err


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (403, b'{"messages":[{"type":"ERROR","text":"insufficient permission"}]}', "admin may not do that: it takes"),
        (409, b'{"messages":[{"type":"ERROR","text":"already\\u001b[31m there"}]}', "HTTP 409: already\\x1b[31m there"),
        (503, b"", "refuses with HTTP 503"),
        (200, b"<html>", "answers something else than Splunk's REST API"),
        (200, b'{"entry":7}', "answers something else than Splunk's REST API"),
    ],
)
def test_other_answers_are_one_line(run: Run, splunk: Splunk, status: int, body: bytes, text: str) -> None:
    splunk.answers[INDEXES] = (status, body)
    done = run()
    assert done.code == 1
    last = done.err.splitlines()[-1]
    assert text in last
    assert "Traceback" not in done.err


def test_answer_of_another_server_to_the_login_is_one_line(run: Run, splunk: Splunk) -> None:
    splunk.answers[LOGIN] = (200, b"<html><p>")
    assert "is it the management port, 8089?" in run().error


def test_certificate_of_another_authority_is_refused(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Authority(tmp_path_factory.mktemp("other") / "authority")
    done = run(ca=other.ca)
    assert done.code == 1
    assert "its certificate is not trusted" in done.error


def test_certificate_is_verified_without_ca_too(splunk: Splunk) -> None:
    done = acctship("setup", "splunk", "--url", splunk.url, *SIZE, environment={"SPLUNK_PASSWORD": PASSWORD})
    assert done.code == 1
    assert "its certificate is not trusted" in done.error
    assert "--ca" in done.error


def test_nobody_there_is_one_line(run: Run, splunk: Splunk) -> None:
    splunk.url = "https://localhost:1"
    done = run()
    assert (done.code, done.error) == (1, "localhost:1: Connection refused")


def test_password_comes_from_a_file(splunk: Splunk, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    call = ("setup", "splunk", "--url", splunk.url, "--ca", authority.ca, *SIZE, "--dry-run")
    assert acctship(*call, "--password-file", tmp_path / "password").code == 0
    without = acctship(*call)
    assert without.code == 2
    assert "give --password-file, or $SPLUNK_PASSWORD" in without.err


def test_missing_library_is_said_with_its_extra(splunk: Splunk, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "splunklib.py").write_text("raise ModuleNotFoundError(\"No module named 'splunklib'\")")
    environment = {"PYTHONPATH": str(tmp_path), "SPLUNK_PASSWORD": PASSWORD}
    call = ("setup", "splunk", "--url", splunk.url, "--ca", authority.ca, *SIZE)
    done = acctship(*call, environment=environment)
    assert (done.code, splunk.changes) == (3, [])
    assert done.error == "setup splunk: No module named 'splunklib': pip install 'acctship[splunk]'"
    assert acctship("setup", "splunk", *SIZE, "--print", "conf", environment=environment).code == 0


def test_expired_certificate_is_refused_and_said(authority: Authority, tmp_path: Path) -> None:
    with serving(authority.issue("expired", days=-1)) as splunk:
        call = ("setup", "splunk", "--url", splunk.url, "--ca", authority.ca, *SIZE)
        done = acctship(*call, environment={"SPLUNK_PASSWORD": PASSWORD}, cwd=tmp_path)
    assert (done.code, splunk.changes) == (1, [])
    assert "certificate has expired" in done.error


def test_token_that_cannot_be_written_is_written_by_the_next_call(run: Run, splunk: Splunk, tmp_path: Path) -> None:
    (tmp_path / "token").symlink_to(tmp_path / "elsewhere")
    done = run("--token-file", "token")
    assert (done.code, "acctship" in splunk.tokens) == (3, True)
    assert "--token-file token: cannot be written" in done.err
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "token").unlink()
    assert run("--token-file", "token").code == 0
    assert (tmp_path / "token").read_text() == f"{TOKEN}\n"
