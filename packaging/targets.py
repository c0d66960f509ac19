"""What is built: for which systems, with which Python, for which processors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """A distribution, with the Python that it brings.

    Attributes:
        name: in the name of the file, and of the target.
        title: for people.
        packager: kind of the package, as nfpm calls it.
        release: of the package, as the distribution orders it.
        python: the version of its Python; the package needs pythonX.Y.
        requires: what the package needs beside Python.
    """

    name: str
    title: str
    packager: str
    release: str
    python: str
    requires: tuple[str, ...]


# The wheels need glibc 2.28 and, for numpy, libstdc++; the scripts make the user and the folders by systemd's programs,
# which containers have without it.
_DEB = (
    "libc6 (>= 2.28)",
    "libstdc++6",
    "systemd | systemd-standalone-sysusers",
    "systemd | systemd-standalone-tmpfiles",
)

SYSTEMS = (
    System("deb12", "Debian 12", "deb", "1~deb12", "3.11", _DEB),
    System("deb13", "Debian 13", "deb", "1~deb13", "3.13", _DEB),
    System("ubuntu24.04", "Ubuntu 24.04", "deb", "1~ubuntu24.04", "3.12", _DEB),
    System("el9", "RHEL 9 and its kin", "rpm", "1.el9", "3.12", ("glibc >= 2.28", "libstdc++", "systemd")),
)

PYTHONS = ("3.11", "3.12", "3.13")
"""For which the wheelhouse has wheels."""

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""What the kernel, wheels and rpm call the processors, by what Debian and nfpm do."""


def file_name(system: System, version: str, architecture: str) -> str:
    """What the package is called, in the form of its distribution."""
    if system.packager == "rpm":
        return f"acctship-{version}-{system.release}.{MACHINES[architecture]}.rpm"
    return f"acctship_{version}-{system.release}_{architecture}.deb"
