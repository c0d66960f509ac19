"""`acctship check` as an administrator, a monitoring system and Ansible call it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import acctship
from tests.cli.fakes import distribution
from tests.cli.service import Site, until
from tests.conftest import skip
from tests.paths import PACCT

NOBODY = 65534


@pytest.fixture
def open_site() -> Iterator[Site]:
    """A site that others than root may enter, unlike pytest's own folders."""
    if os.geteuid() != 0:
        skip("looking at things as another user takes root")
    folder = Path(tempfile.mkdtemp(prefix="acctship-test-"))
    folder.chmod(0o755)
    site = Site(folder)
    site.append(1, 4)
    yield site
    shutil.rmtree(folder)


def found(*arguments: str | Path, **environment: str) -> dict[str, dict[str, str]]:
    """What `--json` prints, by check."""
    done = acctship("check", "--json", *arguments, environment=environment)
    assert done.err == ""
    rows: list[dict[str, Any]] = json.loads(done.out)
    assert all(row.keys() == {"check", "state", "finding", "advice"} for row in rows)
    assert all(row["state"] in ("ok", "warn", "FAILED") for row in rows)
    return {row["check"]: row for row in rows}


def test_draft_is_checked_alone(tmp_path: Path) -> None:
    draft = tmp_path / "draft.tmp"
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/broken.toml").write_text("no toml")
    draft.write_text(
        '[source]\npath = "/nonexistent"\n[outputs.a]\ntype = "jsonl"\nwhere = { exclude = [{ user = "x" }] }\n'
    )
    done = acctship("check", "--offline", draft)
    assert (done.code, done.err) == (0, "")
    assert done.out.decode().splitlines() == [
        f"ok      configuration: {draft}, alone; secrets were not looked for",
        f"ok      outputs.a: jsonl, written, by {done.out.decode().rpartition(', by ')[2].strip()}",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[outputs.a\n", "is not TOML"),
        ("[sauce]\n", "sauce: unknown key; did you mean source?"),
        ('[outputs.a]\ntype = "jsonk"\n', "no output 'jsonk'; did you mean jsonl?"),
        ('[outputs.a]\ntype = "jsonl"\npaht = "x"\n', "outputs.a.paht: unknown key; did you mean path?"),
        ('[outputs.a]\ntype = "jsonl"\nwhere = { exclude = [{ usr = "x" }] }\n', "outputs.a.where"),
        ('[outputs.a]\ntype = "jsonl"\ndelivery = { splay = "5 parsecs" }\n', "outputs.a.delivery.splay: "),
    ],
)
def test_draft_that_is_wrong_is_refused_with_one_line(tmp_path: Path, text: str, said: str) -> None:
    draft = tmp_path / "draft"
    draft.write_text(text)
    done = acctship("check", "--offline", draft)
    assert (done.code, said in done.error) == (3, True)
    assert done.error.startswith(f"{draft}: ")


def test_draft_that_is_missing_or_whose_outputs_are_elsewhere(tmp_path: Path) -> None:
    assert acctship("check", "--offline", tmp_path / "none").code == 3
    (tmp_path / "draft").write_text("[source]\ntags = []\n")
    done = acctship("check", "--offline", tmp_path / "draft")
    assert (done.code, b"warn    outputs: this file has none" in done.out) == (0, True)


PLUGIN = """\
import acctship

class Config(acctship.OutputConfig, kw_only=True):
    token: acctship.Secret
    def output(self, limits):
        return Null()

class Null:
    def open(self): raise SystemError("opened")
    def send(self, batch): raise SystemError("sent")
    def check(self): raise SystemError("asked")
    def close(self): pass

@acctship.hookimpl
def acctship_outputs():
    yield acctship.OutputSpec("hidden", Config, "Has a secret")
"""


@pytest.mark.parametrize("secret", ['credential = "t"', 'file = "/nonexistent"', 'env = "NOT_SET"'])
def test_draft_needs_no_secret_and_no_receiver(tmp_path: Path, secret: str) -> None:
    distribution(tmp_path / "site", "hidden", {"hidden": PLUGIN})
    draft = tmp_path / "draft"
    draft.write_text(f'[outputs.a]\ntype = "hidden"\ntoken = {{ {secret} }}\n')
    environment = {"PYTHONPATH": str(tmp_path / "site")}
    done = acctship("check", "--offline", draft, environment=environment)
    assert (done.code, done.err) == (0, "")
    assert acctship("run", "--once", "-c", draft, "-f", PACCT, environment=environment).code == 3  # which does need it
    draft.write_text('[outputs.a]\ntype = "hidden"\ntoken = "hunter2"\n')
    done = acctship("check", "--offline", draft, environment=environment)
    assert (done.code, "never written here" in done.error, "hunter2" in done.err) == (3, True, False)


def test_offline_takes_no_other_file() -> None:
    done = acctship("check", "--offline", "a", "-c", "b")
    assert (done.code, "--offline checks one file" in done.err) == (2, True)


def test_nothing_is_made_or_touched(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.append(1, 3)
    before = sorted(tmp_path.rglob("*"))
    rows = found("-c", site.config)
    assert sorted(tmp_path.rglob("*")) == before
    assert rows["outputs.copy.receiver"]["finding"].startswith(f"{tmp_path}/events.jsonl will be made, ")
    (tmp_path / "events.jsonl").write_bytes(b"not touched")
    status = (tmp_path / "events.jsonl").stat()
    rows = found("-c", site.config)
    assert rows["outputs.copy.receiver"]["finding"].startswith(f"{tmp_path}/events.jsonl can be appended to, ")
    again = (tmp_path / "events.jsonl").stat()
    assert (again.st_mtime_ns, again.st_ctime_ns, again.st_size) == (status.st_mtime_ns, status.st_ctime_ns, 11)


def test_daemon_that_runs_is_not_disturbed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.append(1, 3)
    with site.run() as service:
        until(lambda: site.pids() == [1, 2], "the records")
        rows = found("-c", site.config)
        assert rows["outputs.copy.receiver"]["state"] == "ok"
        assert rows["state writable"]["state"] == "ok"
        site.append(3, 5)
        until(lambda: site.pids() == [1, 2, 3, 4], "what came after the check")
        assert service.stop()[0] == 0


def test_named_user_is_judged_though_root_asks(open_site: Site) -> None:
    site = open_site
    rows = found("-c", site.config, "--user", "nobody")
    assert rows["readable"]["state"] == "ok"
    assert rows["outputs.copy.receiver"]["finding"] == (
        f"outputs.copy: the receiver would not take events: {site.folder}: no file may be made there: permission denied"
    )
    os.chown(site.folder, NOBODY, NOBODY)
    rows = found("-c", site.config, "--user", "nobody")
    assert rows["outputs.copy.receiver"]["state"] == "ok"
    site.config.chmod(0o600)
    assert rows["configuration readable"]["state"] == "ok"
    assert found("-c", site.config, "--user", "nobody")["configuration readable"]["state"] == "FAILED"
    site.path.chmod(0o600)
    sibling = site.path.with_name("pacct.1.gz")
    sibling.touch(0o600)
    done = acctship("check", "-c", site.config, "--user", "nobody")
    assert done.code == 3
    assert (
        f"user nobody may not read {site.path}, which is root:root 0600; user nobody may not read {sibling}" in done.err
    )


def test_owner_of_the_state_is_the_user(open_site: Site) -> None:
    site = open_site
    acctship("run", "--once", "-c", site.config)
    os.chown(site.state, NOBODY, NOBODY)
    rows = found("-c", site.config)
    assert rows["user"]["finding"] == f"the daemon runs as user nobody, who owns {site.state}"
    assert rows["state writable"]["state"] == "ok"
    os.chown(site.state, 0, 0)
    assert found("-c", site.config, "--user", "nobody")["state writable"]["state"] == "FAILED"


def test_user_who_does_not_exist(tmp_path: Path) -> None:
    done = acctship("check", "-c", Site(tmp_path).config, "--user", "no-such-user")
    assert (done.code, done.error) == (1, "no user no-such-user: name the one that the daemon runs as")


def test_configuration_without_an_output_is_a_failure(tmp_path: Path) -> None:
    config = tmp_path / "acctship.toml"
    config.write_text(f'[state]\ndirectory = "{tmp_path}/state"\n')
    done = acctship("check", "-c", config, "-f", PACCT)
    assert (done.code, b"FAILED  outputs: " in done.out) == (3, True)
    assert done.error == f'{config}: no output: add [outputs.NAME] with type = "..."'
