"""The .rpm is installed, used, upgraded and erased by rpm itself, on a view of this machine that has a Python 3.12."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from acctship import __version__
from tests.conftest import skip
from tests.packages.pythons import python
from tests.packages.viewed import view
from tests.paths import ROOT
from tests.programs import UnavailableError, debian_folder, library_path

GOLDEN = Path(__file__).parent / "rpm.txt"


def rpm() -> str:
    """The command, in the shell's words; Debian's, where it is not installed."""
    if shutil.which("rpm"):
        return "rpm"
    try:
        unpacked = debian_folder("rpm", "rpm")
    except UnavailableError as error:
        skip(str(error))
    return f"RPM_CONFIGDIR={unpacked}/usr/lib/rpm LD_LIBRARY_PATH={library_path(unpacked)} {unpacked}/usr/bin/rpm"


def test_it_says_what_it_needs_and_does(packages: dict[str, Path], golden: Callable[[Path, str], None]) -> None:
    query = f"{rpm()} --query --package --requires --scripts --configfiles {packages['RHEL 9 and its kin']}"
    golden(GOLDEN, subprocess.run(["sh", "-c", query], capture_output=True, text=True, check=True).stdout)


def test_life(tmp_path: Path, packages: dict[str, Path], older_rpm: Path) -> None:
    package = packages["RHEL 9 and its kin"]
    for file in (package, older_rpm, ROOT / "examples/pacct"):
        shutil.copy(file, tmp_path)
    (tmp_path / "to.toml").write_text('[outputs.there]\ntype = "jsonl"\n')
    command = f"{rpm()} --dbpath /tmp/rpm --nodeps"  # Debian's packages are unknown to it
    with view(Path("/"), tmp_path) as inside:
        inside(f"ln -sf {python('3.12')} /usr/bin/python3.12; rm -f /usr/bin/acctship")
        installed = inside(f"{command} --install /mnt/{older_rpm.name}")
        inside("sed -i 's/^#start = .*/start = \"oldest\"/' /etc/acctship/acctship.toml")
        older = inside("acctship --version")
        inside(f"{command} --upgrade /mnt/{package.name}")

        assert "nothing is started" in installed
        assert (older, inside("acctship --version")) == ("acctship 0.0.9\n", f"acctship {__version__}\n")
        assert inside("stat -c '%U:%G %a' /etc/acctship/acctship.toml") == "root:acctship 640\n"
        assert inside("grep ^start /etc/acctship/acctship.toml") == 'start = "oldest"\n'
        assert inside("find /opt/acctship -name 'gone*'") == ""
        assert inside("ls /opt/acctship/lib/python3.12/site-packages/acctship/__pycache__")
        shipped = inside("acctship run --once -f /mnt/pacct -c /mnt/to.toml")
        assert shipped.count('"process-ended"') == 92

        inside(f"{command} --erase acctship")
        assert inside("ls -d /opt/acctship /usr/bin/acctship 2> /dev/null || true") == ""
        kept = {"acctship.toml.rpmnew", "acctship.toml.rpmsave", "conf.d", "credentials"}
        assert set(inside("ls /etc/acctship").split()) == kept


@pytest.fixture(scope="session")
def older_rpm(older: dict[str, Path]) -> Path:
    return older["RHEL 9 and its kin"]
