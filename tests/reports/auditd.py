"""Lines as auditd writes them, after the examples of Red Hat's Security Guide."""

from __future__ import annotations

SECOND = 1_700_000_000


def event(
    serial: int,
    *,
    second: int = SECOND,
    node: str = "",
    syscall: int = 59,
    arch: str = "c000003e",
    execve: bool = True,
    enriched: str = "",
) -> list[str]:
    """The lines of one program that was started, or (`execve` false) of another system call or a failed start."""
    stamp = f"msg=audit({second}.123:{serial}):"
    numbers = "auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000"
    lines = [
        f"type=SYSCALL {stamp} arch={arch} syscall={syscall} success=yes exit=0 a0=55f1 a1=55f2 a2=55f3 a3=8 items=2 "
        f'ppid=2686 pid=3538 {numbers} tty=pts0 ses=1 comm="ls" exe="/usr/bin/ls" subj=unconfined key="exec"'
        + (f'\x1dARCH=x86_64 SYSCALL={enriched} AUID="ann"' if enriched else ""),
        *([f'type=EXECVE {stamp} argc=2 a0="ls" a1="-l"'] if execve else []),
        f'type=CWD {stamp} cwd="/home/ann"',
        (
            f'type=PATH {stamp} item=0 name="/usr/bin/ls" inode=1318 dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 '
            "nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
        ),
        f"type=PROCTITLE {stamp} proctitle=6C73002D6C",
    ]
    return [f"node={node} {line}\n" if node else f"{line}\n" for line in lines]


def login(serial: int, *, second: int = SECOND) -> str:
    """A line of its own that tells of no program."""
    return (
        f"type=USER_LOGIN msg=audit({second}.456:{serial}): pid=800 uid=0 auid=1000 ses=2 msg='op=login id=1000 "
        'exe="/usr/sbin/sshd" hostname=? addr=192.0.2.7 terminal=/dev/pts/1 res=success\'\n'
    )


def size(lines: list[str]) -> int:
    return len("".join(lines).encode())
