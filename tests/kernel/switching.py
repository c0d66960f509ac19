"""`acctship accounting` in the inner namespace of a ground truth: it switches that one, and this machine never."""

from __future__ import annotations

import grp
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.command import ACCTSHIP, Done
from tests.kernel.nested import Ground
from tests.paths import ROOT

GROUP = next(group.gr_name for group in grp.getgrall() if group.gr_gid)
"""Any group but root's."""


class Switch:
    """The command, with a configuration that names the live file.

    Args:
        ground: where it runs.
        folder: for its configuration and its state.

    Attributes:
        state: the state folder, not made yet.
    """

    def __init__(self, ground: Ground, folder: Path, live: Path | None = None, limits: str = "") -> None:
        self.state = folder / "state"
        self._ground, self._config = ground, folder / "switch.toml"
        self._config.write_text(
            f'[source]\npath = "{live or ground.live}"\n[state]\ndirectory = "{self.state}"\n'
            f'[accounting]\ngroup = "{GROUP}"\n{limits}'
        )

    def __call__(self, *arguments: str | Path) -> Done:
        return self.inside_run(ACCTSHIP, "accounting", *arguments, "-c", self._config)

    def broken(self, where: str, name: str, what: str, *arguments: str) -> Done:
        """The same with a function of a module replaced, as a fault that nothing real shows at will."""
        return self.with_change(
            f"import errno, os, signal\nfrom acctship.accounting import {where}\n"
            f"from acctship.errors import AccountingError\n"
            f"def broken(*_): {what}\n{where}.{name} = broken",
            *arguments,
        )

    def with_change(self, change: str, *arguments: str) -> Done:
        """The same after some lines of Python, in its process."""
        command = ["accounting", *arguments, "-c", str(self._config)]
        return self.inside_run(sys.executable, "-c", f"{change}\nfrom acctship.cli import main\nmain({command!r})")

    def again_and_again(self, times: int, *arguments: str) -> Done:
        """The same so many times in one process, up to the first that fails: Python starts once, not each time."""
        command = ["accounting", *arguments, "-c", str(self._config)]
        loop = (
            f"from acctship.cli import main\nfor _ in range({times}):\n"
            f"    try:\n        main({command!r})\n    except SystemExit as end:\n        if end.code: raise"
        )
        return self.inside_run(sys.executable, "-c", loop)

    def look(self) -> dict[str, Any]:
        """What `status --json` says."""
        found: dict[str, Any] = json.loads(self("status", "--json").out)
        return found

    def inside(self, *command: str | Path) -> bytes:
        """What another command prints in there."""
        done = self.inside_run(*command)
        assert done.code == 0, done.err
        return done.out

    def inside_run(self, *command: str | Path) -> Done:
        """What becomes of another command in there."""
        done = subprocess.run(
            self._ground.enter(*command),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())
