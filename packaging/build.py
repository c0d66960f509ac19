"""Build the packages of acctship: python packaging/build.py [--dist FOLDER] [--work FOLDER] [FILE...].

Without the name of a FILE, all of them; --list tells their names. Any machine with Python, pip, bash and Go 1.22 or
later builds those of all systems, and twice the same: the sources of the wheels are locked, and the only date is that
of the newest release in CHANGELOG.md, or SOURCE_DATE_EPOCH. An .rpm holds the name of the machine that built it, too.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from stage import settle, stage
from targets import MACHINES, PYTHONS, SYSTEMS, System, file_name
from wheels import ROOT, locked_wheels, own_wheel

NFPM = "v2.41.3"


def main() -> None:
    """Build what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="where packages go")
    parser.add_argument("--work", type=Path, default=ROOT / "build/packages", help="where wheels and nfpm are kept")
    parser.add_argument(
        "--list", action="store_true", help="tell system, Python, processor and file, and build nothing"
    )
    parser.add_argument("file", nargs="*", help="name of a package or wheelhouse; default: all")
    asked = parser.parse_args()
    built = list(_targets())
    if asked.list:
        print("\n".join(f"{system}\t{python}\t{machine}\t{name}" for system, python, machine, name, _ in built))
        return
    unknown = set(asked.file) - {name for *_, name, _ in built}
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: no such package; --list tells their names")
    date = _date()
    os.environ["SOURCE_DATE_EPOCH"] = str(date)
    work, dist = asked.work.resolve(), asked.dist.resolve()
    for folder in (work, dist):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        own = own_wheel(work / "own")
        for *_, name, build in built:
            if not asked.file or name in asked.file:
                build(own=own, work=work, into=dist / name, date=date)
                print(dist / name)
    except subprocess.CalledProcessError as error:  # which has said why
        raise SystemExit(f"{' '.join(map(str, error.cmd))}: failed with exit code {error.returncode}") from None


def _targets() -> Iterator[tuple[str, str, str, str, partial[None]]]:
    """Title, Python, processor and name of each file, and how it is built."""
    version = _found(ROOT / "src/acctship/_version.py", r'__version__ = "(.+)"')
    for system in SYSTEMS:
        for architecture in MACHINES:
            name = file_name(system, version, architecture)
            yield system.title, system.python, architecture, name, partial(_package, system, version, architecture)
    for architecture, machine in MACHINES.items():
        name = f"acctship-{version}-wheelhouse-{machine}.tar"
        yield "wheelhouse", ", ".join(PYTHONS), architecture, name, partial(_wheelhouse, architecture)


def _package(system: System, version: str, architecture: str, *, own: Path, work: Path, into: Path, date: int) -> None:
    tree = work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    stage(tree, system, [own, *locked_wheels(work, system.python, architecture)])
    settle(tree, date)
    requires = (f"python{system.python}", *system.requires)
    facts = {"TREE": str(tree), "ARCHITECTURE": architecture, "VERSION": version, "RELEASE": system.release}
    facts |= {f"REQUIRES_{number}": requires[number] if number < len(requires) else "" for number in range(5)}
    facts["PYTHON"] = system.python
    command: list[str | Path] = [
        _nfpm(work),
        "package",
        "--config",
        "nfpm.yaml",
        "--packager",
        system.packager,
        "--target",
        into,
    ]
    subprocess.run(command, cwd=ROOT / "packaging", env=os.environ | facts, stdout=subprocess.DEVNULL, check=True)


def _wheelhouse(architecture: str, *, own: Path, work: Path, into: Path, date: int) -> None:
    """A tar with one folder, in which a wheel that fits several Pythons is there once."""
    wheels = {wheel.name: wheel for python in PYTHONS for wheel in locked_wheels(work, python, architecture)}
    wheels |= {own.name: own, "README.txt": ROOT / "packaging/wheelhouse.txt"}

    def settled(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime, member.mode, member.uid, member.gid, member.uname, member.gname = (
            date,
            0o644,
            0,
            0,
            "root",
            "root",
        )
        return member

    with tarfile.open(into, "w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted(wheels):
            tar.add(wheels[name], f"{into.stem}/{name}", filter=settled)


def _nfpm(work: Path) -> Path:
    """The program that writes packages; built when it is not there."""
    program = work / f"nfpm-{NFPM}" / "nfpm"
    if not program.exists():
        if not shutil.which("go"):
            raise SystemExit("go: not found; nfpm, which writes the packages, is built by it: install Go 1.22 or later")
        go = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOBIN": str(program.parent)}
        source = f"github.com/goreleaser/nfpm/v2/cmd/nfpm@{NFPM}"
        subprocess.run(["go", "install", source], env=os.environ | go, check=True)
    return program


def _date() -> int:
    told = os.environ.get("SOURCE_DATE_EPOCH")
    newest = _found(ROOT / "CHANGELOG.md", r"(?m)^## \[\d.*\] - (\d{4}-\d\d-\d\d)$")
    return int(told) if told else int(datetime.fromisoformat(newest).replace(tzinfo=UTC).timestamp())


def _found(path: Path, pattern: str) -> str:
    found = re.search(pattern, path.read_text("utf-8"))
    if not found:
        raise SystemExit(f"{path}: nothing in it is of the form {pattern}")
    return found[1]


if __name__ == "__main__":
    main()
