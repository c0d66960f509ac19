"""`acctship accounting on|off|status` with the real kernel: what is said is what it does."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from acctship.records import BackwardReader, command
from tests.cli.command import ACCTSHIP
from tests.conftest import skip
from tests.kernel.accounting import NOBODY, NOGROUP
from tests.kernel.nested import Ground, nested
from tests.kernel.switching import GROUP, Switch


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """A ground whose inner namespace is not accounted yet."""
    with nested(tmp_path) as ground:
        ground.account(None)
        ground.live.unlink()
        yield ground


@pytest.fixture
def switch(ground: Ground, tmp_path: Path) -> Switch:
    return Switch(ground, tmp_path)


def records_one(ground: Ground) -> bool:
    """Whether a process that ends in the inner namespace has a record in the live file."""
    subprocess.run(ground.enter("true"), check=True)
    with BackwardReader(ground.live) as reader:
        return any(command(name) == b"true" for batch in reader for name in batch.comms())


def described(path: Path) -> tuple[str, str, int]:
    return path.owner(), path.group(), stat.S_IMODE(path.stat().st_mode)


def test_on_makes_folder_and_file_and_switches_and_a_second_on_does_nothing(ground: Ground, switch: Switch) -> None:
    ground.live.parent.rmdir()
    before = switch("status")
    done = switch("on")
    ours = (ground.live.stat().st_ino, described(ground.live))
    again = switch("on")

    assert (before.code, b"off: " in before.out) == (1, True)
    assert done.code == 0, done.err
    assert done.err.splitlines()[-1] == f"acctship: {ground.live}: accounting is on"
    assert described(ground.live.parent) == ("root", GROUP, 0o750)
    assert records_one(ground)
    assert (again.code, again.error) == (0, f"{ground.live}: accounting is on already")
    assert (ground.live.stat().st_ino, described(ground.live)) == ours == (ours[0], ("root", GROUP, 0o640))
    assert switch("status").code == 0


def test_on_at_another_path_and_for_another_group(ground: Ground, switch: Switch, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    done = switch("on", tmp_path / "other/acct", "--group", "root")
    assert done.code == 0, done.err
    assert described(tmp_path / "other/acct") == ("root", "root", 0o640)
    assert not ground.live.exists()
    assert switch("status").code == 1
    assert switch("status", "-f", tmp_path / "other/acct").code == 0


def test_on_mends_the_file_of_another_installation_also_while_it_is_written_to(ground: Ground, switch: Switch) -> None:
    ground.live.touch()
    ground.live.chmod(0o600)
    ground.account(ground.live)
    done = switch("on")
    assert done.code == 0
    assert f"{ground.live}: was root:root 0600, is root:{GROUP} 0640 now" in done.err
    assert done.err.endswith("accounting is on already\n")
    assert described(ground.live) == ("root", GROUP, 0o640)


def test_on_follows_an_old_file_and_appends_to_it(ground: Ground, switch: Switch) -> None:
    assert switch("on").code == 0
    assert switch("off").code == 0
    held = ground.live.read_bytes()
    assert switch("on").code == 0
    assert ground.live.read_bytes()[: len(held)] == held
    assert ground.live.stat().st_size > len(held)


def test_on_says_where_the_group_may_not_look_in(ground: Ground, switch: Switch) -> None:
    ground.live.parent.chmod(0o700)
    folder = ground.live.parent
    done = switch("on")
    assert done.code == 0
    assert f"{folder}: group {GROUP} may not look into it: chgrp {GROUP} {folder}; chmod g+rx {folder}" in done.err


def test_off_is_proven_and_may_be_said_twice(ground: Ground, switch: Switch) -> None:
    assert switch("on").code == 0
    done, again = switch("off"), switch("off")
    size = ground.live.stat().st_size
    subprocess.run(ground.enter("true"), check=True)

    assert (done.code, done.error) == (0, f"{ground.live}: accounting is off")
    assert again.error == f"{ground.live}: accounting is off; nothing was recorded in it before, either"
    assert ground.live.stat().st_size == size
    assert (switch("status").code, switch.look()["state"]) == (1, "off")


def test_off_that_cannot_be_for_the_host_records_says_so(ground: Ground, switch: Switch) -> None:
    done = switch("off", "-f", ground.outer)
    assert done.code == 1
    assert done.error.startswith(
        f"{ground.outer}: is written to all the same, from the pid namespace around this one: "
    )


def test_status_tells_what_there_is(ground: Ground, switch: Switch) -> None:
    assert switch("on").code == 0
    found, human = switch.look(), switch("status")
    resume, pause, _ = map(int, Path("/proc/sys/kernel/acct").read_text().split())

    assert found["state"] == "on"
    assert (found["file"], found["owner"], found["mode"]) == (str(ground.live), f"root:{GROUP}", "0640")
    assert 0 < found["size"] <= ground.live.stat().st_size
    assert (found["pause_percent"], found["resume_percent"]) == (pause, resume)
    assert found["last_record"].endswith("Z")
    assert any("a pid namespace of its own" in warning for warning in found["warnings"])
    assert human.out.splitlines()[1].split() == b"state on: a process that has just ended has its record there".split()


def test_status_needs_no_root_and_switching_does(ground: Ground, switch: Switch) -> None:
    if not shutil.which("setpriv"):
        skip("setpriv is missing: install util-linux")
    user: list[str | Path] = [
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOGROUP}",
        "--clear-groups",
        "--",
        ACCTSHIP,
        "accounting",
    ]
    folder = Path(tempfile.mkdtemp(prefix="acctship-"))  # pytest's own may be entered by root alone
    try:
        folder.chmod(0o755)
        live = folder / "pacct"
        assert switch("on", live).code == 0
        asked = subprocess.run(ground.enter(*user, "status", "-f", live), capture_output=True, check=False)
        refused = subprocess.run(ground.enter(*user, "off", "-f", live), capture_output=True, text=True, check=False)
        folder.chmod(0o700)
        shut_out = subprocess.run(
            ground.enter(*user, "status", "-f", live), capture_output=True, text=True, check=False
        )
    finally:
        shutil.rmtree(folder)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.splitlines()[1].startswith(b"state          on: ")
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"acctship: {live}: switching accounting takes root (CAP_SYS_PACCT): run it as root (docs/"
    )
    assert shut_out.returncode == 1
    assert f"unknown: {folder}: " in shut_out.stdout


def test_on_where_there_is_no_room_is_paused_and_says_so_until_there_is(ground: Ground, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    switch = Switch(ground, tmp_path, small / "pacct")
    switch.inside("mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "small", small)
    switch.inside("sh", "-c", f"head -c {int(4 * 2**20 * 0.97)} /dev/zero >{small}/fill")
    done, paused, left = switch("on"), switch.look(), switch("rotate")
    switch.inside("rm", small / "fill")
    resumed = switch("on")

    assert done.code == 1
    assert done.err.splitlines()[-1].startswith(f"acctship: {small}/pacct: accounting is switched on, but paused: ")
    assert paused["state"] == "paused"
    assert paused["free_percent"] < paused["resume_percent"]
    assert left.code == 1
    assert f"{small}/pacct: not rotated: accounting is paused, or off: " in left.err
    assert (resumed.code, switch.look()["state"]) == (0, "on"), resumed.err


@pytest.mark.parametrize("what", ["symlink", "text", "pipe", "folder", "shared", "proc"])
def test_on_refuses_what_it_must_not_write_to(ground: Ground, switch: Switch, tmp_path: Path, what: str) -> None:
    live, target = ground.live, tmp_path / "target"
    target.touch()
    if what == "symlink":
        live.symlink_to(target)
    elif what == "text":
        live.write_text("root:x:0:0:root:/root:/bin/sh\n")
    elif what == "pipe":
        os.mkfifo(live)
    elif what == "folder":
        live.mkdir()
    elif what == "shared":
        live.parent.chmod(0o777)
    said = {
        "symlink": "is a symbolic link, which somebody could turn elsewhere: name the file itself",
        "text": "nothing is appended to that: name another file",
        "pipe": "is no regular file: name one",
        "folder": "is a folder: name a file in it",
        "shared": f"others than root could swap files in it: chown root {live.parent}; chmod go-w {live.parent}",
        "proc": "choose a folder on a local disk",
    }[what]
    done = switch("on", "/proc/pacct") if what == "proc" else switch("on")

    assert done.code == 1
    assert done.error.endswith(said)
    assert target.stat().st_size == 0
    assert what != "text" or live.read_text().startswith("root:x:0:0")


def test_on_in_mounts_of_its_own_is_refused_for_accounting_would_end_with_them(ground: Ground, switch: Switch) -> None:
    done = switch.inside_run("unshare", "--mount", ACCTSHIP, "accounting", "on", "-f", ground.live, "--group", GROUP)
    assert (done.code, ground.live.exists()) == (1, False)
    assert f"{ground.live.parent}: is seen through mounts of this process's own" in done.error


def test_on_for_a_group_that_is_missing_says_how_to_make_it(switch: Switch, ground: Ground) -> None:
    done = switch("on", "--group", "nosuchgroup")
    assert (done.code, ground.live.exists()) == (1, False)
    assert done.error.startswith("group nosuchgroup: does not exist: make it (systemd-sysusers, or groupadd --system")


@pytest.mark.parametrize("what", ["on", "off", "rotate"])
def test_in_a_user_namespace_of_its_own_the_kernel_lets_nobody_and_that_is_explained(ground: Ground, what: str) -> None:
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        skip("user namespaces are switched off: sysctl user.max_user_namespaces")
    group = [] if what == "off" else ["--group", "root"]
    done = subprocess.run(
        ground.enter(*unshare, ACCTSHIP, "accounting", what, "-f", ground.live, *group),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"acctship: {ground.live}: may not be accounted to from a user namespace of its own")
    assert "by the administrator of the host" in done.stderr
    assert not ground.live.exists()


def test_without_the_right_root_may_not_either(ground: Ground) -> None:
    if not shutil.which("setpriv"):
        skip("setpriv is missing: install util-linux")
    done = subprocess.run(
        ground.enter("setpriv", "--bounding-set=-sys_pacct", ACCTSHIP, "accounting", "off", "-f", ground.live),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "this container has no CAP_SYS_PACCT" in done.stderr  # a pid namespace is taken for one


def test_a_folder_of_any_name_is_spelled(switch: Switch, tmp_path: Path) -> None:
    live = tmp_path / os.fsdecode(b"a\xff\x1b[31m") / "pacct"
    done = switch("on", "-f", live)
    found = json.loads(switch("status", "--json", "-f", live).out)
    assert done.code == 0, done.err
    assert done.err.endswith(r"a\xff\x1b[31m/pacct: accounting is on" + "\n")
    assert found["state"] == "on"
    assert found["file"] == rf"{tmp_path}/a\xff\x1b[31m/pacct"
    assert switch("rotate", "-f", live).code == 0
    assert switch("status", "-f", live).code == 0
