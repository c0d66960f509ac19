"""Programs that tests and benchmarks compare acctship with; fetched without being installed or started."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "acctship-tests"


announce: Callable[[str], None] = functools.partial(print, file=sys.stderr, flush=True)
"""Tells whoever waits at the terminal what takes long; conftest.py has it reach past pytest's capture."""


class UnavailableError(Exception):
    """A program is neither installed nor to be had; the text says why."""


def gnu_acct_folder() -> Path:
    """Folder of GNU acct's programs; unpacked from Debian's package, so that nothing is switched on by installing it.

    Raises:
        UnavailableError: it cannot be had here.
    """
    found = shutil.which("dump-acct", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found:
        return Path(found).parent
    return debian_folder("gnu-acct", "acct") / "usr/sbin"


def promtool() -> Path:
    """Prometheus's promtool, which checks rules and metrics.

    Raises:
        UnavailableError: it cannot be had here.
    """
    found = shutil.which("promtool")
    return Path(found) if found else debian_folder("prometheus", "prometheus") / "usr/bin/promtool"


def library_path(unpacked: Path) -> str:
    """LD_LIBRARY_PATH for the programs of `debian_folder`."""
    return ":".join(str(path) for part in ("lib", "usr/lib") for path in (unpacked / part).glob("*-linux-gnu*"))


def debian_folder(name: str, *packages: str) -> Path:
    """Folder with Debian's packages and what they need and this machine lacks; unpacked, not installed.

    Raises:
        UnavailableError: they cannot be had here.
    """
    unpacked = CACHE / name
    if not unpacked.exists():
        _unpack_debian_packages(packages, unpacked)
    return unpacked


def built_folder(name: str, recipe: Sequence[Path], build: Callable[[Path], None], *, takes: str) -> Path:
    """Folder that is filled once for what a recipe says, and anew when the recipe says something else.

    Args:
        name: what the folder's own begins with.
        recipe: files on which the result depends.
        build: fills an empty folder.
        takes: how long that takes, for whoever waits.

    Raises:
        UnavailableError: what `build` raised.
    """
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in recipe)).hexdigest()[:16]
    built = CACHE / f"{name}-{digest}"
    if built.exists():
        return built
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second run waits: to build twice at once takes twice as long
        if not built.exists():
            announce(f"building {name} for tests into {built}: {takes}, once")
            part = built.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)  # what was cut short shall not look complete
            part.mkdir()
            build(part)
            part.rename(built)
    return built


def run_builder(command: Sequence[str | Path], folder: Path, *, install: str, **environment: str) -> None:
    """Run a program that fetches or compiles.

    Args:
        command: its path, or its name, which has to be in PATH; and its arguments.
        folder: where it runs.
        install: what to install where there is no such program.
        environment: variables beside those of this process.

    Raises:
        UnavailableError: there is no such program, or it failed.
    """
    if not shutil.which(command[0]):
        raise UnavailableError(f"the command {command[0]} is not installed: install {install}")
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr + done.stdout).strip()
        raise UnavailableError(f"{' '.join(map(str, command))} failed: {said[-500:]}")


def _unpack_debian_packages(names: Sequence[str], into: Path) -> None:
    if not shutil.which("apt-get"):
        raise UnavailableError(f"{names[0]} is neither installed nor to be had: this is no Debian")
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent) as part:  # what is cut short shall not look complete
        wanted = {*names, *_missing(names)}
        _apt_get("download", *wanted, folder=part)
        unpacked = Path(part, "unpacked")
        for package in Path(part).glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, unpacked], check=True)
        if not into.exists():  # another run may have been faster
            unpacked.rename(into)


def _missing(names: Sequence[str]) -> list[str]:
    """The packages that would have to be installed beside those."""
    plan = _apt_get("install", "--simulate", "--no-install-recommends", *names)
    return [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]


def _apt_get(*arguments: str, folder: str | None = None) -> str:
    command = ["apt-get", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        subprocess.run(["apt-get", "update"], capture_output=True, check=False)  # a new machine has no lists yet
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"{' '.join(command)} failed: {done.stderr.strip()[-200:]}")
    return done.stdout
