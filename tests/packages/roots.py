"""Root file systems of Debian, as small as they can be, in which packages are installed."""

from __future__ import annotations

import os
from pathlib import Path

from tests.conftest import skip
from tests.programs import built_folder, debian_folder, run_builder

_PACKAGES = {
    "bookworm": ("python3", "systemd"),
    # What containers have instead of systemd.
    "trixie": ("python3", "systemd-standalone-sysusers", "systemd-standalone-tmpfiles"),
}


def root(suite: str) -> Path:
    """The root; to be written to through an overlay alone.

    Raises:
        UnavailableError: it cannot be made here.
    """
    if os.geteuid() != 0:
        skip("making a root file system takes root")
    return built_folder(f"root-{suite}", [Path(__file__)], lambda folder: _make(suite, folder), takes="half a minute")


def _make(suite: str, folder: Path) -> None:
    mmdebstrap = debian_folder("mmdebstrap", "mmdebstrap") / "usr/bin/mmdebstrap"
    include = f"--include={','.join(_PACKAGES[suite])}"
    # At once, and not at the next power failure: nobody needs it then.
    command: list[str | Path] = [mmdebstrap, "--mode=root", "--variant=minbase", include, "--dpkgopt=force-unsafe-io"]
    run_builder([*command, suite, folder], folder, install="perl")
