"""A systemd of its own, with what an administrator installs, on a copy-on-write view of this machine, or of a root.

It is the first process of namespaces of its own (pid, mount, network, host name, cgroup), on an overlay whose changes
lie in memory: units run with all that systemd does for and to them, and nothing of it outlives the test. Of this
machine's own units only those that make users and files are there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.conftest import skip
from tests.kernel.nested import until
from tests.paths import ROOT

EXAMPLES = ROOT / "examples/systemd"
_SYSTEMD = Path("/lib/systemd/systemd")
_UNITS = Path("/lib/systemd/system")
_THEIRS = ("systemd-sysusers.service", "systemd-tmpfiles-setup.service")
_WHERE_UNITS_GO = "run/systemd/system"

_INSIDE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
cd "$1"
mkdir upper work root
mount -t overlay -o lowerdir="$2",upperdir=upper,workdir=work overlay root
cd root
mount -t proc proc proc
mount -o bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run tmp; do mount -t tmpfs -o mode=755 tmpfs $folder; done
chmod 1777 tmp
"""

# /opt is where a site puts it, too: the daemon must not see what lies in homes.
_THIS_MACHINE = r"""
mount --rbind /dev dev
rm -rf etc/systemd/system # units of this machine
mkdir -p etc/systemd/system
for folder in var/log var/lib/systemd; do mkdir -p $folder; mount -t tmpfs -o mode=755 tmpfs $folder; done
mkdir -p opt/python opt/packages opt/acctship
mount --bind "$4" opt/python
mount --bind "$5" opt/packages
mount --bind "$6" opt/acctship
export SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/systemd/system
"""

# Its own units would change this machine's /dev.
_OTHER_ROOT = r"""
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do : > dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount --bind "$4" mnt
"""

_START = r"""
cp -a "$3"/. .
mkdir before
pivot_root . before
umount -l /before
rmdir /before
mount --make-rshared /
export container=acctship-test
exec /lib/systemd/systemd --unit=acctship-test.target --log-target=null --show-status=no
"""

_OURS = (Path(sys.base_prefix), Path(sysconfig.get_path("purelib")), ROOT)

# The venv's own programs lead into the home of whoever runs the tests.
_PYTHON = f"""#!/bin/sh
PYTHONHOME=/opt/python PYTHONPATH=/opt/acctship/src:/opt/packages PYTHONDONTWRITEBYTECODE=1 \\
LD_LIBRARY_PATH=/opt/python/lib exec /opt/python/bin/python{sysconfig.get_python_version()} "$@"
"""
_ACCTSHIP = """#!/bin/sh
exec /usr/bin/acctship-python -c 'import sys; from acctship.cli import main; sys.argv[0] = "acctship"; main()' "$@"
"""


class Machine:
    """A systemd that runs."""

    def __init__(self, process: subprocess.Popen[bytes], console: Path) -> None:
        self._process, self._console = process, console

    def first(self) -> str:
        """Its first process, by its number out here; empty as long as there is none."""
        return Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().strip()

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command in it, as root; gives standard output and error."""
        first = self.first()
        assert first, self.console()
        enter = ["nsenter", "--target", first, "--all", "--root", "--wd"]
        done = subprocess.run(
            [*enter, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
            text=True,
            timeout=120,
            check=False,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}\n{self.console()}"
        return done.stdout

    def shell(self, script: str) -> str:
        """Run a shell script in it, as root."""
        return self.run("sh", "-ec", script)

    def property(self, unit: str, name: str) -> str:
        """What systemd says of a unit."""
        return self.run("systemctl", "show", "--value", "--property", name, unit).strip()

    def console(self) -> str:
        """What was said until systemd started; it says nothing itself, for the console is not ours."""
        return self._console.read_text(errors="replace")[-4000:]


@contextmanager
def booted(
    folder: Path, files: dict[str, str], *, installed: bool = True, root: Path | None = None
) -> Iterator[Machine]:
    """Boot; all of it ends with the block.

    Args:
        folder: an empty one.
        files: texts to be put into the machine before it boots, by their paths; units belong to `/run/systemd/system`.
        installed: whether acctship's units, user and folders are there already. The program is in any case.
        root: of another system, in which nothing of acctship is; what lies in `folder / "given"` is in its /mnt.
    """
    if os.geteuid() != 0:
        skip("starting a systemd takes root")
    if not _SYSTEMD.exists() or not shutil.which("unshare"):
        skip("there is no systemd: apt-get install systemd util-linux")
    cgroup = _own_cgroup()
    try:
        with (folder / "console").open("wb") as said:
            if root:
                script, where = _OTHER_ROOT, [root, _contents(folder, files), folder / "given"]
            else:
                contents = _contents(folder, _this_machine() | (_installed() if installed else {}) | files)
                script, where = _THIS_MACHINE, [Path("/"), contents, *_OURS]
            process = _boot(folder, script, where, cgroup, said.fileno())
        machine = Machine(process, folder / "console")
        try:
            until(lambda: _is_up(process, machine), "systemd is up", 60)
            yield machine
        finally:
            process.kill()  # and with it the first process of the namespace, and all the others
            process.wait()
    finally:
        until(lambda: _removed(cgroup), f"{cgroup} is gone", 30)


def _installed() -> dict[str, str]:
    """What an administrator copies, by where to."""
    units = (*EXAMPLES.glob("*.service"), *EXAMPLES.glob("*.timer"))
    return {f"{_WHERE_UNITS_GO}/{path.name}": path.read_text() for path in units} | {
        "usr/lib/sysusers.d/acctship.conf": (EXAMPLES / "acctship.sysusers.conf").read_text(),
        "usr/lib/tmpfiles.d/acctship.conf": (EXAMPLES / "acctship.tmpfiles.conf").read_text(),
    }


def _this_machine() -> dict[str, str]:
    """Units of this machine that are there, and the program."""
    wanted = {f"{_WHERE_UNITS_GO}/{name}": (_UNITS / name).read_text() for name in _THEIRS}
    wanted |= {f"{_WHERE_UNITS_GO}/{path.name}": path.read_text() for path in _UNITS.glob("*.target")}
    wanted[f"{_WHERE_UNITS_GO}/sysinit.target.d/wants.conf"] = f"[Unit]\nWants={' '.join(_THEIRS)}\n"
    return wanted | {"usr/bin/acctship": _ACCTSHIP, "usr/bin/acctship-python": _PYTHON}


def _contents(folder: Path, files: dict[str, str]) -> Path:
    contents = folder / "contents"
    for name, text in files.items():
        path = contents / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    return contents


def _boot(folder: Path, script: str, where: Sequence[Path], cgroup: Path, said: int) -> subprocess.Popen[bytes]:
    base = folder / "base"
    base.mkdir()
    join: list[str | Path] = ["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', cgroup]
    unshare = ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--net", "--cgroup", "--kill-child"]
    return subprocess.Popen(
        [*join, *unshare, "sh", "-c", _INSIDE + script + _START, "boot", base, *where],
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        start_new_session=True,
    )


def _is_up(process: subprocess.Popen[bytes], machine: Machine) -> bool:
    if process.poll() is not None:
        skip(f"no systemd can be started here: {machine.console()}")
    if not machine.first():
        return False
    return machine.run("systemctl", "is-system-running", check=False).strip() in {"running", "degraded"}


def _own_cgroup() -> Path:
    """A new cgroup: systemd takes it for the root of all."""
    unified, only = Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")  # beside cgroups of version 1, or alone
    own = (unified if unified.exists() else only) / f"acctship-test-{os.getpid()}"
    try:
        own.mkdir()
    except OSError as error:
        skip(f"no cgroup of version 2 can be made here: {error}")
    return own


def _removed(cgroup: Path) -> bool:
    """Remove a cgroup with all in it; they can be removed when their processes are gone."""
    for path, _, _ in os.walk(cgroup, topdown=False):
        for pid in (Path(path) / "cgroup.procs").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        with suppress(OSError):
            Path(path).rmdir()
    return not cgroup.exists()
