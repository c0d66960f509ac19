"""Programs that tests and benchmarks compare acctship with; fetched without being installed or started."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
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
    unpacked = CACHE / "gnu-acct"
    if not (unpacked / "usr/sbin/dump-acct").exists():
        _unpack_debian_package("acct", unpacked)
    return unpacked / "usr/sbin"


def promtool() -> Path:
    """Prometheus's promtool, which checks rules and metrics.

    Raises:
        UnavailableError: it cannot be had here.
    """
    found = shutil.which("promtool")
    if found:
        return Path(found)
    unpacked = CACHE / "prometheus"
    if not (unpacked / "usr/bin/promtool").exists():
        _unpack_debian_package("prometheus", unpacked)
    return unpacked / "usr/bin/promtool"


def _unpack_debian_package(name: str, into: Path) -> None:
    if not shutil.which("apt-get"):
        raise UnavailableError(f"{name} is neither installed nor to be had: this is no Debian")
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent) as part:  # what is cut short shall not look complete
        fetch = ["apt-get", "download", name]
        if subprocess.run(fetch, cwd=part, capture_output=True, check=False).returncode:
            subprocess.run(["apt-get", "update"], capture_output=True, check=False)  # a new machine has no lists yet
            done = subprocess.run(fetch, cwd=part, capture_output=True, text=True, check=False)
            if done.returncode:
                raise UnavailableError(f"Debian's package {name} cannot be downloaded: {done.stderr.strip()[-200:]}")
        (package,) = Path(part).glob(f"{name}_*.deb")
        unpacked = Path(part, name)
        subprocess.run(["dpkg", "-x", package, unpacked], check=True)
        if not into.exists():  # another run may have been faster
            unpacked.rename(into)


def debian_packages(*names: str) -> Path:
    """A folder in which Debian's packages of these names are unpacked, all in one root.

    Raises:
        UnavailableError: one cannot be had here.
    """
    together = CACHE / "+".join(names)
    if not together.exists():
        with tempfile.TemporaryDirectory(dir=_made(CACHE)) as part:
            for name in names:
                _unpack_debian_package(name, Path(part, name))
                shutil.copytree(Path(part, name), Path(part, "together"), symlinks=True, dirs_exist_ok=True)
            if not together.exists():  # another run may have been faster
                Path(part, "together").rename(together)
    return together


def library_path(unpacked: Path) -> str:
    """LD_LIBRARY_PATH for the programs of `debian_packages`."""
    return ":".join(str(path) for part in ("lib", "usr/lib") for path in (unpacked / part).glob("*-linux-gnu*"))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
