"""Programs that tests and benchmarks compare acctship with; fetched without being installed or started."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "acctship-tests"


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
