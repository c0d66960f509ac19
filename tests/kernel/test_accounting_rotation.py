"""`acctship accounting rotate` with the real kernel: no process is missing, none is there twice, whoever dies."""

from __future__ import annotations

import fcntl
import stat
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.command import ACCTSHIP
from tests.kernel.nested import Ground, nonces, until
from tests.kernel.shipping import Service
from tests.kernel.switching import GROUP, Switch

ROTATIONS = 100
DIE = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def switch(ground: Ground, tmp_path: Path) -> Switch:
    return Switch(ground, tmp_path)


def rotate(folder: Path) -> list[str | Path]:
    """The command line of a switch's own."""
    return [ACCTSHIP, "accounting", "rotate", "-c", folder / "switch.toml"]


def held(ground: Ground) -> Counter[bytes]:
    """How often each nonce is in the live file and the rotated ones."""
    return Counter(nonce for path in (ground.live, *ground.rotated()) for nonce in nonces(path))


def test_a_hundred_rotations_in_a_storm_lose_nothing_and_neither_does_who_follows(
    ground: Ground, switch: Switch, service: Service
) -> None:
    ground.storm(rate=2_000)
    done = switch.again_and_again(ROTATIONS, "rotate")
    ground.stop()
    truth, files = ground.truth(), held(ground)
    service.until_copy(lambda copy: len(copy.ids) >= len(truth), "every process was shipped")
    service.stop()

    assert done.code == 0, done.err
    assert len(truth) > 10 * ROTATIONS, "that was a storm"
    assert files == Counter(truth)
    assert set(files.values()) == {1}
    assert len(ground.rotated()) == ROTATIONS
    assert service.copy.ids.keys() == set(truth)
    assert set(service.copy.times.values()) == {1}


def test_the_fresh_file_is_the_groups_and_the_old_one_is_named_by_the_time(ground: Ground, switch: Switch) -> None:
    switch("status")  # leaves a record
    before = time.strftime("pacct-%Y%m%d-%H%M%S", time.gmtime())
    switch("rotate")
    switch("rotate")
    after = time.strftime("pacct-%Y%m%d-%H%M%S.1", time.gmtime())
    status = ground.live.stat()

    first, second = ground.rotated()
    assert before <= first.name < second.name <= after
    assert (ground.live.owner(), ground.live.group(), stat.S_IMODE(status.st_mode)) == ("root", GROUP, 0o640)


def test_a_name_that_is_taken_gets_a_number_and_nothing_is_overwritten(ground: Ground, switch: Switch) -> None:
    switch("status")
    now = int(time.time())
    names = [time.strftime("pacct-%Y%m%d-%H%M%S", time.gmtime(now + second)) for second in range(60)]
    for name in names:
        ground.live.with_name(name).touch()
    assert switch("rotate").code == 0
    (made,) = {path.name for path in ground.rotated()} - set(names)
    assert made.removesuffix(".1") in names
    assert made.endswith(".1")
    assert all(ground.live.with_name(name).stat().st_size == 0 for name in names)


def test_what_is_off_is_not_switched_on(ground: Ground, switch: Switch) -> None:
    ground.account(None)
    done = switch("rotate")
    assert (done.code, ground.rotated(), switch.look()["state"]) == (1, [], "off")
    assert done.error == f"{ground.live}: not rotated: accounting is off: acctship accounting on switches it on"


def test_an_empty_file_is_not_rotated(ground: Ground, switch: Switch) -> None:
    assert ground.live.stat().st_size == 0
    done = switch("rotate")
    assert (done.code, done.error) == (0, f"{ground.live}: holds no record: not rotated")
    assert ground.rotated() == []
    assert switch("rotate").code == 0
    assert len(ground.rotated()) == 1, "by now there are the records of the first command"


@pytest.mark.parametrize("end", ["rotate", "on"])
@pytest.mark.parametrize("where", ["open_fresh", "account"])
def test_who_is_killed_between_rename_and_switch_loses_nothing(
    ground: Ground, switch: Switch, where: str, end: str
) -> None:
    ground.storm()
    ground.grown()
    assert switch.broken("rotation", where, DIE, "rotate").code == -9
    between = switch.look()
    done = switch(end)
    assert switch("rotate").code == 0
    ground.stop()
    first, second = ground.rotated()

    assert between["state"] == "on"
    assert between["why"].startswith(f"but to {first}, which was renamed: ")
    assert done.code == 0, done.err
    assert f"{first}: was renamed, and the kernel still writes to it: it is switched to {ground.live} now" in done.err
    assert held(ground) == Counter(ground.truth())
    assert min(len(nonces(first)), len(nonces(second))) > 0


def test_a_service_with_mounts_of_its_own_may_not_rotate_for_accounting_would_end_with_it(
    ground: Ground, switch: Switch, tmp_path: Path
) -> None:
    switch("status")
    done = switch.inside_run("unshare", "--mount", *rotate(tmp_path))
    assert done.code == 1
    assert f"{ground.live.parent}: is seen through mounts of this process's own" in done.error
    assert (switch.look()["state"], ground.rotated()) == ("on", [])


def test_what_the_host_writes_to_cannot_be_rotated_from_within_and_that_is_told(ground: Ground, switch: Switch) -> None:
    switch("status")
    done = switch("rotate", "-f", ground.outer)
    (old,) = ground.outer.parent.glob("truth-*")
    assert done.code == 1
    assert f"{old}: is written to all the same, from the pid namespace around this one: switch it there" in done.err


def test_kills_at_any_moment_lose_nothing_and_neither_does_who_follows(
    ground: Ground, switch: Switch, service: Service, tmp_path: Path
) -> None:
    ground.storm(rate=1_000)
    ends = Counter(
        subprocess.run(
            ground.enter("timeout", "-s", "KILL", f"{0.1 + moment / 200:.3f}", *rotate(tmp_path)),
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
        for moment in range(40)  # through its whole life
    )
    assert switch("rotate").code == 0
    ground.stop()
    truth = ground.truth()
    service.until_copy(lambda copy: len(copy.ids) >= len(truth), "every process was shipped")
    service.stop()

    assert ends[-9] + ends[137] > 5, ends
    assert held(ground) == Counter(truth)
    assert service.copy.ids.keys() == set(truth)
    assert set(service.copy.times.values()) == {1}
    assert switch.look()["state"] == "on"


@pytest.mark.parametrize(
    ("where", "what", "said"),
    [
        ("account", 'raise AccountingError("refused, as it were")', "refused, as it were"),
        ("open_fresh", 'raise OSError(errno.ENOSPC, "", "there")', "there: its file system is full: make room"),
    ],
)
def test_a_switch_that_fails_is_undone(ground: Ground, switch: Switch, where: str, what: str, said: str) -> None:
    switch("status")
    inode = ground.live.stat().st_ino
    done = switch.broken("rotation", where, what, "rotate")
    assert (done.code, done.error) == (1, said)
    assert (ground.live.stat().st_ino, ground.rotated()) == (inode, [])
    assert switch.look()["state"] == "on"


def test_two_that_meet_wait_for_each_other(ground: Ground, switch: Switch, tmp_path: Path) -> None:
    switch("status")
    running = [subprocess.Popen(ground.enter(*rotate(tmp_path)), stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ends = [(one.communicate()[1], one.returncode) for one in running]
    assert [code for _, code in ends] == [0, 0, 0, 0], ends
    assert len(ground.rotated()) == 4
    assert switch.look()["state"] == "on"


def test_who_comes_second_waits_and_says_so(ground: Ground, switch: Switch, tmp_path: Path) -> None:
    switch("status")
    with ground.live.with_name(".pacct.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        running = subprocess.Popen(ground.enter(*rotate(tmp_path)), stderr=subprocess.PIPE, text=True)
        assert running.stderr
        said = running.stderr.readline()
        assert ground.rotated() == []
    _, rest = running.communicate()
    assert said == f"acctship: {ground.live}: another acctship accounting is at work: waiting for it\n"
    assert (running.returncode, len(ground.rotated())) == (0, 1), rest


def test_a_rotation_that_was_cut_short_waits_for_room(ground: Ground, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    switch = Switch(ground, tmp_path, small / "pacct")
    switch.inside("mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "small", small)
    assert switch("on").code == 0
    assert switch.broken("rotation", "account", DIE, "rotate").code == -9
    switch.inside("sh", "-c", f"head -c {int(4 * 2**20 * 0.965)} /dev/zero >{small}/fill")
    for command in ("rotate", "on"):
        done = switch(command)
        assert done.code == 1
        assert "is still written to, and a switch would pause accounting: " in done.error
    assert switch.look()["state"] == "on"


def test_where_a_switch_would_pause_accounting_nothing_is_rotated(ground: Ground, tmp_path: Path) -> None:
    """Between its two thresholds the kernel goes on writing to a file, and does not begin to write to a fresh one."""
    small = tmp_path / "small"
    small.mkdir()
    switch = Switch(ground, tmp_path, small / "pacct", limits='max_size = "0B"\n')
    switch.inside("mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "small", small)
    assert switch("on").code == 0
    switch.inside("sh", "-c", f"head -c {int(4 * 2**20 * 0.965)} /dev/zero >{small}/fill")
    done, found = switch("rotate"), switch.look()

    assert found["pause_percent"] < found["free_percent"] < found["resume_percent"]
    assert (done.code, found["state"], found["rotated_files"]) == (1, "on", 0)
    assert f"{small}/pacct: not rotated, for that would pause accounting: " in done.error

    switch.inside("rm", small / "fill")
    until(lambda: switch("rotate").code == 0, "it was rotated")
    assert switch.look()["state"] == "on"
