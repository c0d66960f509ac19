"""Why switching is refused, by what a machine shows of itself."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from acctship.accounting import confinement
from acctship.accounting.words import failures_in_words, in_words
from acctship.errors import AccountingError


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One whose namespaces are the initial ones; a stand-in, for tests run in many a container."""
    for kind in ("pid", "user"):
        (tmp_path / kind).touch()
    initial = {kind: (tmp_path / kind).stat().st_ino for kind in ("pid", "user")}
    monkeypatch.setattr(confinement, "NAMESPACES", tmp_path)
    monkeypatch.setattr(confinement, "_INITIAL", initial)
    monkeypatch.setattr(confinement, "CONTAINER_MARKS", (tmp_path / ".dockerenv",))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def another(machine: Path, kind: str) -> None:
    """Put our process into a namespace of its own."""
    (machine / "new").touch()
    (machine / "new").rename(machine / kind)


@pytest.mark.usefixtures("machine")
def test_root_on_a_machine_is_told_of_services() -> None:
    assert not confinement.in_container()
    assert "CapabilityBoundingSet" in in_words(errno.EPERM)


@pytest.mark.usefixtures("machine")
def test_a_user_is_told_to_be_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert in_words(errno.EPERM).endswith("run it as root")


def test_a_user_namespace_is_named_first(machine: Path) -> None:
    another(machine, "user")
    another(machine, "pid")
    assert in_words(errno.EPERM).startswith("may not be accounted to from a user namespace of its own")
    assert "by the administrator of the host" in in_words(errno.EPERM)


@pytest.mark.parametrize("sign", ["pid", ".dockerenv"])
def test_a_container_is_sent_to_its_host(machine: Path, sign: str) -> None:
    another(machine, sign)
    assert confinement.in_container()
    assert confinement.own_pid_namespace() == (sign == "pid")
    assert in_words(errno.EPERM).startswith("this container has no CAP_SYS_PACCT: have accounting switched on there")


def test_without_proc_nothing_is_assumed(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "NAMESPACES", machine / "missing")
    assert not confinement.in_container()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSYS, "CONFIG_BSD_PROCESS_ACCT"),
        (errno.EACCES, "be root, or see what SELinux"),
        (errno.EISDIR, "name a file in it"),
        (errno.EINVAL, "choose a folder on a local disk"),
        (errno.EROFS, "read-only"),
        (errno.ENOENT, "make that"),
        (errno.ELOOP, "name the file itself"),
        (errno.EMFILE, "Too many open files"),
    ],
)
def test_each_errno_says_what_to_do(number: int, said: str) -> None:
    assert said in in_words(number)


def test_a_failure_names_its_file_or_the_one_at_hand() -> None:
    with pytest.raises(AccountingError, match=r"^/a: does not exist"), failures_in_words(Path("/b")):
        raise FileNotFoundError(errno.ENOENT, "", b"/a")
    with pytest.raises(AccountingError, match=r"^/b: .*read-only"), failures_in_words(Path("/b")):
        raise OSError(errno.EROFS, "")
