"""The wheelhouse installs without network, as docs/install.md says: so the locked wheels are all that is needed."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from tests.examples.documented import commands
from tests.packages.viewed import view
from tests.paths import PACCT


def test_installs_without_network(tmp_path: Path, packages: dict[str, Path]) -> None:
    shutil.copy(packages["wheelhouse"], tmp_path)
    shutil.copy(PACCT, tmp_path)
    (tmp_path / "to.toml").write_text('[outputs.there]\ntype = "jsonl"\n')
    documented = commands("--no-index", "By package").replace("x86_64", platform.machine())
    with view(Path("/"), tmp_path) as inside:
        inside(f"rm -f /usr/bin/acctship; PATH={sys.base_prefix}/bin:$PATH; cd /mnt\n{documented}")
        shipped = inside("acctship run --once -f /mnt/pacct -c /mnt/to.toml")

        assert shipped.count('"process-ended"') == 92
        assert inside("/opt/acctship/bin/pip check") == "No broken requirements found.\n"
        assert "splunk" in inside("acctship setup --help")
