"""Who rotates an accounting file on this machine, and who may read the file that comes after."""

from __future__ import annotations

import grp
import os
import pwd
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

UNIT_FOLDERS = ("etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system")
"""Where units lie, the first before the others: systemd.unit(5)."""
TIMER = "acctship-rotate.timer"
_DAILY = ("etc/cron.daily/acct", "etc/cron.daily/psacct")
NOBODY = -1
"""Instead of the id of a user or group that does not exist."""
_HOOK, _HOOK_MODE, _HOOK_GROUP = "etc/acct/hooks.d/acctship.hook", 0o640, "acctship"
"""What examples/debian/ puts beside Debian's logrotate, and what it makes of each file."""
_KEEPING = ("copytruncate", "copy")
"""Directives of logrotate(8) with which the file stays what it is."""


@dataclass(frozen=True)
class Rotator:
    """Somebody who rotates the file.

    Attributes:
        name: for people.
        known: whether it can be told what its next file will be.
        mode: of that file; None: as it is now.
        uid: its owner; None: as it is now.
        gid: its group; None: as it is now.
    """

    name: str
    known: bool = True
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


def rotators(path: Path, root: Path = Path("/")) -> list[Rotator]:
    """All that are set up to rotate a file.

    Args:
        path: of the accounting file.
        root: of the file system in which the machine's configuration lies.
    """
    return [*_timers(root), *_logrotate(path, root), *_cron(path, root)]


def _timers(root: Path) -> Iterator[Rotator]:
    """Our own timer, if it is enabled: `accounting rotate` keeps mode and owners."""
    for folder in UNIT_FOLDERS:
        wanted = root / folder / "timers.target.wants" / TIMER
        if os.path.lexists(wanted):  # a link, whose target stands in the same root
            yield Rotator(TIMER)
            return


def _logrotate(path: Path, root: Path) -> Iterator[Rotator]:
    """Sections of logrotate's files that name it; what stands outside of sections in logrotate.conf holds for all."""
    main = root / "etc/logrotate.conf"
    outside, sections = _sections(_text(main))
    found = [(main, outside, *section) for section in sections]
    with suppress(OSError):
        for file in sorted((root / "etc/logrotate.d").iterdir()):
            own, sections = _sections(_text(file))
            found += [(file, [*outside, *own], *section) for section in sections]
    for file, general, patterns, directives in found:
        if any(fnmatch(str(path), pattern) for pattern in patterns):
            rotator = _of_directives(f"logrotate ({_shown(file, root)})", [*general, *directives])
            if os.access(root / _HOOK, os.X_OK):
                rotator = replace(rotator, known=True, mode=_HOOK_MODE, gid=_gid(_HOOK_GROUP))
            yield rotator


def _sections(text: str) -> tuple[list[list[str]], list[tuple[list[str], list[list[str]]]]]:
    """The words of each line outside of sections; and for each section its patterns and the words of its lines."""
    outside: list[list[str]] = []
    sections: list[tuple[list[str], list[list[str]]]] = []
    patterns: list[str] = []
    inside, in_script = False, False
    for raw in text.splitlines():
        line = raw.strip()
        if in_script:
            in_script = line != "endscript"
            continue
        words = _words(line)
        if not words:
            continue
        if inside and words == ["}"]:
            inside = False
        elif inside:
            in_script = words[0] in ("prerotate", "postrotate", "firstaction", "lastaction", "preremove")
            sections[-1][1].append(words)
        elif words[0].startswith(("/", "{")) or line.endswith("{"):
            patterns += [word for word in " ".join(words).replace("{", " ").split() if word]
            if line.endswith("{"):
                sections.append((patterns, []))
                patterns, inside = [], True
        else:
            outside.append(words)
    return outside, sections


def _of_directives(name: str, directives: list[list[str]]) -> Rotator:
    made: Rotator | None = None
    for words in directives:
        if words[0] in _KEEPING:
            return Rotator(name)
        if words[0] == "nocreate":
            made = None
        elif words[0] == "create":
            mode = next((int(word, 8) for word in words[1:2] if re.fullmatch("[0-7]+", word)), None)
            owners = words[2:] if mode is not None else words[1:]
            made = Rotator(name, True, mode, *_owners(owners[:1], owners[1:2]))
    return made or Rotator(name, known=False)


def _cron(path: Path, root: Path) -> Iterator[Rotator]:
    """Scripts that Debian's and SUSE's packages of accounting have brought, which call savelog(8)."""
    for relative in _DAILY:
        script = root / relative
        if not os.access(script, os.X_OK):  # run-parts(8) leaves it out
            continue
        lines = [line for line in _text(script).splitlines() if not line.lstrip().startswith("#")]
        name = f"cron ({_shown(script, root)})"
        if any(re.search(r"\bsavelog\b", line) for line in lines):
            yield _of_savelog(name, next(_words(line) for line in lines if re.search(r"\bsavelog\b", line)))
        elif any(str(path) in line for line in lines):
            yield Rotator(name, known=False)


def _of_savelog(name: str, words: list[str]) -> Rotator:
    options = {words[at]: words[at + 1] for at in range(len(words) - 1) if words[at] in ("-m", "-u", "-g")}
    if not options:
        return Rotator(name, known=False)
    mode = int(options["-m"], 8) if re.fullmatch("[0-7]+", options.get("-m", "")) else None
    return Rotator(name, True, mode, *_owners(*([options[one]] if one in options else [] for one in ("-u", "-g"))))


def _owners(user: list[str], group: list[str]) -> tuple[int | None, int | None]:
    return next(map(_uid, user), None), next(map(_gid, group), None)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # a quote that is not closed
        return line.split()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _shown(path: Path, root: Path) -> str:
    return f"/{path.relative_to(root)}"


def _uid(name: str) -> int:
    with suppress(KeyError):
        return pwd.getpwnam(name).pw_uid
    return int(name) if name.isdecimal() else NOBODY


def _gid(name: str) -> int:
    with suppress(KeyError):
        return grp.getgrnam(name).gr_gid
    return int(name) if name.isdecimal() else NOBODY
