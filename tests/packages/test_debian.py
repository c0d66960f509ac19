"""The .deb is installed, used, upgraded, removed and purged, without network, as docs/install.md says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from acctship import __version__
from tests.conftest import skip
from tests.examples.booted import Machine, booted
from tests.examples.documented import commands
from tests.examples.shipping import FILES, nonces, said, shipped, storm
from tests.packages.roots import root
from tests.packages.viewed import view
from tests.paths import ROOT
from tests.programs import UnavailableError

MACHINE = {path: text for path, text in FILES.items() if not path.startswith("/etc")}
PLUGIN = ROOT / "examples/acctship-output-webhook"
STATE = "/var/lib/acctship /etc/acctship/acctship.toml /var/log/acctship/events.jsonl /var/log/account/pacct"
DOCUMENTED = f"acctship_{__version__}-1~deb12_amd64.deb"
# dpkg's own memory, what the kernel and systemd wrote, and the user, who stays; dpkg removes an empty /opt.
REMAINS = (
    "/opt", "/etc/group", "/etc/gshadow", "/etc/passwd", "/etc/shadow", "/etc/.pwd.lock", "/run", "/tmp", "/var/cache",
    "/var/lib/apt/lists", "/var/lib/dpkg", "/var/lib/systemd", "/var/log/account", "/var/log/journal", "/var/log/apt",
    "/var/log/dpkg.log", "/var/spool/mail", "/etc/machine-id",
)  # fmt: skip


def files(machine: Machine) -> list[str]:
    """Kind, mode, owner, path and target of all files."""
    lines = machine.run("find", "/", "-xdev", "-printf", "%y %m %u:%g %p %l\n").splitlines()
    return sorted(line for line in lines if not line.split(" ")[3].startswith(REMAINS))


def install(package: Path) -> str:
    """The documented command, for a package in /mnt."""
    command = commands("apt-get install", "By package")
    assert DOCUMENTED in command, command
    return f"cd /mnt\n{command.replace(DOCUMENTED, package.name)}"


def root_of(suite: str) -> Path:
    try:
        return root(suite)
    except UnavailableError as error:
        skip(str(error))


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Folder whose files are in /mnt."""
    folder = tmp_path / "given"
    folder.mkdir()
    return folder


def test_life_on_debian_12(tmp_path: Path, given: Path, packages: dict[str, Path], older: dict[str, Path]) -> None:
    shutil.copy(older["Debian 12"], given)
    shutil.copy(packages["Debian 12"], given)
    wheel: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        given,
    ]
    subprocess.run([*wheel, PLUGIN], check=True)
    with booted(tmp_path, MACHINE, root=root_of("bookworm")) as machine:
        before = files(machine)
        new = f"/mnt/{packages['Debian 12'].name}"

        machine.shell(install(older["Debian 12"]))
        assert machine.run("acctship", "--version") == "acctship 0.0.9\n"
        assert machine.property("acctship.service", "ActiveState") == "inactive"
        assert machine.property("acctship-accounting.service", "ActiveState") == "inactive"
        assert "off" in machine.run("acctship", "accounting", "status", check=False)
        assert machine.shell("stat -c '%U:%G %a' /etc/acctship/acctship.toml") == "root:acctship 640\n"
        machine.run("sed", "-i", 's/^#start = .*/start = "oldest"/', "/etc/acctship/acctship.toml")
        machine.shell(commands("systemctl enable", "By package"))
        storm(machine, 0, 10)
        shipped(machine, 10)
        machine.shell(f"cd /mnt\n{commands('pip install ./', 'By package')}")
        pid = machine.property("acctship.service", "MainPID")

        machine.run("dpkg", "-i", "--force-confold", new)  # apt-get asks
        assert machine.run("acctship", "--version") == f"acctship {__version__}\n"
        assert machine.property("acctship.service", "MainPID") not in {pid, "0"}, "it is started again"
        assert "webhook        acctship-output-webhook 1.0.0" in machine.run("acctship", "outputs", "list")
        assert not machine.shell("find /opt/acctship -name 'gone*'")
        assert 'start = "oldest"' in machine.shell("grep ^start /etc/acctship/acctship.toml")
        storm(machine, 10, 20)
        shipped(machine, 20)
        assert nonces(machine) == list(range(20)), said(machine)
        assert "No broken requirements" in machine.run("/opt/acctship/bin/pip", "check")

        removed = machine.run("dpkg", "--remove", "acctship")
        assert "accounting is still on" in removed
        assert machine.property("acctship.service", "ActiveState") == "inactive"
        storm(machine, 20, 30)
        machine.run("ls", *STATE.split())
        assert not machine.shell("find /opt/acctship -name __pycache__")

        machine.run("dpkg", "-i", new)
        machine.run("systemctl", "start", "acctship.service")
        shipped(machine, 30)
        assert nonces(machine) == list(range(30)), "what was recorded meanwhile is shipped, and nothing twice"

        purged = machine.shell(commands("purge", "Remove"))
        assert "stay in /var/log/account" in purged
        assert files(machine) == before
        machine.run("test", "-s", "/var/log/account/pacct")
        machine.run("id", "acctship")


def test_debian_13_without_systemd(given: Path, packages: dict[str, Path]) -> None:
    shutil.copy(packages["Debian 13"], given)
    shutil.copy(ROOT / "examples/pacct", given)
    (given / "to.toml").write_text('[outputs.there]\ntype = "jsonl"\n')
    shutil.copy(ROOT / "packaging/deb/postrm", given)
    with view(root_of("trixie"), given) as inside:
        inside("mkdir -p /opt/acctship /etc/acctship; touch /opt/acctship/pyvenv.cfg")  # as if it were there by pip
        refused = inside(f"dpkg -i /mnt/{packages['Debian 13'].name} && exit 1 || true")
        spared = inside("sh /mnt/postrm purge; ls -d /etc/acctship; rm -r /opt/acctship /etc/acctship")
        said_by_apt = inside(install(packages["Debian 13"]))
        shipped_events = inside("acctship run --once -f /mnt/pacct -c /mnt/to.toml")
        inside("apt-get purge --yes acctship")

        assert "was installed by pip: remove it first" in refused
        assert "nothing is purged" in spared
        assert "nothing is started" in said_by_apt
        assert shipped_events.count('"process-ended"') == 92
        assert inside("ls -d /opt/acctship /etc/acctship /usr/bin/acctship 2> /dev/null || true") == ""
