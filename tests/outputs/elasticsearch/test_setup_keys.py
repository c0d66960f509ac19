"""API keys that can only append, by answers as Elastic's documentation records them: the server has no security.

So these tests show what is asked for, and what becomes of the answer; not that Elasticsearch grants just that.
"""

from __future__ import annotations

import base64
import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import ACCTSHIP, Done, acctship
from tests.outputs.elasticsearch.conftest import Node
from tests.outputs.elasticsearch.gaps import Cluster, filled

STREAMS = ["logs-acct.process-default", "logs-acct.health-default"]
KEY = base64.b64encode(b"VuaCfGcBCdbkQm-e5aO0:ui2lp2axTNmsyakw9tvNnw")


@pytest.fixture(scope="module")
def installed(elasticsearch: Node) -> Iterator[Cluster]:
    """A cluster that is set up, but for keys."""
    with filled(elasticsearch(9).url) as cluster:
        assert make(cluster).code == 0
        yield cluster


@pytest.fixture
def cluster(installed: Cluster) -> Cluster:
    """The same, without the keys of other tests."""
    installed.keys.clear()
    installed.asked.clear()
    installed.derived = installed.stubborn = False
    return installed


def make(cluster: Cluster, *arguments: str | Path, environment: dict[str, str] | None = None) -> Done:
    return acctship("setup", "elasticsearch", "--url", cluster.url, *arguments, environment=environment)


def test_key_can_only_append_and_is_printed_once(cluster: Cluster) -> None:
    done = make(cluster, "--key-name", "web1")
    assert (done.code, done.out) == (0, KEY + b"\n")
    assert KEY.decode() not in done.err
    assert "ui2lp2axTNmsyakw9tvNnw" not in done.err
    (request,) = [one for one in cluster.asked if one.method == "POST"]
    assert request.body == {
        "name": "web1",
        "role_descriptors": {
            "acctship": {"cluster": [], "indices": [{"names": STREAMS, "privileges": ["create_doc", "auto_configure"]}]}
        },
        "metadata": {"managed_by": "acctship"},
    }


def test_key_is_for_the_streams_of_its_namespace_and_for_a_time(cluster: Cluster) -> None:
    assert make(cluster, "--key-name", "web1", "--namespace", "lab", "--expires", "90").code == 0
    (request,) = [one for one in cluster.asked if one.path == "/_security/api_key" and one.method == "POST"]
    assert request.body["expiration"] == "90d"
    (rights,) = request.body["role_descriptors"]["acctship"]["indices"]
    assert rights["names"] == ["logs-acct.process-lab", "logs-acct.health-lab"]


def test_key_goes_into_a_file_that_others_cannot_read(cluster: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "web1.key"
    done = make(cluster, "--key-name", "web1", "--key-file", file)
    assert (done.code, done.out) == (0, b"")
    assert file.read_bytes() == KEY + b"\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"API key 'web1': made (id VuaCfGcBCdbkQm-e5aO0): it is in {file}" in done.err
    again = make(cluster, "--key-name", "web1", "--key-file", file)
    assert again.code == 0
    assert "API key 'web1': is there since 2025-11-24, for ever (id VuaCfGcBCdbkQm-e5aO0): none made" in again.err
    assert len(cluster.keys) == 1
    assert file.read_bytes() == KEY + b"\n"


@pytest.mark.parametrize("where", [(), ("--key-file", "elsewhere.key")])
def test_a_key_that_is_there_cannot_be_had_again(where: tuple[str, ...], cluster: Cluster) -> None:
    assert make(cluster, "--key-name", "web1", "--expires", "30").code == 0
    done = make(cluster, "--key-name", "web1", *where)
    assert (done.code, done.out) == (1, b"")
    assert "until 2025-12-24" in done.err
    assert "cannot be shown again: withdraw it with --revoke, or make one of another name" in done.err
    assert len(cluster.keys) == 1


@pytest.mark.parametrize("name", ["there", "missing/folder", "link"])
def test_no_key_is_made_that_could_not_be_kept(name: str, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    done = make(cluster, "--key-name", "web1", "--key-file", tmp_path / name)
    assert done.code == 1
    assert str(tmp_path / name) in done.err
    assert cluster.keys == {}
    assert (tmp_path / "there").read_text() == "old"


def test_refused_key_leaves_no_file(cluster: Cluster, tmp_path: Path) -> None:
    cluster.derived = True
    done = make(cluster, "--key-name", "web1", "--key-file", tmp_path / "web1.key")
    assert done.code == 1
    assert "creating derived api keys requires an explicit role descriptor that is empty" in done.err
    assert list(tmp_path.iterdir()) == []


def test_revoked_keys_are_those_of_the_name(cluster: Cluster) -> None:
    for name in ("web1", "web2"):
        assert make(cluster, "--key-name", name).code == 0
    cluster.asked.clear()
    done = make(cluster, "--key-name", "web1", "--revoke")
    assert (done.code, done.error) == (0, "API key 'web1': withdrawn")
    assert cluster.changes == ["DELETE /_security/api_key"]
    assert [(one["name"], one["invalidated"]) for one in cluster.keys.values()] == [("web1", True), ("web2", False)]
    again = make(cluster, "--key-name", "web1", "--revoke")
    assert (again.code, again.error) == (1, "API key 'web1': there is none in force")


@pytest.mark.parametrize("arguments", [(), ("--revoke",)])
def test_keys_of_others_are_left_alone(arguments: tuple[str, ...], cluster: Cluster) -> None:
    cluster.keys["x"] = {"id": "x", "name": "web1", "creation": 0, "invalidated": False, "metadata": {}}
    done = make(cluster, "--key-name", "web1", *arguments)
    assert done.code == 1
    assert "API key 'web1' (x): not made by acctship: take another name" in done.err
    assert cluster.changes == []


def test_a_key_that_stays_in_force_is_no_success(cluster: Cluster) -> None:
    assert make(cluster, "--key-name", "web1").code == 0
    cluster.stubborn = True
    done = make(cluster, "--key-name", "web1", "--revoke")
    assert (done.code, done.error) == (1, "API key 'web1': still in force: VuaCfGcBCdbkQm-e5aO0")


def test_dry_run_makes_no_key(cluster: Cluster, tmp_path: Path) -> None:
    done = make(cluster, "--key-name", "web1", "--key-file", tmp_path / "key", "--dry-run")
    assert done.code == 0
    assert done.out.startswith(b"POST /_security/api_key\n{")
    assert cluster.changes == []
    assert list(tmp_path.iterdir()) == []
    assert make(cluster, "--key-name", "web1").code == 0
    done = make(cluster, "--key-name", "web1", "--revoke", "--dry-run")
    assert done.out.startswith(b"DELETE /_security/api_key\n{")
    assert not cluster.keys["VuaCfGcBCdbkQm-e5aO0"]["invalidated"]


USER = f"Basic {base64.b64encode(b'ann:correct horse').decode()}"


@pytest.mark.parametrize("way", ["file", "environment"])
def test_password_is_read_and_shown_nowhere(way: str, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse\n")
    if way == "file":
        done = make(cluster, "--username", "ann", "--password-file", tmp_path / "password")
    else:
        variables = {"ACCTSHIP_ELASTICSEARCH_PASSWORD": "correct horse"}
        done = make(cluster, "--username", "ann", environment=variables)
    assert done.code == 0
    assert {one.authorization for one in cluster.asked} == {USER}
    assert "horse" not in done.err


@pytest.mark.parametrize("way", ["file", "environment"])
def test_api_key_is_read_and_shown_nowhere(way: str, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("c2VjcmV0\n")
    if way == "file":
        done = make(cluster, "--api-key-file", tmp_path / "key")
    else:
        done = make(cluster, environment={"ACCTSHIP_ELASTICSEARCH_API_KEY": "c2VjcmV0"})
    assert done.code == 0
    assert {one.authorization for one in cluster.asked} == {"ApiKey c2VjcmV0"}
    assert "c2VjcmV0" not in done.err


def test_password_is_asked_for_on_a_terminal(cluster: Cluster) -> None:
    process, terminal = pty.fork()
    if not process:
        os.execv(ACCTSHIP, ["acctship", "setup", "elasticsearch", "--url", cluster.url, "--username", "ann"])
    shown = b""
    while b"Password of ann: " not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, b"correct horse\n")
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # how Linux says that nobody has the terminal open any more
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert b"nothing changed" in shown
    assert b"horse" not in shown
    assert {one.authorization for one in cluster.asked} == {USER}


def test_missing_secret_is_wrong_configuration(cluster: Cluster, tmp_path: Path) -> None:
    done = make(cluster, "--username", "ann", "--password-file", tmp_path / "nothing")
    assert done.code == 3
    assert "No such file or directory" in done.error
