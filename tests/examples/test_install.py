"""The commands of docs/install.md do what they say, typed in one after the other on a machine under a real systemd."""

from __future__ import annotations

from pathlib import Path

from tests.examples import documented
from tests.examples.booted import booted
from tests.examples.shipping import FILES, nonces, shipped, storm


def commands(text: str, title: str = "One machine, by hand") -> str:
    """A block of commands, as typed in a clone."""
    return f"cd /opt/acctship\n{documented.commands(text, title)}"


def test_by_hand(tmp_path: Path) -> None:
    bare = {path: text for path, text in FILES.items() if path != "/etc/acctship/acctship.toml"}
    with booted(tmp_path, bare, installed=False) as machine:
        machine.shell(commands("systemd-sysusers"))
        machine.shell(commands("install -m 0640 -g acctship"))
        machine.shell(commands("systemctl enable --now"))
        storm(machine, 0, 10)
        shipped(machine, 10)
        machine.shell(
            commands("rm -r /opt/acctship", "Remove").replace("rm -r /opt/acctship", "true")
        )  # that is this clone
        storm(machine, 10, 20)

        assert nonces(machine) == list(range(10))
        places = "/etc/systemd/system /usr/lib/sysusers.d /usr/lib/tmpfiles.d /usr/bin"
        assert "\nacctship" not in machine.shell(f"ls {places}").replace("acctship-python", "")
