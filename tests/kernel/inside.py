"""Runs as the first process of a pid namespace: switches accounting on for one command.

    inside.py FILE UID GID PROGRAM ARGUMENT...

What the command prints comes out; then one line with its process id and its wait status. The last record in the file
is this process's own: the kernel writes it when accounting is switched off.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys

UNAVAILABLE = 77


def main() -> None:
    path, uid, gid, *command = sys.argv[1:]
    account(os.fsencode(path))
    pid = os.fork()
    if not pid:
        if (int(uid), int(gid)) != (0, 0):  # this alone would set the flag of a privilege that was used
            os.setgroups([])
            os.setgid(int(gid))
            os.setuid(int(uid))
        os.execvp(command[0], command)
    _, status = os.waitpid(pid, 0)
    account(None)
    print(f"\n{pid} {status}")


def account(path: bytes | None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.acct(path):
        number = ctypes.get_errno()
        print(f"acct(2): {os.strerror(number)}", file=sys.stderr)
        sys.exit(UNAVAILABLE if number in (errno.ENOSYS, errno.EPERM) else 1)


if __name__ == "__main__":
    main()
