"""The tree of a package: a venv in /opt/acctship, and in /usr what the system looks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from click.shell_completion import BashComplete, FishComplete, ZshComplete
from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.sources import WheelFile
from targets import System

from acctship.cli import group

ROOT = Path(__file__).parents[1]
HOME = "/opt/acctship"
_DOCUMENTS = "usr/share/doc/acctship"
_COMPLETIONS = {
    "usr/share/bash-completion/completions/acctship": BashComplete,
    "usr/share/fish/vendor_completions.d/acctship.fish": FishComplete,
}
_ZSH = {"deb": "usr/share/zsh/vendor-completions/_acctship", "rpm": "usr/share/zsh/site-functions/_acctship"}


def stage(tree: Path, system: System, wheels: Iterable[Path]) -> None:
    """Fill an empty folder with all files of a package but its configuration."""
    _venv(tree, system.python)
    for wheel in wheels:
        _install(wheel, tree, system.python)
    # What is installed beside acctship later, such as a plugin, may not change what the package owns.
    pinned = sorted("==".join(wheel.name.split("-")[:2]) for wheel in wheels)
    _write(tree, f"{HOME}/constraints.txt", "\n".join(pinned))
    _write(tree, f"{HOME}/pip.conf", f"[install]\nconstraint = {HOME}/constraints.txt")

    systemd = ROOT / "examples/systemd"
    for unit in (*systemd.glob("*.service"), *systemd.glob("*.timer")):
        _copy(unit, tree, f"usr/lib/systemd/system/{unit.name}")
    for kind in ("sysusers", "tmpfiles"):
        _copy(systemd / f"acctship.{kind}.conf", tree, f"usr/lib/{kind}.d/acctship.conf")
    for path, shell in (_COMPLETIONS | {_ZSH[system.packager]: ZshComplete}).items():
        _write(tree, path, shell(group, {}, "acctship", "_ACCTSHIP_COMPLETE").source())
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "packaging/copyright"):
        _copy(ROOT / name, tree, f"{_DOCUMENTS}/{Path(name).name}")
    shutil.copytree(ROOT / "examples", tree / _DOCUMENTS / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    _link(tree, "usr/bin/acctship", f"{HOME}/bin/acctship")


def settle(tree: Path, date: int) -> None:
    """Give all files one date, and modes that owe nothing to the umask of whoever builds."""
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (date, date), follow_symlinks=False)


def _venv(tree: Path, python: str) -> None:
    """What python3 -m venv makes; by hand, for Pythons that this machine lacks."""
    lines = ("home = /usr/bin", "include-system-site-packages = false", f"executable = /usr/bin/python{python}")
    _write(tree, f"{HOME}/pyvenv.cfg", "\n".join(lines))
    _link(tree, f"{HOME}/bin/python{python}", f"/usr/bin/python{python}")
    for name in ("python", "python3"):
        _link(tree, f"{HOME}/bin/{name}", f"python{python}")


def _install(wheel: Path, tree: Path, python: str) -> None:
    site = f"{HOME}/lib/python{python}/site-packages"
    # Manual pages and documents go where the system looks for them.
    data = "/usr" if wheel.name.startswith("acctship-") else HOME
    folders = {"purelib": site, "platlib": site, "scripts": f"{HOME}/bin", "headers": f"{HOME}/include", "data": data}
    destination = SchemeDictionaryDestination(folders, f"{HOME}/bin/python", "posix", destdir=str(tree))
    with WheelFile.open(wheel) as source:
        install(source, destination, {"INSTALLER": b"pip\n"})


def _write(tree: Path, path: str, text: str) -> None:
    file = tree / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.rstrip("\n") + "\n", "utf-8")


def _copy(source: Path, tree: Path, path: str) -> None:
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, tree / path)


def _link(tree: Path, path: str, target: str) -> None:
    link = tree / path.lstrip("/")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
