"""Commands in a copy-on-write view of a root file system, without network and without systemd."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import skip

_INSIDE = r"""
set -e
mount --make-rprivate /
base=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$base"
cd "$base"
mkdir upper work root
mount -t overlay -o lowerdir="$1",upperdir=upper,workdir=work overlay root
cd root
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do : > dev/$device; mount --bind /dev/$device dev/$device; done
for folder in run tmp; do mount -t tmpfs -o mode=1777 tmpfs $folder; done
mount --bind "$2" mnt
echo
exec chroot . sh -c "$3"
"""
_NEXT = 'while read -r script; do (eval "$(cat "/mnt/$script")") < /dev/null > /mnt/said 2>&1; echo $?; done'


@contextmanager
def view(root: Path, given: Path) -> Iterator[Callable[[str], str]]:
    """A function that runs a shell script in it as root, and gives standard output and error.

    Args:
        root: which is not changed.
        given: a folder that is its /mnt.
    """
    if os.geteuid() != 0:
        skip("mounting takes root")
    unshare = ["unshare", "--mount", "--pid", "--fork", "--ipc", "--net", "--kill-child"]
    inside = subprocess.Popen(
        [*unshare, "sh", "-c", _INSIDE, "view", root, given, _NEXT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": "/root",
        },
        text=True,
    )
    assert inside.stdin
    assert inside.stdout
    assert inside.stderr
    asked, answers = inside.stdin, inside.stdout
    if inside.stdout.readline() != "\n":
        skip(f"no view of {root} can be mounted here: {inside.stderr.read()}")

    def run(script: str) -> str:
        (given / "script").write_text(f"set -e\n{script}")
        asked.write("script\n")
        asked.flush()
        status = answers.readline()
        said = (given / "said").read_text()
        assert status == "0\n", f"{script}: {status}{said}"
        return said

    try:
        yield run
    finally:
        inside.kill()
        inside.communicate()
