"""Record what a real kernel writes about some short, harmless commands: the file `examples/pacct`.

    python examples/make_records.py examples/pacct

Needs Linux, root and util-linux, but not GNU acct. Accounting is switched on in a pid namespace of this script's own,
so the machine's own accounting goes on as before, and no process but the ones below leaves a record.
"""

from __future__ import annotations

import ctypes
import errno
import os
import pwd
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

INSIDE = "--inside"
PR_SET_NAME = 15
HOSTILE = b"rm\n\x1b[31m\xff\xfe-rf"
"""What a process may call itself: a line break, a terminal's escape sequence, bytes that are no UTF-8."""

SHELL = [
    *("exit 0", "exit 1", "exit 3", "exit 255", "no-such-command", "/etc/passwd"),
    *("ls /", "ls -l /etc", "ls /no-such-folder", "cat /etc/os-release", "uname -a", "date -u", "id -u"),
    *("grep -q root /etc/passwd", "grep -r no-such-text /etc/apt", "find /usr/share/doc -maxdepth 1 -name 'a*'"),
    "(exit 7); exit 0",  # a fork without exec
    "exec env nice true",  # three programs, one process, one record
    "kill -KILL $$",
    "kill -TERM $$",
    "kill -SEGV $$",
    "seq 20000 | sort -rn | head -n 3 | wc -l",
    "for n in 1 2 3 4; do stat -c %s /etc/passwd | cut -c 1 | tr 0-9 a-j; basename /usr/bin/env; expr $n % 2; done",
    "head -c 20000000 /dev/zero | sha256sum | cut -c 1-8",
    "touch file && chown 65534 file && chmod 600 file && mv file other && rm other",  # chown takes a root privilege
    "sleep 0.3",
    "sleep 1.1",
]
AS_NOBODY = ["id -un", "ls /root", "cat /etc/shadow", "exec true", "kill -INT $$", "exit 13"]
ON_TERMINAL = ["tty", "stty size", "ls /var", "kill -HUP $$"]


def main() -> None:
    """Start this script again in a namespace of its own; a file that is not complete is not kept."""
    if sys.argv[1:2] == [INSIDE]:
        record(sys.argv[2])
        return
    if len(sys.argv) != 2:
        sys.exit("usage: make_records.py FILE")
    if os.geteuid() != 0:
        sys.exit("make_records.py: switching accounting on takes root")
    if not shutil.which("unshare"):
        sys.exit("make_records.py: unshare is missing: install util-linux")
    target = Path(sys.argv[1]).absolute()
    part = target.with_name(target.name + ".part")
    try:
        part.write_bytes(b"")  # acct(2) wants a file that is there
        script = [sys.executable, __file__, INSIDE, str(part)]
        if subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", *script], check=False).returncode:
            sys.exit(1)  # it has said why
        if not (size := part.stat().st_size):
            sys.exit("make_records.py: the kernel wrote nothing: is the disk nearly full?")
        part.rename(target)
    except OSError as error:
        sys.exit(f"make_records.py: {error.filename}: {error.strerror}")
    finally:
        part.unlink(missing_ok=True)
    print(f"{target}: {size // 64} records")


def record(path: str) -> None:
    """Run everything while the kernel writes to a file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        account(os.fsencode(path))
        for command in SHELL:
            run(command)
        for command in ON_TERMINAL:
            on_terminal(command)
        forked(lambda: rename_and_end(HOSTILE))
        forked(lambda: rename_and_end(b"kworker/0:1"))  # no kernel thread: it only says so
        if any(user.pw_name == "nobody" for user in pwd.getpwall()):
            os.chdir("/")
            for command in AS_NOBODY:
                run(command, user="nobody")
        account(None)


def account(path: bytes | None) -> None:
    """Switch accounting on, to a file, or off: acct(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.acct(path):
        number = ctypes.get_errno()
        reasons = {errno.ENOSYS: "this kernel has no process accounting", errno.EPERM: "takes CAP_SYS_PACCT"}
        sys.exit(f"make_records.py: acct(2): {reasons.get(number, os.strerror(number))}")


def run(command: str, user: str | None = None) -> None:
    """Run a shell command, quietly."""
    group = pwd.getpwnam(user).pw_gid if user else None
    quiet = subprocess.DEVNULL
    extra: list[str] | None = [] if user else None
    shell = ["/bin/sh", "-c", command]
    subprocess.run(
        shell, stdin=quiet, stdout=quiet, stderr=quiet, user=user, group=group, extra_groups=extra, check=False
    )


def on_terminal(command: str) -> None:
    """Run a shell command with a terminal of its own."""
    pid, terminal = os.forkpty()
    if not pid:
        os.execv("/bin/sh", ["sh", "-c", command])
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # EIO: the last process has left the terminal
        os.close(terminal)
    os.waitpid(pid, 0)


def forked(action: Callable[[], None]) -> None:
    """Do something in a process that never calls exec."""
    pid = os.fork()
    if not pid:
        action()
        os._exit(0)
    os.waitpid(pid, 0)


def rename_and_end(name: bytes) -> None:
    """Take a name, and die of it."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, name, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGUSR1)


if __name__ == "__main__":
    main()
