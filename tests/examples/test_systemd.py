"""The units, users and folders are what systemd's own tools take without a word."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import skip
from tests.paths import EXAMPLES

EXAMPLES = EXAMPLES / "systemd"
SERVICES = ["acctship.service", "acctship-accounting.service", "acctship-rotate.service"]
UNITS = [*SERVICES, "acctship-rotate.timer"]


def run(*command: str | Path) -> str:
    """Run one of systemd's tools; gives standard output and error together. It must not fail."""
    tool = shutil.which(str(command[0]))
    if tool is None:
        skip(f"{command[0]} is missing: apt-get install systemd")
    done = subprocess.run(
        [tool, *command[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "SYSTEMD_PAGER": ""},
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with the units, the programs that they name, and the targets of this machine."""
    units = tmp_path / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    for path in (*EXAMPLES.glob("*.service"), *EXAMPLES.glob("*.timer"), *Path("/lib/systemd/system").glob("*.target")):
        shutil.copy(path, units)
    for program in ("usr/bin/acctship", "bin/kill"):
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_verified_without_a_word(root: Path, unit: str) -> None:
    assert not run("systemd-analyze", "verify", f"--root={root}", "--man=no", unit)


def test_a_wrong_unit_is_not_verified(root: Path) -> None:
    wrong = root / "usr/lib/systemd/system/acctship.service"
    wrong.write_text(wrong.read_text().replace("MemoryMax=", "MemoryMost="))

    assert "MemoryMost" in run("systemd-analyze", "verify", f"--root={root}", "--man=no", "acctship.service")


def test_a_boot_has_no_cycle_where_a_distributions_unit_is_enabled_too(root: Path) -> None:
    units = root / "usr/lib/systemd/system"
    (units / "acct.service").write_text("[Service]\nType=oneshot\nExecStart=/usr/bin/acctship\n")
    (units / "acctship-accounting.service").write_text(
        (EXAMPLES / "acctship-accounting.service")
        .read_text()
        .replace("Conflicts=acct.service psacct.service", "Conflicts=")
    )  # of two that conflict one is left out, and with it the cycle
    for target, unit in (("sysinit", "acctship-accounting"), ("multi-user", "acct")):
        (units / f"{target}.target.wants").mkdir()
        (units / f"{target}.target.wants/{unit}.service").symlink_to(f"../{unit}.service")

    assert "cycle" not in run("systemd-analyze", "verify", f"--root={root}", "--man=no", "multi-user.target")


def test_the_daemon_is_exposed_to_next_to_nothing(root: Path) -> None:
    analyze = ["systemd-analyze", "security", "--offline=yes", f"--root={root}", "--no-pager"]

    said = run(*analyze, "--threshold=20", "acctship.service")

    assert "Overall exposure level" in said
    assert [line for line in said.splitlines() if "CapabilityBoundingSet=~" in line and "✗" in line] == []


@pytest.mark.parametrize("unit", SERVICES[1:])
def test_who_switches_has_what_that_takes_and_no_mounts_of_its_own(root: Path, unit: str) -> None:
    run("systemd-analyze", "security", "--offline=yes", f"--root={root}", "--threshold=40", unit)

    keys = {line.partition("=")[0] for line in (EXAMPLES / unit).read_text().splitlines() if line[:1].isalpha()}
    assert not {key for key in keys if key.startswith(("Private", "Protect", "ReadOnly", "ReadWrite", "Bind", "Load"))}
    assert not {"DynamicUser", "RootDirectory", "TemporaryFileSystem", "InaccessiblePaths", "MountFlags"} & keys


def make_user(root: Path) -> None:
    (root / "etc").mkdir()
    run("systemd-sysusers", f"--root={root}", EXAMPLES / "acctship.sysusers.conf")


def test_the_user_is_made(tmp_path: Path) -> None:
    make_user(tmp_path)

    user = (tmp_path / "etc/passwd").read_text().strip().split(":")
    group = (tmp_path / "etc/group").read_text().strip().split(":")
    assert (user[0], user[5], Path(user[6]).name) == ("acctship", "/var/lib/acctship", "nologin")
    assert (group[0], group[2]) == ("acctship", user[3])


def test_folders_are_made_and_let_the_group_in(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        skip("giving folders to others takes root")
    log = tmp_path / "var/log/account"
    log.mkdir(parents=True)
    (log / "pacct.1").touch(0o600)
    make_user(tmp_path)
    gid = int((tmp_path / "etc/group").read_text().split(":")[2])

    run("systemd-tmpfiles", f"--root={tmp_path}", "--create", EXAMPLES / "acctship.tmpfiles.conf")

    found = {
        str(path.relative_to(tmp_path)): (f"{path.stat().st_mode & 0o7777:04o}", path.stat().st_uid, path.stat().st_gid)
        for path in (*tmp_path.rglob("acctship"), *tmp_path.rglob("acctship/*"), log, log / "pacct.1")
    }
    assert found == {
        "etc/acctship": ("0750", 0, gid),
        "etc/acctship/conf.d": ("0750", 0, gid),
        "etc/acctship/credentials": ("0700", 0, 0),
        "var/lib/acctship": ("0750", gid, gid),
        "var/log/account": ("0750", 0, gid),
        "var/log/account/pacct.1": ("0640", 0, gid),
    }
    assert not (tmp_path / "var/account").exists(), "only where it is already"


def test_the_timer_names_a_time() -> None:
    text = (EXAMPLES / "acctship-rotate.timer").read_text()
    (when,) = [line.partition("=")[2] for line in text.splitlines() if line.startswith("OnCalendar=")]

    assert "Normalized form: *-*-* 00:00:00" in run("systemd-analyze", "calendar", when)
